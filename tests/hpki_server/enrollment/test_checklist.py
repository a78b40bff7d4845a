"""What a case needs is computed from the case: a table of cases, and properties that hold for all."""

import dataclasses
import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki_server.enrollment.rules import (
    Act,
    ApplicationFacts,
    Case,
    CaseKind,
    FaceName,
    How,
    IdentityKind,
    Need,
    Part,
    ReturnReason,
    State,
    Step,
    checklist,
    denials,
    issued_late_enough,
    missing,
    outstanding,
    parts_open,
)
from hpki_server.enrollment.rules.checklist import WHY, demands

HANAKO = uuid.uuid4()
TODAY = dt.date(2026, 11, 4)
FIRST = ApplicationFacts(state=State.DRAFT, applicant_id=HANAKO, entries_complete=True)
ALWAYS = {Part.PHOTO, Part.IDENTITY}
NOW = {
    CaseKind.FIRST: ALWAYS | {Part.LICENCE, Part.RESIDENCE},
    CaseKind.RENEWAL: ALWAYS | {Part.RESIDENCE},
    CaseKind.REISSUE_LOSS: ALWAYS | {Part.RESIDENCE, Part.LOSS_REPORT},
    CaseKind.REISSUE_DAMAGE: ALWAYS | {Part.RESIDENCE},
    CaseKind.NAME_CHANGE: ALWAYS | {Part.RESIDENCE, Part.LICENCE, Part.FAMILY_REGISTER},
    CaseKind.MEMBER_CHANGE: ALWAYS | {Part.RESIDENCE},
    CaseKind.EMERGENCY: ALWAYS,
}
AT_PICKUP = {
    CaseKind.RENEWAL,
    CaseKind.REISSUE_DAMAGE,
    CaseKind.NAME_CHANGE,
    CaseKind.MEMBER_CHANGE,
}


def facts(**changed: object) -> ApplicationFacts:
    return dataclasses.replace(FIRST, **changed)  # type: ignore[arg-type]  # fields by name


def parts(case: ApplicationFacts, need: Need = Need.NOW) -> set[Part]:
    return {item.part for item in checklist(case, TODAY) if item.need is need}


@pytest.mark.parametrize("kind", CaseKind)
def test_each_kind_of_case_asks_for_its_papers(kind: CaseKind) -> None:
    assert parts(facts(kind=kind)) == NOW[kind]
    assert parts(facts(kind=kind), Need.AT_PICKUP) == ({Part.OLD_CARD} if kind in AT_PICKUP else set())


def test_an_emergency_card_needs_application_and_photo_id_and_the_rest_later() -> None:
    urgent = facts(kind=CaseKind.EMERGENCY, face_name=FaceName.WITH_FORMER)
    assert parts(urgent, Need.LATER) == {Part.LICENCE, Part.RESIDENCE, Part.FAMILY_REGISTER}
    assert {item.part for item in outstanding(urgent, TODAY)} == parts(urgent, Need.LATER)
    here = facts(
        kind=CaseKind.EMERGENCY,
        parts_present=frozenset({Part.LICENCE}),
        originals_seen=frozenset({Part.RESIDENCE}),
    )
    assert outstanding(here, TODAY) == ()


@pytest.mark.parametrize("state", [State.SUBMITTED, State.ORDERED, State.ACTIVE])
def test_of_an_emergency_case_the_papers_that_follow_stay_open(state: State) -> None:
    urgent = facts(kind=CaseKind.EMERGENCY, state=state)
    assert parts_open(urgent) == {Part.LICENCE}
    assert parts_open(dataclasses.replace(urgent, parts_present=frozenset({Part.LICENCE}))) == set()
    assert parts_open(dataclasses.replace(urgent, kind=CaseKind.FIRST)) == set()


@pytest.mark.parametrize("changed", [{"former_name_on_paper": True}, {"face_name": FaceName.WITH_FORMER}])
def test_a_former_name_asks_for_the_family_register(changed: dict[str, object]) -> None:
    assert parts(facts(**changed)) == NOW[CaseKind.FIRST] | {Part.FAMILY_REGISTER}


