from django.urls import path

from hpki_server.enrollment.desk_urls import DESK_PATHS
from hpki_server.enrollment.views import applying, asking, desk, documents, issuing, matching, pickup, review

app_name = "enrollment"
urlpatterns = [
    *DESK_PATHS,
    # The applicant
    path("applications/", applying.mine, name="mine"),
    path("applications/<uuid:application_id>/entries/", applying.entries, name="entries"),
    path("applications/<uuid:application_id>/keep/", applying.keep, name="keep"),
    path("applications/<uuid:application_id>/papers/", applying.papers, name="papers"),
    path("applications/<uuid:application_id>/papers/<slug:part>/", applying.hand_in, name="hand-in"),
    path("applications/<uuid:application_id>/confirm/", applying.confirm, name="confirm"),
    path("applications/<uuid:application_id>/progress/", applying.progress, name="progress"),
    path("applications/<uuid:application_id>/withdraw/", applying.withdraw, name="withdraw"),
    path("applications/<uuid:application_id>/form.pdf", documents.own_form, name="own-form"),
    path("applications/<uuid:application_id>/own/<slug:part>", documents.own_paper, name="own-paper"),
    # Officers
    path("intake/", desk.waiting, name="intake"),
    path("intake/<uuid:application_id>/", desk.take_in, name="take-in"),
    path("vetting/", review.vetting_list, name="vetting"),
    path("vetting/<uuid:application_id>/", review.vet, name="vet"),
    path("approval/", review.approval_list, name="approval"),
    path("approval/<uuid:application_id>/", review.approve, name="approve"),
    path("issuing/", issuing.waiting, name="issuing"),
    path("issuing/<uuid:application_id>/", issuing.case, name="issuing-case"),
    path("issuing/<uuid:application_id>/order/", issuing.order, name="order"),
    path("issuing/<uuid:application_id>/issue/", issuing.issue, name="issue"),
    path("issuing/<uuid:application_id>/face.pdf", issuing.face, name="face"),
    path("issuing/<uuid:application_id>/postcard/", issuing.postcard, name="postcard"),
    path("issuing/<uuid:application_id>/pin-letter/", issuing.pin_letter, name="pin-letter"),
    path("issuing/<uuid:application_id>/notify/", issuing.notify, name="notify"),
    path("pickup/", pickup.waiting, name="pickup"),
    path("pickup/<uuid:application_id>/", pickup.hand_over, name="hand-over"),
    path("cases/<uuid:application_id>/match/", matching.match, name="match"),
    path(
        "cases/<uuid:application_id>/match/<uuid:decision_id>/confirm/",
        matching.confirm_match,
        name="confirm-match",
    ),
    path(
        "cases/<uuid:application_id>/match/<uuid:decision_id>/refuse/",
        matching.refuse_match,
        name="refuse-match",
    ),
    path("exchange/", asking.exchanges, name="exchanges"),
    path("exchange/ask/", asking.ask_ministry, name="ask-ministry"),
    path("exchange/<int:sequence>/glyphs.csv", asking.unmappable, name="unmappable"),
    path("exchange/<int:sequence>/<slug:encoding>.csv", asking.batch, name="batch"),
    path("cases/<uuid:application_id>/return/", review.send_back, name="return"),
    path("cases/<uuid:application_id>/<slug:part>", documents.paper, name="paper"),
    path("cases/<uuid:application_id>/form.pdf", documents.form, name="form"),
]
