"""Everybody of the cast with every button of one case: what the stateful test of the whole way presses."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from hpki_server.authority.production_rules import ScrapReason
from hpki_server.enrollment import registry_match, rules
from hpki_server.enrollment.entries import IdentityClaim
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import CaseKind, EntryField, Letter, Part, Posted, ReturnReason, State
from hpki_server.enrollment.services import (
    applying,
    deciding,
    issuing,
    matching,
    member_change,
    not_fetched,
    pickup,
    posting,
    production,
)
from hpki_server.enrollment.services.member_change import KindChange
from hpki_server.enrollment.services.record import Filler, day_of
from hpki_server.fees.models import Invoice, Payment
from hpki_server.fees.services import Received, cancel_invoice, record_payment, unmatch_payment
from hpki_server.fees.states import CancelReason, Channel
from hpki_server.people.duties import Duty
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.services import proposals
from hpki_server.registry.decision_rules import DecisionState, Outcome, Reason
from hpki_server.registry.matching import candidates_of, digest_of
from hpki_server.registry.models import MatchDecision
from hpki_server.registry.services.deciding import Judgement
from tests import cast
from tests.hpki_server.enrollment import desk

CENTRE: Final = (Duty.VETTING, Duty.APPROVAL, Duty.ISSUING, Duty.CASHIER)
# Beside what the cast holds anyway: 佐藤, 加藤 and the typist 高橋 vet and approve, and 山本 may do everything everywhere, so that only
# the rules keep one person from doing all of it.
MORE: Final[Mapping[cast.Role, tuple[tuple[Duty, str], ...]]] = {
    cast.SATO: ((Duty.APPROVAL, "centre"),),
    cast.KATO: ((Duty.VETTING, "centre"), (Duty.APPROVAL, "centre")),
    cast.TAKAHASHI: ((Duty.VETTING, "centre"), (Duty.APPROVAL, "centre")),
    cast.YAMAMOTO: (
        *((duty, "centre") for duty in CENTRE),
        (Duty.INTAKE, "okayama"),
        (Duty.PICKUP, "okayama"),
    ),
}
STAFF: Final = (
    cast.TAKAHASHI,
    cast.OSAKA_CLERK,
    cast.SATO,
    cast.KATO,
    cast.SUZUKI,
    cast.TANAKA,
    cast.INOUE,
    cast.OGAWA,
    cast.YAMAMOTO,
    cast.IDLE,
)
APPLICANTS: Final = (cast.HANAKO, cast.MALLORY)
FLAWS: Final = ("no-original", "not-met", "expired", "unfit", "unread", "proxy", "no-postcard", "too-little")
# One thing wrong about an otherwise right turn: a flaw, the wrong person, no payment, a registry that says otherwise.
SLIPS: Final = (*FLAWS, "same-person", "owner", "typist", "unpaid", "registry")


def staff() -> dict[str, Officer]:
    """By key, with the duties of `MORE`."""
    found = {}
    for role in STAFF:
        officer = cast.officer(role)
        more = {(duty, cast.organisation(where).id) for duty, where in MORE.get(role, ())}
        found[role.key] = Officer(officer.account_id, officer.name, officer.duties | more)
    return found


@dataclass(frozen=True)
class Press:
    """One person presses one button at one moment; `flaws` say what is wrong about what lies on the desk."""

    application: Application
    who: cast.Role
    officer: Officer
    at: dt.datetime
    flaws: frozenset[str] = frozenset()
    reasons: frozenset[ReturnReason] = frozenset()

    @property
    def filler(self) -> Filler:
        """As whom they fill in: the applicant of a web application is an account, a desk is an officer."""
        own = self.application.applicant_id == self.officer.account_id
        by_account = self.who in APPLICANTS or (own and self.application.entered_by_id is None)
        return cast.account(self.who) if by_account else self.officer

    def right(self, flaw: str) -> bool:
        return flaw not in self.flaws

    @property
    def identity_until(self) -> dt.date:
        return desk.LICENCE_UNTIL if self.right("expired") else dt.date(2026, 1, 1)


def write(press: Press) -> None:
    """The same entries again, as a member or not."""
    found = press.application
    applying.write_entries(
        application_id=found.id,
        typed=found.typed,
        entries=desk.entries(member_kind=MemberKind(found.member_kind), member_id=found.member_id),
        by=press.filler,
        at=press.at,
    )


@cache
def _copy() -> bytes:
    return desk.picture((1200, 900))


@cache
def _photo() -> bytes:
    return desk.picture()


def hand_in(press: Press) -> None:
    """Whatever a return asked for anew."""
    asked = {"application_id": press.application.id, "by": press.filler, "at": press.at}
    for part in sorted(press.application.facts().parts_awaited or {Part.LICENCE}):
        if part is Part.PHOTO:
            applying.hand_in_photo(content=_photo(), **asked)  # type: ignore[arg-type]  # facts by name
        elif part is Part.IDENTITY:
            claim = IdentityClaim(rules.IdentityKind.DRIVING_LICENCE, press.identity_until)
            applying.hand_in_identity(content=_copy(), identity=claim, **asked)  # type: ignore[arg-type]  # as above
        elif part in rules.PAPERS:
            applying.hand_in_copy(part=part, content=_copy(), **asked)  # type: ignore[arg-type]  # as above


def submit(press: Press) -> None:
    applying.submit_application(application_id=press.application.id, by=press.filler, at=press.at)


def resubmit(press: Press) -> None:
    applying.resubmit_application(application_id=press.application.id, by=press.filler, at=press.at)


def withdraw(press: Press) -> None:
    applying.withdraw_application(application_id=press.application.id, by=press.filler, at=press.at)


def take_in(press: Press) -> None:
    originals = dataclasses.replace(
        desk.ORIGINALS,
        residence_record=press.right("no-original"),
        met_applicant=press.right("not-met"),
        identity_expires_on=press.identity_until,
    )
    deciding.take_in(application_id=press.application.id, originals=originals, by=press.officer, at=press.at)


def vet(press: Press) -> None:
    fields = frozenset(EntryField) if press.right("unread") else frozenset[EntryField]()
    papers = dataclasses.replace(desk.ALL_FIT, licence_fits=press.right("unfit"), fields=fields)
    deciding.record_vetting(application_id=press.application.id, papers=papers, by=press.officer, at=press.at)


def approve(press: Press) -> None:
    deciding.approve_application(application_id=press.application.id, by=press.officer, at=press.at)


def send_back(press: Press) -> None:
    deciding.return_application(
        application_id=press.application.id,
        reasons=press.reasons,
        note="",
        by=press.officer,
        at=press.at,
    )


def decide_match(press: Press) -> None:
    """On the first candidate, where the registry names one."""
    candidates = candidates_of(registry_match.registry_says(press.application).answer)
    if not candidates:
        return
    same = press.right("unfit")
    judgement = Judgement(
        entry_id=candidates[0].entry.entry_id,
        outcome=Outcome.SAME_PERSON if same else Outcome.OTHER_PERSON,
        reason=Reason.LICENCE if same else Reason.NOT_THE_PERSON,
        note="",
        digest=digest_of(candidates[0]),
    )
    matching.decide_match(
        application_id=press.application.id, judgement=judgement, by=press.officer, at=press.at
    )


def proposed_decision(application: Application) -> MatchDecision | None:
    found = MatchDecision.objects.filter(reference=application.number, state=DecisionState.PROPOSED.value)
    return found.first()


def confirm_match(press: Press) -> None:
    if decision := proposed_decision(press.application):
        matching.confirm_match(
            application_id=press.application.id, decision_id=decision.id, by=press.officer, at=press.at
        )


def refuse_match(press: Press) -> None:
    if decision := proposed_decision(press.application):
        matching.refuse_match(
            application_id=press.application.id, decision_id=decision.id, by=press.officer, at=press.at
        )


def change_kind(press: Press) -> None:
    """Proposed; somebody else confirms it."""
    was_member = press.application.member_kind == MemberKind.MEMBER
    change = KindChange(
        press.application.id,
        MemberKind.NON_MEMBER if was_member else MemberKind.MEMBER,
        "" if was_member else "3300012345",
    )
    member_change.propose_change(change, by=press.officer, at=press.at)


def invoices(application: Application) -> list[Invoice]:
    return list(Invoice.objects.filter(reference=application.number or "-", cancelled_at=None))


def pay(press: Press) -> None:
    for invoice in invoices(press.application):
        amount = invoice.standing.owed - (0 if press.right("too-little") else 1)
        if amount > 0:
            received = Received(amount, day_of(press.at), Channel.COUNTER, press.at.isoformat())
            record_payment(received, invoice_id=invoice.id, by=press.officer, at=press.at)


def unmatch(press: Press) -> None:
    for payment in Payment.objects.filter(invoice__in=invoices(press.application)):
        unmatch_payment(payment_id=payment.id, by=press.officer, at=press.at)


def cancel(press: Press) -> None:
    for invoice in invoices(press.application):
        cancel_invoice(invoice_id=invoice.id, reason=CancelReason.MISTAKE, by=press.officer, at=press.at)


def order(press: Press) -> None:
    issuing.order_card(application_id=press.application.id, by=press.officer, at=press.at)


def issue(press: Press) -> None:
    issuing.issue_card(application_id=press.application.id, by=press.officer, at=press.at)


def scrap(press: Press) -> None:
    production.scrap_card(
        application_id=press.application.id,
        reason=ScrapReason.PRINT_DEFECT,
        by=press.officer,
        at=press.at,
    )


def print_pin_letter(press: Press) -> None:
    issuing.print_pin_letter(application_id=press.application.id, by=press.officer, at=press.at)


def print_postcard(press: Press) -> None:
    issuing.print_postcard(application_id=press.application.id, by=press.officer, at=press.at)


def post_pin_letter(press: Press) -> None:
    post(press, Letter.PIN_LETTER)


def post_postcard(press: Press) -> None:
    post(press, Letter.POSTCARD)


def post(press: Press, letter: Letter) -> None:
    pile = posting.Pile(Posted(letter, day_of(press.at)), frozenset({press.application.id}))
    posting.record_posted(pile, by=press.officer, at=press.at)


def notify(press: Press) -> None:
    issuing.record_notified(application_id=press.application.id, by=press.officer, at=press.at)


def check_pickup(press: Press) -> None:
    shown = dataclasses.replace(
        desk.SHOWN,
        in_person=press.right("proxy"),
        postcard=press.right("no-postcard"),
        identity_expires_on=press.identity_until,
    )
    pickup.check_pickup(application_id=press.application.id, shown=shown, by=press.officer, at=press.at)


def confirm_pickup(press: Press) -> None:
    pickup.confirm_pickup(application_id=press.application.id, by=press.officer, at=press.at)


def bring_back(press: Press) -> None:
    not_fetched.bring_back(application_id=press.application.id, by=press.officer, at=press.at)


def send_again(press: Press) -> None:
    not_fetched.send_again(application_id=press.application.id, by=press.officer, at=press.at)


def propose_end(press: Press) -> None:
    not_fetched.propose_end(application_id=press.application.id, by=press.officer, at=press.at)


def confirm_proposal(press: Press) -> None:
    found = Proposal.objects.filter(subject_id=str(press.application.id), state=Proposal.State.OPEN)
    if proposal := found.first():
        proposals.confirm(proposal.id, by=press.officer, at=press.at)


Button = Callable[[Press], None]
# What a page would offer in a state; everything else is pressed too, for somebody may have an old page open.
BUTTONS: Final[Mapping[State, tuple[Button, ...]]] = {
    State.DRAFT: (write, submit, withdraw),
    State.RETURNED: (write, hand_in, resubmit, withdraw),
    State.SUBMITTED: (take_in, send_back),
    State.TAKEN_IN: (vet, decide_match, confirm_match, refuse_match, send_back),
    State.VETTED: (approve, decide_match, confirm_match, refuse_match, send_back),
    State.APPROVED: (pay, order, change_kind, confirm_proposal, cancel, unmatch),
    State.ORDERED: (issue, cancel, unmatch, scrap),
    State.ISSUED: (print_pin_letter, print_postcard, post_pin_letter, post_postcard, notify, scrap),
    State.NOTIFIED: (check_pickup, confirm_pickup, bring_back, print_postcard),
    State.BROUGHT_BACK: (send_again, propose_end, confirm_proposal, scrap),
}
EVERY_BUTTON: Final = tuple({button: None for offered in BUTTONS.values() for button in offered})


@dataclass(frozen=True)
class Turn:
    """Who does the next right thing, and what; `days` pass before it."""

    who: cast.Role
    button: Button
    days: int = 0


def next_turn(application: Application) -> Turn | None:
    """The right thing by the right person; None where nothing is left to do."""
    typed = application.entered_by_id is not None
    applicant = next((one for one in (*APPLICANTS, cast.SATO) if _is_of(application, one)), cast.HANAKO)
    filler = cast.TAKAHASHI if typed else applicant
    turns: dict[State, Callable[[], Turn]] = {
        State.DRAFT: lambda: Turn(filler, submit),
        State.RETURNED: lambda: Turn(filler, hand_in if application.facts().parts_awaited else resubmit),
        State.SUBMITTED: lambda: Turn(cast.YAMAMOTO, take_in),
        State.TAKEN_IN: lambda: _towards_a_match(application) or Turn(cast.KATO, vet),
        State.VETTED: lambda: _towards_a_match(application) or Turn(cast.SUZUKI, approve),
        State.APPROVED: lambda: Turn(cast.OGAWA, pay) if _owes(application) else Turn(cast.TANAKA, order),
        State.ORDERED: lambda: Turn(cast.OGAWA, pay) if _owes(application) else Turn(cast.TANAKA, issue),
        State.ISSUED: lambda: _towards_the_desk(application),
        State.NOTIFIED: lambda: Turn(
            cast.TAKAHASHI, confirm_pickup if hasattr(application, "pickup_check") else check_pickup
        ),
        State.BROUGHT_BACK: lambda: Turn(cast.INOUE, send_again),
    }
    turn = turns.get(State(application.state))
    return turn() if turn else None


def slipped(turn: Turn, slip: str, application: Application, last: cast.Role) -> Turn:
    """Nearly the same turn."""
    people = {"same-person": last, "owner": cast.SATO, "typist": cast.TAKAHASHI}
    who = people.get(slip, turn.who)
    if slip == "unpaid" and turn.button is pay:
        return Turn(cast.TANAKA, order if application.state == State.APPROVED else issue)
    return Turn(who, turn.button)


def _is_of(application: Application, role: cast.Role) -> bool:
    return application.applicant_id == cast.account(role).pk


def _owes(application: Application) -> bool:
    return any(invoice.standing.owed for invoice in invoices(application))


def _towards_a_match(application: Application) -> Turn | None:
    if registry_match.registry_says(application).agrees:
        return None
    decision = proposed_decision(application)
    if decision is None:
        return Turn(cast.KATO, decide_match)
    # 加藤 decided, or somebody else did: the other one of the two confirms.
    first = decision.decided_by == cast.account(cast.SUZUKI).pk
    return Turn(cast.KATO if first else cast.SUZUKI, confirm_match)


def _towards_the_desk(application: Application) -> Turn:
    if application.pin_letter_printed_at is None:
        return Turn(cast.TANAKA, print_pin_letter, days=desk.LETTERS_APART.days)
    if application.postcard_printed_at is None:
        return Turn(cast.TANAKA, print_postcard, days=desk.LETTERS_APART.days)
    posted = application.posted_letters()
    if Letter.PIN_LETTER not in posted:
        return Turn(cast.TANAKA, post_pin_letter, days=desk.LETTERS_APART.days)
    if Letter.POSTCARD not in posted:
        return Turn(cast.TANAKA, post_postcard, days=desk.LETTERS_APART.days)
    return Turn(cast.TANAKA, notify)


@dataclass(frozen=True)
class Beginning:
    """How one run begins: whose case, what the registry has, whether it costs something."""

    draft: int
    registry: str = "present"
    member: bool = True
    kind: CaseKind = CaseKind.FIRST
    head_start: int = 0
    slip: str = "unpaid"
