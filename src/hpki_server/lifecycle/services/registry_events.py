"""What the register knows about a person reaches the cards: death, a disposition.

It is kept in the register first (registry.services.disposing), so it counts for cards that are still to be made, too.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from hpki_server.authority.models import Card
from hpki_server.authority.services.revoking import Changed
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle import rules
from hpki_server.lifecycle.events import Action, LifeEvent
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.rules import CaseState, Step
from hpki_server.lifecycle.services import ending_cards, telling
from hpki_server.lifecycle.services.each import each
from hpki_server.lifecycle.services.ending_cards import Told
from hpki_server.lifecycle.services.record import SYSTEM, locked_card, move, open_case
from hpki_server.lifecycle.services.reporting import OF_DEATH
from hpki_server.lifecycle.situations import By, report_of
from hpki_server.people.denial import Denied
from hpki_server.people.officer import Officer
from hpki_server.registry.dispositions import DispositionKind
from hpki_server.registry.models import Disposition as Kept
from hpki_server.registry.services import disposing
from hpki_server.registry.services.disposing import DispositionClaim, plain_number


class RegisteredFact(StrEnum):
    """What a register's keeper reports about one registration."""

    DEATH = "death"
    LICENCE_REVOKED = "licence-revoked"
    LICENCE_SUSPENDED = "licence-suspended"

    @property
    def event(self) -> LifeEvent:
        return _EVENTS[self]


_EVENTS: Final = {
    RegisteredFact.DEATH: LifeEvent.DEATH_REGISTERED,
    RegisteredFact.LICENCE_REVOKED: LifeEvent.LICENCE_REVOKED,
    RegisteredFact.LICENCE_SUSPENDED: LifeEvent.LICENCE_SUSPENDED,
}


@dataclass(frozen=True)
class Disposition:
    """One decision about one registration: from when, and for a suspension until when."""

    fact: RegisteredFact
    qualification_code: str
    registration_number: str
    from_on: dt.date
    until_on: dt.date | None = None
    note: str = ""

    @property
    def claim(self) -> DispositionClaim:
        return DispositionClaim(
            kind=DispositionKind(self.fact.value),
            qualification=self.qualification_code,
            number=self.registration_number,
            from_on=self.from_on,
            until_on=self.until_on,
            note=self.note,
        )


Done = tuple[LifeCase, tuple[Changed, ...]]


def report_disposition(told: Disposition, *, by: Officer, at: dt.datetime) -> list[Told]:
    """Every living card of the registration: ended, put on hold, or planned for the day it begins.

    Recorded without a card, too: none is made while it is in force.  Told again with another last day, only that day
    changes.  Raises `Denied`: `not_entitled`, `period_unfit`, `already_recorded`; then nothing has changed.
    """
    done = _disposed(told, by=by, at=at)
    return [ending_cards.with_lists(case, changed, by=by, at=at) for case, changed in done]


@transaction.atomic
def _disposed(told: Disposition, *, by: Officer, at: dt.datetime) -> list[Done]:
    # Cards are locked before the first audit line, as every other step does.
    cards = [locked_card(card.id) for card in cards_of(told.qualification_code, told.registration_number)]
    kept, is_new = disposing.record_disposition(told.claim, by=by, at=at)
    if not is_new:
        _follow_period(kept)
        return []
    for card in cards:
        if denial := rules.not_entitled(report_of(card, told.fact.event, by=by, at=at)):
            raise Denied([denial])
    if kept.from_on > day_of(at):
        return [(case, ()) for card in cards if (case := _plan(card, kept, by=by, at=at))]
    return _begin(kept, cards, by=by, at=at)


def cards_of(qualification_code: str, registration_number: str) -> Sequence[Card]:
    """One card for each application that still counts; what else was made for it ends with it."""
    number = plain_number(registration_number)
    living = Card.objects.filter(qualification_code=qualification_code, registration_number=number)
    living = living.exclude(state__in=[Card.State.STOPPED, Card.State.SCRAPPED])
    return list({card.reference: card for card in living.defer("photo_sealed").order_by("-card_id")}.values())


def _event_of(kept: Kept) -> LifeEvent:
    return RegisteredFact(kept.kind).event


def _open_cases(kept: Kept) -> QuerySet[LifeCase]:
    return LifeCase.objects.filter(
        event=_event_of(kept).value,
        state__in=rules.OPEN,
        card__qualification_code=kept.qualification,
        card__registration_number=kept.number,
    )


