"""What the register knows about a person reaches the cards: death, a disposition."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.models import Card
from hpki_server.authority.services.revoking import Changed
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle import rules
from hpki_server.lifecycle.events import Action, LifeEvent
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.rules import CaseState, Step
from hpki_server.lifecycle.services import ending_cards, telling
from hpki_server.lifecycle.services.ending_cards import Told
from hpki_server.lifecycle.services.record import SYSTEM, locked_card, locked_case, move, open_case
from hpki_server.lifecycle.services.reporting import OF_DEATH
from hpki_server.lifecycle.situations import By, report_of
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.officer import Officer

NO_CARD: Final = Denial("no_card", _("この登録番号のカードはありません。"))
PERIOD_UNFIT: Final = Denial(
    "period_unfit", _("停止の期間が正しくありません。始まりと終わりの日をご確認ください。")
)


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


def report_disposition(told: Disposition, *, by: Officer, at: dt.datetime) -> list[Told]:
    """Every living card of the registration: ended, put on hold, or planned for the day it begins.

    Raises `Denied`: `not_entitled`, `no_card`, `period_unfit`; then nothing has changed.
    """
    done = _disposed(told, by=by, at=at)
    return [ending_cards.with_lists(case, changed, by=by, at=at) for case, changed in done]


@transaction.atomic
def _disposed(
    told: Disposition, *, by: Officer, at: dt.datetime
) -> list[tuple[LifeCase, tuple[Changed, ...]]]:
    if told.until_on is not None and told.until_on < told.from_on:
        raise Denied([PERIOD_UNFIT])
    cards = cards_of(told.qualification_code, told.registration_number)
    if not cards:
        raise Denied([NO_CARD])
    return [_one(card, told, by=by, at=at) for card in cards]


def cards_of(qualification_code: str, registration_number: str) -> Sequence[Card]:
    """One card for each application that still counts; what else was made for it ends with it."""
    number = registration_number.lstrip("0")
    living = Card.objects.filter(qualification_code=qualification_code, registration_number=number)
    living = living.exclude(state__in=[Card.State.STOPPED, Card.State.SCRAPPED])
    return list({card.reference: card for card in living.defer("photo_sealed").order_by("-card_id")}.values())


def _one(
    card: Card, told: Disposition, *, by: Officer, at: dt.datetime
) -> tuple[LifeCase, tuple[Changed, ...]]:
    card = locked_card(card.id)
    event = told.fact.event
    said = report_of(card, event, by=by, at=at)
    denials = [rules.not_entitled(said), rules.already_reported(said)]
    if refused := [denial for denial in denials if denial]:
        raise Denied(refused)
    case = open_case(card, event, at=at)
    case.until_on = told.until_on
    if told.from_on > day_of(at):
        case.planned_on = told.from_on
        move(case, Step.REPORT, CaseState.PLANNED, by=by, at=at)
        return case, ()
    if event in OF_DEATH:
        telling.silence(card)
    return case, _act(case, Step.REPORT, by=by, at=at)


def begin_planned(*, at: dt.datetime) -> int:
    """What was planned for today or a day that was missed begins; how many did."""
    due = LifeCase.objects.filter(state=CaseState.PLANNED.value, planned_on__lte=day_of(at))
    begun = 0
    for case_id in due.order_by("planned_on").values_list("id", flat=True):
        case, changed = _begun(case_id, at=at)
        ending_cards.with_lists(case, changed, by=SYSTEM, at=at)
        begun += 1
    return begun


@transaction.atomic
def _begun(case_id: UUID, *, at: dt.datetime) -> tuple[LifeCase, tuple[Changed, ...]]:
    case = locked_case(case_id)
    return case, _act(case, Step.BEGIN, by=SYSTEM, at=at)


def _act(case: LifeCase, step: Step, *, by: By, at: dt.datetime) -> tuple[Changed, ...]:
    if case.rule.action is Action.HOLD:
        changed, to = ending_cards.pause(case, by=by, at=at), CaseState.HELD
    else:
        changed, to = ending_cards.end(case, by=by, at=at), CaseState.CLOSED
    move(case, step, to, by=by, at=at)
    telling.tell(case, case.rule.letters, at=at)
    return changed
