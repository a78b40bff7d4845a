"""The certificates' rows, written many at once.

The issuing path spends most of its time in the issuer's key.  What it writes goes through Django's connection as
prepared rows, because building model objects and their SQL would cost as much as the signature itself.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Final, NamedTuple
from uuid import UUID

from cryptography.x509 import ReasonFlags
from django.db import connection

from hpki_server.authority.models import Card, Certificate, StatusChange
from hpki_server.authority.revocation import ABANDONED
from hpki_server.people.rows import execute_many

_TABLE: Final = "authority_certificate"
_INSERT: Final = (
    f"INSERT INTO {_TABLE} (id, issuer_id, serial_hex, profile, card_id, state, tbs_der, tbs_sha256, "  # noqa: S608 - fixed words
    "certificate_der, public_key_sha256, intended_at, signed_at, not_before, not_after, crl_shard, "
    "revocation_reason) "
    "VALUES (%s, %s, %s, %s, %s, 'intended', %s, %s, NULL, %s, %s, NULL, %s, %s, %s, '')"
)
_SIGNED: Final = (
    f"UPDATE {_TABLE} SET state = 'signed', certificate_der = %s, tbs_der = %s, signed_at = %s "  # noqa: S608 - fixed words
    "WHERE id = %s AND state = 'intended'"
)


class CardFacts(NamedTuple):
    """What a card's certificates say of it, as it was ordered; only `state` ever changes."""

    id: UUID
    card_id: str
    state: str
    environment: str
    organisation_id: UUID
    family_name: str
    given_name: str
    family_romaji: str
    given_romaji: str
    qualification_code: str
    expires_on: dt.date


class Intention(NamedTuple):
    """One certificate that is about to be signed."""

    id: UUID
    issuer: UUID
    card: UUID
    profile: str
    serial_hex: str
    tbs_der: bytes
    tbs_sha256: str
    public_key_sha256: str
    not_before: dt.datetime
    not_after: dt.datetime
    # The list that will speak of it, 0 the full one.
    crl_shard: int


class IssuedCertificate(NamedTuple):
    """One signed certificate as it stands in our records."""

    id: UUID
    card: UUID
    profile: str
    serial_hex: str
    certificate_der: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """A stored certificate or intention.  `issued` is None until it is signed."""

    intention: Intention
    state: str
    issued: IssuedCertificate | None

    @property
    def is_intended(self) -> bool:
        return self.state == Certificate.State.INTENDED


def card_facts(cards: Collection[UUID]) -> Mapping[UUID, CardFacts]:
    rows = Card.objects.filter(id__in=cards).values_list(*CardFacts._fields)
    return {row[0]: CardFacts(*row) for row in rows}


def _keys() -> Callable[[UUID], UUID | str]:
    """How this database writes a UUID."""
    return (lambda value: value) if connection.features.has_native_uuid_field else attrgetter("hex")


def insert_intentions(intentions: Sequence[Intention], *, at: dt.datetime) -> None:
    key, moment = _keys(), cache(connection.ops.adapt_datetimefield_value)
    intended_at = moment(at)
    rows = [
        (
            key(one.id),
            key(one.issuer),
            one.serial_hex,
            one.profile,
            key(one.card),
            one.tbs_der,
            one.tbs_sha256,
            one.public_key_sha256,
            intended_at,
            moment(one.not_before),
            moment(one.not_after),
            one.crl_shard,
        )
        for one in intentions
    ]
    execute_many(_INSERT, rows)


def store_signed(issued: Sequence[IssuedCertificate], *, at: dt.datetime) -> int:
    """Intended rows become signed ones (the linted bytes now stand inside the certificate); how many did."""
    key, signed_at = _keys(), connection.ops.adapt_datetimefield_value(at)
    return execute_many(_SIGNED, [(one.certificate_der, b"", signed_at, key(one.id)) for one in issued])


