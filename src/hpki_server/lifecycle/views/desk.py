"""The hot line and the desk: find a card, record what happened, take papers in, set a PIN anew."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hpki_server.authority.models import Card
from hpki_server.authority.queries import with_standing
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.services import reading
from hpki_server.enrollment.services.record import day_of
from hpki_server.enrollment.views.documents import file_answer
from hpki_server.lifecycle import queries, situations
from hpki_server.lifecycle.events import Actor, LifeEvent
from hpki_server.lifecycle.forms import CardSearch, PapersForm, ReportForm, UnblockForm
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.rules import OPEN, CaseState, of_the_register
from hpki_server.lifecycle.services import pins, reporting, resuming, settling
from hpki_server.lifecycle.services.emergency_papers import is_complete
from hpki_server.lifecycle.views.answers import add_denials, say_lists, say_why_not
from hpki_server.lifecycle.words import EVENT_WORDS
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty

ROWS = 50
DESKS = queries.DESKS


def card_of(request: OfficerRequest, card_id: UUID) -> Card:
    try:
        return queries.card_in_reach(request.officer, card_id)
    except Card.DoesNotExist:
        raise Http404 from None


def case_of(request: OfficerRequest, case_id: UUID) -> LifeCase:
    try:
        return queries.case_in_reach(request.officer, case_id)
    except LifeCase.DoesNotExist:
        raise Http404 from None


@requires(*DESKS)
@require_safe
def find(request: OfficerRequest) -> HttpResponse:
    """A number in full opens its card; without words the page asks for them."""
    form = CardSearch(request.GET)
    words = form.words()
    found = queries.cards_found(request.officer, words) if words else Card.objects.none()
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    if words and page.paginator.count == 1 and page[0].card_id == words:
        return redirect("lifecycle:card", page[0].id)
    waiting = queries.open_cases(request.officer).count()
    shown = with_standing(page, on=day_of(request.at))
    context = {"form": form, "page": page, "cards": shown, "words": words, "waiting": waiting}
    return render(request, "lifecycle/find.html", context)


@requires(*DESKS)
@require_http_methods(["GET", "HEAD", "POST"])
def card(request: OfficerRequest, card_id: UUID) -> HttpResponse:
    """One screen: whose card, how it stands, what can be done; a loss is one choice and one button."""
    shown = card_of(request, card_id)
    events = situations.reports_open(shown, by=request.officer, at=request.at)
    form = ReportForm(
        request.POST if request.method == "POST" else None,
        # Nothing is chosen before: what cannot be undone is chosen by hand.
        events=events,
    )
    if form.is_valid():
        try:
            told = reporting.report(
                card_id=shown.id,
                event=form.chosen(),
                by=request.officer,
                at=request.at,
                note=form.cleaned_data["note"],
            )
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(request, _("記録しました。"))
            say_lists(request, told)
            return redirect("lifecycle:case", told.case.id)
    view = queries.card_view(shown, at=request.at)
    context = {
        "view": view,
        "form": form,
        "events": [EVENT_WORDS[event] for event in events if event in EVENT_WORDS],
        "may_suspend": situations.may_suspend(shown, by=request.officer, at=request.at),
        # A card that was issued elsewhere has another letter, and keys that we never made.
        "may_unblock": shown.state == Card.State.ACTIVE
        and bool(view.lines)
        and any(request.officer.may(duty, shown.organisation_id) for duty in (Duty.INTAKE, Duty.PICKUP)),
    }
    return render(request, "lifecycle/card.html", context, status=422 if form.errors else 200)


@requires(*DESKS)
@require_POST
def suspend(request: OfficerRequest, card_id: UUID) -> HttpResponse:
    shown = card_of(request, card_id)
    try:
        told = reporting.suspend(card_id=shown.id, by=request.officer, at=request.at)
    except Denied as denied:
        say_why_not(request, denied)
        return redirect("lifecycle:card", shown.id)
    messages.success(request, _("カードを一時停止しました。"))
    say_lists(request, told)
    return redirect("lifecycle:case", told.case.id)


@requires(*DESKS)
@require_safe
def ending(request: OfficerRequest) -> HttpResponse:
    """Cards whose real end comes within half a year, the nearest first: whom the desk may call."""
    page = Paginator(queries.ending_cards(request.officer, at=request.at), ROWS).get_page(
        request.GET.get("page")
    )
    return render(request, "lifecycle/ending.html", {"page": page})


@requires(*DESKS)
@require_safe
def cases(request: OfficerRequest) -> HttpResponse:
    """What is not finished, oldest first; the filter stands in the address."""
    event, state = request.GET.get("event", ""), request.GET.get("state", "")
    found = queries.open_cases(
        request.officer,
        event=event if event in set(LifeEvent) else "",
        state=state if state in set(OPEN) else "",
    )
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "event": event,
        "state": state,
        "events": [(one.value, one.label) for one in LifeEvent],
        "states": [(one.value, one.label) for one in CaseState if one in OPEN],
        "today": request.at,
        "query": f"event={event}&state={state}" if event or state else "",
    }
    return render(request, "lifecycle/cases.html", context)


@requires(*DESKS)
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: OfficerRequest, case_id: UUID) -> HttpResponse:
    shown = case_of(request, case_id)
    form = PapersForm(request.POST if request.method == "POST" else None, awaited=shown.awaited)
    if form.is_valid():
        try:
            told = settling.receive_papers(
                case_id=shown.id, papers=form.chosen(), by=request.officer, at=request.at
            )
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(request, _("書類の受領を記録しました。"))
            say_lists(request, told)
            return redirect("lifecycle:case", shown.id)
    return case_page(request, shown, form)


def case_page(request: OfficerRequest, shown: LifeCase, form: PapersForm) -> HttpResponse:
    is_held, reaches = shown.state == CaseState.HELD, situations.actors_of(shown.card, request.officer)
    context = {
        "case": shown,
        "view": queries.card_view(shown.card, at=request.at),
        "form": form,
        "steps": queries.steps_of(shown),
        "takes_papers": bool(shown.awaited) and shown.is_open and bool(reaches & {"desk", "revoking"}),
        "may_end": is_held
        and not shown.awaited
        and not of_the_register(shown.rule)
        and bool(reaches & shown.rule.who),
        "may_resume": is_held and bool(reaches & {"holding", "revoking"}),
        "may_withdraw": not of_the_register(shown.rule)
        and shown.state in {CaseState.CARD, CaseState.PLANNED}
        and bool(reaches & shown.rule.who),
        "may_apply": shown.rule.kind is not None
        and shown.application is None
        and not shown.is_replaced
        and shown.state not in {CaseState.HELD, CaseState.WITHDRAWN}
        and request.officer.may(Duty.INTAKE, shown.organisation_id),
        "late_papers": queries.late_papers(shown) if Actor.DESK in reaches else [],
        "scans_late": queries.scans_late(shown, request.officer),
        "proposal": queries.open_proposal(shown),
        "is_complete": is_complete(shown),
    }
    return render(request, "lifecycle/case.html", context, status=422 if form.errors else 200)


@requires(*DESKS)
@require_POST
def end(request: OfficerRequest, case_id: UUID) -> HttpResponse:
    shown = case_of(request, case_id)
    try:
        told = settling.end_held(case_id=shown.id, by=request.officer, at=request.at)
    except Denied as denied:
        say_why_not(request, denied)
    else:
        messages.success(request, _("カードの電子証明書を失効しました。"))
        say_lists(request, told)
    return redirect("lifecycle:case", shown.id)


@requires(Duty.INTAKE, Duty.PICKUP, Duty.REVOKING)
@require_POST
def ask_for_closing(request: OfficerRequest, case_id: UUID) -> HttpResponse:
    """Nobody has judged the papers in time: the second officer is asked once more."""
    shown = case_of(request, case_id)
    try:
        settling.ask_for_closing(case_id=shown.id, by=request.officer, at=request.at)
    except Denied as denied:
        say_why_not(request, denied)
    else:
        messages.success(request, _("電子認証センターに確認を申し出ました。"))
    return redirect("lifecycle:case", shown.id)


@requires(Duty.REVOKING, Duty.HOLDING)
@require_POST
def resume(request: OfficerRequest, case_id: UUID) -> HttpResponse:
    """The first officer's yes; the second one confirms under 二人での確認."""
    shown = case_of(request, case_id)
    try:
        resuming.propose_resumption(case_id=shown.id, by=request.officer, at=request.at)
    except Denied as denied:
        say_why_not(request, denied)
    else:
        messages.success(
            request, _("再開を申し出ました。別の担当者が確認すると、カードが使えるようになります。")
        )
    return redirect("lifecycle:case", shown.id)


