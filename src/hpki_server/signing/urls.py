"""Paths of the signing room."""

from django.urls import path, re_path

from hpki_server.signing import client_views, queue_views, views
from hpki_server.signing.api import urls as api_urls

app_name = "signing"
urlpatterns = [
    path("validate/", views.validate, name="validate"),
    path("validate/<uuid:address>/", views.report, name="report"),
    re_path(
        r"^validate/(?P<address>[0-9a-f-]{36})/report\.(?P<form>pdf|xml|json)$",
        views.report_file,
        name="report-file",
    ),
    # The holder
    path("signing/", queue_views.queue, name="queue"),
    path("signing/new/", queue_views.own_deposit, name="own-deposit"),
    path("signing/sign/", queue_views.sign, name="sign"),
    path("signing/sign/progress/", queue_views.sign_progress, name="sign-progress"),
    path("signing/<uuid:task_id>/", queue_views.task, name="task"),
    path("signing/<uuid:task_id>/pages/<int:number>.png", queue_views.task_page, name="task-page"),
    path("signing/<uuid:task_id>/document", queue_views.task_draft, name="task-draft"),
    path("signing/<uuid:task_id>/signed", queue_views.task_signed, name="task-signed"),
    path("signing/<uuid:task_id>/report.pdf", queue_views.task_report, name="task-report"),
    path("signing/<uuid:task_id>/signed-elsewhere/", queue_views.signed_elsewhere, name="signed-elsewhere"),
    path("signing/<uuid:task_id>/decline/", queue_views.decline, name="decline"),
    path("signing/<uuid:task_id>/withdraw/", queue_views.withdraw_own, name="withdraw-own"),
    path("signing/<uuid:task_id>/collect/", queue_views.collect_own, name="collect-own"),
    path("signing/<uuid:task_id>/keep/", queue_views.keep_own, name="keep-own"),
    path("staff/clients/", client_views.clients, name="clients"),
    path("staff/clients/<uuid:client_id>/key/", client_views.make_key, name="client-key"),
    path("staff/clients/<uuid:client_id>/withdraw/", client_views.withdraw_client, name="withdraw-client"),
]
api_patterns = path("api/signing/", api_urls())
