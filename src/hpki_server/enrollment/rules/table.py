"""Which rules ask about which step, and all their answers together."""

from hpki_server.enrollment.rules.complete import COMPLETE, copies_gone
from hpki_server.enrollment.rules.denying import (
    Rule,
    death_reported,
    entered_by_same_officer,
    fee_unpaid,
    has_a_card,
    identity_not_seen,
    no_duty,
    not_in_person,
    not_the_applicant,
    own_application,
    papers_awaited,
    pin_letter_not_printed,
    pin_letter_printed_before,
    postcard_not_printed,
    reasons_missing,
    registry_barred,
    registry_disagrees,
    replaces_a_stranger,
    same_officer,
    shown_identity_expired,
    wrong_state,
)
from hpki_server.enrollment.rules.desk import (
    applicant_not_met,
    fields_not_checked,
    identity_number_differs,
    identity_number_elsewhere,
    identity_number_missing,
    old_card_not_returned,
    papers_not_fit,
    postcard_not_collected,
    residence_record_not_seen,
)
from hpki_server.enrollment.rules.facts import Case
from hpki_server.enrollment.rules.letters import (
    letter_not_printed,
    letters_not_posted,
    letters_too_close,
    not_waited_long_enough,
    posted_already,
    posted_in_future,
    posted_too_close,
)
from hpki_server.enrollment.rules.states import Step
from hpki_server.people.denial import Denial

OFFICERS = (wrong_state, no_duty, own_application)
# What leads on to a card, or writes to the person.
ONWARD = (*OFFICERS, death_reported)
IDENTITY_SHOWN = (
    identity_not_seen,
    shown_identity_expired,
    identity_number_missing,
    identity_number_elsewhere,
    identity_number_differs,
)

RULES: dict[Step, tuple[Rule, ...]] = {
    Step.SUBMIT: (wrong_state, not_the_applicant, death_reported, has_a_card, *COMPLETE),
    Step.RESUBMIT: (wrong_state, not_the_applicant, death_reported, has_a_card, papers_awaited, *COMPLETE),
    Step.TAKE_IN: (
        *ONWARD,
        copies_gone,
        applicant_not_met,
        residence_record_not_seen,
        *IDENTITY_SHOWN,
    ),
    Step.VET: (
        *ONWARD,
        entered_by_same_officer,
        copies_gone,
        registry_disagrees,
        registry_barred,
        papers_not_fit,
        fields_not_checked,
    ),
    Step.APPROVE: (
        *ONWARD,
        entered_by_same_officer,
        same_officer,
        copies_gone,
        registry_disagrees,
        registry_barred,
        has_a_card,
        replaces_a_stranger,
    ),
    Step.CHANGE_KIND: ONWARD,
    Step.ORDER: (*ONWARD, registry_barred, fee_unpaid),
    Step.ISSUE: (*ONWARD, registry_barred, fee_unpaid),
    Step.PRINT_POSTCARD: (*ONWARD, letters_too_close),
    Step.PRINT_PIN_LETTER: (*ONWARD, pin_letter_printed_before, letters_too_close),
    Step.POST_LETTER: (
        *OFFICERS,
        letter_not_printed,
        posted_in_future,
        posted_already,
        posted_too_close,
    ),
    Step.CORRECT_POSTING: OFFICERS,
    Step.NOTIFY: (
        *ONWARD,
        fee_unpaid,
        postcard_not_printed,
        pin_letter_not_printed,
        letters_not_posted,
    ),
    Step.HAND_OVER: (
        *ONWARD,
        registry_barred,
        fee_unpaid,
        not_in_person,
        *IDENTITY_SHOWN,
        postcard_not_collected,
        old_card_not_returned,
    ),
    Step.RETURN: (*ONWARD, reasons_missing),
    Step.WITHDRAW: (wrong_state, not_the_applicant),
    Step.SCRAP_CARD: OFFICERS,
    Step.PRINT_REMINDER: ONWARD,
    Step.BRING_BACK: (*OFFICERS, not_waited_long_enough),
    Step.SEND_AGAIN: ONWARD,
    Step.END_NOT_FETCHED: OFFICERS,
}


def denials(case: Case) -> list[Denial]:
    """Every reason why the step may not be taken; empty means it may."""
    return [denial for rule in RULES[case.step] if (denial := rule(case)) is not None]
