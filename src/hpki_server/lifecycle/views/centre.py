"""The centre: letters of the day, decisions of the register, mass exchanges."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from hpki_server.enrollment.queries import QUALIFICATION
from hpki_server.enrollment.services.record import day_of
from hpki_server.enrollment.views.documents import pdf_answer
from hpki_server.lifecycle import queries
from hpki_server.lifecycle.events import LetterKind
from hpki_server.lifecycle.exchange_plan import month_after, slowest_pace
from hpki_server.lifecycle.forms import AnnounceForm, DispositionForm, PlanForm
from hpki_server.lifecycle.models import Campaign, Wave
from hpki_server.lifecycle.services import exchanging, noticing, posting, registry_events
from hpki_server.lifecycle.views.answers import add_denials, say_why_not
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty


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
    context = {"rows": rows, "total": sum(number for _kind, number in rows), "most": posting.MOST}
    return render(request, "lifecycle/letters.html", context)


@requires(Duty.REGISTRY)
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: OfficerRequest) -> HttpResponse:
    form = DispositionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            told = registry_events.report_disposition(
                form.command(QUALIFICATION), by=request.officer, at=request.at
            )
        except Denied as denied:
            add_denials(form, denied)
        else:
            sentence = ngettext(
                "%(number)s 枚のカードに反映しました。", "%(number)s 枚のカードに反映しました。", len(told)
            )
            messages.success(request, sentence % {"number": len(told)})
            return redirect("lifecycle:register")
    return render(request, "lifecycle/register.html", {"form": form}, status=422 if form.errors else 200)


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