def _follow_period(kept: Kept) -> None:
    """The cases of this disposition say the last day that it has now."""
    of_it = Q(planned_on=kept.from_on) | Q(planned_on__isnull=True, opened_on=day_of(kept.recorded_at))
    _open_cases(kept).filter(of_it).update(until_on=kept.until_on)


def _plan(card: Card, kept: Kept, *, by: By, at: dt.datetime) -> LifeCase | None:
    """Nothing where a case of the same kind is open: on the day, whatever card lives then is reached."""
    if _open_cases(kept).filter(card__reference=card.reference).exists():
        return None
    case = open_case(card, _event_of(kept), at=at)
    case.until_on, case.planned_on = kept.until_on, kept.from_on
    move(case, Step.REPORT, CaseState.PLANNED, by=by, at=at)
    return case


def take_back(case: LifeCase, *, by: Officer, at: dt.datetime) -> None:
    """Inside the withdrawal of a planned case: what the register kept for it is taken back with it.  Raises `Denied`."""
    fact = next((one for one in RegisteredFact if one.event.value == case.event), None)
    if fact is None or case.state != CaseState.PLANNED or case.planned_on is None:
        return
    card = case.card
    told = Disposition(fact, card.qualification_code, card.registration_number, case.planned_on)
    disposing.withdraw_planned(told.claim, by=by, at=at)


def begin_planned(*, at: dt.datetime) -> int:
    """What was planned for today or a day that was missed begins, for every card of the registration; how many cases.

    Raises `SomeFailed` when all the others have begun.
    """
    waiting = Kept.objects.filter(begun_at__isnull=True, withdrawn_at__isnull=True)
    due = waiting.filter(from_on__lte=day_of(at)).order_by("from_on", "recorded_at")

    def begin(kept_id: UUID) -> int:
        done = _begun(kept_id, at=at)
        for case, changed in done:
            ending_cards.with_lists(case, changed, by=SYSTEM, at=at)
        return len(done)

    return sum(each(list(due.values_list("id", flat=True)), begin))


@transaction.atomic
def _begun(kept_id: UUID, *, at: dt.datetime) -> list[Done]:
    kept = Kept.objects.get(id=kept_id)
    cards = [locked_card(card.id) for card in cards_of(kept.qualification, kept.number)]
    waiting = Kept.objects.select_for_update().filter(begun_at__isnull=True, withdrawn_at__isnull=True)
    if not waiting.filter(id=kept_id).exists():
        return []
    return _begin(kept, cards, by=SYSTEM, at=at)


def _begin(kept: Kept, cards: Sequence[Card], *, by: By, at: dt.datetime) -> list[Done]:
    kept.begun_at = at
    kept.save(update_fields=["begun_at"])
    done = [one for card in cards if (one := _reach(card, kept, by=by, at=at))]
    # The card for which it was planned has ended meanwhile: there is nothing to begin.
    left = _open_cases(kept).filter(state=CaseState.PLANNED.value, planned_on__lte=kept.from_on)
    for case in left.select_related("card").defer("card__photo_sealed"):
        move(case, Step.WITHDRAW, CaseState.WITHDRAWN, by=by, at=at)
    return done


def _reach(card: Card, kept: Kept, *, by: By, at: dt.datetime) -> Done | None:
    """One card, with the case that was planned for it or a new one; nothing where it is held for the same already."""
    event = _event_of(kept)
    cases = _open_cases(kept).filter(card__reference=card.reference).select_for_update(of=("self",))
    case, step = cases.first(), Step.BEGIN
    if case is None:
        case, step = open_case(card, event, at=at), Step.REPORT
    elif case.state != CaseState.PLANNED:
        return None
    if case.card_id == card.id:
        case.card = card
    case.until_on = kept.until_on
    if event in OF_DEATH:
        telling.silence(card)
    return case, _act(case, step, by=by, at=at)


def _act(case: LifeCase, step: Step, *, by: By, at: dt.datetime) -> tuple[Changed, ...]:
    if case.rule.action is Action.HOLD:
        changed, to = ending_cards.pause(case, by=by, at=at), CaseState.HELD
    else:
        changed, to = ending_cards.end(case, by=by, at=at), CaseState.CLOSED
    move(case, step, to, by=by, at=at)
    telling.tell(case, case.rule.letters, at=at)
    return changed
