"""Paths of the desks, the centre's queue and the associations' overview."""

from django.urls import path

from hpki_server.enrollment.views import documents, pickup, queue

DESK_PATHS = [
    path("vetting/next/", queue.next_to_vet, name="next-vetting"),
    path("approval/next/", queue.next_to_approve, name="next-approval"),
    path("cases/<uuid:application_id>/hold/", queue.hold, name="hold"),
    path("cases/<uuid:application_id>/<slug:part>/sheet.png", documents.paper_sheet, name="paper-sheet"),
    path("pickup/<uuid:application_id>/confirm/", pickup.confirm, name="hand-over-confirm"),
    path("pickup/<uuid:application_id>/visit/", pickup.visit, name="visit"),
]
