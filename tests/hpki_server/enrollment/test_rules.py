"""The decisions, without a database."""

import dataclasses
import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki_server.enrollment import rules
from hpki_server.enrollment.rules import (
    Act,
    ApplicationFacts,
    Case,
    CaseKind,
    EntryField,
    FaceName,
    IdentityKind,
    OriginalsSeen,
    PapersJudged,
    Part,
    PickupShown,
    ReturnReason,
    ShownNumber,
    State,
    Step,
)

HANAKO, SATO, SUZUKI = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
TODAY = dt.date(2026, 11, 4)
TOMORROW, YESTERDAY = TODAY + dt.timedelta(days=1), TODAY - dt.timedelta(days=1)
COMPLETE = ApplicationFacts(
    state=State.DRAFT,
    applicant_id=HANAKO,
    entries_complete=True,
    parts_present=frozenset(rules.PAPERS),
    identity_kind=IdentityKind.PASSPORT,
    identity_expires_on=TOMORROW,
    registry_agrees=True,
    fee_settled=True,
)


def codes(
    step: Step, facts: ApplicationFacts, *, by: uuid.UUID = SATO, duty: bool = True, **more: object
) -> set[str]:
    case = Case(step, facts, Act(by=by, on=TODAY, has_duty=duty), **more)  # type: ignore[arg-type]  # by name
    return {denial.code for denial in rules.denials(case)}


def in_state(state: State, **changed: object) -> ApplicationFacts:
    return dataclasses.replace(COMPLETE, state=state, **changed)  # type: ignore[arg-type]  # by name


def test_a_complete_draft_may_be_submitted_by_its_applicant_only() -> None:
    assert codes(Step.SUBMIT, COMPLETE, by=HANAKO) == set()
    assert codes(Step.SUBMIT, COMPLETE, by=SATO) == {"not_the_applicant"}


def test_an_empty_draft_is_told_all_that_is_missing_at_once() -> None:
    empty = ApplicationFacts(state=State.DRAFT, applicant_id=HANAKO)
    assert codes(Step.SUBMIT, empty, by=HANAKO) == {
        "entries_incomplete",
        "photo_missing",
        "licence_missing",
        "identity_missing",
    }


@pytest.mark.parametrize(
    ("kind", "expires_on", "fits"),
    [
        (IdentityKind.PASSPORT, TODAY, True),
        (IdentityKind.PASSPORT, YESTERDAY, False),
        (IdentityKind.PASSPORT, None, False),
        (IdentityKind.MY_NUMBER_CARD, None, False),
        (IdentityKind.DRIVING_RECORD, None, True),
        (IdentityKind.OFFICIAL_CARD, None, True),
        (IdentityKind.OFFICIAL_CARD, YESTERDAY, False),
    ],
)
def test_a_photo_id_with_a_term_must_be_in_term_on_the_day(
    *, kind: IdentityKind, expires_on: dt.date | None, fits: bool
) -> None:
    assert rules.in_term(kind, expires_on, TODAY) is fits


def test_there_are_six_kinds_of_photo_id() -> None:
    assert len(IdentityKind) == 6


PASSPORT = OriginalsSeen(
    residence_record=True,
    identity_kind=IdentityKind.PASSPORT,
    identity_expires_on=TOMORROW,
    number=ShownNumber("ab" * 32),
    met_applicant=True,
)


def test_the_desk_meets_the_applicant() -> None:
    by_somebody = dataclasses.replace(PASSPORT, met_applicant=False)
    assert codes(Step.TAKE_IN, in_state(State.SUBMITTED), originals=by_somebody) == {"applicant_not_met"}


def test_a_copy_of_the_residence_record_is_refused() -> None:
    seen = dataclasses.replace(PASSPORT, residence_record=False)
    assert codes(Step.TAKE_IN, in_state(State.SUBMITTED), originals=seen) == {"residence_record_not_seen"}