@requires(*DESKS)
@require_POST
def withdraw(request: OfficerRequest, case_id: UUID) -> HttpResponse:
    shown = case_of(request, case_id)
    try:
        settling.withdraw(case_id=shown.id, by=request.officer, at=request.at)
    except Denied as denied:
        say_why_not(request, denied)
    else:
        messages.success(request, _("手続きを取り下げました。"))
    return redirect("lifecycle:case", shown.id)


@requires(Duty.INTAKE)
@require_POST
def apply(request: OfficerRequest, case_id: UUID) -> HttpResponse:
    """The desk types the application for the new card from the holder's paper."""
    shown = case_of(request, case_id)
    try:
        application = settling.apply_for_new_card(case_id=shown.id, by=request.officer, at=request.at)
    except Denied as denied:
        say_why_not(request, denied)
        return redirect("lifecycle:case", shown.id)
    if application.state == State.DRAFT and application.entered_by_id is not None:
        return redirect("enrollment:paper-entries", application.id)
    messages.info(request, _("この申請は、すでに始まっています。"))
    return redirect("lifecycle:case", shown.id)


@requires(Duty.INTAKE, Duty.PICKUP)
@require_safe
def late_paper(request: OfficerRequest, case_id: UUID, part: str) -> HttpResponse:
    """A copy that the holder of an emergency card handed in afterwards, for the officer who takes it in."""
    shown = case_of(request, case_id)
    # A duty at the centre reaches every case, but the copies are for the desk of this card.
    is_its_desk = Actor.DESK in situations.actors_of(shown.card, request.officer)
    found = queries.late_paper(shown, part) if is_its_desk else None
    if found is None:
        raise Http404
    opened = reading.open_found(found, place=shown.card.organisation_id, by=request.officer, at=request.at)
    return file_answer(opened, part)


@requires(Duty.INTAKE, Duty.PICKUP)
@require_http_methods(["GET", "HEAD", "POST"])
def unblock(request: OfficerRequest, card_id: UUID) -> HttpResponse:
    """The card lies on the reader; its holder types."""
    shown = card_of(request, card_id)
    form = UnblockForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        puk, new = form.secrets()
        try:
            pins.unblock_at_desk(card_id=shown.id, puk=puk, new=new, by=request.officer, at=request.at)
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(request, _("新しい暗証番号を設定しました。"))
            return redirect("lifecycle:card", shown.id)
    context = {"card": shown, "form": form}
    return render(request, "lifecycle/unblock.html", context, status=422 if form.errors else 200)
