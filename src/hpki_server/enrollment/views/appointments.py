"""Appointments: the applicant chooses a time, the desk keeps its book."""

import datetime as dt
from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hpki_server.enrollment import appointment_book, queries, visit_words
from hpki_server.enrollment.appointment_forms import OpenTimesForm
from hpki_server.enrollment.models import Application, Appointment, DeskSlot
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.rules.appointments import OCCASION_OF
from hpki_server.enrollment.services import appointments
from hpki_server.enrollment.services.record import AT_THE_DESK, day_of
from hpki_server.enrollment.views.applying import own
from hpki_server.enrollment.views.cases import case_of
from hpki_server.enrollment.words import add_denials, sentences
from hpki_server.people.access import ApplicantRequest, OfficerRequest, applicant_only, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account
from hpki_server.people.officer import Officer

# More digits number no row, and Python reads no more than some thousands of them.
DIGITS_OF_A_NUMBER = 19


@applicant_only
def own_appointment(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    application = own(request, application_id)
    return choose(request, application, by=request.account, at=request.at, back="enrollment:progress")


@requires(Duty.INTAKE, Duty.PICKUP)
def case_appointment(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    """On the telephone: the desk books for the person."""
    application = case_of(request, application_id, *AT_THE_DESK)
    is_intake = State(application.state) is State.SUBMITTED
    back = "enrollment:take-in" if is_intake else "enrollment:hand-over"
    return choose(request, application, by=request.officer, at=request.at, back=back)


def choose(
    request: HttpRequest, application: Application, *, by: Account | Officer, at: dt.datetime, back: str
) -> HttpResponse:
    if State(application.state) not in OCCASION_OF:
        return redirect(back, application.id)
    denials: list[str] = []
    if request.method == "POST":
        try:
            messages.success(request, done_with(request, application, by=by, at=at))
        except Denied as denied:
            denials = sentences(denied)
        else:
            return redirect(back, application.id)
    facts, today = application.facts(), day_of(at)
    is_intake = facts.state is State.SUBMITTED
    context = {
        "application": application,
        "to_bring": visit_words.to_intake(facts, today) if is_intake else visit_words.to_pickup(facts, today),
        "days": appointment_book.free_times(application, at=at),
        "booked": queries.open_appointment(application),
        "denials": denials,
        "back": back,
        "office": queries.office_of_case(application),
    }
    return render(request, "enrollment/appointment.html", context, status=409 if denials else 200)


def done_with(
    request: HttpRequest, application: Application, *, by: Account | Officer, at: dt.datetime
) -> str:
    """What was done, in words.  Raises `Denied`."""
    if "give_up" in request.POST:
        appointments.give_up(application_id=application.id, by=by, at=at)
        return _("予約を取り消しました。")
    slot = request.POST.get("slot", "")
    if not (slot.isascii() and slot.isdigit() and len(slot) < DIGITS_OF_A_NUMBER):
        raise Denied([appointments.NOTHING_CHOSEN])
    try:
        appointments.book(application_id=application.id, slot_id=int(slot), by=by, at=at)
    except DeskSlot.DoesNotExist:
        raise Denied([appointments.NOTHING_CHOSEN]) from None
    return _("予約しました。")


@requires(Duty.INTAKE, Duty.PICKUP)
@require_safe
def day(request: OfficerRequest) -> HttpResponse:
    """The desk's day, for the screen and for paper."""
    today = day_of(request.at)
    shown = asked_day(request.GET.get("day", ""), today)
    desks = appointment_book.own_desks(request.officer)
    code = request.GET.get("desk", "")
    context = {
        "day": shown,
        "before": shown - dt.timedelta(days=1),
        "after": shown + dt.timedelta(days=1),
        "today": today,
        "desks": desks,
        "code": code,
        "lines": appointment_book.day_page(
            request.officer, shown, next((one for one in desks if one.code == code), None)
        ),
        "at": request.at,
    }
    return render(request, "enrollment/desk_day.html", context)


def asked_day(text: str, otherwise: dt.date) -> dt.date:
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        return otherwise
    return found if abs((found - otherwise).days) < 3660 else otherwise


@requires(Duty.INTAKE, Duty.PICKUP)
def times(request: OfficerRequest) -> HttpResponse:
    form = OpenTimesForm(request.POST if request.method == "POST" else None, viewer=request.officer)
    if form.is_valid():
        try:
            made = appointments.open_times(form.openings(), by=request.officer, at=request.at)
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(request, _("予約の時間を %(count)d 件開きました。") % {"count": made})
            return redirect("enrollment:desk")
    return render(request, "enrollment/desk_times.html", {"form": form}, status=422 if form.errors else 200)


@requires(Duty.INTAKE, Duty.PICKUP)
@require_POST
def close(request: OfficerRequest, slot_id: int) -> HttpResponse:
    try:
        slot = appointment_book.slot_in_reach(request.officer, slot_id)
    except DeskSlot.DoesNotExist:
        raise Http404 from None
    return told(
        request,
        slot,
        lambda: appointments.close_time(slot_id=slot.id, by=request.officer, at=request.at),
        _("この時間の予約を締め切りました。"),
    )


@requires(Duty.INTAKE, Duty.PICKUP)
@require_POST
def missed(request: OfficerRequest, appointment_id: UUID) -> HttpResponse:
    try:
        found = appointment_book.appointment_in_reach(request.officer, appointment_id)
    except Appointment.DoesNotExist:
        raise Http404 from None
    return told(
        request,
        found.slot,
        lambda: appointments.record_missed(appointment_id=found.id, by=request.officer, at=request.at),
        _("来訪なしと記録しました。"),
    )


def told(request: OfficerRequest, slot: DeskSlot, act: Callable[[], object], words: str) -> HttpResponse:
    """Back to the day, with what was done or why not."""
    try:
        act()
    except Denied as denied:
        for sentence in sentences(denied):
            messages.error(request, sentence)
    else:
        messages.success(request, words)
    response = redirect("enrollment:desk")
    response["Location"] += f"?day={day_of(slot.starts_at).isoformat()}"
    return response
