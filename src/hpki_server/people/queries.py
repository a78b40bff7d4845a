"""Reads of accounts, duties and the audit chain."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Case, Prefetch, Q, QuerySet, When

from hpki_server.people import dual_control
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, AuditLine, DutyGrant, Organisation, Proposal, TotpDevice
from hpki_server.people.officer import Officer

# Cards of the past name it as their place; it has no desk.
OVERSEAS = "48"


def running_at(at: dt.datetime) -> Q:
    """Grants that run at that moment."""
    return Q(from_at__lte=at) & (Q(until_at__isnull=True) | Q(until_at__gt=at))


def officer_of(account: Account, *, at: dt.datetime) -> Officer:
    """The account with the duties that run at `at`; an account that was closed holds none.

    A duty at a prefectural association runs at the district associations and hospitals under it too.
    """
    if not account.is_active or account.kind != Account.Kind.STAFF:
        return Officer(account.pk, account.name)
    granted = DutyGrant.objects.filter(running_at(at), account=account)
    # A place without any under it comes back with nothing in the last column.
    rows: Iterable[tuple[str, UUID, UUID | None]] = granted.values_list(
        "duty", "organisation_id", "organisation__children"
    )
    held = {(Duty(duty), place) for duty, *places in rows for place in places if place is not None}
    return Officer(account.pk, account.name, frozenset(held))


def reception_desks() -> QuerySet[Organisation]:
    """Where an applicant may go: the prefectural and district associations, and hospitals that belong to one."""
    kinds = [Organisation.Kind.ASSOCIATION, Organisation.Kind.DISTRICT]
    desks = Organisation.objects.filter(
        Q(kind__in=kinds) | Q(kind=Organisation.Kind.HOSPITAL, parent__isnull=False)
    )
    return desks.exclude(code=OVERSEAS).order_by("code")


def desks_in_reach(viewer: Officer, *duties: Duty) -> QuerySet[Organisation]:
    """The desks at which one of the duties runs for the viewer."""
    places = frozenset().union(*(viewer.organisations(duty) for duty in duties))
    return reception_desks().filter(id__in=places)


def centre_ids() -> frozenset[UUID]:
    """The certificate centre; its officers' ACCOUNTS reach every organisation."""
    return frozenset(Organisation.objects.filter(kind=Organisation.Kind.CENTRE).values_list("id", flat=True))


def at_centre(officer: Officer, duty: Duty) -> bool:
    """Does the duty run at the certificate centre?  What concerns every association asks this, not `may`."""
    return bool(officer.organisations(duty) & centre_ids())


def reaches(officer: Officer, organisation_id: UUID) -> bool:
    """May this officer give and take duties there?"""
    held = officer.organisations(Duty.ACCOUNTS)
    return organisation_id in held or bool(held & centre_ids())


def others_with_accounts(grant: DutyGrant, *, at: dt.datetime) -> int:
    """Officers besides the grant's own who hold ACCOUNTS at the same organisation."""
    return (
        DutyGrant.objects.filter(
            running_at(at),
            organisation=grant.organisation_id,
            duty=Duty.ACCOUNTS.value,
            account__is_active=True,
            # Withdrawn a moment after `at`, while this one waited, is withdrawn.
            withdrawn_by__isnull=True,
        )
        .exclude(account=grant.account_id)
        .count()
    )


def organisations_in_reach(viewer: Officer) -> QuerySet[Organisation]:
    """Where the viewer may grant."""
    held = viewer.organisations(Duty.ACCOUNTS)
    if held & centre_ids():
        return Organisation.objects.order_by("kind", "code")
    return Organisation.objects.filter(id__in=held).order_by("kind", "code")


