"""Batches: what waits to be made, one batch with its numbers, its run, and its end."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hpki_server.authority import production_queries
from hpki_server.authority.production_models import ProductionBatch
from hpki_server.authority.production_words import obstacle_words
from hpki_server.authority.services import batches
from hpki_server.enrollment import production_lists
from hpki_server.enrollment.production_forms import CountForm, MoveForm, PlanForm, ScrapForm
from hpki_server.enrollment.services import production as services
from hpki_server.enrollment.views.cases import case_of
from hpki_server.enrollment.words import add_denials, sentences
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.queries import centre_ids

ROWS = 50


@requires(Duty.ISSUING)
@require_http_methods(["GET", "HEAD", "POST"])
def production(request: OfficerRequest) -> HttpResponse:
    """The batches, and the form for a new one."""
    if not request.officer.organisations(Duty.ISSUING) & centre_ids():
        raise PermissionDenied("centre_only")
    form = PlanForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = services.plan_batch(form.choice(), by=request.officer, at=request.at)
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(
                request,
                _("バッチ %(number)s を %(count)s 枚で計画しました。")
                % {"number": made.number, "count": made.ordered},
            )
            return redirect("enrollment:production-batch", made.id)
    page = Paginator(production_lists.batches(request.officer), ROWS).get_page(request.GET.get("page"))
    told = production_queries.stock_forecast_on(at=request.at)
    context = {
        "form": form,
        "page": page,
        "lines": [production_lists.batch_line(each, getattr(each, "done", 0)) for each in page],
        "count": production_queries.stock_count(),
        "waiting": production_queries.waiting_cards().count(),
        "approved": production_lists.approved(request.officer),
        "oldest": production_queries.waiting_cards().first(),
        "forecast": told,
        "shortage": production_queries.shortage_at(request.at),
    }
    return render(request, "enrollment/production.html", context, status=422 if form.errors else 200)


@requires(Duty.ISSUING)
@require_POST
def order_approved(request: OfficerRequest) -> HttpResponse:
    done = services.order_approved(by=request.officer, at=request.at)
    messages.success(request, _("%(count)s 枚を発注しました。") % {"count": done.ordered})
    if done.held:
        messages.warning(
            request, _("%(count)s 件は入金などを待っているため、発注しませんでした。") % {"count": done.held}
        )
    return redirect("enrollment:production")


@requires(Duty.ISSUING)
@require_safe
def batch(request: OfficerRequest, batch_id: UUID) -> HttpResponse:
    return _batch_page(request, _found(request, batch_id), CountForm())


def _batch_page(
    request: OfficerRequest, shown: ProductionBatch, form: CountForm, *, status: int = 200
) -> HttpResponse:
    page = Paginator(production_lists.items(shown), ROWS).get_page(request.GET.get("page"))
    numbers = production_lists.numbers(shown)
    context = {
        **_progress(shown),
        "page": page,
        "lines": production_lists.item_lines(shown, list(page)),
        "log": production_lists.log_lines(shown),
        "line": production_lists.batch_line(shown, numbers.done),
        "form": form,
        "scrap_form": ScrapForm(),
        "move_form": MoveForm(),
        "is_open": shown.state in production_queries.OPEN,
        "may_close": shown.counted_by is not None and shown.counted_by != request.officer.account_id,
    }
    return render(request, "enrollment/production_batch.html", context, status=status)


def _progress(shown: ProductionBatch) -> dict[str, object]:
    numbers = production_lists.numbers(shown)
    is_running = shown.state == ProductionBatch.State.PRODUCING and not shown.obstacle and numbers.waiting > 0
    return {
        "batch": shown,
        "numbers": numbers,
        "is_running": is_running,
        "obstacle": obstacle_words(shown.obstacle),
    }


@requires(Duty.ISSUING)
@require_safe
def progress(request: OfficerRequest, batch_id: UUID) -> HttpResponse:
    """The part of the batch's page that is asked for again while its cards are made."""
    context = _progress(_found(request, batch_id))
    answer = render(request, "enrollment/production_progress.html", context)
    if not context["is_running"]:
        # All made, or stopped: the rest of the page has changed, too.
        answer["HX-Refresh"] = "true"
    return answer


@requires(Duty.ISSUING)
@require_POST
def start(request: OfficerRequest, batch_id: UUID) -> HttpResponse:
    return _act(
        request, batch_id, lambda: batches.start_batch(batch_id, by=request.officer, at=request.at), ""
    )


@requires(Duty.ISSUING)
@require_POST
def count(request: OfficerRequest, batch_id: UUID) -> HttpResponse:
    shown, form = _found(request, batch_id), CountForm(request.POST)
    if form.is_valid():
        try:
            batches.count_batch(
                shown.id,
                good=form.cleaned_data["good"],
                scrapped=form.cleaned_data["scrapped"],
                by=request.officer,
                at=request.at,
            )
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(request, _("枚数を照合しました。別の担当者が完了にします。"))
            return redirect("enrollment:production-batch", batch_id)
    return _batch_page(request, shown, form, status=422)


@requires(Duty.ISSUING)
@require_POST
def close(request: OfficerRequest, batch_id: UUID) -> HttpResponse:
    return _act(
        request,
        batch_id,
        lambda: batches.close_batch(batch_id, by=request.officer, at=request.at),
        _("バッチを完了しました。"),
    )


@requires(Duty.ISSUING)
@require_POST
def move_out(request: OfficerRequest, batch_id: UUID, item_id: int) -> HttpResponse:
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _unchosen(request, batch_id)
    return _act(
        request,
        batch_id,
        lambda: batches.move_out(item_id, reason=form.chosen(), by=request.officer, at=request.at),
        _("カードをバッチから除外しました。"),
    )


@requires(Duty.ISSUING)
@require_POST
def scrap(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    """A spoilt card, from its batch or from its case."""
    application, form = case_of(request, application_id, Duty.ISSUING), ScrapForm(request.POST)
    item = production_queries.open_item(application.card_id) if application.card_id else None
    try:
        if not form.is_valid():
            messages.error(request, _("理由を選んでください。"))
        else:
            services.scrap_card(
                application_id=application.id, reason=form.chosen(), by=request.officer, at=request.at
            )
            messages.success(request, _("カードを廃棄し、同じ内容のカードを発注し直しました。"))
    except Denied as denied:
        for sentence in sentences(denied):
            messages.error(request, sentence)
    if item is not None:
        return redirect("enrollment:production-batch", item.batch_id)
    return redirect("enrollment:issuing-case", application_id)


def _unchosen(request: OfficerRequest, batch_id: UUID) -> HttpResponse:
    _found(request, batch_id)
    messages.error(request, _("理由を選んでください。"))
    return redirect("enrollment:production-batch", batch_id)


def _act(request: OfficerRequest, batch_id: UUID, done: Callable[[], object], sentence: str) -> HttpResponse:
    """Do it, or say on the batch's page why not."""
    _found(request, batch_id)
    try:
        done()
    except Denied as denied:
        for said in sentences(denied):
            messages.error(request, said)
    else:
        if sentence:
            messages.success(request, sentence)
    return redirect("enrollment:production-batch", batch_id)


def _found(request: OfficerRequest, batch_id: UUID) -> ProductionBatch:
    try:
        return production_lists.batch(request.officer, batch_id)
    except ProductionBatch.DoesNotExist:
        raise Http404 from None
