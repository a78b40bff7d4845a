"""Blank cards: received, used, spoilt, sent back, shredded.  Every change is a line in the stock's book.

The bookkeeping begins with the first delivery note.  From then on no card is begun without a blank; before it, a desk
with a few cards works without counting them.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.authority import production_rules as rules
from hpki_server.authority.models import Card
from hpki_server.authority.production_models import BlankCard, StockDelivery, StockMovement
from hpki_server.authority.production_rules import ScrapReason
from hpki_server.authority.services.duty import require_at_centre
from hpki_server.people import audit
from hpki_server.people.denial import Denied
from hpki_server.people.dual_control import Act
from hpki_server.people.duties import Duty
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.services import proposals
from hpki_server.people.services.proposals import Proposed

DESTROY: Final = "stock:destroy"
Kind = StockMovement.Kind
State = BlankCard.State


@dataclass(frozen=True)
class DeliveryNote:
    """What the supplier's note says."""

    note: str
    layout: str
    first_serial: str
    last_serial: str
    received_on: dt.date


def stock_is_kept() -> bool:
    return StockDelivery.objects.exists()


@transaction.atomic
def receive_blanks(note: DeliveryNote, *, by: Officer, at: dt.datetime) -> StockDelivery:
    """A box is unpacked: every chip of its range lies in stock.

    Raises `Denied`: `no_duty`, `serials_unfit`, `serials_known`, `delivery_known`.
    """
    require_at_centre(by, Duty.ISSUING)
    serials = rules.serials_between(note.first_serial, note.last_serial)
    if serials is None:
        raise Denied([rules.SERIALS_UNFIT])
    if StockDelivery.objects.filter(note=note.note).exists():
        raise Denied([rules.DELIVERY_KNOWN])
    if BlankCard.objects.filter(chip_serial__range=(serials[0], serials[-1])).exists():
        raise Denied([rules.SERIALS_KNOWN])
    delivery = StockDelivery.objects.create(
        note=note.note,
        layout=note.layout,
        first_serial=serials[0],
        last_serial=serials[-1],
        count=len(serials),
        received_on=note.received_on,
        recorded_at=at,
        recorded_by=str(by.account_id),
    )
    BlankCard.objects.bulk_create(
        [
            BlankCard(chip_serial=serial, delivery=delivery, layout=note.layout, state_since=at)
            for serial in serials
        ],
        batch_size=1000,
    )
    StockMovement.objects.create(
        kind=Kind.RECEIVE,
        to_state=State.IN_STOCK,
        count=len(serials),
        delivery=delivery,
        at=at,
        by=str(by.account_id),
    )
    _record("stock:receive", delivery.note, len(serials), by=by, at=at)
    return delivery


def take_blanks(cards: Sequence[Card], *, by: Officer | str, at: dt.datetime) -> None:
    """Each card that has no blank yet gets the next one of its layout; its chip's serial is noted on it.

    Inside the caller's transaction, which leaves the audit line.  Raises `Denied` with `stock_empty`.
    """
    without = [card for card in cards if card.carrier == Card.Carrier.PLASTIC and not card.chip_serial]
    if not without or not stock_is_kept():
        return
    for card in without:
        free = BlankCard.objects.select_for_update().filter(state=State.IN_STOCK, layout=card.layout)
        blank = free.order_by("chip_serial").first()
        if blank is None:
            raise Denied([rules.STOCK_EMPTY])
        blank.card, card.chip_serial = card, blank.chip_serial
        card.save(update_fields=["chip_serial"])
        _move(blank, Kind.USE, State.USED, "", by=by, at=at)


def spoil_blank_of(card: Card, reason: str, *, by: Officer | str, at: dt.datetime) -> None:
    """The blank under a scrapped card waits for the shredder.  Inside the caller's transaction."""
    blank = BlankCard.objects.select_for_update().filter(card=card, state=State.USED).first()
    if blank is not None:
        _move(blank, Kind.SCRAP, State.SCRAPPED, reason, by=by, at=at)