def test_the_desk_takes_in_with_original_and_identity_in_term() -> None:
    assert codes(Step.TAKE_IN, in_state(State.SUBMITTED), originals=PASSPORT) == set()
    assert codes(Step.TAKE_IN, in_state(State.SUBMITTED), originals=PASSPORT, duty=False) == {"no_duty"}


def test_the_number_of_the_document_is_asked_where_there_is_one_to_ask() -> None:
    numberless = dataclasses.replace(PASSPORT, number=None)
    assert codes(Step.TAKE_IN, in_state(State.SUBMITTED), originals=numberless) == {"identity_number_missing"}
    card = dataclasses.replace(numberless, identity_kind=IdentityKind.MY_NUMBER_CARD)
    assert codes(Step.TAKE_IN, in_state(State.SUBMITTED), originals=card) == set()


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (ShownNumber("ab" * 32, used_by_another=True), "identity_number_elsewhere"),
        (ShownNumber("ab" * 32, differs_from_earlier=True), "identity_number_differs"),
    ],
)
def test_a_doubtful_number_is_read_once_more_and_then_the_centre_looks_into_it(
    number: ShownNumber, code: str
) -> None:
    seen = dataclasses.replace(PASSPORT, number=number)
    assert codes(Step.TAKE_IN, in_state(State.SUBMITTED), originals=seen) == {code}
    again = dataclasses.replace(seen, number=dataclasses.replace(number, reread=True))
    assert codes(Step.TAKE_IN, in_state(State.SUBMITTED), originals=again) == set()


def test_an_emergency_case_shows_its_residence_record_later_and_needs_no_postcard() -> None:
    emergency = in_state(State.SUBMITTED, kind=CaseKind.EMERGENCY)
    seen = dataclasses.replace(PASSPORT, residence_record=False)
    assert codes(Step.TAKE_IN, emergency, originals=seen) == set()
    shown = dataclasses.replace(PICKUP, postcard=False)
    assert codes(Step.HAND_OVER, in_state(State.NOTIFIED, kind=CaseKind.EMERGENCY), pickup=shown) == set()
    assert codes(Step.HAND_OVER, in_state(State.NOTIFIED), pickup=shown) == {"postcard_not_collected"}


PICKUP = PickupShown(
    in_person=True,
    postcard=True,
    identity_kind=IdentityKind.PASSPORT,
    identity_expires_on=TOMORROW,
    number=ShownNumber("ab" * 32),
)


def test_a_renewed_card_is_handed_over_for_the_old_one() -> None:
    renewal = in_state(State.NOTIFIED, kind=CaseKind.RENEWAL)
    assert codes(Step.HAND_OVER, renewal, pickup=PICKUP) == {"old_card_not_returned"}
    given_back = dataclasses.replace(PICKUP, old_card=True)
    assert codes(Step.HAND_OVER, renewal, pickup=given_back) == set()


def test_the_examiner_ticks_what_this_case_has() -> None:
    assert EntryField.BESIDE_NAME not in rules.fields_to_check(in_state(State.TAKEN_IN))
    with_former = in_state(State.TAKEN_IN, face_name=FaceName.WITH_FORMER)
    assert EntryField.BESIDE_NAME in rules.fields_to_check(with_former)
    emergency = in_state(State.TAKEN_IN, kind=CaseKind.EMERGENCY)
    assert EntryField.REGISTERED_ON not in rules.fields_to_check(emergency)


def test_vetting_needs_the_registry_every_paper_and_every_entry() -> None:
    fit = PapersJudged(
        photo_fits=True,
        licence_fits=True,
        identity_fits=True,
        others_fit=frozenset(Part),
        fields=frozenset(EntryField),
    )
    dark = dataclasses.replace(fit, photo_fits=False)
    half_read = dataclasses.replace(fit, fields=frozenset(EntryField) - {EntryField.ADDRESS})
    assert codes(Step.VET, in_state(State.TAKEN_IN), papers=half_read) == {"fields_not_checked"}
    assert codes(Step.VET, in_state(State.TAKEN_IN), papers=fit) == set()
    assert codes(Step.VET, in_state(State.TAKEN_IN), papers=dark) == {"papers_not_fit"}
    other = in_state(State.TAKEN_IN, registry_agrees=False)
    assert codes(Step.VET, other, papers=fit) == {"registry_disagrees"}


