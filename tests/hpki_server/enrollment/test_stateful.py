"""Whoever presses whatever in whatever order: no card is active without two officers, the registry, the fee, its holder.

One application, typed by its applicant, by a desk, or by an officer for herself; registry and money as they may be.
"""

import datetime as dt
import shutil
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import Q
from hypothesis import HealthCheck, currently_in_test_context, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hpki_server.authority.models import Card
from hpki_server.enrollment import rules
from hpki_server.enrollment.models import Application, IdentitySeen, StateChange
from hpki_server.enrollment.rules import CaseKind, ReturnReason, State, Step
from hpki_server.fees.models import Invoice, Payment
from hpki_server.people.denial import Denied
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import AuditLine
from hpki_server.registry.models import MatchDecision, RegistryEntry
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.enrollment import desk, paper_desk, stateful
from tests.hpki_server.enrollment.stateful import Beginning, Button, Press
from tests.hpki_server.fees import stage as money

pytestmark = pytest.mark.django_db

people = st.sampled_from((*stateful.STAFF, *stateful.APPLICANTS))
flaws = st.sets(st.sampled_from(stateful.FLAWS), max_size=1).map(frozenset)
reasons = st.sets(st.sampled_from(ReturnReason), max_size=2).map(frozenset)
beginnings = st.builds(
    Beginning,
    draft=st.integers(0, 2),
    registry=st.sampled_from(("present", "differs", "absent")),
    member=st.booleans(),
    kind=st.sampled_from((CaseKind.FIRST, CaseKind.FIRST, CaseKind.EMERGENCY)),
    head_start=st.integers(0, 14),
)
# What moves an application, or begins it: each is one StateChange and one line of the chain.
MOVES = frozenset({Step.START, Step.START_PAPER, Step.TAKE_OVER, *rules.LEADS_TO})
BEGINS = frozenset({Step.START, Step.START_PAPER})


