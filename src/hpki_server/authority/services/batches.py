"""A production batch: planned from ordered cards, made, counted, closed.

What is true of a card stands in its own row; an item follows it in the same transaction.  So a run that is killed
anywhere leaves items that still wait, and the next run goes on with those.
"""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from hpki_server.authority import production_queries as numbers
from hpki_server.authority import production_rules as rules
from hpki_server.authority import rules as card_rules
from hpki_server.authority.candidates import local_day
from hpki_server.authority.models import Card
from hpki_server.authority.production_models import BatchEvent, BatchItem, BatchSequence, ProductionBatch
from hpki_server.authority.production_rules import MoveReason, ScrapReason
from hpki_server.authority.services.cards import reorder_card, scrap_card
from hpki_server.authority.services.duty import require_at_centre
from hpki_server.people import audit
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.services import proposals

State = ProductionBatch.State
Item = BatchItem.State


@transaction.atomic
def plan_batch(cards: Sequence[UUID], *, chosen: str, by: Officer, at: dt.datetime) -> ProductionBatch:
    """A batch of these ordered cards, in the order given.  `chosen` says in words how they were chosen.

    Raises `Denied`: `no_duty`, `nothing_chosen`, `batch_too_large`, `stock_too_low`, `card_unknown`, `wrong_state`,
    `item_moved_on` when a card stands in another batch.
    """
    require_at_centre(by, Duty.ISSUING)
    # The lock on the sequence also makes two plans queue, so neither counts on the other's blanks.
    sequence, _ = BatchSequence.objects.select_for_update().get_or_create(year=local_day(at).year)
    taken = {
        card.id: card for card in Card.objects.select_for_update().defer("photo_sealed").filter(id__in=cards)
    }
    _decide_plan(cards, taken)
    sequence.last += 1
    sequence.save(update_fields=["last"])
    batch = ProductionBatch.objects.create(
        number=f"{sequence.year}-{sequence.last:04d}",
        chosen=chosen[:200],
        ordered=len(cards),
        planned_at=at,
        planned_by=by.account_id,
    )
    BatchItem.objects.bulk_create(
        BatchItem(batch=batch, card=taken[card], position=position)
        for position, card in enumerate(cards, start=1)
    )
    _log(batch, "plan", by=by, at=at, detail=str(len(cards)))
    _record("batch:plan", batch, by=by, at=at, ordered=len(cards))
    return batch


def _decide_plan(cards: Sequence[UUID], taken: dict[UUID, Card]) -> None:
    if len(taken) != len(cards):
        raise Denied([card_rules.CARD_UNKNOWN])
    with_blank = sum(bool(card.chip_serial) for card in taken.values())
    if denials := rules.plan_denials(numbers.plan_facts(len(cards), with_blank)):
        raise Denied(denials)
    for card in taken.values():
        if denials := card_rules.step_denials("personalise", card.state):
            raise Denied(denials)
    if BatchItem.objects.filter(card__in=cards).exclude(state=Item.MOVED_OUT).exists():
        raise Denied([rules.ITEM_MOVED_ON])


@transaction.atomic
def start_batch(batch_id: UUID, *, by: Officer, at: dt.datetime) -> ProductionBatch:
    """The run begins, or goes on after an obstacle; cards are made in this officer's name from now on."""
    batch = _locked(batch_id, "start", by)
    batch.state, batch.started_at, batch.started_by, batch.obstacle = State.PRODUCING, at, by.account_id, ""
    batch.save(update_fields=["state", "started_at", "started_by", "obstacle"])
    _log(batch, "start", by=by, at=at)
    _record("batch:start", batch, by=by, at=at)
    return batch


@transaction.atomic
def stop_at_obstacle(batch_id: UUID, card: UUID, code: str, *, by: Officer | str, at: dt.datetime) -> None:
    """The run waits for a person.  The card keeps its place: the next run begins with it."""
    batch = ProductionBatch.objects.select_for_update().get(id=batch_id)
    batch.obstacle = code[:40]
    batch.save(update_fields=["obstacle"])
    _log(batch, "obstacle", by=by, at=at, card=card, detail=code)
    _record("batch:stop", batch, by=by, at=at, obstacle=code)


def note_personalised(card: Card, *, by: Officer | str, at: dt.datetime) -> None:
    """The card of an item is finished.  Inside the transaction that records the card, whose audit line tells it."""
    waiting = BatchItem.objects.filter(card=card, state=Item.WAITING)
    batch = waiting.values_list("batch_id", flat=True).first()
    if batch is None:
        return
    # The card, which the caller holds, then its batch, then its item: in this order everybody.
    ProductionBatch.objects.select_for_update().get(id=batch)
    item = waiting.select_for_update().first()
    if item is None:
        return
    _end(item, Item.PERSONALISED, "", at=at)
    _log(item.batch, "made", by=by, at=at, card=card.id, detail=card.chip_serial)