def officers_in_reach(viewer: Officer, *, at: dt.datetime) -> QuerySet[Account]:
    """Officers the viewer may see: for the centre all; else those with a duty, past or present, in its organisations."""
    running = DutyGrant.objects.filter(running_at(at)).select_related("organisation").order_by("from_at")
    accounts = (
        Account.objects.filter(kind=Account.Kind.STAFF)
        .prefetch_related(Prefetch("grants", queryset=running, to_attr="running_grants"))
        .order_by("-is_active", "kana", "username")
    )
    held = viewer.organisations(Duty.ACCOUNTS)
    if held & centre_ids():
        return accounts
    return accounts.filter(Q(grants__organisation__in=held)).distinct()


def audit_lines(
    viewer: Officer, *, subject_kind: str = "", subject_id: str = "", act: str = ""
) -> QuerySet[AuditLine]:
    """Newest first.  An auditor of the centre sees every line; elsewhere the lines of the own organisations."""
    lines = AuditLine.objects.order_by("-sequence")
    held = viewer.organisations(Duty.AUDIT)
    if not held & centre_ids():
        lines = lines.filter(organisation__in=[str(organisation_id) for organisation_id in held])
    if subject_kind:
        lines = lines.filter(subject_kind=subject_kind)
    if subject_id:
        lines = lines.filter(subject_id=subject_id)
    if act:
        lines = lines.filter(act=act)
    return lines


def names_of(actor_ids: Iterable[str]) -> dict[str, str]:
    """Who stands behind the ids of audit lines."""
    ids = [found for text in set(actor_ids) if (found := _uuid(text))]
    return {str(pk): name for pk, name in Account.objects.filter(pk__in=ids).values_list("pk", "name")}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def has_second_factor(account: Account) -> bool:
    return TotpDevice.objects.filter(account=account, confirmed_at__isnull=False).exists()


def acting_for(officer: Officer) -> str:
    """The organisation whose name stands over the officer's pages, in the reader's language."""
    held = {organisation_id for _duty, organisation_id in officer.duties}
    found = Organisation.objects.filter(id__in=held).order_by(
        Case(When(kind=Organisation.Kind.CENTRE, then=0), default=1), "code"
    )
    first = found.first() if held else None
    return first.shown_name if first else ""


def renewed_between(one: UUID, other: UUID, *, at: dt.datetime) -> bool:
    """Did one of the two make the other's login anew of late?  Then both may be one person."""
    either = Q(by=str(one), subject_id=str(other)) | Q(by=str(other), subject_id=str(one))
    lines = AuditLine.objects.filter(either, subject_kind="account", act="account:renew-access")
    return lines.filter(at__gt=at - dual_control.RENEWAL_APART).exists()


def open_proposals(viewer: Officer) -> list[Proposal]:
    """What waits for a second officer and is the viewer's business, oldest first."""
    centres = centre_ids()
    found = Proposal.objects.filter(state=Proposal.State.OPEN).select_related("proposed_by", "organisation")
    return [
        one
        for one in found.order_by("proposed_at")
        if confirms(viewer, one.act, one.organisation_id, centres)
    ]


def confirms(viewer: Officer, act: str, organisation_id: UUID | None, centres: frozenset[UUID]) -> bool:
    """Is it this officer's duty to say yes or no to such a proposal of this organisation?"""
    asked = dual_control.act_named(act)
    held = viewer.organisations(asked.duty)
    return bool(held & centres) or (organisation_id in held and not asked.confirmed_at_centre)


def words_of(proposal: Proposal) -> str:
    """What exactly is proposed, for people."""
    if words := dual_control.act_named(proposal.act).words:
        return words(proposal)
    facts = proposal.facts()
    subject = proposal.subject_id
    if proposal.subject_kind == "account":
        subject = names_of([subject]).get(subject, subject)
    if "duty" in facts:
        facts = {"duty": str(Duty(str(facts["duty"])).label)}
        facts["where"] = proposal.organisation.shown_name if proposal.organisation else ""
    return "　".join([subject, *(str(value) for value in facts.values() if value not in {None, ""})])
