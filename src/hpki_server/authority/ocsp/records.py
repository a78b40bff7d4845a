"""What the status service reads in the records."""

import datetime as dt
from collections.abc import Iterator
from uuid import UUID

from cryptography.x509 import ReasonFlags

from hpki.issuance.status import CertificateFacts
from hpki_server.authority import queries
from hpki_server.authority.models import Certificate, OcspResponder, StatusChange


def serial_hex(serial_number: int) -> str:
    """A serial as the records write it; "" for one that no record can have."""
    return f"{serial_number:040x}" if serial_number > 0 else ""


def facts_of(issuer: UUID, serial_number: int) -> CertificateFacts | None:
    """What the records say of one serial, a holder's or a responder's own."""
    if serial_number <= 0:
        return None
    facts = queries.certificate_facts(issuer, serial_number)
    if facts is not None:
        return facts
    responder = (
        OcspResponder.objects.filter(
            issuer=issuer, serial_hex=serial_hex(serial_number), state=OcspResponder.State.SIGNED
        )
        .values_list("not_after", flat=True)
        .first()
    )
    return None if responder is None else CertificateFacts(serial_number, responder)


def living_after(issuer: UUID, after: str, *, at: dt.datetime, limit: int) -> list[CertificateFacts]:
    """Certificates that have not expired, in the order of their serials, from the one after `after`.

    Intended ones are left out: they become good by being signed, which is no change of a status.
    """
    rows = (
        Certificate.objects.filter(issuer=issuer, serial_hex__gt=after, not_after__gte=at)
        .exclude(state=Certificate.State.INTENDED)
        .order_by("serial_hex")
        .values_list("serial_hex", "not_after", "revoked_at", "revocation_reason", "held_at", "state")
    )
    return [
        CertificateFacts(
            serial_number=int(serial, 16),
            not_after=not_after,
            revoked_at=revoked_at or held_at,
            reason=ReasonFlags(reason) if reason else None,
            held=held_at is not None,
            issued=state == Certificate.State.SIGNED,
        )
        for serial, not_after, revoked_at, reason, held_at, state in rows[:limit]
    ]


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