class WholeWay(RuleBasedStateMachine):
    """From a draft to a card in somebody's hand, or not."""

    def __init__(self) -> None:
        super().__init__()
        self.apart = transaction.atomic()
        self.apart.__enter__()
        self.officers = stateful.staff()
        self.at = desk.NOON
        self.seen_changes = 0
        # What the last first tap at a desk showed: the database keeps no "in person" beside its row.
        self.shown_well = False
        self.last = cast.IDLE

    def teardown(self) -> None:
        if currently_in_test_context():
            event(f"ended {self.application.state}")
        transaction.set_rollback(True)
        self.apart.__exit__(None, None, None)
        # Card numbers begin anew in the next run, and so do the cards.
        shutil.rmtree(Path(django_settings.VAR) / "cards", ignore_errors=True)

    @property
    def application(self) -> Application:
        return Application.objects.get(id=self.number)

    @initialize(beginning=beginnings)
    def begin(self, beginning: Beginning) -> None:
        drafts = list(Application.objects.order_by("state_since"))
        self.number = drafts[beginning.draft].id
        kind = MemberKind.MEMBER if beginning.member else MemberKind.NON_MEMBER
        Application.objects.filter(id=self.number).update(
            member_kind=kind.value,
            member_id="3300012345" if beginning.member else "",
            kind=beginning.kind.value,
        )
        if beginning.registry != "absent":
            desk.registered(family_name="渡邉" if beginning.registry == "present" else "渡辺")
        self.go_on(beginning.head_start)

    @rule(who=people, button=st.sampled_from(stateful.EVERY_BUTTON), flaws=flaws, reasons=reasons)
    def anybody_presses_anything(
        self, who: cast.Role, button: Button, flaws: frozenset[str], reasons: frozenset[ReturnReason]
    ) -> None:
        self.press(who, button, flaws, reasons)

    @rule(who=people, place=st.integers(0, 4), flaws=flaws, reasons=reasons)
    def anybody_presses_what_is_offered(
        self, who: cast.Role, place: int, flaws: frozenset[str], reasons: frozenset[ReturnReason]
    ) -> None:
        offered = stateful.BUTTONS.get(State(self.application.state), ())
        if offered:
            self.press(who, offered[place % len(offered)], flaws, reasons)

    @rule(place=st.integers(0, 4), flaws=flaws, reasons=reasons)
    def one_person_who_may_do_everything_goes_on(
        self, place: int, flaws: frozenset[str], reasons: frozenset[ReturnReason]
    ) -> None:
        self.anybody_presses_what_is_offered(cast.YAMAMOTO, place, flaws, reasons)

    @rule(steps=st.integers(1, 3))
    def go_on(self, steps: int) -> None:
        """The right things by the right people."""
        for _ in range(steps):
            turn = stateful.next_turn(self.application)
            if turn is None:
                return
            self.at += dt.timedelta(days=turn.days)
            self.press(turn.who, turn.button)

    @rule(slip=st.sampled_from(stateful.SLIPS))
    def slip_and_go_on(self, slip: str) -> None:
        """First with one thing wrong, then rightly."""
        turn = stateful.next_turn(self.application)
        if turn is None:
            return
        self.at += dt.timedelta(days=turn.days)
        wrong = stateful.slipped(turn, slip, self.application, self.last)
        names = list(RegistryEntry.objects.values_list("family_name", flat=True))
        if slip == "registry":
            RegistryEntry.objects.update(family_name="山田")
        self.press(wrong.who, wrong.button, frozenset({slip} & set(stateful.FLAWS)))
        for name in names:
            RegistryEntry.objects.update(family_name=name)
        self.go_on(1)

    @precondition(lambda self: self.at < desk.NOON + dt.timedelta(days=300))
    @rule(days=st.sampled_from((1, 3, 91)))
    def time_passes(self, days: int) -> None:
        self.at += dt.timedelta(days=days)

    @rule(family_name=st.sampled_from(("渡邉", "渡辺", "山田")))
    def the_registry_changes(self, family_name: str) -> None:
        if not RegistryEntry.objects.update(family_name=family_name):
            desk.registered(family_name=family_name)

    def press(
        self,
        who: cast.Role,
        button: Button,
        flaws: frozenset[str] = frozenset(),
        reasons: frozenset[ReturnReason] = frozenset(),
    ) -> None:
        self.at += dt.timedelta(minutes=1)
        officer = self.officers.get(who.key) or cast.officer(who)
        try:
            button(Press(self.application, who, officer, self.at, flaws, reasons))
        except Denied:
            return
        if button is stateful.check_pickup:
            self.shown_well = not flaws & {"proxy", "no-postcard", "expired"}
        self.last = who
        self.judge_what_moved()

    def judge_what_moved(self) -> None:
        """At the moment of a step: what it stood on then may change later."""
        changes = list(StateChange.objects.filter(application=self.number).order_by("id"))
        for change in changes[self.seen_changes :]:
            if change.step in {Step.VET, Step.APPROVE}:
                assert registry_speaks_for(self.application)
            if change.step in {Step.ORDER, Step.ISSUE}:
                assert nothing_is_owed(self.application)
            if change.step == Step.HAND_OVER:
                assert self.shown_well
        self.seen_changes = len(changes)

    @invariant()
    def no_card_is_active_without_all_of_it(self) -> None:
        for card in Card.objects.filter(Q(state=Card.State.ACTIVE) | Q(activated_at__isnull=False)):
            application = Application.objects.get(card=card)
            assert application.state == State.ACTIVE
            assert_two_officers(application)
            assert application.registry_entry_id is not None
            steps = list(application.changes.order_by("id").values_list("step", flat=True))
            assert {Step.TAKE_IN, Step.VET, Step.APPROVE, Step.ORDER, Step.ISSUE, Step.NOTIFY} < set(steps)
            assert steps[-1] == Step.HAND_OVER
            assert_fetched(application, card)

    @invariant()
    def four_eyes_are_never_one_pair(self) -> None:
        assert_two_officers(self.application)
        for decision in MatchDecision.objects.all():
            pair = {decision.decided_by, decision.confirmed_by}
            assert len(pair) == 2
            assert not pair & outsiders(self.application)

    @invariant()
    def no_state_is_reached_but_by_a_rule(self) -> None:
        state = ""
        for change in self.application.changes.order_by("id"):
            step = Step(change.step)
            assert change.from_state == ("" if step in BEGINS else state)
            if step in rules.LEADS_TO:
                assert State(change.from_state) in rules.STEPS_FROM[step]
                assert State(change.to_state) in rules.LEADS_TO[step]
            state = change.to_state
        assert self.application.state == state

    @invariant()
    def every_change_left_one_line(self) -> None:
        acts = [f"application:{step.value}" for step in MOVES]
        lines = AuditLine.objects.filter(subject_id=str(self.number), act__in=acts).order_by("sequence")
        told = [(line.act, line.by, line.at, line.facts()["state"]) for line in lines]
        changes = self.application.changes.order_by("id")
        assert told == [(f"application:{c.step}", str(c.by_id), c.at, c.to_state) for c in changes]


def outsiders(application: Application) -> set[object]:
    """Those who decide nothing here: whose it is, and whoever typed it in."""
    begun = application.changes.filter(step__in=[Step.START_PAPER, Step.TAKE_OVER])
    found: set[object] = {application.applicant_id, *begun.values_list("by_id", flat=True)}
    return found - {None}


