"""Paths of the room."""

from django.urls import path

from hpki_server.lifecycle.views import centre, desk, holder, regaining

app_name = "lifecycle"
urlpatterns = [
    # Before the login
    path("login/forgotten/", regaining.forgotten, name="forgotten"),
    # The holder
    path("card/pin/", holder.pin_help, name="pin-help"),
    path("card/letters/<int:notice_id>.pdf", holder.letter, name="own-letter"),
    path("card/cases/<uuid:case_id>/", holder.case, name="own-case"),
    path("card/cases/<uuid:case_id>/end/", holder.end, name="own-end"),
    path("card/cases/<uuid:case_id>/apply/", holder.apply, name="own-apply"),
    path("card/cases/<uuid:case_id>/withdraw/", holder.withdraw, name="own-withdraw"),
    path("card/<uuid:card_id>/", holder.card, name="own-card"),
    path("card/<uuid:card_id>/suspend/", holder.suspend, name="own-suspend"),
    path("card/<uuid:card_id>/report/<slug:event>/", holder.report, name="own-report"),
    # The desk and the hot line
    path("staff/life/", desk.find, name="find"),
    path("staff/life/cases/", desk.cases, name="cases"),
    path("staff/life/cases/<uuid:case_id>/", desk.case, name="case"),
    path("staff/life/ending/", desk.ending, name="ending"),
    path("staff/life/cases/<uuid:case_id>/apply/", desk.apply, name="apply"),
    path("staff/life/cases/<uuid:case_id>/papers/<slug:part>", desk.late_paper, name="late-paper"),
    path("staff/life/cases/<uuid:case_id>/end/", desk.end, name="end"),
    path("staff/life/cases/<uuid:case_id>/close/", desk.ask_for_closing, name="ask-for-closing"),
    path("staff/life/cases/<uuid:case_id>/resume/", desk.resume, name="resume"),
    path("staff/life/cases/<uuid:case_id>/withdraw/", desk.withdraw, name="withdraw"),
    path("staff/life/<uuid:card_id>/", desk.card, name="card"),
    path("staff/life/<uuid:card_id>/suspend/", desk.suspend, name="suspend"),
    path("staff/life/<uuid:card_id>/pin/", desk.unblock, name="unblock"),
    # The centre
    path("staff/emergencies/<uuid:proposal_id>/", centre.closing, name="closing"),
    path(
        "staff/emergencies/<uuid:proposal_id>/papers/<slug:part>", centre.closing_paper, name="closing-paper"
    ),
    path("staff/letters/", centre.letters, name="letters"),
    path("staff/dispositions/", centre.register, name="register"),
    path(
        "staff/dispositions/<uuid:kept_id>/withdraw/",
        centre.withdraw_disposition,
        name="withdraw-disposition",
    ),
    path("staff/exchanges/", centre.exchanges, name="exchanges"),
    path("staff/exchanges/<uuid:campaign_id>/", centre.exchange, name="exchange"),
    path("staff/exchanges/<uuid:campaign_id>/close/", centre.close_exchange, name="close-exchange"),
    path("staff/exchanges/waves/<int:wave_id>/notice/", centre.notice_wave, name="notice-wave"),
]
