"""What other rooms may know about cards and certificates; they have decided who may see it."""

import datetime as dt
from uuid import UUID

from cryptography.x509 import ReasonFlags

from hpki.issuance.status import CertificateFacts
from hpki_server.authority.models import Card, Certificate, StatusChange
from hpki_server.people.sealing import open_sealed

PHOTO = "authority:photo"


def card_of_reference(reference: str) -> Card | None:
    """The living card that answers an application."""
    ended = [Card.State.STOPPED, Card.State.SCRAPPED]
    return Card.objects.filter(reference=reference).exclude(state__in=ended).defer("photo_sealed").first()


def photo_of(card: Card) -> bytes:
    """The photograph as PNG, for the face of the card."""
    sealed = Card.objects.values_list("photo_sealed", flat=True).get(id=card.id)
    return open_sealed(bytes(sealed), purpose=PHOTO)


def certificates_of(card: Card) -> dict[str, bytes]:
    """The card's signed certificates as DER, by profile."""
    rows = Certificate.objects.filter(card=card, state=Certificate.State.SIGNED)
    return {row.profile: bytes(row.certificate_der or b"") for row in rows}


def certificate_facts(issuer: UUID, serial_number: int) -> CertificateFacts | None:
    """What `status_of` wants to know of one serial of an issuer; None when there is no record of it."""
    row = (
        Certificate.objects.filter(issuer=issuer, serial_hex=f"{serial_number:040x}")
        .values_list("state", "not_after", "revoked_at", "revocation_reason", "held_at")
        .first()
    )
    if row is None:
        return None
    return facts_of_row(serial_number, row)


# state, not_after, revoked_at, revocation_reason, held_at
StatusRow = tuple[str, dt.datetime, dt.datetime | None, str, dt.datetime | None]


def facts_of_row(serial_number: int, row: StatusRow) -> CertificateFacts:
    state, not_after, revoked_at, reason, held_at = row
    return CertificateFacts(
        serial_number=serial_number,
        not_after=not_after,
        revoked_at=revoked_at or held_at,
        reason=ReasonFlags(reason) if reason else None,
        held=held_at is not None,
        issued=state == Certificate.State.SIGNED,
    )


def latest_change(issuer: UUID) -> int:
    """The id of the issuer's latest change of a status, 0 before the first."""
    latest = StatusChange.objects.filter(issuer=issuer).order_by("-id").values_list("id", flat=True).first()
    return latest or 0


def chain_above(certificate: UUID) -> tuple[bytes, bytes]:
    """The issuer's certificate and the root's."""
    row = Certificate.objects.select_related("issuer").get(id=certificate)
    root = issuer = row.issuer
    while root.parent is not None:
        root = root.parent
    return bytes(issuer.certificate_der), bytes(root.certificate_der)
