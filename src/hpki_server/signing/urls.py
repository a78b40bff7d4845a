"""Paths of the signing room."""

from django.urls import path, re_path

from hpki_server.signing import client_views, views
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
    path("staff/clients/", client_views.clients, name="clients"),
    path("staff/clients/<uuid:client_id>/key/", client_views.make_key, name="client-key"),
    path("staff/clients/<uuid:client_id>/withdraw/", client_views.withdraw_client, name="withdraw-client"),
]
api_patterns = path("api/signing/", api_urls())