def store_abandoned(ids: Collection[UUID], *, at: dt.datetime) -> int:
    """Intended rows become abandoned ones; how many did.

    Nobody can know whether the key moved before the power went, so an abandoned serial counts as revoked.  The caller
    also records the change, after its audit line.
    """
    return Certificate.objects.filter(id__in=ids, state=Certificate.State.INTENDED).update(
        state=Certificate.State.ABANDONED,
        revoked_at=at.replace(microsecond=0),
        revocation_reason=ABANDONED.value,
        status_changed_at=at,
    )


def signed_certificates(card: UUID) -> list[Certificate]:
    """The card's certificates, held until the transaction ends."""
    rows = Certificate.objects.select_for_update().filter(card=card, state=Certificate.State.SIGNED)
    return list(rows.defer("tbs_der", "certificate_der").order_by("profile"))


def revoke_signed(rows: Iterable[Certificate], reason: ReasonFlags, *, at: dt.datetime) -> list[Certificate]:
    """Those of the rows that were not revoked before become it.

    What was on hold counts as revoked from the hold on: since then nobody could rely on it.
    """
    living = [row for row in rows if row.revoked_at is None]
    for row in living:
        row.revoked_at = row.held_at or at.replace(microsecond=0)
        row.revocation_reason, row.held_at, row.status_changed_at = reason.value, None, at
        row.save(update_fields=["revoked_at", "revocation_reason", "held_at", "status_changed_at"])
    return living


def hold_signed(rows: Sequence[Certificate], *, held_at: dt.datetime | None, at: dt.datetime) -> None:
    """They pause, or with None go on."""
    moment = None if held_at is None else held_at.replace(microsecond=0)
    Certificate.objects.filter(id__in=[row.id for row in rows]).update(held_at=moment, status_changed_at=at)


def record_changes(
    changed: Iterable[Intention | Certificate], kind: StatusChange.Kind, *, at: dt.datetime
) -> None:
    """What changed, for those who follow it.

    Written after the audit line of the act: the chain's lock is held by then, so ids stand in the order of commits.
    """
    StatusChange.objects.bulk_create(
        StatusChange(
            issuer_id=one.issuer if isinstance(one, Intention) else one.issuer_id,
            serial_hex=one.serial_hex,
            shard=one.crl_shard,
            kind=kind,
            at=at,
        )
        for one in changed
    )


def living_certificates(cards: Collection[UUID]) -> Mapping[tuple[UUID, str], Record]:
    """What the cards have or wait for, by card and profile; abandoned records do not count."""
    rows = Certificate.objects.filter(card_id__in=cards).exclude(state=Certificate.State.ABANDONED)
    return {(row.card_id, row.profile): _record(row) for row in rows}


def lock(ids: Collection[UUID]) -> Mapping[UUID, Record]:
    """The records as they stand, held until the transaction ends."""
    return {row.id: _record(row) for row in Certificate.objects.select_for_update().filter(id__in=ids)}


def open_records(*, limit: int) -> list[Record]:
    """Intentions that nobody finished, oldest first."""
    rows = Certificate.objects.filter(state=Certificate.State.INTENDED).order_by("intended_at")[:limit]
    return [_record(row) for row in rows]


def _record(row: Certificate) -> Record:
    intention = Intention(
        id=row.id,
        issuer=row.issuer_id,
        card=row.card_id,
        profile=row.profile,
        serial_hex=row.serial_hex,
        tbs_der=bytes(row.tbs_der),
        tbs_sha256=row.tbs_sha256,
        public_key_sha256=row.public_key_sha256,
        not_before=row.not_before,
        not_after=row.not_after,
        crl_shard=row.crl_shard,
    )
    issued = None
    if row.certificate_der is not None:
        issued = IssuedCertificate(
            id=row.id,
            card=row.card_id,
            profile=row.profile,
            serial_hex=row.serial_hex,
            certificate_der=bytes(row.certificate_der),
        )
    return Record(intention=intention, state=row.state, issued=issued)
