"""What the status service reads in the records."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from cryptography.x509 import ReasonFlags
from django.db import connection

from hpki.issuance.status import CertificateFacts
from hpki_server.authority.models import Certificate, OcspResponder, StatusChange


def serial_hex(serial_number: int) -> str:
    """A serial as the records write it; "" for one that no record can have."""
    return f"{serial_number:040x}" if serial_number > 0 else ""


def facts_of(issuer: UUID, serial_numbers: Iterable[int]) -> dict[int, CertificateFacts]:
    """What the records say of serials, holders' and responders' own; what is not there has no record."""
    wanted = {serial_hex(number) for number in serial_numbers if number > 0}
    rows = Certificate.objects.filter(issuer=issuer, serial_hex__in=wanted).values_list(*_COLUMNS)
    found = [_facts(row) for row in rows]
    missing = wanted - {serial_hex(one.serial_number) for one in found}
    if missing:
        responders = OcspResponder.objects.filter(
            issuer=issuer, serial_hex__in=missing, state=OcspResponder.State.SIGNED
        ).values_list("serial_hex", "not_after")
        found += [CertificateFacts(int(serial, 16), not_after) for serial, not_after in responders]
    return {one.serial_number: one for one in found}


def living_after(issuer: UUID, after: str, *, at: dt.datetime, limit: int) -> list[CertificateFacts]:
    """Certificates that have not expired, in the order of their serials, from the one after `after`.

    Intended ones are left out: they become good by being signed, which is no change of a status.
    """
    rows = (
        Certificate.objects.filter(issuer=issuer, serial_hex__gt=after, not_after__gte=at)
        .exclude(state=Certificate.State.INTENDED)
        .order_by("serial_hex")
        .values_list(*_COLUMNS)
    )
    return [_facts(row) for row in rows[:limit]]


_COLUMNS = ("serial_hex", "not_after", "revoked_at", "revocation_reason", "held_at", "state")


def _facts(row: Sequence[Any]) -> CertificateFacts:
    serial, not_after, revoked_at, reason, held_at, state = row
    return CertificateFacts(
        serial_number=int(serial, 16),
        not_after=not_after,
        revoked_at=revoked_at or held_at,
        reason=ReasonFlags(reason) if reason else None,
        held=held_at is not None,
        issued=state == Certificate.State.SIGNED,
    )


def latest_change() -> int:
    """The id of the newest change of a status of any issuer, 0 before the first."""
    return StatusChange.objects.order_by("-id").values_list("id", flat=True).first() or 0


def changes_after(identifier: int) -> Iterator[tuple[int, str, str]]:
    """Later changes, oldest first: id, issuer, serial."""
    rows = StatusChange.objects.filter(id__gt=identifier).order_by("id")
    for change, issuer, serial in rows.values_list("id", "issuer_id", "serial_hex").iterator(
        chunk_size=10_000
    ):
        yield change, issuer.hex, serial


def renew_connection() -> None:
    """After trouble: a connection that broke is let go of, unless somebody's transaction lives in it."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
