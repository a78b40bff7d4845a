"""The table and the rules of a card's life: no way from one state to another but by a rule."""

import datetime as dt

import pytest
from cryptography.x509 import ReasonFlags
from hypothesis import given
from hypothesis import strategies as st

from hpki_server.enrollment.rules import CaseKind
from hpki_server.fees.occasions import FeeOccasion
from hpki_server.lifecycle import rules
from hpki_server.lifecycle.events import Action, Actor, LifeEvent, LifePaper, event_rule, event_rules, term
from hpki_server.lifecycle.exchange_plan import plan, slowest_pace
from hpki_server.lifecycle.rules import CardSituation, CaseFacts, CaseState, CaseStep, Report, Step
from hpki_server.lifecycle.services.replacing import EVENT_OF
from hpki_server.lifecycle.words import STEP_WORDS

TODAY = dt.date(2026, 11, 4)
ACTORS = st.frozensets(st.sampled_from(list(Actor)))


def test_every_step_has_its_word_on_the_pages() -> None:
    assert set(STEP_WORDS) == set(Step)


def test_every_event_has_its_row_with_reason_source_and_provenance() -> None:
    assert {row.event for row in event_rules()} == set(LifeEvent)
    for row in event_rules():
        assert set(row.reasons) == {"SIGNING", "AUTHENTICATION", "PRESENCE"}
        assert row.source
        assert row.provenance in {"read", "to be confirmed"}
        assert not row.occasion or FeeOccasion(row.occasion)
        assert (row.kind is not None) == (row.action is Action.ON_HAND_OVER or row.is_urgent)


def test_a_presence_key_names_no_person_and_holds_no_privilege() -> None:
    """RFC 5280 5.3.1 by what each certificate says: affiliation and privilege stand in the person's certificates only."""
    for row in event_rules():
        assert row.reasons["PRESENCE"] not in {
            ReasonFlags.affiliation_changed,
            ReasonFlags.privilege_withdrawn,
        }


def test_every_kind_of_application_says_what_becomes_of_the_old_card() -> None:
    assert set(EVENT_OF) == set(CaseKind)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        ("2026-11-04", 6, "2027-05-04"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-06-30", 6, "2026-12-30"),
        ("2026-07-01", 6, "2027-01-01"),
    ],
)
def test_six_months_end_on_the_same_day_or_the_last_of_a_shorter_month(
    day: str, months: int, then: str
) -> None:
    assert rules.months_after(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(then)


def report(event: LifeEvent, actors: frozenset[Actor], **card: object) -> Report:
    facts: dict[str, object] = {"state": "active", "held": False, "ends_on": TODAY + dt.timedelta(days=90)}
    situation = CardSituation(**{**facts, **card})  # type: ignore[arg-type]  # fields by name
    return Report(
        event_rule(event, on=TODAY), actors, situation, TODAY, term("renewal-window-days", on=TODAY)
    )


@given(event=st.sampled_from(list(LifeEvent)), actors=ACTORS)
def test_only_those_whom_the_table_names_may_report(event: LifeEvent, actors: frozenset[Actor]) -> None:
    said = report(event, actors)
    codes = [denial.code for denial in rules.report_denials(said)]
    assert (codes == ["not_entitled"]) == (not actors & said.rule.who)


@given(event=st.sampled_from(list(LifeEvent)), actors=ACTORS, state=st.sampled_from(["stopped", "scrapped"]))
def test_a_card_that_ended_has_no_further_life(
    event: LifeEvent, actors: frozenset[Actor], state: str
) -> None:
    assert rules.report_denials(report(event, actors, state=state))


def test_a_member_joins_nothing_and_a_non_member_leaves_nothing() -> None:
    holder = frozenset({Actor.HOLDER})
    joining, leaving = LifeEvent.MEMBERSHIP_BEGAN, LifeEvent.MEMBERSHIP_ENDED
    assert not rules.report_denials(report(leaving, holder, is_member=True))
    assert not rules.report_denials(report(joining, holder, is_member=False))
    for event, is_member in ((joining, True), (leaving, False)):
        [denial] = rules.report_denials(report(event, holder, is_member=is_member))
        assert denial.code == "already_so"


@given(
    step=st.sampled_from(list(Step)),
    state=st.sampled_from(list(CaseState)),
    event=st.sampled_from(list(LifeEvent)),
    actors=ACTORS,
    missing=st.frozensets(st.sampled_from(list(LifePaper))),
    days=st.integers(-10, 10),
)
def test_no_step_leaves_an_ended_case_nor_goes_round_the_table(
    step: Step,
    state: CaseState,
    event: LifeEvent,
    actors: frozenset[Actor],
    missing: frozenset[LifePaper],
    days: int,
) -> None:
    if step in {Step.REPORT, Step.HOLD}:
        return
    case = CaseFacts(event_rule(event, on=TODAY), state, missing, TODAY + dt.timedelta(days=days))
    facts = CaseStep(step, case, actors, TODAY, missing)
    if rules.step_denials(facts):
        return
    assert state in rules.STEPS_FROM[step]
    assert state not in {CaseState.WITHDRAWN, CaseState.LAPSED}
    if step is Step.LAPSE:
        assert actors >= {Actor.SYSTEM}
        assert days < 0
    if step is Step.END and case.rule.action is Action.HOLD:
        assert not missing


@given(
    event=st.sampled_from(list(LifeEvent)),
    missing=st.frozensets(st.sampled_from(list(LifePaper))),
    replaced=st.booleans(),
)
def test_a_case_rests_where_something_is_awaited(
    *, event: LifeEvent, missing: frozenset[LifePaper], replaced: bool
) -> None:
    case = CaseFacts(event_rule(event, on=TODAY), CaseState.PAPERS, missing, is_replaced=replaced)
    state = rules.resting_state(case, held=False)
    # An emergency waits for the centre even when nothing is missing.
    assert (state is CaseState.PAPERS) == bool(missing or event is LifeEvent.EMERGENCY)
    if state is CaseState.CARD:
        assert not replaced
    assert rules.resting_state(case, held=True) is CaseState.HELD


@given(
    counts=st.dictionaries(st.sampled_from([f"{n:02}" for n in range(1, 48)]), st.integers(1, 5000)),
    pace=st.integers(1, 4000),
)
def test_a_plan_holds_every_card_once_and_keeps_its_pace(counts: dict[str, int], pace: int) -> None:
    waves = plan(counts, first_month=TODAY, per_month=pace)
    planned = {code: sum(wave.shares.get(code, 0) for wave in waves) for code in counts}
    assert planned == counts
    assert all(wave.cards == pace for wave in waves[:-1])
    months = [wave.month for wave in waves]
    assert months == sorted(set(months))


@given(cards=st.integers(0, 200_000), months=st.integers(1, 60))
def test_the_slowest_pace_is_in_time(cards: int, months: int) -> None:
    first = dt.date(2027, 1, 1)
    last = dt.date(2027 + months // 12, months % 12 + 1, 15)
    pace = slowest_pace(cards, first_month=first, last_day=last)
    waves = plan({"13": cards} if cards else {}, first_month=first, per_month=pace or 1)
    assert len(waves) <= months
