"""The holder and the own card: what it is, what can be done, and each thing done in two clicks."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hpki_server.authority.models import Card
from hpki_server.enrollment.services.record import day_of
from hpki_server.enrollment.views.documents import pdf_answer
from hpki_server.lifecycle import correspondence, queries, rules, situations
from hpki_server.lifecycle.events import Action, LifeEvent, event_rule
from hpki_server.lifecycle.fees import fee_of
from hpki_server.lifecycle.forms import SureForm
from hpki_server.lifecycle.home import remote_of
from hpki_server.lifecycle.letters import letters_pdf
from hpki_server.lifecycle.models import LifeCase, Notice
from hpki_server.lifecycle.rules import CaseState
from hpki_server.lifecycle.services import renewing, reporting, settling
from hpki_server.lifecycle.views.answers import add_denials, say_lists, say_why_not
from hpki_server.lifecycle.words import EVENT_WORDS
from hpki_server.people.access import ApplicantRequest, applicant_only
from hpki_server.people.denial import Denied


def own_card(request: ApplicantRequest, card_id: UUID) -> Card:
    try:
        return queries.own_card(request.account, card_id)
    except Card.DoesNotExist:
        raise Http404 from None


def own_case(request: ApplicantRequest, case_id: UUID) -> LifeCase:
    try:
        return queries.own_case(request.account, case_id)
    except LifeCase.DoesNotExist:
        raise Http404 from None


@applicant_only
@require_safe
def card(request: ApplicantRequest, card_id: UUID) -> HttpResponse:
    shown = own_card(request, card_id)
    events = situations.reports_open(shown, by=request.account, at=request.at)
    context = {
        "view": queries.card_view(shown, at=request.at),
        "remote": remote_of(shown),
        "events": [(event, EVENT_WORDS[event]) for event in events],
        "may_suspend": situations.may_suspend(shown, by=request.account, at=request.at),
        "too_early": rules.too_early(
            situations.report_of(shown, LifeEvent.RENEWAL, by=request.account, at=request.at)
        ),
    }
    return render(request, "lifecycle/own_card.html", context)


@applicant_only
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: ApplicantRequest, card_id: UUID, event: str) -> HttpResponse:
    """What will happen, what it costs, what to bring; then it happens."""
    shown = own_card(request, card_id)
    if event not in set(EVENT_WORDS) or LifeEvent(event) is LifeEvent.DEATH:
        raise Http404
    chosen = LifeEvent(event)
    rule = event_rule(chosen, on=day_of(request.at))
    form = SureForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _done(request, shown, chosen)
        except Denied as denied:
            add_denials(form, denied)
    context = {
        "view": queries.card_view(shown, at=request.at),
        "words": EVENT_WORDS[chosen],
        "rule": rule,
        "papers_later": reporting.papers_later(rule, by=request.account),
        "papers": queries.papers_for(rule.kind, on=day_of(request.at)),
        "form": form,
        # Nobody ticks and sends a form that will be refused.
        "why_not": rules.report_denials(
            situations.report_of(shown, chosen, by=request.account, at=request.at)
        ),
        "fee": fee_of(shown, chosen, on=day_of(request.at)),
        "may_suspend": chosen is LifeEvent.LOSS
        and situations.may_suspend(shown, by=request.account, at=request.at),
    }
    return render(request, "lifecycle/own_report.html", context, status=422 if form.errors else 200)


def _done(request: ApplicantRequest, shown: Card, event: LifeEvent) -> HttpResponse:
    """Raises `Denied`."""
    rule = event_rule(event, on=day_of(request.at))
    if rule.action is Action.ON_HAND_OVER:
        application = renewing.begin_replacement(
            card_id=shown.id, event=event, by=request.account, at=request.at
        )
        messages.success(request, _("申請を始めました。ご記入の内容をお確かめください。"))
        return redirect("enrollment:entries", application.id)
    told = reporting.report(card_id=shown.id, event=event, by=request.account, at=request.at)
    messages.success(request, _("カードの電子証明書を失効しました。"))
    say_lists(request, told)
    return redirect("lifecycle:own-case", told.case.id)


@applicant_only
@require_POST
def suspend(request: ApplicantRequest, card_id: UUID) -> HttpResponse:
    shown = own_card(request, card_id)
    try:
        told = reporting.suspend(card_id=shown.id, by=request.account, at=request.at)
    except Denied as denied:
        say_why_not(request, denied)
        return redirect("lifecycle:own-card", shown.id)
    messages.success(request, _("カードをいったん止めました。"))
    say_lists(request, told)
    return redirect("lifecycle:own-case", told.case.id)


@applicant_only
@require_safe
def case(request: ApplicantRequest, case_id: UUID) -> HttpResponse:
    shown = own_case(request, case_id)
    context = {
        "case": shown,
        "view": queries.card_view(shown.card, at=request.at),
        "steps": queries.steps_of(shown),
        "letters": queries.own_letters(request.account).filter(case=shown),
        "may_apply": shown.rule.kind is not None
        and shown.state not in {CaseState.WITHDRAWN, CaseState.HELD}
        and not shown.is_replaced,
        "may_withdraw": shown.state == CaseState.CARD,
    }
    return render(request, "lifecycle/own_case.html", context)


@applicant_only
@require_POST
def end(request: ApplicantRequest, case_id: UUID) -> HttpResponse:
    """It was not found: what pauses ends."""
    shown = own_case(request, case_id)
    try:
        told = settling.end_held(case_id=shown.id, by=request.account, at=request.at)
    except Denied as denied:
        say_why_not(request, denied)
    else:
        messages.success(request, _("カードの電子証明書を失効しました。"))
        say_lists(request, told)
    return redirect("lifecycle:own-case", shown.id)


@applicant_only
@require_POST
def apply(request: ApplicantRequest, case_id: UUID) -> HttpResponse:
    shown = own_case(request, case_id)
    try:
        application = settling.apply_for_new_card(case_id=shown.id, by=request.account, at=request.at)
    except Denied as denied:
        say_why_not(request, denied)
        return redirect("lifecycle:own-case", shown.id)
    return redirect("enrollment:entries", application.id)


@applicant_only
@require_POST
def withdraw(request: ApplicantRequest, case_id: UUID) -> HttpResponse:
    shown = own_case(request, case_id)
    try:
        settling.withdraw(case_id=shown.id, by=request.account, at=request.at)
    except Denied as denied:
        say_why_not(request, denied)
    else:
        messages.success(request, _("手続きを取り下げました。カードはそのままお使いになれます。"))
    return redirect("lifecycle:own-card", shown.card_id)


@applicant_only
@require_safe
def letter(request: ApplicantRequest, notice_id: int) -> HttpResponse:
    """The same letter as by post, dated as it was made."""
    try:
        notice = queries.own_letter(request.account, notice_id)
        facts = correspondence.facts_of(notice, at=notice.made_at)
    except (Notice.DoesNotExist, Denied):
        raise Http404 from None
    return pdf_answer(letters_pdf([facts], at=notice.made_at), f"{notice.card.card_id}-{notice.kind}.pdf")


@applicant_only
@require_safe
def pin_help(request: ApplicantRequest) -> HttpResponse:
    cards = list(queries.own_cards(request.account))
    in_use = [one for one in cards if one.state == Card.State.ACTIVE]
    return render(request, "lifecycle/pin_help.html", {"cards": in_use})
