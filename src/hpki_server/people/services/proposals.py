"""Two officers: one proposes, another confirms, and only then it is done."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from hpki_server.people import audit, dual_control, queries
from hpki_server.people.denial import Denied
from hpki_server.people.dual_control import DecisionFacts
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer


@dataclass(frozen=True)
class Proposed:
    """What shall be done, exactly."""

    act: str
    subject_kind: str
    subject_id: str
    details: Mapping[str, audit.Detail] = field(default_factory=dict)
    # Where the duty of both officers has to run; None: at the centre.
    organisation_id: UUID | None = None


@transaction.atomic
def propose(proposed: Proposed, *, by: Officer, at: dt.datetime) -> Proposal:
    """The same proposal again gives the open one.  Raises `Denied` with `duty_missing`."""
    if not _may_propose(by, proposed.act, proposed.organisation_id):
        raise Denied([dual_control.DUTY_MISSING])
    proposal, made = Proposal.objects.get_or_create(
        act=proposed.act,
        subject_kind=proposed.subject_kind,
        subject_id=proposed.subject_id,
        details=audit.canonical_details(proposed.details),
        state=Proposal.State.OPEN,
        defaults={
            "organisation_id": proposed.organisation_id,
            "proposed_by_id": by.account_id,
            "proposed_at": at,
        },
    )
    if made:
        _record("proposal:make", proposal, by=by, at=at)
    return proposal


@transaction.atomic
def confirm(proposal_id: UUID, *, by: Officer, at: dt.datetime) -> Proposal:
    """The second officer's yes; the act itself is done in the same transaction.

    Raises `Denied`: `duty_missing`, `already_decided`, `own_proposal`, `proposal_too_old`, or as the act does.
    """
    proposal = _decide(proposal_id, dual_control.CONFIRMATION_RULES, Proposal.State.CONFIRMED, by=by, at=at)
    # First what it does: the chain's lock is taken last, or two who wait for each other's rows never go on.
    if carry_out := dual_control.act_named(proposal.act).carry_out:
        carry_out(proposal, by, at)
    _record("proposal:confirm", proposal, by=by, at=at)
    return proposal


@transaction.atomic
def withdraw(proposal_id: UUID, *, by: Officer, at: dt.datetime) -> Proposal:
    """Either officer says no.  Raises `Denied`."""
    proposal = _decide(proposal_id, dual_control.WITHDRAWAL_RULES, Proposal.State.WITHDRAWN, by=by, at=at)
    if take_back := dual_control.act_named(proposal.act).take_back:
        take_back(proposal, by, at)
    _record("proposal:withdraw", proposal, by=by, at=at)
    return proposal


def require_apart(others: Iterable[UUID | None], by: Officer, *, at: dt.datetime) -> None:
    """Where four eyes are asked for without a proposal.  Raises `Denied` with `renewed_by_the_other`."""
    earlier = {one for one in others if one is not None and one != by.account_id}
    if any(queries.renewed_between(one, by.account_id, at=at) for one in earlier):
        raise Denied([dual_control.RENEWED_BY_THE_OTHER])


def require_confirmed(act: str, subject_id: str, *, at: dt.datetime) -> Proposal:
    """The permission that two officers gave within the last day.  Raises `Denied` with `not_confirmed`."""
    confirmed = Proposal.objects.filter(
        act=act,
        subject_id=subject_id,
        state=Proposal.State.CONFIRMED,
        decided_at__lte=at,
        decided_at__gt=at - dual_control.PERMISSION_LIFE,
    )
    found = confirmed.order_by("-decided_at").first()
    if found is None:
        raise Denied([dual_control.NOT_CONFIRMED])
    return found


def _decide(
    proposal_id: UUID,
    rules: tuple[dual_control.DecisionRule, ...],
    state: Proposal.State,
    *,
    by: Officer,
    at: dt.datetime,
) -> Proposal:
    proposal = Proposal.objects.select_for_update().get(id=proposal_id)
    facts = DecisionFacts(
        is_open=proposal.state == Proposal.State.OPEN,
        proposed_by=proposal.proposed_by_id,
        proposed_at=proposal.proposed_at,
        officer_id=by.account_id,
        officer_may=_may(by, proposal.act, proposal.organisation_id),
        at=at,
        renewed=queries.renewed_between(proposal.proposed_by_id, by.account_id, at=at),
    )
    if denials := dual_control.denials(rules, facts):
        raise Denied(denials)
    proposal.state, proposal.decided_by_id, proposal.decided_at = state, by.account_id, at
    proposal.save(update_fields=["state", "decided_by", "decided_at"])
    return proposal


def _may(officer: Officer, act: str, organisation_id: UUID | None) -> bool:
    return queries.confirms(officer, act, organisation_id, queries.centre_ids())


def _may_propose(officer: Officer, act: str, organisation_id: UUID | None) -> bool:
    proposers = dual_control.act_named(act).proposers
    if not proposers:
        return _may(officer, act, organisation_id)
    held = frozenset[UUID]().union(*(officer.organisations(duty) for duty in proposers))
    return organisation_id in held or bool(held & queries.centre_ids())


def _record(act: str, proposal: Proposal, *, by: Officer, at: dt.datetime) -> None:
    audit.record(
        act,
        by=by,
        subject_kind=proposal.subject_kind,
        subject_id=proposal.subject_id,
        at=at,
        organisation=proposal.organisation_id,
        details={"proposal": str(proposal.id), "act": proposal.act, **proposal.facts()},
    )
