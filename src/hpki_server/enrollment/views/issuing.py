"""The issuing desk at the centre: one case, one next step."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from hpki_server.authority.models import Card
from hpki_server.enrollment import printing, queries
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.production_forms import ScrapForm
from hpki_server.enrollment.production_lists import next_days, remote_of
from hpki_server.enrollment.rules import STEPS_FROM, State, Step
from hpki_server.enrollment.services import issuing as services
from hpki_server.enrollment.services import reading
from hpki_server.enrollment.services.posting import postings_of
from hpki_server.enrollment.summary import card_facts, entered_facts, filled_steps
from hpki_server.enrollment.views.cases import case_of, waiting_list, wrong_moment
from hpki_server.enrollment.views.documents import pdf_answer
from hpki_server.enrollment.words import sentences
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty

AT_THIS_DESK = (
    State.APPROVED,
    State.ORDERED,
    State.ISSUED,
    State.NOTIFIED,
    State.ACTIVE,
    State.BROUGHT_BACK,
    State.NOT_FETCHED,
)


@requires(Duty.ISSUING)
@require_safe
def waiting(request: OfficerRequest) -> HttpResponse:
    return waiting_list(request, Duty.ISSUING, title=gettext_lazy("発行"), case_url="issuing-case")


@requires(Duty.ISSUING)
@require_safe
def case(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    application = case_of(request, application_id, Duty.ISSUING)
    return wrong_moment(request, application, *AT_THIS_DESK) or case_page(request, application)


def case_page(request: OfficerRequest, application: Application) -> HttpResponse:
    card = application.card
    context = {
        "application": application,
        "facts": entered_facts(application),
        "card_facts": card_facts(card) if card else [],
        "issued_steps": filled_steps(card) if card and card.issued_at else [],
        "certificates": queries.certificates_on(card) if card else [],
        "remote": remote_of(application),
        "next_days": next_days(application, at=request.at),
        "postings": list(postings_of(application)),
        "scrap_form": ScrapForm(),
        "may_scrap": State(application.state) in STEPS_FROM[Step.SCRAP_CARD],
    }
    return render(request, "enrollment/issuing_case.html", context)


def act(
    request: OfficerRequest, application_id: UUID, done: Callable[[Application], HttpResponse]
) -> HttpResponse:
    """Do it, or say on the case's page why not."""
    application = case_of(request, application_id, Duty.ISSUING)
    try:
        return done(application)
    except Denied as denied:
        for sentence in sentences(denied):
            messages.error(request, sentence)
        # A page of its own again, so that a reload never repeats the attempt.
        return redirect("enrollment:issuing-case", application_id)


@requires(Duty.ISSUING)
@require_POST
def order(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    def done(application: Application) -> HttpResponse:
        services.order_card(application_id=application.id, by=request.officer, at=request.at)
        messages.success(request, _("カードを発注しました。"))
        return redirect("enrollment:issuing-case", application.id)

    return act(request, application_id, done)


@requires(Duty.ISSUING)
@require_POST
def issue(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    def done(application: Application) -> HttpResponse:
        services.issue_card(application_id=application.id, by=request.officer, at=request.at)
        messages.success(request, _("カードへの発行が終わりました。"))
        return redirect("enrollment:issuing-case", application.id)

    return act(request, application_id, done)


@requires(Duty.ISSUING)
@require_POST
def postcard(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    def done(application: Application) -> HttpResponse:
        content = services.print_postcard(application_id=application.id, by=request.officer, at=request.at)
        return pdf_answer(content, f"{application.number}-postcard.pdf")

    return act(request, application_id, done)


@requires(Duty.ISSUING)
@require_POST
def pin_letter(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    def done(application: Application) -> HttpResponse:
        content = services.print_pin_letter(application_id=application.id, by=request.officer, at=request.at)
        return pdf_answer(content, f"{application.number}-pin-letter.pdf")

    return act(request, application_id, done)


@requires(Duty.ISSUING)
@require_POST
def notify(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    def done(application: Application) -> HttpResponse:
        services.record_notified(application_id=application.id, by=request.officer, at=request.at)
        messages.success(request, _("%(number)s は受取待ちになりました。") % {"number": application.number})
        return redirect("enrollment:issuing")

    return act(request, application_id, done)


@requires(Duty.ISSUING)
@require_safe
def face(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    """Front of the card as PDF, or with ?side=back its back."""

    def done(application: Application) -> HttpResponse:
        sides = printing.card_face(card_of(application), at=request.at)
        back = request.GET.get("side") == "back"
        if not back:
            # The front bears the portrait.
            reading.record_opening(
                application, reading.FACE, duty=Duty.ISSUING, by=request.officer, at=request.at
            )
        name = f"{application.number}-{'back' if back else 'front'}.pdf"
        return pdf_answer(sides.back_pdf if back else sides.front_pdf, name)

    return act(request, application_id, done)


def card_of(application: Application) -> Card:
    if application.card is None:
        raise Denied([printing.NO_CARD])
    return application.card
