"""Two officers judge what the registry could not: one decides with a reason, another confirms or refuses.

The caller is a room above: it knows whose application it is, who may, and which papers are there, asks the registry in
the same transaction, and gives both along.
"""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from hpki_server.people import audit
from hpki_server.people.denial import Denied
from hpki_server.people.officer import Officer
from hpki_server.registry import decision_rules as rules
from hpki_server.registry.decision_rules import DecisionFacts, DecisionState, Outcome, Reason
from hpki_server.registry.matching import CannotDecide, Differs, MatchAnswer, digest_of
from hpki_server.registry.models import MatchDecision
from hpki_server.registry.queries import candidate


@dataclass(frozen=True)
class Question:
    """One application before its officers, as it stands now."""

    reference: str
    answer: MatchAnswer
    # Whose it is, and who typed it from paper; None where nobody is.
    concerns: UUID | None
    entered_by: UUID | None
    register_paper_present: bool
    # May this officer judge it?
    has_duty: bool


@dataclass(frozen=True)
class Judgement:
    """What an officer found."""

    entry_id: UUID
    outcome: Outcome
    reason: Reason | None
    note: str
    # Of the page the officer looked at.
    digest: str


def record_decision(
    question: Question, judgement: Judgement, *, by: Officer, at: dt.datetime
) -> MatchDecision:
    """The first officer's judgement; it counts once another confirmed it.  Raises `Denied`."""
    pair = candidate(question.answer, judgement.entry_id)
    _ask(rules.DECISION_RULES, question, judgement, pair, by=by)
    open_ones = MatchDecision.objects.filter(reference=question.reference, state=DecisionState.PROPOSED.value)
    # A judgement on facts that changed since, or one that its own officer thinks better of.
    open_ones.update(state=DecisionState.WITHDRAWN.value)
    decision = MatchDecision.objects.create(
        reference=question.reference,
        concerns=question.concerns,
        entered_by=question.entered_by,
        entry_id=judgement.entry_id,
        outcome=judgement.outcome.value,
        reason=judgement.reason.value if judgement.reason else "",
        note=judgement.note,
        digest=judgement.digest,
        state=DecisionState.PROPOSED.value,
        decided_by=by.account_id,
        decided_at=at,
    )
    _leave_line("registry:decide-match", decision, by=by, at=at)
    return decision


def confirm_decision(decision_id: UUID, question: Question, *, by: Officer, at: dt.datetime) -> MatchDecision:
    """The second officer's yes, by the same rules on the facts of now.  Raises `Denied`."""
    return _close(decision_id, question, DecisionState.CONFIRMED, by=by, at=at)


def refuse_decision(decision_id: UUID, question: Question, *, by: Officer, at: dt.datetime) -> MatchDecision:
    """The second officer's no; the case is undecided again.  Raises `Denied`."""
    return _close(decision_id, question, DecisionState.REFUSED, by=by, at=at)


_CLOSING = {
    DecisionState.CONFIRMED: (rules.CONFIRMATION_RULES, "registry:confirm-match"),
    DecisionState.REFUSED: (rules.REFUSAL_RULES, "registry:refuse-match"),
}


def _close(
    decision_id: UUID, question: Question, state: DecisionState, *, by: Officer, at: dt.datetime
) -> MatchDecision:
    decision = MatchDecision.objects.select_for_update().get(id=decision_id, reference=question.reference)
    asked, act = _CLOSING[state]
    judgement = Judgement(
        decision.entry_id or decision.id,
        Outcome(decision.outcome),
        Reason(decision.reason),
        decision.note,
        decision.digest,
    )
    pair = candidate(question.answer, decision.entry_id)
    _ask(asked, question, judgement, pair, by=by, decision=decision)
    decision.state, decision.confirmed_by, decision.confirmed_at = state.value, by.account_id, at
    decision.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    _leave_line(act, decision, by=by, at=at)
    return decision


def _ask(
    asked: tuple[rules.Rule, ...],
    question: Question,
    judgement: Judgement,
    pair: Differs | None,
    *,
    by: Officer,
    decision: MatchDecision | None = None,
) -> None:
    facts = DecisionFacts(
        officer=by.account_id,
        has_duty=question.has_duty,
        concerns=question.concerns,
        entered_by=question.entered_by,
        outcome=judgement.outcome,
        reason=judgement.reason,
        note=judgement.note,
        is_current=pair is not None and digest_of(pair) == judgement.digest,
        entry_is_candidate=pair is not None,
        only_variants_differ=pair is not None and pair.only_variants_differ,
        register_paper_present=question.register_paper_present,
        cannot_decide=isinstance(question.answer, CannotDecide),
        decided_by=decision.decided_by if decision else None,
        is_open=decision is None or decision.state == DecisionState.PROPOSED,
    )
    if found := rules.denials(asked, facts):
        raise Denied(found)


def _leave_line(act: str, decision: MatchDecision, *, by: Officer, at: dt.datetime) -> None:
    audit.record(
        act,
        by=by,
        subject_kind="match-decision",
        subject_id=decision.id,
        at=at,
        details={
            "reference": decision.reference,
            "entry": str(decision.entry_id),
            "outcome": decision.outcome,
            "reason": decision.reason,
        },
    )