def test_four_eyes() -> None:
    vetted = in_state(State.VETTED, vetted_by=SATO)
    assert codes(Step.APPROVE, vetted, by=SUZUKI) == set()
    assert codes(Step.APPROVE, vetted, by=SATO) == {"same_officer"}
    assert codes(Step.APPROVE, in_state(State.VETTED, vetted_by=None), by=SUZUKI) == {"same_officer"}


@pytest.mark.parametrize("step", [step for step in Step if step in rules.RULES])
def test_nobody_handles_the_own_application(step: Step) -> None:
    if step in {Step.SUBMIT, Step.RESUBMIT, Step.WITHDRAW}:
        return
    state = next(iter(rules.STEPS_FROM[step]))
    assert "own_application" in codes(step, in_state(state, vetted_by=SATO), by=HANAKO)


def test_the_pin_letter_is_printed_once() -> None:
    assert codes(Step.PRINT_PIN_LETTER, in_state(State.ISSUED)) == set()
    again = in_state(State.ISSUED, pin_letter_printed=True)
    assert codes(Step.PRINT_PIN_LETTER, again) == {"pin_letter_printed_before"}


def test_nothing_is_sent_before_both_letters_are_printed() -> None:
    assert codes(Step.NOTIFY, in_state(State.ISSUED)) == {"postcard_not_printed", "pin_letter_not_printed"}


def test_pickup_is_in_person_with_postcard_and_photo_id() -> None:
    nothing = PickupShown(in_person=False, postcard=False, identity_kind=None, identity_expires_on=None)
    assert codes(Step.HAND_OVER, in_state(State.NOTIFIED), pickup=nothing) == {
        "not_in_person",
        "postcard_not_collected",
        "identity_not_seen",
    }


def test_a_returned_application_opens_only_what_the_reasons_name() -> None:
    returned = in_state(State.RETURNED, return_reasons=frozenset({ReturnReason.PHOTO_UNCLEAR}))
    assert rules.parts_open(returned) == {Part.PHOTO}
    assert rules.parts_open(in_state(State.SUBMITTED)) == set()


@pytest.mark.parametrize(
    ("reasons", "taken_in", "to"),
    [
        ({ReturnReason.PHOTO_UNCLEAR}, True, State.TAKEN_IN),
        ({ReturnReason.PHOTO_UNCLEAR}, False, State.SUBMITTED),
        ({ReturnReason.ENTRIES_DIFFER}, True, State.SUBMITTED),
        ({ReturnReason.PHOTO_UNCLEAR, ReturnReason.REGISTRY_DIFFERS}, True, State.SUBMITTED),
        ({ReturnReason.RESIDENCE_RECORD_MISSING}, True, State.SUBMITTED),
    ],
)
def test_changed_entries_go_past_the_desk_again(
    *, reasons: set[ReturnReason], taken_in: bool, to: State
) -> None:
    facts = in_state(State.RETURNED, return_reasons=frozenset(reasons), taken_in=taken_in)
    assert rules.state_after_resubmission(facts) is to


@given(st.sampled_from(list(rules.RULES)), st.sampled_from(State))
def test_no_step_is_taken_from_a_state_that_the_table_does_not_name(step: Step, state: State) -> None:
    found = codes(step, in_state(state, vetted_by=SUZUKI))
    assert ("wrong_state" in found) is (state not in rules.STEPS_FROM[step])


def test_every_rule_has_a_code_of_its_own_and_a_sentence() -> None:
    """Whatever could be wrong, all of it is said, and nothing twice."""
    worst = ApplicationFacts(state=State.ACTIVE, applicant_id=HANAKO)
    for step in rules.RULES:
        case = Case(step, worst, Act(by=HANAKO, on=TODAY))
        found = rules.denials(case)
        assert len({denial.code for denial in found}) == len(found)
        assert all(str(denial.sentence).endswith("。") for denial in found)
