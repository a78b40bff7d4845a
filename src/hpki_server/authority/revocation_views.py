"""Pages of the duties REVOKING and HOLDING: find a card, end it, pause it, let it go on."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hpki_server.authority import queries, services
from hpki_server.authority.models import Card
from hpki_server.authority.revocation_forms import CardSearch, RevocationForm
from hpki_server.authority.services.revoking import Changed
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.pieces import Chip

ROWS = 50
_DUTIES = (Duty.REVOKING, Duty.HOLDING)


def _shown(page: Page[Card], request: OfficerRequest) -> list[tuple[Card, Chip]]:
    return queries.with_standing(page, on=timezone.localdate(request.at))


@requires(*_DUTIES)
@require_safe
def cards(request: OfficerRequest) -> HttpResponseBase:
    form = CardSearch(request.GET)
    words = form.words()
    found = queries.cards_in_reach(request.officer, _DUTIES, words=words)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    if words and page.paginator.count == 1 and page[0].card_id == words:
        return redirect("authority:card", page[0].id)
    return render(
        request,
        "authority/cards.html",
        {"form": form, "page": page, "query": words, "cards": _shown(page, request)},
    )


@requires(*_DUTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def card(request: OfficerRequest, card_id: UUID) -> HttpResponseBase:
    """One screen for a loss: whose card, how it stands, and what can be done."""
    shown = _in_reach(request, card_id, *_DUTIES)
    form = RevocationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            changed = services.revoke_card(card_id, case=form.chosen(), by=request.officer, at=request.at)
        except Denied as denied:
            for denial in denied.denials:
                form.add_error(None, str(denial.sentence))
        else:
            messages.success(request, _("カードの証明書を失効しました。"))
            _publish(request, changed)
            return redirect("authority:card", card_id)
    status = queries.status_lines(shown)
    context = {
        "card": shown,
        "lines": status,
        "form": form,
        "held": any(line.row.held_at for line in status),
        "living": any(line.row.revoked_at is None for line in status),
        "may_revoke": request.officer.may(Duty.REVOKING),
        "may_hold": request.officer.may(Duty.HOLDING),
    }
    return render(request, "authority/card.html", context, status=422 if form.errors else 200)


@requires(Duty.HOLDING)
@require_POST
def hold(request: OfficerRequest, card_id: UUID) -> HttpResponseBase:
    _in_reach(request, card_id, Duty.HOLDING)
    try:
        changed = services.hold_card(card_id, by=request.officer, at=request.at)
    except Denied as denied:
        _say_why_not(request, denied)
    else:
        messages.success(request, _("カードを一時停止しました。"))
        _publish(request, changed)
    return redirect("authority:card", card_id)


@requires(Duty.HOLDING)
@require_POST
def release(request: OfficerRequest, card_id: UUID) -> HttpResponseBase:
    _in_reach(request, card_id, Duty.HOLDING)
    try:
        changed = services.release_card(card_id, by=request.officer, at=request.at)
    except Denied as denied:
        _say_why_not(request, denied)
    else:
        messages.success(request, _("カードの利用を再開しました。"))
        _publish(request, changed)
    return redirect("authority:card", card_id)


def _in_reach(request: OfficerRequest, card_id: UUID, *duties: Duty) -> Card:
    found = queries.cards_in_reach(request.officer, duties).filter(id=card_id).first()
    if found is None:
        raise Http404
    return found


def _publish(request: OfficerRequest, changed: Changed) -> None:
    """The status has changed already; the lists follow at once where it matters, else with the next ones."""
    if not changed.is_urgent:
        return
    published = services.publish_now(sorted(changed.issuers), by=request.officer, at=request.at)
    if published.obstacles:
        messages.warning(
            request,
            _("失効リストは、まだ発行できていません。発行者の鍵を確認してください。次の発行で反映されます。"),
        )
    else:
        messages.success(request, _("失効リストを発行しました。"))


def _say_why_not(request: OfficerRequest, denied: Denied) -> None:
    for denial in denied.denials:
        messages.error(request, str(denial.sentence))
