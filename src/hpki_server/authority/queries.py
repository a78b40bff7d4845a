"""What other rooms may know about cards and certificates; they have decided who may see it."""

from uuid import UUID

from hpki_server.authority.models import Card, Certificate
from hpki_server.people.sealing import open_sealed

PHOTO = "authority:photo"


def photo_of(card: Card) -> bytes:
    """The photograph as PNG, for the face of the card."""
    sealed = Card.objects.values_list("photo_sealed", flat=True).get(id=card.id)
    return open_sealed(bytes(sealed), purpose=PHOTO)


def certificates_of(card: Card) -> dict[str, bytes]:
    """The card's signed certificates as DER, by profile."""
    rows = Certificate.objects.filter(card=card, state=Certificate.State.SIGNED)
    return {row.profile: bytes(row.certificate_der or b"") for row in rows}


def chain_above(certificate: UUID) -> tuple[bytes, bytes]:
    """The issuer's certificate and the root's."""
    row = Certificate.objects.select_related("issuer").get(id=certificate)
    root = issuer = row.issuer
    while root.parent is not None:
        root = root.parent
    return bytes(issuer.certificate_der), bytes(root.certificate_der)
