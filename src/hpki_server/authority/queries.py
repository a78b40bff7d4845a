"""What other rooms may know about cards and certificates.  The viewer comes first."""

from uuid import UUID

from hpki_server.authority.models import Card, Certificate
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.sealing import open_sealed

# Duties that have to do with cards.
CARD_DUTIES = (Duty.ISSUING, Duty.PICKUP)
PHOTO = "authority:photo"


def cards_for(viewer: Officer, *, state: str) -> list[Card]:
    """Cards of the organisations in which the viewer issues or hands over, oldest order first."""
    places = frozenset[UUID]().union(*(viewer.organisations(duty) for duty in CARD_DUTIES))
    cards = Card.objects.filter(organisation_id__in=places, state=state).defer("photo_sealed")
    return list(cards.order_by("ordered_at"))


def card_of_reference(reference: str) -> Card | None:
    """The living card that answers an application, for rooms that have decided themselves who may see it."""
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


def chain_above(certificate: UUID) -> tuple[bytes, bytes]:
    """The issuer's certificate and the root's."""
    row = Certificate.objects.select_related("issuer").get(id=certificate)
    root = issuer = row.issuer
    while root.parent is not None:
        root = root.parent
    return bytes(issuer.certificate_der), bytes(root.certificate_der)
