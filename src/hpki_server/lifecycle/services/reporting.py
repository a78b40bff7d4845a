"""Something happened to a card, and somebody says so: holder, desk, centre.  Also the pause while one still looks."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from hpki_server.authority.services.revoking import Changed
from hpki_server.lifecycle import rules
from hpki_server.lifecycle.events import Action, EventRule, LetterKind, LifeEvent, LifePaper
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.rules import CaseState, Step
from hpki_server.lifecycle.services import ending_cards, telling
from hpki_server.lifecycle.services.ending_cards import Told
from hpki_server.lifecycle.services.record import Remark, locked_card, move, open_case
from hpki_server.lifecycle.situations import By, report_of
from hpki_server.people.denial import Denied
from hpki_server.people.models import Account

OF_DEATH = frozenset({LifeEvent.DEATH, LifeEvent.DEATH_REGISTERED})


def report(*, card_id: UUID, event: LifeEvent, by: By, at: dt.datetime, note: str = "") -> Told:
    """What the event asks for is done at once: revoked, put on hold, or nothing until the new card is there.

    Raises `Denied`: `not_entitled`, `card_ended`, `card_not_made`, `not_handed_over`, `already_reported`,
    `new_card_under_way`, `renewal_too_early`, `expired_desk_only`.
    """
    case, changed = _reported(card_id, event, by=by, at=at, note=note)
    return ending_cards.with_lists(case, changed, by=by, at=at)


def report_loss(*, card_id: UUID, by: By, at: dt.datetime, note: str = "") -> Told:
    return report(card_id=card_id, event=LifeEvent.LOSS, by=by, at=at, note=note)


def report_damage(*, card_id: UUID, by: By, at: dt.datetime, note: str = "") -> Told:
    return report(card_id=card_id, event=LifeEvent.DAMAGE, by=by, at=at, note=note)


def report_death(*, card_id: UUID, by: By, at: dt.datetime, note: str = "") -> Told:
    """Told at a desk: on hold until a paper shows it.  Nobody is written to before."""
    return report(card_id=card_id, event=LifeEvent.DEATH, by=by, at=at, note=note)


def stop_use(*, card_id: UUID, by: By, at: dt.datetime, note: str = "") -> Told:
    """利用中止: for good.  A holder who says so at the own page needs no paper."""
    return report(card_id=card_id, event=LifeEvent.STOP, by=by, at=at, note=note)


def papers_later(rule: EventRule, *, by: By) -> tuple[LifePaper, ...]:
    """What the case of this report will wait for."""
    # The login and the holder's own click are the 利用中止届.
    if rule.event is LifeEvent.STOP and isinstance(by, Account):
        return ()
    return rule.papers


@transaction.atomic
def _reported(
    card_id: UUID, event: LifeEvent, *, by: By, at: dt.datetime, note: str
) -> tuple[LifeCase, tuple[Changed, ...]]:
    card = locked_card(card_id)
    said = report_of(card, event, by=by, at=at)
    if denials := rules.report_denials(said):
        raise Denied(denials)
    case = open_case(card, event, at=at)
    if said.rule.papers and not papers_later(said.rule, by=by):
        case.papers_missing, case.due_on = [], None
    changed: tuple[Changed, ...] = ()
    if said.rule.action is Action.AT_ONCE:
        changed = ending_cards.end(case, by=by, at=at)
    elif said.rule.action is Action.HOLD:
        changed = ending_cards.pause(case, by=by, at=at)
    to = rules.resting_state(case.facts(), held=said.rule.action is Action.HOLD)
    move(case, Step.REPORT, to, by=by, at=at, remark=Remark(note=note))
    if event in OF_DEATH:
        telling.silence(card)
    if said.rule.action is Action.AT_ONCE:
        telling.tell(case, said.rule.letters, at=at)
    return case, changed


def suspend(*, card_id: UUID, by: By, at: dt.datetime, note: str = "") -> Told:
    """Perhaps lost: the card pauses, and the case of the loss waits for what the holder finds.

    Raises `Denied`: `not_entitled`, `card_ended`, `card_not_made`, `already_reported`, `already_held`.
    """
    case, changed = _suspended(card_id, by=by, at=at, note=note)
    return ending_cards.with_lists(case, changed, by=by, at=at)


@transaction.atomic
def _suspended(card_id: UUID, *, by: By, at: dt.datetime, note: str) -> tuple[LifeCase, tuple[Changed, ...]]:
    card = locked_card(card_id)
    if denials := rules.hold_denials(report_of(card, LifeEvent.LOSS, by=by, at=at)):
        raise Denied(denials)
    case = open_case(card, LifeEvent.LOSS, at=at)
    # No paper is owed while nothing is lost for certain.
    case.papers_missing, case.due_on = [], None
    changed = ending_cards.pause(case, by=by, at=at)
    move(case, Step.HOLD, CaseState.HELD, by=by, at=at, remark=Remark(note=note))
    telling.tell(case, [LetterKind.SUSPENDED], at=at)
    return case, changed
