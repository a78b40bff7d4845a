"""Paths of production, letters and cards that nobody fetches; part of enrollment's."""

from django.urls import path

from hpki_server.enrollment.views import letters, posting, production

urlpatterns = [
    path("production/", production.production, name="production"),
    path("production/order/", production.order_approved, name="order-approved"),
    path("production/<uuid:batch_id>/", production.batch, name="production-batch"),
    path("production/<uuid:batch_id>/progress/", production.progress, name="production-progress"),
    path("production/<uuid:batch_id>/start/", production.start, name="start-batch"),
    path("production/<uuid:batch_id>/count/", production.count, name="count-batch"),
    path("production/<uuid:batch_id>/close/", production.close, name="close-batch"),
    path("production/<uuid:batch_id>/items/<int:item_id>/", production.move_out, name="move-out"),
    path("issuing/<uuid:application_id>/scrap/", production.scrap, name="scrap-card"),
    path("letters/", letters.letters, name="letters"),
    path("letters/sent/", letters.sent, name="letters-sent"),
    path("letters/posted/<slug:kind>/", posting.posted, name="letters-posted"),
    path("letters/postings/<int:posting_id>/", posting.correct, name="correct-posting"),
    path("letters/<slug:kind>/", letters.print_run, name="print-run"),
    path("unfetched/", letters.unfetched, name="unfetched"),
    path("unfetched/<uuid:application_id>/back/", letters.bring_back, name="bring-back"),
    path("unfetched/<uuid:application_id>/again/", letters.send_again, name="send-again"),
    path("unfetched/<uuid:application_id>/end/", letters.propose_end, name="end-unfetched"),
]
