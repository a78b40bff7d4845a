"""The centre: letters of the day, decisions of the register, mass exchanges."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hpki_server.enrollment.queries import QUALIFICATION
from hpki_server.enrollment.services import reading
from hpki_server.enrollment.services.record import day_of
from hpki_server.enrollment.views.documents import file_answer, pdf_answer
from hpki_server.lifecycle import queries
from hpki_server.lifecycle.events import LetterKind
from hpki_server.lifecycle.exchange_plan import month_after, slowest_pace
from hpki_server.lifecycle.forms import AnnounceForm, DispositionForm, PlanForm
from hpki_server.lifecycle.models import Campaign, LifeCase, Wave
from hpki_server.lifecycle.services import exchanging, noticing, posting, registry_events
from hpki_server.lifecycle.views.answers import add_denials, say_why_not
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.queries import centre_ids


@requires(Duty.ISSUING)
@require_http_methods(["GET", "HEAD", "POST"])
def letters(request: OfficerRequest) -> HttpResponse:
    """What waits to be printed, by kind; the button gives up to a hundred in one file."""
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        try:
            content = posting.print_letters(
                kind=kind if kind in set(LetterKind) else "", by=request.officer, at=request.at
            )
        except Denied as denied:
            say_why_not(request, denied)
            return redirect("lifecycle:letters")
        return pdf_answer(content, f"letters-{request.at:%Y%m%d-%H%M%S}.pdf")
    counted = noticing.waiting_letters().order_by().values_list("kind").annotate(letters=Count("id"))
    rows = [(LetterKind(kind), number) for kind, number in counted.order_by("kind")]
    context = {
        "rows": rows,
        "total": sum(number for _kind, number in rows),
        "most": posting.MOST,
        "unprinted": posting.unprinted(),
    }
    return render(request, "lifecycle/letters.html", context)


@requires(Duty.REGISTRY)
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: OfficerRequest) -> HttpResponse:
    form = DispositionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            asked = registry_events.propose_disposition(
                form.command(QUALIFICATION), by=request.officer, at=request.at
            )
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(
                request, _("申し出ました。別の担当者が「二人での確認」で確認すると、カードに反映されます。")
            )
            if held := len(asked.held):
                sentence = ngettext(
                    "それまでのあいだ、%(number)s 枚のカードを一時停止しました。",
                    "それまでのあいだ、%(number)s 枚のカードを一時停止しました。",
                    held,
                )
                messages.info(request, sentence % {"number": held})
            return redirect("lifecycle:register")
    context = {"form": form, "ahead": queries.dispositions_ahead(request.officer)}
    return render(request, "lifecycle/register.html", context, status=422 if form.errors else 200)


@requires(Duty.REGISTRY)
@require_POST
def withdraw_disposition(request: OfficerRequest, kept_id: UUID) -> HttpResponse:
    """The first officer's word that what was planned shall not begin."""
    if not any(row.id == kept_id for row in queries.dispositions_ahead(request.officer)):
        raise Http404
    try:
        registry_events.propose_withdrawal(kept_id=kept_id, by=request.officer, at=request.at)
    except Denied as denied:
        say_why_not(request, denied)
    else:
        messages.success(request, _("取下げを申し出ました。別の担当者が確認します。"))
    return redirect("lifecycle:register")


@requires(Duty.ISSUING)
@require_http_methods(["GET", "HEAD", "POST"])
def exchanges(request: OfficerRequest) -> HttpResponse:
    form = AnnounceForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            exchanging.propose_campaign(
                form.chosen(), form.cleaned_data["last_day"], by=request.officer, at=request.at
            )
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(request, _("申し出ました。別の担当者が確認すると、交換が始まります。"))
            return redirect("lifecycle:exchanges")
    context = {
        "form": form,
        "campaigns": Campaign.objects.order_by("state", "last_day"),
        "sunsets": queries.sunset_lines(),
    }
    return render(request, "lifecycle/exchanges.html", context, status=422 if form.errors else 200)


@requires(Duty.ISSUING)
@require_http_methods(["GET", "HEAD", "POST"])
def exchange(request: OfficerRequest, campaign_id: UUID) -> HttpResponse:
    """How many cards, where, when; the plan in waves."""
    campaign = Campaign.objects.filter(id=campaign_id).first()
    if campaign is None:
        raise Http404
    form = PlanForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            exchanging.plan_waves(
                campaign_id=campaign.id,
                first_month=form.cleaned_data["first_month"],
                per_month=form.cleaned_data["per_month"],
                by=request.officer,
                at=request.at,
            )
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(request, _("計画を作りました。"))
            return redirect("lifecycle:exchange", campaign.id)
    view = queries.exchange_view(campaign)
    pace = slowest_pace(
        view.total, first_month=month_after(day_of(request.at).replace(day=1)), last_day=campaign.last_day
    )
    context = {"campaign": campaign, "view": view, "form": form, "pace": pace}
    return render(request, "lifecycle/exchange.html", context, status=422 if form.errors else 200)


@requires(Duty.ISSUING)
@require_POST
def notice_wave(request: OfficerRequest, wave_id: int) -> HttpResponse:
    wave = Wave.objects.filter(id=wave_id).first()
    if wave is None:
        raise Http404
    try:
        told = exchanging.notice_wave(wave_id=wave.id, by=request.officer, at=request.at)
    except Denied as denied:
        say_why_not(request, denied)
    else:
        messages.success(request, _("%(cards)s 名あてのお知らせを作りました。") % {"cards": told})
    return redirect("lifecycle:exchange", wave.campaign_id)


@requires(Duty.ISSUING)
@require_POST
def close_exchange(request: OfficerRequest, campaign_id: UUID) -> HttpResponse:
    campaign = Campaign.objects.filter(id=campaign_id).first()
    if campaign is None:
        raise Http404
    try:
        exchanging.propose_closing(campaign, by=request.officer, at=request.at)
    except Denied as denied:
        say_why_not(request, denied)
    else:
        messages.success(request, _("終了を申し出ました。別の担当者が確認します。"))
    return redirect("lifecycle:exchange", campaign.id)


@requires(Duty.APPROVAL)
@require_safe
def closing(request: OfficerRequest, proposal_id: UUID) -> HttpResponse:
    """What the second officer looks at before an emergency's case is closed."""
    case = _closing_case(request, proposal_id)
    context = {
        "case": case,
        "proposal_id": proposal_id,
        "parts": queries.papers_to_judge(case),
        "steps": queries.steps_of(case),
    }
    return render(request, "lifecycle/closing.html", context)


@requires(Duty.APPROVAL)
@require_safe
def closing_paper(request: OfficerRequest, proposal_id: UUID, part: str) -> HttpResponse:
    case = _closing_case(request, proposal_id)
    if case.application is None or part not in queries.papers_to_judge(case):
        raise Http404
    found = case.application.papers.get(kind=part)
    place = next(iter(request.officer.organisations(Duty.APPROVAL) & centre_ids()), None)
    return file_answer(reading.open_found(found, place=place, by=request.officer, at=request.at), part)


def _closing_case(request: OfficerRequest, proposal_id: UUID) -> LifeCase:
    """One that waits for this officer's duty; any other is none."""
    at_centre = request.officer.organisations(Duty.APPROVAL) & centre_ids()
    case = queries.closing_case(proposal_id) if at_centre else None
    if case is None:
        raise Http404
    return case
