"""Paths of the authority."""

from django.urls import path

from hpki_server.authority import (
    crl_views,
    issuer_views,
    moving_in_views,
    revocation_views,
    stock_views,
    time_stamp_views,
)
from hpki_server.authority.ocsp import views as ocsp

app_name = "authority"
urlpatterns = [
    path("staff/issuers/", issuer_views.issuers, name="issuers"),
    path("staff/issuers/<slug:slug>/", issuer_views.issuer, name="issuer"),
    path("staff/issuers/<slug:slug>/lists/", issuer_views.propose_lists, name="propose-lists"),
    path("staff/issuers/<slug:slug>/key-use/", issuer_views.propose_key_use, name="propose-key-use"),
    path("staff/issuers/<slug:slug>/revoke/", issuer_views.propose_revocation, name="propose-revocation"),
    path("staff/cards/", revocation_views.cards, name="cards"),
    path("staff/cards/move-in/", moving_in_views.move_in, name="move-in"),
    path("staff/cards/<uuid:card_id>/", revocation_views.card, name="card"),
    path("staff/cards/<uuid:card_id>/hold/", revocation_views.hold, name="hold-card"),
    path("staff/cards/<uuid:card_id>/release/", revocation_views.release, name="release-card"),
    path("staff/stock/", stock_views.stock, name="stock"),
    path("staff/stock/take-out/", stock_views.take_out, name="take-out"),
    path("staff/stock/shred/", stock_views.propose_shredding, name="shred"),
    path("staff/stock/shortage/", stock_views.propose_shortage, name="propose-shortage"),
    path("staff/stock/shortage/end/", stock_views.propose_shortage_end, name="end-shortage"),
    path("crl/<str:name>.crl", crl_views.standing, name="crl"),
    path("crl/<slug:slug>/<int:number>.crl", crl_views.archived, name="crl-archived"),
    path(
        "crl/<slug:slug>/<int:number>-delta.crl",
        crl_views.archived,
        {"delta": True},
        name="crl-archived-delta",
    ),
    path("tsa", time_stamp_views.time_stamp, name="tsa"),
    path("ocsp/", ocsp.status, name="ocsp"),
    path("ocsp/<path:asked>", ocsp.status, name="ocsp-asked"),
]
