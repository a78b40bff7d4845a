"""Paths of the authority."""

from django.urls import path

from hpki_server.authority import time_stamp_views
from hpki_server.authority.ocsp import views as ocsp

app_name = "authority"
urlpatterns = [
    path("tsa", time_stamp_views.time_stamp, name="tsa"),
    path("ocsp/", ocsp.status, name="ocsp"),
    path("ocsp/<path:asked>", ocsp.status, name="ocsp-asked"),
]
