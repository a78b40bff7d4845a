"""A case goes on: papers come, a pause becomes an end, a new card is applied for, somebody takes it back."""

import datetime as dt
from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.services.revoking import Changed
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import BEFORE_ORDER, CLOSED, State
from hpki_server.enrollment.services import applying
from hpki_server.enrollment.services.paper_route import PaperForm, start_paper_application
from hpki_server.enrollment.services.record import entry_place
from hpki_server.lifecycle import queries, rules
from hpki_server.lifecycle.events import Action, LifePaper
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.rules import CaseState, Step
from hpki_server.lifecycle.services import emergency_papers, ending_cards, telling
from hpki_server.lifecycle.services.ending_cards import Told
from hpki_server.lifecycle.services.record import Remark, decide, locked_case, move
from hpki_server.lifecycle.situations import By
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.models import Account
from hpki_server.people.officer import Officer

NO_NEW_CARD: Final = Denial("no_new_card", _("この手続きでは、新しいカードは発行されません。"))
NEW_CARD_ORDERED: Final = Denial(
    "new_card_ordered", _("新しいカードの発行がもう始まっているため、取り下げられません。")
)
HOLDERS_APPLICATION: Final = Denial(
    "holders_application",
    _("新しいカードは、ご本人が申請しています。取下げは、ご本人が「わたしのカード」から行います。"),
)
NO_COPY: Final = Denial(
    "no_copy", _("写しがまだ届いていない書類は、受領を記録できません。写しを確かめてから記録してください。")
)
OTHER_APPLICATION: Final = Denial(
    "other_application",
    _("ほかの申請が進んでいます。それが終わるか、取り下げられたあとで申請できます。"),
)


def receive_papers(
    *, case_id: UUID, papers: Collection[LifePaper], by: Officer, at: dt.datetime, note: str = ""
) -> Told:
    """An officer saw the papers.  A death that was on hold ends with them; an emergency's last one asks a second officer.

    What an emergency owes as a copy (licence, 戸籍, proof of an alias) counts only when the copy is there.

    Raises `Denied`: `wrong_state`, `not_entitled`, `no_paper`, `no_copy`.
    """
    case, changed = _received(case_id, papers, by=by, at=at, note=note)
    return ending_cards.with_lists(case, changed, by=by, at=at)


@transaction.atomic
def _received(
    case_id: UUID, papers: Collection[LifePaper], *, by: Officer, at: dt.datetime, note: str
) -> tuple[LifeCase, tuple[Changed, ...]]:
    case = locked_case(case_id)
    fresh = tuple(paper for paper in case.awaited if paper in papers)
    decide(case, Step.RECEIVE, by=by, at=at, papers=fresh)
    if queries.without_copy(case, fresh):
        raise Denied([NO_COPY])
    case.papers_missing = [paper.value for paper in case.awaited if paper not in fresh]
    held = case.state == CaseState.HELD
    changed: tuple[Changed, ...] = ()
    if held and not case.papers_missing and case.rule.action is Action.HOLD:
        changed = ending_cards.end(case, by=by, at=at)
        telling.tell(case, case.rule.letters, at=at)
        held = False
    to = rules.resting_state(case.facts(), held=held)
    move(case, Step.RECEIVE, to, by=by, at=at, remark=Remark(fresh, note))
    if emergency_papers.is_complete(case):
        emergency_papers.propose_closing(case, by=by, at=at)
    return case, changed


@transaction.atomic
def ask_for_closing(*, case_id: UUID, by: Officer, at: dt.datetime) -> None:
    """The earlier proposal grew too old: once more.  Raises `Denied`: `not_complete`, `duty_missing`."""
    emergency_papers.propose_closing(locked_case(case_id), by=by, at=at)


def end_held(*, case_id: UUID, by: By, at: dt.datetime, note: str = "") -> Told:
    """What was on hold is revoked for good: the card was not found.  Raises `Denied`."""
    case, changed = _ended(case_id, by=by, at=at, note=note)
    return ending_cards.with_lists(case, changed, by=by, at=at)


@transaction.atomic
def _ended(case_id: UUID, *, by: By, at: dt.datetime, note: str) -> tuple[LifeCase, tuple[Changed, ...]]:
    case = locked_case(case_id)
    decide(case, Step.END, by=by, at=at)
    rule = case.rule
    changed = ending_cards.end(case, by=by, at=at)
    case.papers_missing = [paper.value for paper in rule.papers]
    if rule.papers and rule.paper_days is not None:
        case.due_on = case.opened_on + dt.timedelta(days=rule.paper_days)
    telling.tell(case, rule.letters, at=at)
    to = rules.resting_state(case.facts(), held=False)
    move(case, Step.END, to, by=by, at=at, remark=Remark(note=note))
    return case, changed


@transaction.atomic
def withdraw(*, case_id: UUID, by: By, at: dt.datetime, note: str = "") -> LifeCase:
    """Nothing had happened to the card yet; nothing will: the application for the new card goes with its case.

    Raises `Denied`: `wrong_state`, `not_entitled`, `two_officers`, `new_card_ordered`, `holders_application`.
    """
    # The application is locked before the case, as at the hand-over.
    known = LifeCase.objects.filter(id=case_id).values_list("application_id", flat=True).first()
    if known is not None:
        Application.objects.select_for_update().get(id=known)
    case = locked_case(case_id)
    decide(case, Step.WITHDRAW, by=by, at=at)
    _end_application(case.application, by=by, at=at)
    move(case, Step.WITHDRAW, CaseState.WITHDRAWN, by=by, at=at, remark=Remark(note=note))
    return case


def _end_application(application: Application | None, *, by: By, at: dt.datetime) -> None:
    """Otherwise a card would be made for which no case says why, and every other change would wait for it."""
    if application is None or application.state in CLOSED:
        return
    if application.state not in BEFORE_ORDER:
        raise Denied([NEW_CARD_ORDERED])
    if isinstance(by, str):
        return
    if isinstance(by, Officer) and entry_place(application, by) is None:
        raise Denied([HOLDERS_APPLICATION])
    applying.withdraw_application(application_id=application.id, by=by, at=at)


@transaction.atomic
def apply_for_new_card(*, case_id: UUID, by: Account | Officer, at: dt.datetime) -> Application:
    """The application that brings the new card: the holder's own, or typed by the desk; a second press gives the same.

    Raises `Denied`: `wrong_state`, `not_entitled`, `no_duty`, `no_new_card`, `other_application`.
    """
    case = locked_case(case_id)
    kind = case.rule.kind
    if kind is None:
        raise Denied([NO_NEW_CARD])
    if case.application is not None and case.application.state != State.WITHDRAWN:
        return case.application
    decide(case, Step.APPLY, by=by, at=at)
    if isinstance(by, Officer):
        desk_id = case.card.organisation_id
        sheet = PaperForm(desk_id=desk_id, kind=kind, replaces=case.card, from_card_page=True)
        application = start_paper_application(form=sheet, by=by, at=at)
    else:
        application = applying.start_application(by=by, at=at, kind=kind, replaces=case.card)
    if application.replaces_id != case.card_id or application.kind != kind:
        raise Denied([OTHER_APPLICATION])
    link(case, application, by=by, at=at)
    return application


def link(case: LifeCase, application: Application, *, by: By, at: dt.datetime) -> None:
    """Inside a transaction that holds the case: this application brings its new card."""
    case.application = application
    to = rules.resting_state(case.facts(), held=False) if case.is_open else CaseState(case.state)
    move(case, Step.APPLY, to, by=by, at=at)
