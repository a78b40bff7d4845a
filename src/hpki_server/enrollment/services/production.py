"""Batches of cards: chosen from ordered applications, made one after the other, spoilt ones ordered again.

The authority keeps cards, items and blanks; here the applications follow.  `make_next` may be killed anywhere: what was
finished is finished, and the next call begins with the card at which this one stopped.
"""

import datetime as dt
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from hpki.errors import HpkiError
from hpki_server.authority import production_queries
from hpki_server.authority import services as authority
from hpki_server.authority.models import Card
from hpki_server.authority.ports import SlotOpener, card_slot
from hpki_server.authority.production_models import BatchItem, ProductionBatch
from hpki_server.authority.production_rules import MOST_CARDS, MoveReason, ScrapReason
from hpki_server.authority.services import batches
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.queries import EMERGENCY_FIRST
from hpki_server.enrollment.rules import CaseKind, State, Step, denials
from hpki_server.enrollment.services import standing_still
from hpki_server.enrollment.services.issuing import issue_card, order_card
from hpki_server.enrollment.services.record import day_of, decide, locked, move, officer_case
from hpki_server.fees.queries import unpaid_before_issue
from hpki_server.people import audit
from hpki_server.people.denial import Denied
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import Account
from hpki_server.people.officer import Officer
from hpki_server.people.queries import officer_of

# No more than this may keep a card from being made for it to leave its batch; anything else stops the run.
OF_THE_PERSON: Final = frozenset({"death_reported", "registry_barred"})


@dataclass(frozen=True)
class Choice:
    """Which ordered cards come into a batch: the first `most` of those that fit."""

    most: int
    association: UUID | None = None
    kind: CaseKind | None = None
    member_kind: MemberKind | None = None
    # Ordered at least so many days ago.
    age_days: int = 0


@dataclass(frozen=True)
class Ordered:
    """How many cards were ordered, and how many wait for something, e.g. a payment."""

    ordered: int
    held: int


@dataclass(frozen=True)
class Worked:
    """What one step of the work did: whether a card was made, or the code of what stopped its batch."""

    made: bool = False
    obstacle: str = ""


def order_approved(*, by: Officer, at: dt.datetime) -> Ordered:
    """Order the cards of everything that is approved, oldest first; each by itself, so one that waits stops no other."""
    approved = Application.objects.filter(state=State.APPROVED.value).order_by("state_since", "number")
    # Known before anybody tries: hundreds that wait for their money must not fill the round for ever.
    owing = Q(number__in=unpaid_before_issue())
    ordered, held = 0, approved.filter(owing).count()
    for application in approved.exclude(owing).only("id")[:MOST_CARDS]:
        try:
            order_card(application_id=application.id, by=by, at=at)
        except Denied as denied:
            # A colleague was quicker: that one does not wait.
            held += "wrong_state" not in denied.codes
        else:
            ordered += 1
    return Ordered(ordered, held)


def chosen_applications(choice: Choice, *, at: dt.datetime) -> list[Application]:
    """Emergencies first, each oldest order first; without cards of other batches, and of persons whose case stands still.

    Those keep their place in the queue until the case goes on or an officer scraps them.
    """
    found = Application.objects.filter(
        state=State.ORDERED.value, card__ordered_at__lte=at - dt.timedelta(days=choice.age_days)
    ).exclude(card__in=production_queries.cards_in_batches().values("card"))
    if choice.association is not None:
        found = found.filter(association=choice.association)
    if choice.kind is not None:
        found = found.filter(kind=choice.kind.value)
    if choice.member_kind is not None:
        found = found.filter(member_kind=choice.member_kind.value)
    in_order = found.order_by(EMERGENCY_FIRST, "card__ordered_at", "number")
    fit = (one for one in in_order.iterator() if not _rests(one, at=at))
    return list(islice(fit, min(choice.most, MOST_CARDS)))


def _rests(application: Application, *, at: dt.datetime) -> bool:
    """The two of OF_THE_PERSON, asked before anybody makes anything."""
    barred = any(bar.on(day_of(at)) for bar in application.facts().registry_bars)
    return barred or standing_still.death_reported(application)


def plan_batch(choice: Choice, *, by: Officer, at: dt.datetime) -> ProductionBatch:
    """Raises `Denied`: `nothing_chosen`, `stock_too_low`, `no_duty` …"""
    cards = [one.card_id for one in chosen_applications(choice, at=at) if one.card_id is not None]
    return batches.plan_batch(cards, chosen=_canonical(choice), by=by, at=at)


def _canonical(choice: Choice) -> str:
    """What was asked for, short enough for the batch's record; `production_lists.chosen_words` reads it."""
    facts: dict[str, audit.Detail] = {"most": choice.most}
    if choice.association is not None:
        facts["association"] = str(choice.association)
    if choice.kind is not None:
        facts["kind"] = choice.kind.value
    if choice.member_kind is not None:
        facts["member_kind"] = choice.member_kind.value
    if choice.age_days:
        facts["age_days"] = choice.age_days
    return audit.canonical_details(facts)


