"""A new card is handed over: the one it replaces ends in the same moment.  An emergency card begins to owe its papers."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Final

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.queries import papers_outstanding
from hpki_server.enrollment.rules import CaseKind
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle import rules
from hpki_server.lifecycle.events import Actor, LifeEvent, term
from hpki_server.lifecycle.models import LifeCase, Notice
from hpki_server.lifecycle.queries import PART_OF_PAPER
from hpki_server.lifecycle.rules import CaseState, Step, months_after
from hpki_server.lifecycle.services import ending_cards
from hpki_server.lifecycle.services.record import SYSTEM, locked_card, move, open_case
from hpki_server.lifecycle.situations import report_of
from hpki_server.people.denial import Denial
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.officer import Officer

# What a replacement says of the old card where no case of its life says it better.
EVENT_OF: Final[Mapping[CaseKind, LifeEvent]] = {
    CaseKind.RENEWAL: LifeEvent.RENEWAL,
    CaseKind.REISSUE_LOSS: LifeEvent.LOSS,
    CaseKind.REISSUE_DAMAGE: LifeEvent.DAMAGE,
    CaseKind.NAME_CHANGE: LifeEvent.NAME_CHANGE,
    CaseKind.MEMBER_CHANGE: LifeEvent.MEMBERSHIP_BEGAN,
    CaseKind.FIRST: LifeEvent.RENEWAL,
    CaseKind.EMERGENCY: LifeEvent.RENEWAL,
}


def denials_at_desk(card: Card, kind: CaseKind, by: Officer, at: dt.datetime) -> list[Denial]:
    """Asked of a sheet of paper (enrollment.services.replacing_rules): what the card's own page would say."""
    event = EVENT_OF[kind]
    if kind is CaseKind.MEMBER_CHANGE and card.member_kind == MemberKind.MEMBER:
        event = LifeEvent.MEMBERSHIP_ENDED
    said = report_of(card, event, by=by, at=at)
    # The sheet lies at the card's desk, or at the one above it.
    return rules.report_denials(dataclasses.replace(said, actors=said.actors | {Actor.DESK}))


def settle_hand_over(application: Application, by: Officer, at: dt.datetime) -> None:
    """Runs inside the hand-over's transaction (enrollment.services.handed_over)."""
    if application.replaces_id is not None:
        _replace(application, locked_card(application.replaces_id), by=by, at=at)
    if application.kind == CaseKind.EMERGENCY and application.card is not None:
        open_emergency(application, application.card, at=at)


def _replace(application: Application, old: Card, *, by: Officer, at: dt.datetime) -> None:
    cases = LifeCase.objects.select_for_update().filter(card=old)
    # A case that was taken back while its application went on says nothing of this card any more.
    kept = cases.exclude(state=CaseState.WITHDRAWN.value)
    case = kept.filter(application=application).order_by("-opened_at").first()
    if case is None:
        event = EVENT_OF[CaseKind(application.kind)]
        case = cases.filter(event=event.value, state__in=rules.OPEN).first()
        if case is None:
            case = open_case(old, event, at=at)
            # Who holds the new card owes nothing more for the old one.
            case.papers_missing, case.due_on = [], None
        case.application = application
    case.card, case.is_replaced = old, True
    # What was handed in with the application was vetted with it.
    came = set(application.papers.values_list("kind", flat=True))
    case.papers_missing = [code for code in case.papers_missing if code not in came]
    # For a loss this ended long ago; the second time changes nothing.
    ending_cards.end(case, by=by, at=at)
    Notice.objects.filter(card=old, sent_at__isnull=True, case__isnull=True).delete()
    if not case.state:
        move(case, Step.REPORT, CaseState.CLOSED, by=SYSTEM, at=at)
    else:
        to = rules.resting_state(case.facts(), held=False)
        move(case, Step.HAND_OVER, to if case.is_open else CaseState(case.state), by=SYSTEM, at=at)


def open_emergency(application: Application, card: Card, *, at: dt.datetime) -> LifeCase:
    """The card counts at once; what it owes is due six months after it was issued."""
    begun = day_of(card.issued_at or at)
    due_on = months_after(begun, term("emergency-months", on=begun))
    case = open_case(card, LifeEvent.EMERGENCY, at=at, due_on=due_on)
    outstanding = {item.part for item in papers_outstanding(application, begun)}
    case.papers_missing = [paper.value for part, paper in PART_OF_PAPER if part in outstanding]
    case.application = application
    to = CaseState.PAPERS if case.papers_missing else CaseState.CLOSED
    move(case, Step.REPORT, to, by=SYSTEM, at=at)
    return case