def assert_two_officers(application: Application) -> None:
    """By the history, not by the columns that the rules read."""
    changes = list(application.changes.order_by("id"))
    approved = [place for place, change in enumerate(changes) if change.step == Step.APPROVE]
    for place in approved:
        before = changes[place - 1]
        assert before.step == Step.VET
        assert before.by_id != changes[place].by_id
        assert not {before.by_id, changes[place].by_id} & outsiders(application)


def registry_speaks_for(application: Application) -> bool:
    """The four items are the registry's, or two officers said that they mean one person."""
    items = ("number", "family_name", "given_name", "born_on", "registered_on")
    claimed = (application.registration_number, *(getattr(application, name) for name in items[1:]))
    plain = claimed in RegistryEntry.objects.values_list(*items)
    decided = MatchDecision.objects.filter(
        reference=application.number, state="confirmed", outcome="same-person", confirmed_by__isnull=False
    )
    return plain or decided.exists()


def nothing_is_owed(application: Application) -> bool:
    """A member's first card and an emergency do not wait for money; a non-member's waits for every yen."""
    if application.kind == CaseKind.EMERGENCY or application.member_kind == MemberKind.MEMBER:
        return True
    invoice = Invoice.objects.get(reference=application.number, cancelled_at=None)
    kept = [payment.amount - payment.refunded for payment in Payment.objects.filter(invoice=invoice)]
    return sum(kept) >= invoice.gross == 5_500


def assert_fetched(application: Application, card: Card) -> None:
    """A person with a photo ID stood before the officer who handed it over, and the card itself answered."""
    handed = application.changes.get(step=Step.HAND_OVER)
    seen = IdentitySeen.objects.filter(application=application, occasion="pickup")
    assert [row.seen_by_id for row in seen] == [handed.by_id]
    answers = AuditLine.objects.filter(act="card:prove-presence", subject_id=str(card.id), at=handed.at)
    assert answers.count() == 1


@pytest.fixture
def drafts() -> None:
    """花子 at home, somebody on paper at 高橋's desk, and 佐藤 for herself."""
    for role in (*stateful.STAFF, *stateful.APPLICANTS):
        cast.account(role)
    stage.hierarchy()
    desk.offices()
    money.billing()
    desk.draft(cast.HANAKO)
    paper_desk.typed(at=desk.NOON + dt.timedelta(minutes=1))
    desk.draft(cast.SATO, at=desk.NOON + dt.timedelta(minutes=2))


def driven(beginning: Beginning, *, slips: bool = False) -> State:
    """The right things by the right people to the end, under the eyes of every invariant; perhaps after a slip each."""
    office = WholeWay()
    try:
        office.begin(beginning)
        for _ in range(25):
            office.slip_and_go_on(beginning.slip) if slips else office.go_on(1)
            office.no_card_is_active_without_all_of_it()
            office.four_eyes_are_never_one_pair()
            office.no_state_is_reached_but_by_a_rule()
            office.every_change_left_one_line()
        return State(office.application.state)
    finally:
        office.teardown()


@pytest.mark.usefixtures("drafts")
@pytest.mark.parametrize(
    "beginning",
    [
        Beginning(0),
        Beginning(0, registry="differs", member=False),
        Beginning(1, member=False),
        Beginning(2, kind=CaseKind.EMERGENCY, member=False),
    ],
)
def test_the_right_people_do_bring_a_card_into_its_holders_hand(beginning: Beginning) -> None:
    assert driven(beginning) is State.ACTIVE


@pytest.mark.usefixtures("drafts")
@pytest.mark.parametrize("slip", stateful.SLIPS)
def test_one_thing_wrong_at_every_turn_brings_nobody_a_card_that_is_not_right(slip: str) -> None:
    draft = {"typist": 1, "owner": 2}.get(slip, 0)
    registry = "differs" if slip == "same-person" else "present"
    # A slip that does no harm at one turn (an old photo ID at the printer's) may be the turn itself.
    beginning = Beginning(draft, registry=registry, member=False, slip=slip)
    assert driven(beginning, slips=True) in {State.ACTIVE, State.TAKEN_IN}


@pytest.mark.usefixtures("drafts")
def test_whom_the_registry_does_not_know_gets_no_card_from_the_right_people_either() -> None:
    assert driven(Beginning(0, registry="absent")) is State.TAKEN_IN


@pytest.mark.usefixtures("drafts")
def test_whoever_presses_whatever_no_card_is_active_without_all_of_it() -> None:
    run_state_machine_as_test(
        WholeWay,
        settings=settings(
            max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