def test_an_alias_asks_for_the_proof_of_the_status() -> None:
    named = facts(face_name=FaceName.WITH_ALIAS, has_alias=True, special_permanent_resident=True)
    assert parts(named) == NOW[CaseKind.FIRST] | {Part.ALIAS_PROOF}


def test_an_examiner_who_cannot_decide_asks_for_the_family_register() -> None:
    asked = facts(return_reasons=frozenset({ReturnReason.REGISTRY_UNDECIDED}))
    [item] = [item for item in checklist(asked, TODAY) if item.part is Part.FAMILY_REGISTER]
    assert item.needed
    assert "医籍" in str(item.why)


def test_originals_are_seen_at_the_desk_and_copies_are_sent() -> None:
    for item in checklist(facts(), TODAY):
        assert (item.how is How.DESK) is (item.part is Part.RESIDENCE)


def test_before_the_table_began_nothing_is_known() -> None:
    assert checklist(facts(), dt.date(2020, 12, 31)) == ()


@given(
    kind=st.sampled_from(CaseKind),
    face_name=st.sampled_from(FaceName),
    on_paper=st.booleans(),
    present=st.frozensets(st.sampled_from(Part)),
)
def test_every_part_stands_once_says_why_and_is_missed_exactly_until_it_is_here(
    *, kind: CaseKind, face_name: FaceName, on_paper: bool, present: frozenset[Part]
) -> None:
    case = facts(
        kind=kind,
        face_name=face_name,
        former_name_on_paper=on_paper,
        parts_present=present,
        originals_seen=present,
    )
    items = checklist(case, TODAY)
    assert len({item.part for item in items}) == len(items)
    assert all(str(item.why) and item.source for item in items)
    assert all(item.have is (item.part in present) for item in items)
    lacking = missing(case, TODAY, how=How.UPLOAD) | missing(case, TODAY, how=How.DESK)
    assert lacking == {item.part for item in items if item.needed and item.part not in present}


def test_the_data_names_only_what_the_rules_know() -> None:
    assert {demand.why for demand in demands()} <= set(WHY)
    assert all(demand.source for demand in demands())


@pytest.mark.parametrize("kind", CaseKind)
def test_a_case_is_sent_exactly_when_its_copies_are_here(kind: CaseKind) -> None:
    copies = {
        item.part for item in checklist(facts(kind=kind), TODAY) if item.how is How.UPLOAD and item.needed
    }
    whole = facts(
        kind=kind,
        parts_present=frozenset(copies),
        identity_kind=IdentityKind.PASSPORT,
        identity_expires_on=TODAY,
    )
    assert denials(Case(Step.SUBMIT, whole, Act(by=HANAKO, on=TODAY))) == []
    for part in copies:
        lacking = dataclasses.replace(whole, parts_present=frozenset(copies - {part}))
        [denial] = denials(Case(Step.SUBMIT, lacking, Act(by=HANAKO, on=TODAY)))
        assert denial.code == f"{part.value.replace('-', '_')}_missing"


@pytest.mark.parametrize(
    ("kind", "issued_on", "counts"),
    [
        (IdentityKind.DRIVING_RECORD, dt.date(2012, 4, 1), True),
        (IdentityKind.DRIVING_RECORD, dt.date(2012, 3, 31), False),
        (IdentityKind.DRIVING_RECORD, None, False),
        (IdentityKind.PASSPORT, None, True),
        (None, None, True),
    ],
)
def test_a_driving_record_counts_from_april_2012(
    *, kind: IdentityKind | None, issued_on: dt.date | None, counts: bool
) -> None:
    assert issued_late_enough(kind, issued_on) is counts


def test_whoever_typed_a_sheet_neither_vets_nor_approves_it() -> None:
    clerk = uuid.uuid4()
    typed = facts(applicant_id=None, entered_by=clerk, state=State.TAKEN_IN)
    for step in (Step.VET, Step.APPROVE):
        case = Case(step, typed, Act(by=clerk, on=TODAY, has_duty=True))
        assert "entered_by_same_officer" in {denial.code for denial in denials(case)}
    assert "own_application" not in {
        denial.code for denial in denials(Case(Step.TAKE_IN, typed, Act(by=clerk, on=TODAY, has_duty=True)))
    }
