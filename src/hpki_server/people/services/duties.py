"""Duties are granted and withdrawn by an officer with the duty ACCOUNTS."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from hpki_server.people import audit, queries, rules
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, DutyGrant, Organisation, Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.services import accounts, proposals
from hpki_server.people.services.proposals import Proposed

GRANT = "duty:grant"


@transaction.atomic
def grant_duty(
    *,
    account_id: UUID,
    organisation_id: UUID,
    duty: Duty,
    by: Officer,
    at: dt.datetime,
    until_at: dt.datetime | None = None,
) -> DutyGrant:
    """The duty runs from `at`; raises `Denied` with every rule that says no.

    Pages come here by `propose_grant` and a second officer.
    """
    account = Account.objects.select_for_update().get(pk=account_id)
    if denials := _denials(account, organisation_id, duty, by=by, at=at):
        raise Denied(denials)
    return _write_grant(account, organisation_id, duty, by=by, at=at, until_at=until_at)


@transaction.atomic
def propose_grant(
    *, account_id: UUID, organisation_id: UUID, duty: Duty, by: Officer, at: dt.datetime
) -> Proposal:
    """A second officer has to confirm it; what is refused then is refused now.  Raises `Denied`."""
    account = Account.objects.get(pk=account_id)
    if denials := _denials(account, organisation_id, duty, by=by, at=at):
        raise Denied(denials)
    proposed = Proposed(
        act=GRANT,
        subject_kind="account",
        subject_id=str(account_id),
        details={"duty": duty.value, "where": str(organisation_id)},
        organisation_id=organisation_id,
    )
    return proposals.propose(proposed, by=by, at=at)


def carry_out_grant(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    """The rules are asked again, with the second officer as the one who grants."""
    facts = proposal.facts()
    grant_duty(
        account_id=UUID(proposal.subject_id),
        organisation_id=UUID(str(facts["where"])),
        duty=Duty(str(facts["duty"])),
        by=by,
        at=at,
    )


def _denials(
    account: Account, organisation_id: UUID, duty: Duty, *, by: Officer, at: dt.datetime
) -> list[Denial]:
    facts = rules.GrantFacts(
        account_id=account.pk,
        account_active=account.is_active,
        account_staff=account.kind == Account.Kind.STAFF,
        duty=duty,
        organisation_id=organisation_id,
        held=queries.officer_of(account, at=at).duties,
        officer_id=by.account_id,
        officer_reaches=queries.reaches(by, organisation_id),
        at_centre=organisation_id in queries.centre_ids(),
    )
    return rules.grant_denials(facts)


@transaction.atomic
def grant_first_duty(
    *, account: Account, organisation: Organisation, duty: Duty, at: dt.datetime
) -> DutyGrant:
    """Made by whoever installs the server, at its console: the first officer cannot be granted by an officer."""
    return _write_grant(account, organisation.pk, duty, by=None, at=at, until_at=None)


def _write_grant(
    account: Account,
    organisation_id: UUID,
    duty: Duty,
    *,
    by: Officer | None,
    at: dt.datetime,
    until_at: dt.datetime | None,
) -> DutyGrant:
    grant = DutyGrant.objects.create(
        account=account,
        organisation_id=organisation_id,
        duty=duty.value,
        granted_by_id=by.account_id if by else None,
        from_at=at,
        until_at=until_at,
    )
    audit.record(
        "duty:grant",
        by=by or "system",
        subject_kind="account",
        subject_id=account.pk,
        at=at,
        organisation=organisation_id,
        details={"duty": duty.value, "until": until_at.isoformat() if until_at else None},
    )
    return grant


@transaction.atomic
def withdraw_duty(*, grant_id: UUID, by: Officer, at: dt.datetime) -> DutyGrant:
    """The duty ends at `at`; raises `Denied`."""
    target = DutyGrant.objects.values_list("account_id", flat=True).get(pk=grant_id)
    accounts.lock_both(by, target, at=at)
    grant = DutyGrant.objects.select_for_update().get(pk=grant_id)
    duty = Duty(grant.duty)
    facts = rules.WithdrawalFacts(
        duty=duty,
        running=grant.runs_at(at),
        officer_reaches=queries.reaches(by, grant.organisation_id),
        others_with_accounts=queries.others_with_accounts(grant, at=at),
    )
    if denials := rules.withdrawal_denials(facts):
        raise Denied(denials)
    grant.until_at, grant.withdrawn_by_id = at, by.account_id
    grant.save(update_fields=["until_at", "withdrawn_by"])
    audit.record(
        "duty:withdraw",
        by=by,
        subject_kind="account",
        subject_id=grant.account_id,
        at=at,
        organisation=grant.organisation_id,
        details={"duty": duty.value},
    )
    return grant
