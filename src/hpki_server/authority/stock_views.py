"""The stock of blank cards: how many, until when, received, taken out, shredded; and issuing while cards are short."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hpki_server.authority import production_queries, stock_forecast
from hpki_server.authority.production_models import BlankCard, StockDelivery
from hpki_server.authority.production_words import LEVEL_CHIPS
from hpki_server.authority.services import shortage
from hpki_server.authority.services import stock as services
from hpki_server.authority.stock_forms import DeliveryForm, ShortageForm, TakeOutForm
from hpki_server.authority.stock_picture import picture_of
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.queries import centre_ids

LINES = 30


@requires(Duty.ISSUING)
@require_http_methods(["GET", "HEAD", "POST"])
def stock(request: OfficerRequest) -> HttpResponseBase:
    """The numbers, the picture, and the form for a delivery."""
    _at_centre(request)
    form = DeliveryForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = services.receive_blanks(form.delivery(), by=request.officer, at=request.at)
        except Denied as denied:
            for denial in denied.denials:
                form.add_error(None, str(denial.sentence))
        else:
            messages.success(request, _("%(count)s 枚を入庫しました。") % {"count": made.count})
            return redirect("authority:stock")
    return _page(request, form, status=422 if form.errors else 200)


def _page(request: OfficerRequest, form: DeliveryForm, *, status: int = 200) -> HttpResponseBase:
    told = production_queries.stock_forecast_on(at=request.at)
    policy = stock_forecast.policy_on(production_queries.stock_facts(at=request.at).today)
    context: dict[str, Any] = {
        "form": form,
        "take_out": TakeOutForm(),
        "shortage_form": ShortageForm(),
        "count": production_queries.stock_count(),
        "waiting": production_queries.waiting_cards().count(),
        "forecast": told,
        "per_week": round(told.per_day * 7, 1),
        "level": LEVEL_CHIPS[told.level],
        "worried": told.level is not stock_forecast.StockLevel.ENOUGH,
        "policy": policy,
        "picture": picture_of(told, reserve=policy.reserve),
        "deliveries": StockDelivery.objects.order_by("-recorded_at")[:LINES],
        "movements": production_queries.movements(limit=LINES),
        "shred": BlankCard.objects.filter(state=BlankCard.State.SCRAPPED).count(),
        "shortage": production_queries.shortage_at(request.at),
    }
    return render(request, "authority/stock.html", context, status=status)


@requires(Duty.ISSUING)
@require_POST
def take_out(request: OfficerRequest) -> HttpResponseBase:
    form = TakeOutForm(request.POST)
    if not form.is_valid():
        if "first" in form.errors or "last" in form.errors:
            messages.error(request, _("チップの製造番号を入力してください。"))
        if "why" in form.errors:
            messages.error(request, _("理由を選んでください。"))
        return redirect("authority:stock")
    with _told(request):
        reason = form.reason()
        if reason is None:
            taken = services.send_back_blanks(form.serials(), by=request.officer, at=request.at)
        else:
            taken = services.spoil_blanks(form.serials(), reason=reason, by=request.officer, at=request.at)
        messages.success(request, _("%(count)s 枚を在庫から出しました。") % {"count": len(taken)})
    return redirect("authority:stock")


@requires(Duty.ISSUING)
@require_POST
def propose_shredding(request: OfficerRequest) -> HttpResponseBase:
    with _told(request):
        services.propose_destruction(by=request.officer, at=request.at)
        messages.success(request, _proposed())
    return redirect("authority:stock")


@requires(Duty.ISSUING)
@require_POST
def propose_shortage(request: OfficerRequest) -> HttpResponseBase:
    form = ShortageForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("終了日を「令和9年3月31日」のように入力してください。"))
        return redirect("authority:stock")
    with _told(request):
        shortage.propose_shortage(form.cleaned_data["until_on"], by=request.officer, at=request.at)
        messages.success(request, _proposed())
    return redirect("authority:stock")


@requires(Duty.ISSUING)
@require_POST
def propose_shortage_end(request: OfficerRequest) -> HttpResponseBase:
    with _told(request):
        shortage.propose_end(by=request.officer, at=request.at)
        messages.success(request, _proposed())
    return redirect("authority:stock")


def _proposed() -> str:
    return _("申し出ました。別の担当者が「二人での確認」で確認すると、実行されます。")


def _at_centre(request: OfficerRequest) -> None:
    if not request.officer.organisations(Duty.ISSUING) & centre_ids():
        raise PermissionDenied("centre_only")


@contextmanager
def _told(request: OfficerRequest) -> Iterator[None]:
    try:
        yield
    except Denied as denied:
        for denial in denied.denials:
            messages.error(request, str(denial.sentence))