@transaction.atomic
def scrap_item(item_id: int, *, reason: ScrapReason, by: Officer, at: dt.datetime) -> Card:
    """A spoilt card of an open batch; the card that takes its place is ordered at once and returned.

    What the spoilt card's certificates said is revoked, what was only intended is abandoned.
    Raises `Denied`: `no_duty`, `batch_moved_on`, `item_moved_on`, `wrong_state`.
    """
    card = BatchItem.objects.values_list("card_id", flat=True).get(id=item_id)
    # Before batch and item, as where the card is finished: two who meet there would wait for each other.
    Card.objects.select_for_update().values_list("id").get(id=card)
    item = _open_item(item_id, "scrap", by, Item.WAITING, Item.PERSONALISED)
    _end(item, Item.SCRAPPED, reason.value, at=at)
    scrap_card(item.card_id, reason=reason.value, by=by, at=at)
    fresh = reorder_card(item.card_id, by=by, at=at)
    _log(item.batch, "scrap", by=by, at=at, card=item.card_id, detail=reason.value)
    return fresh


@transaction.atomic
def move_out(item_id: int, *, reason: MoveReason, by: Officer, at: dt.datetime) -> None:
    """The card is not made in this batch; it waits for another.  Raises `Denied`."""
    item = _open_item(item_id, "move-out", by, Item.WAITING)
    _end(item, Item.MOVED_OUT, reason.value, at=at)
    _log(item.batch, "move-out", by=by, at=at, card=item.card_id, detail=reason.value)
    _record("batch:move-out", item.batch, by=by, at=at, card=str(item.card_id), reason=reason.value)


@transaction.atomic
def count_batch(batch_id: UUID, *, good: int, scrapped: int, by: Officer, at: dt.datetime) -> ProductionBatch:
    """The plastic was counted by hand and agrees with the records.

    Raises `Denied`: `cards_waiting`, `does_not_balance`, `records_differ`, `counted_otherwise`, `batch_moved_on`.
    """
    batch = _locked(batch_id, "count", by)
    facts = rules.CountFacts(
        numbers.batch_numbers(batch), good, scrapped, len(numbers.differing_items(batch))
    )
    if denials := rules.count_denials(facts):
        raise Denied(denials)
    batch.state, batch.counted_good, batch.counted_scrapped = State.RECONCILED, good, scrapped
    batch.counted_at, batch.counted_by = at, by.account_id
    batch.save(update_fields=["state", "counted_good", "counted_scrapped", "counted_at", "counted_by"])
    _log(batch, "count", by=by, at=at, detail=f"{good} + {scrapped}")
    _record("batch:count", batch, by=by, at=at, good=good, scrapped=scrapped)
    return batch


@transaction.atomic
def close_batch(batch_id: UUID, *, by: Officer, at: dt.datetime) -> ProductionBatch:
    """Another officer than the one who counted looked, too.  Raises `Denied`: `same_officer`, `renewed_by_the_other`, …"""
    batch = _locked(batch_id, "close", by)
    denials = rules.closing_denials(counted_by=batch.counted_by, by=by.account_id)
    proposals.require_apart([batch.counted_by], by, at=at)
    facts = rules.CountFacts(
        numbers.batch_numbers(batch),
        batch.counted_good or 0,
        batch.counted_scrapped or 0,
        len(numbers.differing_items(batch)),
    )
    if denials := [*denials, *rules.count_denials(facts)]:
        raise Denied(denials)
    batch.state, batch.closed_at, batch.closed_by = State.CLOSED, at, by.account_id
    batch.save(update_fields=["state", "closed_at", "closed_by"])
    _log(batch, "close", by=by, at=at)
    _record("batch:close", batch, by=by, at=at)
    return batch


def _locked(batch_id: UUID, step: str, by: Officer) -> ProductionBatch:
    require_at_centre(by, Duty.ISSUING)
    batch = ProductionBatch.objects.select_for_update().get(id=batch_id)
    if denials := rules.batch_step_denials(step, batch.state):
        raise Denied(denials)
    return batch


def _open_item(item_id: int, step: str, by: Officer, *states: BatchItem.State) -> BatchItem:
    found = BatchItem.objects.only("batch_id").get(id=item_id)
    _locked(found.batch_id, step, by)
    item = BatchItem.objects.select_for_update().get(id=item_id)
    if item.state not in states:
        raise Denied([rules.ITEM_MOVED_ON])
    return item


def _end(item: BatchItem, state: BatchItem.State, reason: str, *, at: dt.datetime) -> None:
    item.state, item.reason, item.done_at = state, reason, at
    item.save(update_fields=["state", "reason", "done_at"])


def _log(
    batch: ProductionBatch,
    what: str,
    *,
    by: Officer | str,
    at: dt.datetime,
    card: UUID | None = None,
    detail: str = "",
) -> None:
    actor = by if isinstance(by, str) else str(by.account_id)
    BatchEvent.objects.create(batch=batch, what=what, card_id=card, detail=detail[:60], by=actor, at=at)


def _record(
    act: str, batch: ProductionBatch, *, by: Officer | str, at: dt.datetime, **details: audit.Detail
) -> None:
    audit.record(
        act,
        by=by,
        subject_kind="batch",
        subject_id=batch.id,
        at=at,
        details={"number": batch.number, **details},
    )
