"""The association's desk hands the card over: the person, the postcard, the document, and two taps of the card."""

from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from hpki_server.enrollment import queries
from hpki_server.enrollment.desk_forms import PickupForm, VisitForm
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import CaseKind, Need, Part, State
from hpki_server.enrollment.rules.desk import SECOND_TAP_WITHIN, asked_at_desk
from hpki_server.enrollment.services.pickup import check_pickup, confirm_pickup
from hpki_server.enrollment.services.record import day_of
from hpki_server.enrollment.services.visits import record_visit
from hpki_server.enrollment.views.cases import case_of, waiting_list, wrong_moment
from hpki_server.enrollment.words import add_denials
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty


@requires(Duty.PICKUP)
@require_safe
def waiting(request: OfficerRequest) -> HttpResponse:
    return waiting_list(request, Duty.PICKUP, title=gettext_lazy("交付"), case_url="hand-over")


@requires(Duty.PICKUP)
def hand_over(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    """First the person and the papers, with the first tap; then, on the same address, the second."""
    application = case_of(request, application_id, Duty.PICKUP)
    if State(application.state) is State.ACTIVE:
        return render(request, "enrollment/handed_over.html", {"application": application})
    if elsewhere := wrong_moment(request, application, State.NOTIFIED):
        return elsewhere
    if request.method != "POST":
        if waits_for_second_tap(request, application) and "again" not in request.GET:
            return second_tap_page(request, application, Form())
        return first_tap_page(request, application, form_of(request, application))
    form = form_of(request, application)
    if form.is_valid():
        try:
            check_pickup(
                application_id=application.id, shown=form.command(), by=request.officer, at=request.at
            )
        except Denied as denied:
            form.ask_to_reread(denied.codes)
            add_denials(form, denied)
        else:
            return redirect("enrollment:hand-over", application.id)
    return first_tap_page(request, application, form)


@requires(Duty.PICKUP)
@require_POST
def confirm(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    """The second tap, when the card changes hands."""
    application = case_of(request, application_id, Duty.PICKUP)
    if elsewhere := wrong_moment(request, application, State.NOTIFIED):
        return elsewhere
    form = Form(request.POST)
    form.full_clean()
    try:
        confirm_pickup(application_id=application.id, by=request.officer, at=request.at)
    except Denied as denied:
        add_denials(form, denied)
        if not waits_for_second_tap(request, application):
            return first_tap_page(request, application, form_of(request, application, fresh=True), denied)
        return second_tap_page(request, application, form)
    return redirect("enrollment:hand-over", application.id)


@requires(Duty.PICKUP)
def visit(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    """Somebody came or telephoned, and the card stays."""
    application = case_of(request, application_id, Duty.PICKUP)
    if elsewhere := wrong_moment(request, application, State.NOTIFIED):
        return elsewhere
    form = VisitForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        noted = form.visit(at=request.at)
        try:
            record_visit(application_id=application.id, visit=noted, by=request.officer, at=request.at)
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(request, _("記録しました。"))
            return redirect("enrollment:hand-over", application.id)
    context = {"application": application, "form": form}
    return render(request, "enrollment/visit.html", context, status=422 if form.errors else 200)


def form_of(request: OfficerRequest, application: Application, *, fresh: bool = False) -> PickupForm:
    asked = asked_at_desk(application.facts(), day_of(request.at), Need.AT_PICKUP)
    return PickupForm(
        request.POST if request.method == "POST" and not fresh else None,
        initial={"postcard_number": request.GET.get("scanned", "")[:40]},
        number=application.number or "",
        postcard_asked=CaseKind(application.kind) is not CaseKind.EMERGENCY,
        old_card_asked=Part.OLD_CARD in asked,
    )


def waits_for_second_tap(request: OfficerRequest, application: Application) -> bool:
    check = queries.first_tap(application)
    return (
        check is not None
        and check.checked_by_id == request.officer.account_id
        and request.at - check.checked_at <= SECOND_TAP_WITHIN
    )


def first_tap_page(
    request: OfficerRequest, application: Application, form: PickupForm, denied: Denied | None = None
) -> HttpResponse:
    context = {
        "application": application,
        "form": form,
        "denials": denied.denials if denied else (),
        "visits": queries.visits(application),
        "booked": queries.open_appointment(application),
    }
    return render(request, "enrollment/hand_over.html", context, status=422 if form.errors or denied else 200)


def second_tap_page(request: OfficerRequest, application: Application, form: Form) -> HttpResponse:
    context = {"application": application, "form": form}
    return render(request, "enrollment/second_tap.html", context, status=422 if form.errors else 200)
