"""Revocation lists: take a number, sign, record.  What is recorded is published.

1. one transaction takes the next number from the issuer's row and commits it: a number is never given twice;
2. the list is prepared, linted and signed, outside any transaction;
3. one transaction stores the list, with its audit line; from then on it is served.

Whatever stops the process in between leaves a number without a list.  It stays taken and is recorded as abandoned.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography import x509
from django.db import transaction
from django.db.models import QuerySet

from hpki.errors import HpkiError
from hpki.issuance.crl import prepare_crl, sign_crl_der
from hpki.issuance.crl_request import CRL_LIFE, CrlRequest, ListScope, delta_url, shard_url
from hpki.issuance.crl_stream import signed_parts
from hpki.keys.algorithms import verify
from hpki_server.authority import crl_entries, revocation
from hpki_server.authority.crl_entries import Content
from hpki_server.authority.models import IssuedCrl, Issuer, StatusChange
from hpki_server.authority.ports import IssuingUnit, unit_of
from hpki_server.authority.revocation import next_crl_number
from hpki_server.people import audit
from hpki_server.people.officer import Officer

# A list is valid for 96 hours; a new one comes every day, so three may fail before relying parties notice.
PERIOD: Final = dt.timedelta(hours=23)
DELTA_LIFE: Final = dt.timedelta(hours=48)
# A number without a list after this time is one whose process ended.
GIVEN_UP_AFTER: Final = dt.timedelta(hours=1)
State, Scope = IssuedCrl.State, IssuedCrl.Scope


@dataclass(frozen=True)
class Published:
    """What one run did: the lists that are out, and why others are not, by issuer."""

    lists: tuple[IssuedCrl, ...] = ()
    obstacles: tuple[tuple[str, str], ...] = ()


def publish_due(*, at: dt.datetime) -> Published:
    """New lists where the latest is a day old or misses a loss; safe to run at any time, on several machines."""
    abandon_reservations(at=at)
    lists: list[IssuedCrl] = []
    obstacles: list[tuple[str, str]] = []
    for issuer in Issuer.objects.order_by("registered_at"):
        due = [target for target in targets(issuer) if is_due(issuer, target, at=at)]
        try:
            lists += publish(issuer, due, by="system", at=at) if due else []
        except HpkiError as obstacle:
            obstacles.append((issuer.slug, str(obstacle)))
    return Published(tuple(lists), tuple(obstacles))


def publish_now(issuers: Sequence[UUID], *, by: Officer | str, at: dt.datetime) -> Published:
    """At once, for a loss.  The revocation stands already: an obstacle is told, not raised."""
    lists: list[IssuedCrl] = []
    obstacles: list[tuple[str, str]] = []
    for issuer in Issuer.objects.filter(id__in=issuers).order_by("slug"):
        try:
            changed = _changed_shards(issuer)
            wanted = [t for t in targets(issuer) if t.scope != Scope.SHARD or t.shard in changed]
            lists += publish(issuer, wanted, by=by, at=at)
        except HpkiError as obstacle:
            obstacles.append((issuer.slug, str(obstacle)))
    return Published(tuple(lists), tuple(obstacles))


@dataclass(frozen=True)
class Target:
    """One complete list of an issuer."""

    scope: IssuedCrl.Scope
    shard: int = 0


def targets(issuer: Issuer) -> list[Target]:
    """The complete lists that an issuer keeps.  The full one speaks of the certificates of all shards as well."""
    if issuer.parent_id is None:
        return [Target(Scope.ROOTS), Target(Scope.SUBORDINATES)]
    return [Target(Scope.ALL), *(Target(Scope.SHARD, number + 1) for number in range(issuer.crl_shards))]


def latest(issuer: Issuer, target: Target) -> IssuedCrl | None:
    """The complete list that stands now, by number and not by time: the clock may have been set back."""
    return _issued(issuer, target).order_by("-number").first()


def standing(issuer: Issuer, target: Target) -> IssuedCrl | None:
    """The same without its octets."""
    return _issued(issuer, target).defer("der").order_by("-number").first()


def is_due(issuer: Issuer, target: Target, *, at: dt.datetime) -> bool:
    """A day old, made under a clock that has been set back since, or silent about a card that someone else may have."""
    stands = _issued(issuer, target).order_by("-number").values_list("this_update", "status_change").first()
    if stands is None:
        return True
    begun, known = stands
    return not begun - crl_entries.SKEW <= at < begun + PERIOD or _is_silent(issuer, target, known)


def _is_silent(issuer: Issuer, target: Target, known: int) -> bool:
    """Whoever revoked or held at once may have ended before the list was out; the change is recorded all the same."""
    changes = issuer.status_changes.filter(id__gt=known)
    if target.shard:
        changes = changes.filter(shard=target.shard)
    revoked = changes.filter(kind=StatusChange.Kind.REVOKE).values("serial_hex")
    return (
        changes.filter(kind=StatusChange.Kind.HOLD).exists()
        or issuer.certificates.filter(
            serial_hex__in=revoked, revocation_reason__in=revocation.URGENT_REASONS
        ).exists()
    )


def publish(
    issuer: Issuer,
    wanted: Sequence[Target],
    *,
    by: Officer | str,
    at: dt.datetime,
    unit: IssuingUnit | None = None,
) -> list[IssuedCrl]:
    """New lists.  Raises KeyUnavailable, KeyRefused, ProfileViolation; what was recorded before that stays."""
    unit = unit_of(issuer) if unit is None else unit
    lists = []
    for target in wanted:
        reserved = reserve(issuer, target, at=at)
        lists += record([(row, sign_list(row, issuer, unit, at=at)) for row in reserved], by=by, at=at)
    return lists


@transaction.atomic
def reserve(issuer: Issuer, target: Target, *, at: dt.datetime) -> list[IssuedCrl]:
    """Take the next number: for the complete list, and for the delta that is made with it (RFC 5280 5.2.3)."""
    # The row's lock makes two machines queue here; whoever comes second sees the first one's number.
    locked = Issuer.objects.select_for_update().only("crl_number", "crl_delta").get(id=issuer.id)
    locked.crl_number = next_crl_number(locked.crl_number, at=at)
    locked.save(update_fields=["crl_number"])
    begins = at.replace(microsecond=0)
    row = IssuedCrl(
        issuer=issuer,
        number=locked.crl_number,
        scope=target.scope,
        shard=target.shard,
        state=State.RESERVED,
        this_update=begins,
        next_update=begins + CRL_LIFE,
    )
    row.save()
    base = _delta_base(issuer, at=at) if locked.crl_delta and target.scope == Scope.ALL else None
    if base is None:
        return [row]
    beside = IssuedCrl(
        issuer=issuer,
        number=row.number,
        scope=row.scope,
        base_number=base,
        state=State.RESERVED,
        this_update=begins,
        next_update=begins + DELTA_LIFE,
    )
    beside.save()
    return [row, beside]


@dataclass(frozen=True)
class SignedList:
    der: bytes
    content: Content


@transaction.atomic
def record(
    signed: Sequence[tuple[IssuedCrl, SignedList]], *, by: Officer | str, at: dt.datetime
) -> list[IssuedCrl]:
    """The lists are out.  One that was given up meanwhile stays given up."""
    lists, acts = [], []
    for row, made in signed:
        stored = IssuedCrl.objects.select_for_update().defer("der").get(id=row.id)
        if stored.state != State.RESERVED:
            continue
        stored.state, stored.der, stored.entries = State.ISSUED, made.der, made.content.count
        stored.sha256 = hashlib.sha256(made.der).hexdigest()
        stored.status_change, stored.keeps_from = made.content.status_change, made.content.keeps_from
        stored.settled_octets = len(made.content.settled.der)
        stored.settled_entries = made.content.settled.count
        stored.save()
        lists.append(stored)
        acts.append(_act("crl:issue", stored, by=by, sha256=stored.sha256, entries=stored.entries))
    if acts:
        audit.record_many(acts, at=at)
    return lists


@transaction.atomic
def abandon_reservations(*, at: dt.datetime) -> int:
    """Numbers whose process ended before its list was recorded; they stay taken."""
    left = IssuedCrl.objects.select_for_update().filter(state=State.RESERVED)
    given_up = [row for row in left.select_related("issuer") if abs(at - row.this_update) > GIVEN_UP_AFTER]
    for row in given_up:
        row.state = State.ABANDONED
        row.save(update_fields=["state"])
    if given_up:
        audit.record_many([_act("crl:abandon", row, by="system") for row in given_up], at=at)
    return len(given_up)


def sign_list(row: IssuedCrl, issuer: Issuer, unit: IssuingUnit, *, at: dt.datetime) -> SignedList:
    content = _content(row, issuer, at=at)
    request = CrlRequest(
        scope=ListScope(row.scope),
        number=row.number,
        this_update=row.this_update,
        next_update=row.next_update,
        entries=content.entries,
        settled=content.settled,
        shard_url=shard_url(issuer.crl_url, row.shard) if row.shard else "",
        base_number=row.base_number,
        freshest_url=_freshest_url(row, issuer),
        expired_from=issuer.expired_on_crl_from,
    )
    prepared = prepare_crl(request, unit.facts, signer_algorithm=unit.signer.algorithm)
    return SignedList(sign_crl_der(prepared, unit.signer), content)


def _freshest_url(row: IssuedCrl, issuer: Issuer) -> str:
    named = issuer.crl_delta and row.scope == Scope.ALL and row.base_number is None
    return delta_url(issuer.crl_url) if named else ""


def _content(row: IssuedCrl, issuer: Issuer, *, at: dt.datetime) -> Content:
    if row.scope in {Scope.ROOTS, Scope.SUBORDINATES}:
        return crl_entries.authorities(issuer, Scope(row.scope), at=at)
    if row.base_number is not None:
        base = IssuedCrl.objects.defer("der").get(
            issuer=issuer, number=row.base_number, base_number__isnull=True
        )
        return crl_entries.delta(issuer, base, at=at)
    target = Target(Scope(row.scope), row.shard)
    return crl_entries.complete(issuer, row.shard or None, _proven(latest(issuer, target), issuer), at=at)


def _proven(before: IssuedCrl | None, issuer: Issuer) -> IssuedCrl | None:
    """The list before, once its signature has been verified again: its entries are about to be signed anew."""
    if before is None or before.keeps_from is None:
        return before
    key = x509.load_der_x509_certificate(bytes(issuer.certificate_der)).public_key()
    try:
        tbs, signature = signed_parts(bytes(before.der))
        verify(key, signature, bytes(tbs))
    except HpkiError:
        return None
    return before


def _delta_base(issuer: Issuer, *, at: dt.datetime) -> int | None:
    """The oldest full list that someone may still hold for valid."""
    held = _issued(issuer, Target(Scope.ALL)).filter(next_update__gt=at).exclude(keeps_from=None)
    return held.order_by("number").values_list("number", flat=True).first()


def _issued(issuer: Issuer, target: Target) -> QuerySet[IssuedCrl]:
    return IssuedCrl.objects.filter(
        issuer=issuer, scope=target.scope, shard=target.shard, state=State.ISSUED, base_number__isnull=True
    )


def _changed_shards(issuer: Issuer) -> set[int]:
    """Shards of which something changed since the issuer's latest full list."""
    full = standing(issuer, Target(Scope.ALL))
    since = 0 if full is None else full.status_change
    return set(issuer.status_changes.filter(id__gt=since).values_list("shard", flat=True))


def _act(act: str, row: IssuedCrl, *, by: Officer | str, **details: str | int) -> audit.Act:
    return audit.Act(
        act=act,
        by=by,
        subject_kind="crl",
        subject_id=str(row.id),
        details={"issuer": row.issuer.slug, "number": row.number, "scope": row.scope, **details}
        | ({"shard": row.shard} if row.shard else {})
        | ({"base": row.base_number} if row.base_number else {}),
    )