def make_next(*, at: dt.datetime, slot: SlotOpener = card_slot) -> Worked:
    """The next card of the batch that was started first; `Worked()` when nothing waits.

    Applications whose card was finished just before a power cut follow first.
    """
    for batch in production_queries.running_batches():
        officer = _officer_of(batch, at=at)
        if obstacle := _follow(batch, by=officer, at=at):
            return Worked(obstacle=obstacle)
        item = _next_item(batch, by=officer, at=at)
        if item is not None:
            obstacle = _make(batch, item, by=officer, at=at, slot=slot)
            return Worked(made=not obstacle, obstacle=obstacle)
    return Worked()


def _next_item(batch: ProductionBatch, *, by: Officer, at: dt.datetime) -> BatchItem | None:
    """The first that waits.  On the way there, cards whose own case stands still leave the batch; the others go on."""
    waiting = production_queries.waiting_items(batch.id)
    while (item := waiting.first()) is not None:
        if not _stands_still(Application.objects.get(card=item.card_id), by=by, at=at):
            return item
        batches.move_out(item.id, reason=MoveReason.ORDER_QUESTIONED, by=by, at=at)
    return None


def _stands_still(application: Application, *, by: Officer, at: dt.datetime) -> bool:
    """Does nothing keep the card from being made but what was told of its person?"""
    case, _place = officer_case(application, Step.ISSUE, by=by, at=at)
    codes = {denial.code for denial in denials(case)}
    return bool(codes) and codes <= OF_THE_PERSON


def _officer_of(batch: ProductionBatch, *, at: dt.datetime) -> Officer:
    """Whoever started the run, with the duties of this moment: without the duty the first card stops it."""
    if batch.started_by is None:
        raise ValueError(f"batch {batch.number} runs and nobody started it")
    return officer_of(Account.objects.get(pk=batch.started_by), at=at)


def _make(batch: ProductionBatch, item: BatchItem, *, by: Officer, at: dt.datetime, slot: SlotOpener) -> str:
    """One card; the code of what stopped it, or nothing."""
    application = Application.objects.only("id", "card").get(card=item.card_id)
    return _issued_or_stopped(batch, application, by=by, at=at, slot=slot)


def _follow(batch: ProductionBatch, *, by: Officer, at: dt.datetime) -> str:
    """Cards that are made, whose applications do not know it yet; the code of what stopped them, or nothing."""
    behind = Application.objects.filter(
        state=State.ORDERED.value,
        card__batch_items__batch=batch,
        card__batch_items__state=BatchItem.State.PERSONALISED,
        card__state=Card.State.ISSUED,
    )
    for application in behind:
        # Its card is made and stays in the house; it follows when its case goes on.
        if _stands_still(application, by=by, at=at):
            continue
        if obstacle := _issued_or_stopped(batch, application, by=by, at=at, slot=card_slot):
            return obstacle
    return ""


def _issued_or_stopped(
    batch: ProductionBatch, application: Application, *, by: Officer, at: dt.datetime, slot: SlotOpener
) -> str:
    """What stops one card stops its own batch, which waits for a person; the other batches go on."""
    if application.card_id is None:
        raise ValueError(f"application {application.id} is in a batch without a card")
    try:
        issue_card(application_id=application.id, by=by, at=at, slot=slot)
    except Denied as denied:
        obstacle = denied.codes[0]
    except HpkiError as error:
        # A lint that refused, a key that answered strangely: the run waits for a person instead of failing for ever.
        obstacle = type(error).__name__
    else:
        return ""
    batches.stop_at_obstacle(batch.id, application.card_id, obstacle, by=by, at=at)
    return obstacle


@transaction.atomic
def scrap_card(*, application_id: UUID, reason: ScrapReason, by: Officer, at: dt.datetime) -> Application:
    """A spoilt card, in a batch or not: its application waits for the card that takes its place.

    Letters that were printed for the spoilt card tell of one that is no more, so they are printed anew.
    """
    application = locked(application_id)
    case, place = officer_case(application, Step.SCRAP_CARD, by=by, at=at)
    decide(case)
    if application.card_id is None:
        raise ValueError(f"application {application_id} was ordered without a card")
    application.card = _replaced(application.card_id, reason, by=by, at=at)
    application.postcard_printed_at = application.pin_letter_printed_at = None
    move(application, Step.SCRAP_CARD, State.ORDERED, by=by, at=at, place=place)
    return application


def _replaced(card: UUID, reason: ScrapReason, *, by: Officer, at: dt.datetime) -> Card:
    item = production_queries.open_item(card)
    if item is not None:
        return batches.scrap_item(item.id, reason=reason, by=by, at=at)
    authority.scrap_card(card, reason=reason.value, by=by, at=at)
    return authority.reorder_card(card, by=by, at=at)
