"""The states of an application and the steps between them: the table without which nothing moves."""

from enum import StrEnum


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    TAKEN_IN = "taken_in"
    VETTED = "vetted"
    APPROVED = "approved"
    ORDERED = "ordered"
    ISSUED = "issued"
    NOTIFIED = "notified"
    ACTIVE = "active"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    # Nobody fetched the card: it lies at the centre again; then it is destroyed and the case ends.
    BROUGHT_BACK = "brought_back"
    NOT_FETCHED = "not_fetched"


class Step(StrEnum):
    """What can be done to an application; the word stands in the audit line as `application:<step>`."""

    START = "start"
    # A desk begins to type what stands on paper; or takes over a draft whose printed form was brought.
    START_PAPER = "start-paper"
    TAKE_OVER = "take-over"
    SUBMIT = "submit"
    RESUBMIT = "resubmit"
    TAKE_IN = "take-in"
    VET = "vet"
    APPROVE = "approve"
    CHANGE_KIND = "change-kind"
    ORDER = "order"
    ISSUE = "issue"
    PRINT_POSTCARD = "print-postcard"
    PRINT_PIN_LETTER = "print-pin-letter"
    POST_LETTER = "post-letter"
    CORRECT_POSTING = "correct-posting"
    NOTIFY = "notify"
    CHECK_PICKUP = "check-pickup"
    VISIT = "visit"
    HAND_OVER = "hand-over"
    RETURN = "return"
    WITHDRAW = "withdraw"
    SCRAP_CARD = "scrap-card"
    PRINT_REMINDER = "print-reminder"
    BRING_BACK = "bring-back"
    SEND_AGAIN = "send-again"
    END_NOT_FETCHED = "end-not-fetched"


CLOSED = frozenset({State.ACTIVE, State.WITHDRAWN, State.NOT_FETCHED})
BEFORE_ORDER = frozenset(
    {State.DRAFT, State.SUBMITTED, State.TAKEN_IN, State.VETTED, State.APPROVED, State.RETURNED}
)

# From which states a step may be taken.  There is no other way from one state to another.
STEPS_FROM: dict[Step, frozenset[State]] = {
    Step.SUBMIT: frozenset({State.DRAFT}),
    Step.RESUBMIT: frozenset({State.RETURNED}),
    Step.TAKE_IN: frozenset({State.SUBMITTED}),
    Step.VET: frozenset({State.TAKEN_IN}),
    Step.APPROVE: frozenset({State.VETTED}),
    Step.CHANGE_KIND: frozenset({State.APPROVED}),
    Step.ORDER: frozenset({State.APPROVED}),
    Step.ISSUE: frozenset({State.ORDERED}),
    Step.PRINT_POSTCARD: frozenset({State.ISSUED, State.NOTIFIED}),
    Step.PRINT_PIN_LETTER: frozenset({State.ISSUED}),
    # A correction may leave a case that was sent without its day.
    Step.POST_LETTER: frozenset({State.ISSUED, State.NOTIFIED}),
    Step.CORRECT_POSTING: frozenset({State.ISSUED, State.NOTIFIED}),
    Step.NOTIFY: frozenset({State.ISSUED}),
    Step.HAND_OVER: frozenset({State.NOTIFIED}),
    Step.RETURN: frozenset({State.SUBMITTED, State.TAKEN_IN, State.VETTED}),
    Step.WITHDRAW: BEFORE_ORDER,
    Step.SCRAP_CARD: frozenset({State.ORDERED, State.ISSUED, State.BROUGHT_BACK}),
    Step.PRINT_REMINDER: frozenset({State.NOTIFIED}),
    Step.BRING_BACK: frozenset({State.NOTIFIED}),
    Step.SEND_AGAIN: frozenset({State.BROUGHT_BACK}),
    Step.END_NOT_FETCHED: frozenset({State.BROUGHT_BACK}),
}

# A printed letter changes no state, so the print steps lead nowhere.
LEADS_TO: dict[Step, frozenset[State]] = {
    Step.SUBMIT: frozenset({State.SUBMITTED}),
    Step.RESUBMIT: frozenset({State.SUBMITTED, State.TAKEN_IN}),
    Step.TAKE_IN: frozenset({State.TAKEN_IN}),
    Step.VET: frozenset({State.VETTED}),
    Step.APPROVE: frozenset({State.APPROVED}),
    Step.ORDER: frozenset({State.ORDERED}),
    Step.ISSUE: frozenset({State.ISSUED}),
    Step.NOTIFY: frozenset({State.NOTIFIED}),
    Step.HAND_OVER: frozenset({State.ACTIVE}),
    Step.RETURN: frozenset({State.RETURNED}),
    Step.WITHDRAW: frozenset({State.WITHDRAWN}),
    # A spoilt card is ordered again.
    Step.SCRAP_CARD: frozenset({State.ORDERED}),
    Step.BRING_BACK: frozenset({State.BROUGHT_BACK}),
    Step.SEND_AGAIN: frozenset({State.NOTIFIED}),
    Step.END_NOT_FETCHED: frozenset({State.NOT_FETCHED}),
}
