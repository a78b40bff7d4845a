"""Paths of every room."""

from django.urls import include, path
from django.views.i18n import set_language

from hpki_server.people.access import public
from hpki_server.signing.urls import api_patterns as signing_api

urlpatterns = [
    path("", include("hpki_server.portal.urls")),
    path("", include("hpki_server.people.urls")),
    path("", include("hpki_server.registry.urls")),
    path("", include("hpki_server.authority.urls")),
    path("", include("hpki_server.fees.urls")),
    path("", include("hpki_server.enrollment.urls")),
    path("", include("hpki_server.lifecycle.urls")),
    path("", include("hpki_server.statistics.urls")),
    path("", include("hpki_server.signing.urls")),
    signing_api,
    path("i18n/setlang/", public(set_language), name="set_language"),
]
handler400 = "hpki_server.portal.views.bad_request"
handler403 = "hpki_server.portal.views.forbidden"
handler404 = "hpki_server.portal.views.not_found"
handler500 = "hpki_server.portal.views.server_failed"
