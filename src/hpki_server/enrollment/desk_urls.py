"""Paths of the desks, the centre's queue and the associations' overview."""

from django.urls import path

from hpki_server.enrollment.views import appointments, documents, offline, pickup, queue, returned

DESK_PATHS = [
    path("applications/<uuid:application_id>/appointment/", appointments.own_appointment, name="appointment"),
    path("cases/<uuid:application_id>/appointment/", appointments.case_appointment, name="case-appointment"),
    path("desk/", appointments.day, name="desk"),
    path("desk/offline/", offline.shell, name="desk-offline"),
    path("desk/worker.js", offline.worker, name="desk-worker"),
    path("desk/day.json", offline.day, name="desk-day-facts"),
    path("desk/entries/", offline.send, name="desk-send"),
    path("desk/times/", appointments.times, name="desk-times"),
    path("desk/times/<int:slot_id>/close/", appointments.close, name="close-time"),
    path("desk/appointments/<uuid:appointment_id>/missed/", appointments.missed, name="missed"),
    path("returned/", returned.waiting, name="returned"),
    path("cases/<uuid:application_id>/return-letter.pdf", returned.letter, name="return-letter"),
    path("vetting/next/", queue.next_to_vet, name="next-vetting"),
    path("approval/next/", queue.next_to_approve, name="next-approval"),
    path("cases/<uuid:application_id>/hold/", queue.hold, name="hold"),
    path("cases/<uuid:application_id>/<slug:part>/sheet.png", documents.paper_sheet, name="paper-sheet"),
    path("pickup/<uuid:application_id>/confirm/", pickup.confirm, name="hand-over-confirm"),
    path("pickup/<uuid:application_id>/visit/", pickup.visit, name="visit"),
]
