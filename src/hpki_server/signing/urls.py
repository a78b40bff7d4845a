"""Paths of the signing room."""

from django.urls import path, re_path

from hpki_server.signing import views
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
]
api_patterns = path("api/signing/", api_urls())