def shred_blank_of(card: Card, reason: str, *, by: Officer | str, at: dt.datetime) -> None:
    """The same, and shredded already.  Inside the caller's transaction, which two officers have allowed."""
    blank = BlankCard.objects.select_for_update().filter(card=card, state=State.SCRAPPED).first()
    if blank is not None:
        _move(blank, Kind.DESTROY, State.DESTROYED, reason, by=by, at=at)


@transaction.atomic
def spoil_blanks(
    serials: Collection[str], *, reason: ScrapReason, by: Officer, at: dt.datetime
) -> list[BlankCard]:
    """Blanks that no card was begun on turn out to be bad.  Raises `Denied`: `no_duty`, `blank_not_in_stock`."""
    return _take_out(serials, Kind.SCRAP, State.SCRAPPED, reason.value, by=by, at=at)


@transaction.atomic
def send_back_blanks(serials: Collection[str], *, by: Officer, at: dt.datetime) -> list[BlankCard]:
    """Blanks go back to their supplier.  Raises `Denied`: `no_duty`, `blank_not_in_stock`."""
    return _take_out(serials, Kind.RETURN, State.RETURNED, "", by=by, at=at)


def _take_out(
    serials: Collection[str],
    kind: StockMovement.Kind,
    to: BlankCard.State,
    reason: str,
    *,
    by: Officer,
    at: dt.datetime,
) -> list[BlankCard]:
    require_at_centre(by, Duty.ISSUING)
    wanted = set(serials)
    found = list(
        BlankCard.objects.select_for_update()
        .filter(chip_serial__in=wanted, state=State.IN_STOCK)
        .order_by("chip_serial")
    )
    if not wanted or len(found) != len(wanted):
        raise Denied([rules.BLANK_NOT_IN_STOCK])
    for blank in found:
        _move(blank, kind, to, reason, by=by, at=at)
    words = found[0].chip_serial if len(found) == 1 else f"{found[0].chip_serial}…{found[-1].chip_serial}"
    _record(f"stock:{kind.value}", words, len(found), by=by, at=at)
    return found


def propose_destruction(*, by: Officer, at: dt.datetime) -> Proposal:
    """Everything that waits for the shredder now; a second officer stands by.  Raises `Denied`."""
    require_at_centre(by, Duty.ISSUING)
    count = BlankCard.objects.filter(state=State.SCRAPPED, state_since__lte=at).count()
    if not count:
        raise Denied([rules.NOTHING_TO_DESTROY])
    proposed = Proposed(DESTROY, "stock", "scrapped", {"count": count, "until": at.isoformat()})
    return proposals.propose(proposed, by=by, at=at)


def _destroy(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    facts = proposal.facts()
    until = dt.datetime.fromisoformat(str(facts["until"]))
    waiting = BlankCard.objects.select_for_update().filter(state=State.SCRAPPED, state_since__lte=until)
    blanks = list(waiting.order_by("chip_serial"))
    if len(blanks) != facts["count"]:
        raise Denied([rules.DESTRUCTION_CHANGED])
    for blank in blanks:
        _move(blank, Kind.DESTROY, State.DESTROYED, "", by=by, at=at)
    _record(DESTROY, "scrapped", len(blanks), by=by, at=at, proposed_by=str(proposal.proposed_by_id))


def _move(
    blank: BlankCard,
    kind: StockMovement.Kind,
    to: BlankCard.State,
    reason: str,
    *,
    by: Officer | str,
    at: dt.datetime,
) -> None:
    before, blank.state, blank.state_since = blank.state, to, at
    blank.save(update_fields=["state", "state_since", "card"])
    StockMovement.objects.create(
        kind=kind,
        from_state=before,
        to_state=to,
        count=1,
        blank=blank,
        card_id=blank.card_id,
        reason=reason,
        at=at,
        by=by if isinstance(by, str) else str(by.account_id),
    )


def _record(
    act: str, subject: str, count: int, *, by: Officer, at: dt.datetime, **details: audit.Detail
) -> None:
    audit.record(
        act, by=by, subject_kind="stock", subject_id=subject, at=at, details={"count": count, **details}
    )


def _in_words(proposal: Proposal) -> str:
    return str(_("保管中の不良カード %(count)s 枚") % {"count": proposal.facts()["count"]})


ACTS: Final = (Act(DESTROY, _("不良カードの破砕"), Duty.ISSUING, _destroy, _in_words),)
