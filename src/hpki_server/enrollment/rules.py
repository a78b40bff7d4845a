"""May this happen to an application?  Facts in, a list of denials out; nothing here reads a table, a clock or a request."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial


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


class Step(StrEnum):
    """What can be done to an application; the word stands in the audit line as `application:<step>`."""

    START = "start"
    SUBMIT = "submit"
    RESUBMIT = "resubmit"
    TAKE_IN = "take-in"
    VET = "vet"
    APPROVE = "approve"
    ORDER = "order"
    ISSUE = "issue"
    PRINT_POSTCARD = "print-postcard"
    PRINT_PIN_LETTER = "print-pin-letter"
    NOTIFY = "notify"
    HAND_OVER = "hand-over"
    RETURN = "return"
    WITHDRAW = "withdraw"


CLOSED = frozenset({State.ACTIVE, State.WITHDRAWN})
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
    Step.ORDER: frozenset({State.APPROVED}),
    Step.ISSUE: frozenset({State.ORDERED}),
    Step.PRINT_POSTCARD: frozenset({State.ISSUED, State.NOTIFIED}),
    Step.PRINT_PIN_LETTER: frozenset({State.ISSUED}),
    Step.NOTIFY: frozenset({State.ISSUED}),
    Step.HAND_OVER: frozenset({State.NOTIFIED}),
    Step.RETURN: frozenset({State.SUBMITTED, State.TAKEN_IN, State.VETTED}),
    Step.WITHDRAW: BEFORE_ORDER,
}

# A printed letter changes no state, so the two print steps lead nowhere.
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
}


class Part(StrEnum):
    """What an applicant hands in; a returned application is open for correction in the named parts only."""

    ENTRIES = "entries"
    PHOTO = "photo"
    LICENCE = "licence"
    IDENTITY = "identity"


PAPERS = (Part.PHOTO, Part.LICENCE, Part.IDENTITY)


class IdentityKind(StrEnum):
    """The six photo IDs that are accepted (mission M3)."""

    PASSPORT = "passport"
    DRIVING_LICENCE = "driving-licence"
    DRIVING_RECORD = "driving-record"
    RESIDENT_CARD = "resident-card"
    MY_NUMBER_CARD = "my-number-card"
    OFFICIAL_CARD = "official-card"


# M3: "those with a term must be in term on the day."  A driving record certificate and some official cards have none.
WITHOUT_TERM = frozenset({IdentityKind.DRIVING_RECORD, IdentityKind.OFFICIAL_CARD})


class ReturnReason(StrEnum):
    PHOTO_UNCLEAR = "photo-unclear"
    LICENCE_UNREADABLE = "licence-unreadable"
    IDENTITY_UNREADABLE = "identity-unreadable"
    IDENTITY_EXPIRED = "identity-expired"
    ENTRIES_DIFFER = "entries-differ"
    REGISTRY_DIFFERS = "registry-differs"
    RESIDENCE_RECORD_MISSING = "residence-record-missing"


PARTS_OPENED: dict[ReturnReason, frozenset[Part]] = {
    ReturnReason.PHOTO_UNCLEAR: frozenset({Part.PHOTO}),
    ReturnReason.LICENCE_UNREADABLE: frozenset({Part.LICENCE}),
    ReturnReason.IDENTITY_UNREADABLE: frozenset({Part.IDENTITY}),
    ReturnReason.IDENTITY_EXPIRED: frozenset({Part.IDENTITY}),
    ReturnReason.ENTRIES_DIFFER: frozenset({Part.ENTRIES}),
    ReturnReason.REGISTRY_DIFFERS: frozenset({Part.ENTRIES}),
    # Nothing to correct on the page: the original is brought to the desk.
    ReturnReason.RESIDENCE_RECORD_MISSING: frozenset(),
}


@dataclass(frozen=True)
class ApplicationFacts:
    """An application as the rules see it."""

    state: State
    applicant_id: uuid.UUID
    entries_complete: bool = False
    parts_present: frozenset[Part] = frozenset()
    identity_kind: IdentityKind | None = None
    identity_expires_on: dt.date | None = None
    taken_in: bool = False
    vetted_by: uuid.UUID | None = None
    registry_agrees: bool = False
    return_reasons: frozenset[ReturnReason] = frozenset()
    # Papers that a return asked for anew and that have not come yet.
    parts_awaited: frozenset[Part] = frozenset()
    postcard_printed: bool = False
    pin_letter_printed: bool = False


@dataclass(frozen=True)
class Act:
    """Who acts, on which day, and whether the duty that the step asks for is theirs where the application lies."""

    by: uuid.UUID
    on: dt.date
    has_duty: bool = False


@dataclass(frozen=True)
class OriginalsSeen:
    """What the intake desk saw with its own eyes."""

    residence_record: bool
    identity_kind: IdentityKind | None
    identity_expires_on: dt.date | None


@dataclass(frozen=True)
class PapersJudged:
    """What the vetting officer found on the copies."""

    photo_fits: bool
    licence_fits: bool
    identity_fits: bool


@dataclass(frozen=True)
class PickupShown:
    """What the holder brought to the desk."""

    in_person: bool
    postcard: bool
    identity_kind: IdentityKind | None
    identity_expires_on: dt.date | None


@dataclass(frozen=True)
class Case:
    """One step on one application: all that a rule may look at."""

    step: Step
    facts: ApplicationFacts
    act: Act
    originals: OriginalsSeen | None = None
    papers: PapersJudged | None = None
    pickup: PickupShown | None = None
    reasons: frozenset[ReturnReason] = field(default_factory=frozenset)


Rule = Callable[[Case], Denial | None]


def wrong_state(case: Case) -> Denial | None:
    if case.facts.state in STEPS_FROM[case.step]:
        return None
    return Denial(
        "wrong_state",
        _("この申請は、ほかの操作によって状態が変わりました。最新の内容をご確認ください。"),
    )


def not_the_applicant(case: Case) -> Denial | None:
    if case.act.by == case.facts.applicant_id:
        return None
    return Denial("not_the_applicant", _("申請したご本人だけが行えます。"))


def no_duty(case: Case) -> Denial | None:
    return None if case.act.has_duty else Denial("no_duty", _("この申請を扱う権限がありません。"))


def own_application(case: Case) -> Denial | None:
    if case.act.by != case.facts.applicant_id:
        return None
    return Denial("own_application", _("ご自身の申請を扱うことはできません。"))


def entries_incomplete(case: Case) -> Denial | None:
    if case.facts.entries_complete:
        return None
    return Denial("entries_incomplete", _("ご記入がまだ終わっていません。「ご記入」の画面をご確認ください。"))


def photo_missing(case: Case) -> Denial | None:
    if Part.PHOTO in case.facts.parts_present:
        return None
    return Denial("photo_missing", _("顔写真がまだありません。"))


def licence_missing(case: Case) -> Denial | None:
    if Part.LICENCE in case.facts.parts_present:
        return None
    return Denial("licence_missing", _("医師免許証の写しがまだありません。"))


def identity_missing(case: Case) -> Denial | None:
    if Part.IDENTITY in case.facts.parts_present and case.facts.identity_kind is not None:
        return None
    return Denial("identity_missing", _("写真付き身分証の写しがまだありません。"))


def in_term(kind: IdentityKind | None, expires_on: dt.date | None, on: dt.date) -> bool:
    """Is an identity document usable on the day?  A kind that always has a term must name it."""
    if expires_on is None:
        return kind in WITHOUT_TERM
    return on <= expires_on


IDENTITY_EXPIRED = Denial(
    "identity_expired",
    _("写真付き身分証の有効期限が過ぎています。期限内の身分証の写しをお送りください。"),
)
IDENTITY_TERM_MISSING = Denial(
    "identity_term_missing", _("この身分証には有効期限があります。有効期限をご記入ください。")
)


def identity_copy_expired(case: Case) -> Denial | None:
    facts = case.facts
    if facts.identity_kind is None or in_term(facts.identity_kind, facts.identity_expires_on, case.act.on):
        return None
    return IDENTITY_EXPIRED


def residence_record_not_seen(case: Case) -> Denial | None:
    if case.originals is not None and case.originals.residence_record:
        return None
    # M3 ④: "original of 住民票の写し (a copy is refused)".
    return Denial(
        "residence_record_not_seen", _("住民票の写しは原本を確認してください。コピーでは受け付けられません。")
    )


def shown_identity(case: Case) -> tuple[IdentityKind | None, dt.date | None]:
    shown = case.originals or case.pickup
    return (None, None) if shown is None else (shown.identity_kind, shown.identity_expires_on)


def identity_not_seen(case: Case) -> Denial | None:
    if shown_identity(case)[0] is not None:
        return None
    return Denial("identity_not_seen", _("確認した身分証の種類を選んでください。"))


def shown_identity_expired(case: Case) -> Denial | None:
    kind, expires_on = shown_identity(case)
    if kind is None or in_term(kind, expires_on, case.act.on):
        return None
    return Denial(
        "shown_identity_expired",
        _("身分証が期限内であることを確認し、有効期限を入力してください。"),
    )


def registry_disagrees(case: Case) -> Denial | None:
    if case.facts.registry_agrees:
        return None
    return Denial(
        "registry_disagrees",
        _(
            "医籍との照合が一致していません。氏名・生年月日・登録年月日・登録番号のすべてが一致する必要があります。"
        ),
    )


def papers_not_fit(case: Case) -> Denial | None:
    papers = case.papers
    if papers is not None and papers.photo_fits and papers.licence_fits and papers.identity_fits:
        return None
    return Denial(
        "papers_not_fit",
        _(
            "顔写真・医師免許証・身分証のすべてを確認してください。確認できないものがあれば不備返送してください。"
        ),
    )


def same_officer(case: Case) -> Denial | None:
    if case.facts.vetted_by is not None and case.facts.vetted_by != case.act.by:
        return None
    return Denial("same_officer", _("審査した担当者は承認できません。別の担当者が承認してください。"))


def postcard_not_printed(case: Case) -> Denial | None:
    if case.facts.postcard_printed:
        return None
    return Denial("postcard_not_printed", _("通知ハガキがまだ印刷されていません。"))


def pin_letter_not_printed(case: Case) -> Denial | None:
    if case.facts.pin_letter_printed:
        return None
    return Denial("pin_letter_not_printed", _("暗証番号通知書がまだ印刷されていません。"))


def pin_letter_printed_before(case: Case) -> Denial | None:
    if not case.facts.pin_letter_printed:
        return None
    return Denial(
        "pin_letter_printed_before",
        _("暗証番号通知書は一度だけ印刷できます。暗証番号はすでに消去されました。"),
    )


def not_in_person(case: Case) -> Denial | None:
    if case.pickup is not None and case.pickup.in_person:
        return None
    # M3: "the holder in person, never a proxy".
    return Denial("not_in_person", _("お受け取りはご本人に限ります。代理の方にはお渡しできません。"))


def postcard_not_collected(case: Case) -> Denial | None:
    if case.pickup is not None and case.pickup.postcard:
        return None
    return Denial("postcard_not_collected", _("ご署名のある通知ハガキを受け取ってください。"))


def reasons_missing(case: Case) -> Denial | None:
    if case.reasons:
        return None
    return Denial("reasons_missing", _("返送の理由を 1 つ以上選んでください。"))


def papers_awaited(case: Case) -> Denial | None:
    if not case.facts.parts_awaited:
        return None
    return Denial("papers_awaited", _("差し替えの必要な書類がまだ届いていません。"))


COMPLETE = (
    entries_incomplete,
    photo_missing,
    licence_missing,
    identity_missing,
    identity_copy_expired,
)
OFFICERS = (wrong_state, no_duty, own_application)

RULES: dict[Step, tuple[Rule, ...]] = {
    Step.SUBMIT: (wrong_state, not_the_applicant, *COMPLETE),
    Step.RESUBMIT: (wrong_state, not_the_applicant, papers_awaited, *COMPLETE),
    Step.TAKE_IN: (*OFFICERS, residence_record_not_seen, identity_not_seen, shown_identity_expired),
    Step.VET: (*OFFICERS, registry_disagrees, papers_not_fit),
    Step.APPROVE: (*OFFICERS, same_officer, registry_disagrees),
    Step.ORDER: OFFICERS,
    Step.ISSUE: OFFICERS,
    Step.PRINT_POSTCARD: OFFICERS,
    Step.PRINT_PIN_LETTER: (*OFFICERS, pin_letter_printed_before),
    Step.NOTIFY: (*OFFICERS, postcard_not_printed, pin_letter_not_printed),
    Step.HAND_OVER: (
        *OFFICERS,
        not_in_person,
        identity_not_seen,
        shown_identity_expired,
        postcard_not_collected,
    ),
    Step.RETURN: (*OFFICERS, reasons_missing),
    Step.WITHDRAW: (wrong_state, not_the_applicant),
}


def denials(case: Case) -> list[Denial]:
    """Every reason why the step may not be taken; empty means it may."""
    return [denial for rule in RULES[case.step] if (denial := rule(case)) is not None]


def parts_open(facts: ApplicationFacts) -> frozenset[Part]:
    """What the applicant may change now: everything in a draft, the named parts in a returned application."""
    if facts.state is State.DRAFT:
        return frozenset(Part)
    if facts.state is State.RETURNED:
        return parts_of(facts.return_reasons)
    return frozenset()


def parts_of(reasons: Iterable[ReturnReason]) -> frozenset[Part]:
    return frozenset().union(*(PARTS_OPENED[reason] for reason in reasons))


def state_after_resubmission(facts: ApplicationFacts) -> State:
    """Back to the desk, unless the desk has already seen the originals and only copies were exchanged.

    A changed entry (a name, an address) must be held against the original 住民票 again, and only the desk sees that.
    """
    only_copies = bool(facts.return_reasons) and all(
        PARTS_OPENED[reason] and Part.ENTRIES not in PARTS_OPENED[reason] for reason in facts.return_reasons
    )
    return State.TAKEN_IN if facts.taken_in and only_copies else State.SUBMITTED
