"""What no officer does alone: change how an issuer's lists are made, revoke an issuer, use its key outside routine."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from cryptography.x509 import ReasonFlags
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.models import IssuedCrl, Issuer
from hpki_server.authority.ports import IssuingUnit
from hpki_server.authority.services import publishing
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.dual_control import Act
from hpki_server.people.duties import Duty
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.services import proposals
from hpki_server.people.services.proposals import Proposed

CHANGE_LISTS: Final = "issuer:change-lists"
REVOKE_ISSUER: Final = "issuer:revoke"
USE_KEY: Final = "key:use"
MOST_SHARDS: Final = 1024
# RFC 5280 5.3.1: what may be said of an authority; a hold is not among it.
_REASONS: Final = frozenset(
    {
        ReasonFlags.key_compromise,
        ReasonFlags.ca_compromise,
        ReasonFlags.superseded,
        ReasonFlags.cessation_of_operation,
    }
)
_ISSUER_ENDED: Final = Denial("issuer_ended", _("この認証局は、すでに失効しています。"))
_SHARDS_UNFIT: Final = Denial("shards_unfit", _("失効リストの分割数が正しくありません。"))
_REASON_UNFIT: Final = Denial("reason_unfit", _("認証局の失効には使えない理由です。"))


@dataclass(frozen=True)
class ListPolicy:
    """How an issuer's lists are made from now on; certificates keep the list of their issue."""

    shards: int = 0
    delta: bool = False
    keeps_expired: bool = False


def propose_list_policy(issuer: Issuer, policy: ListPolicy, *, by: Officer, at: dt.datetime) -> Proposal:
    """Raises `Denied`: `shards_unfit`, `duty_missing`."""
    if not 0 <= policy.shards <= MOST_SHARDS:
        raise Denied([_SHARDS_UNFIT])
    details = {"shards": policy.shards, "delta": policy.delta, "keeps_expired": policy.keeps_expired}
    return proposals.propose(Proposed(CHANGE_LISTS, "issuer", issuer.slug, details), by=by, at=at)


def propose_issuer_revocation(
    issuer: Issuer, reason: ReasonFlags, *, by: Officer, at: dt.datetime
) -> Proposal:
    """Raises `Denied`: `issuer_ended`, `reason_unfit`, `duty_missing`."""
    if issuer.revoked_at is not None:
        raise Denied([_ISSUER_ENDED])
    if reason not in _REASONS:
        raise Denied([_REASON_UNFIT])
    return proposals.propose(
        Proposed(REVOKE_ISSUER, "issuer", issuer.slug, {"reason": reason.value}), by=by, at=at
    )


def propose_key_use(issuer: Issuer, purpose: str, *, by: Officer, at: dt.datetime) -> Proposal:
    """`purpose` is a short word for the record, e.g. "root-lists".  Raises `Denied`."""
    return proposals.propose(Proposed(USE_KEY, "issuer", issuer.slug, {"purpose": purpose}), by=by, at=at)


def publish_outside_routine(
    issuer: Issuer, unit: IssuingUnit, *, by: Officer | str, at: dt.datetime
) -> list[IssuedCrl]:
    """All lists of an issuer whose key custodians have opened, once two officers allowed it.

    Raises `Denied` with `not_confirmed`; KeyUnavailable and KeyRefused as the key does.
    """
    permission = proposals.require_confirmed(USE_KEY, issuer.slug, at=at)
    with transaction.atomic():
        audit.record(
            "key:use",
            by=by,
            subject_kind="issuer",
            subject_id=issuer.slug,
            at=at,
            details={"proposal": str(permission.id), **permission.facts()},
        )
    return publishing.publish(issuer, publishing.targets(issuer), by=by, at=at, unit=unit)


def _change_lists(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    issuer, facts = Issuer.objects.select_for_update().get(slug=proposal.subject_id), proposal.facts()
    issuer.crl_shards, issuer.crl_delta = int(facts["shards"] or 0), bool(facts["delta"])
    if not facts["keeps_expired"]:
        issuer.expired_on_crl_from = None
    elif issuer.expired_on_crl_from is None:
        # What expired before has left the list already and is not promised.
        issuer.expired_on_crl_from = at.replace(microsecond=0)
    issuer.save(update_fields=["crl_shards", "crl_delta", "expired_on_crl_from"])
    _record(CHANGE_LISTS, issuer, proposal, by=by, at=at)


def _revoke_issuer(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    """Its own lists still come, for what it issued; its parent's list names it with the next one."""
    issuer = Issuer.objects.select_for_update().get(slug=proposal.subject_id)
    if issuer.revoked_at is not None:
        raise Denied([_ISSUER_ENDED])
    issuer.revoked_at, issuer.state = at.replace(microsecond=0), Issuer.State.CLOSED
    issuer.revocation_reason = ReasonFlags(str(proposal.facts()["reason"])).value
    issuer.save(update_fields=["revoked_at", "revocation_reason", "state"])
    _record(REVOKE_ISSUER, issuer, proposal, by=by, at=at)


def _record(act: str, issuer: Issuer, proposal: Proposal, *, by: Officer, at: dt.datetime) -> None:
    details = {"slug": issuer.slug, "proposed_by": str(proposal.proposed_by_id), **proposal.facts()}
    audit.record(act, by=by, subject_kind="issuer", subject_id=issuer.id, at=at, details=details)


ACTS: Final = (
    Act(CHANGE_LISTS, _("失効リストの作り方の変更"), Duty.ISSUING, _change_lists),
    Act(REVOKE_ISSUER, _("認証局の失効"), Duty.REVOKING, _revoke_issuer),
    Act(USE_KEY, _("認証局の鍵の臨時の使用"), Duty.ISSUING),
)
