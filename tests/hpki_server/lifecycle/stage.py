"""花子 holds her card: where the tests of a card's life begin."""

import datetime as dt

from hpki.card.client import HpkiCard
from hpki.card.objects import CardApplication
from hpki.keys.secret import Secret
from hpki_server.authority import services as authority
from hpki_server.authority.models import Card, Certificate
from hpki_server.authority.ports import card_slot
from hpki_server.authority.services.pins import IssuedPins, pins_of
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.services import issuing, pickup
from hpki_server.lifecycle import terms
from hpki_server.lifecycle.models import LifeCase, LifeStep
from hpki_server.lifecycle.services import registry_events
from hpki_server.lifecycle.services.registry_events import Disposition
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.enrollment import desk

NOON = desk.NOON


def fetched(application: Application, *, at: dt.datetime = NOON) -> Card:
    """The application's card goes into its holder's hands."""
    clerk = cast.officer(cast.TAKAHASHI, at=at)
    done = pickup.hand_over_card(application_id=application.id, shown=desk.SHOWN, by=clerk, at=at)
    assert done.card is not None
    return Card.objects.get(id=done.card.id)


def hanakos_card(*, at: dt.datetime = NOON) -> Card:
    """In use since `at`."""
    return fetched(desk.notified(at=at), at=at)


def remote_for(card: Card, *, at: dt.datetime = NOON) -> Card:
    """Certificates for remote use beside the card, as while cards are short."""
    tanaka = cast.officer(cast.TANAKA, at=at)
    remote = authority.order_remote(card.id, by=tanaka, at=at)
    assert authority.certify_remote([remote.id], by=tanaka, at=at) == 1
    return Card.objects.get(id=remote.id)


def reasons(card: Card) -> dict[str, str]:
    """By profile: the reason of each revoked certificate, "" for one that lives, "on hold" for one that pauses."""
    rows = Certificate.objects.filter(card=card, state="signed")
    return {row.profile: "on hold" if row.held_at else row.revocation_reason for row in rows}


def disposed(told: Disposition, *, at: dt.datetime = NOON) -> list[LifeCase]:
    """中村 tells it and 松本 confirms it; the cases that the confirmation moved."""
    asked = registry_events.propose_disposition(told, by=cast.officer(cast.NAKAMURA, at=at), at=at)
    known = set(LifeStep.objects.values_list("id", flat=True))
    proposals.confirm(asked.proposal.id, by=cast.officer(cast.MATSUMOTO, at=at), at=at)
    moved = LifeCase.objects.filter(steps__in=LifeStep.objects.exclude(id__in=known)).distinct()
    return list(moved.order_by("opened_at", "id"))


LIVING = {"SIGNING": "", "AUTHENTICATION": "", "PRESENCE": ""}
HELD = dict.fromkeys(LIVING, "on hold")


def ends(card: Card) -> dt.datetime:
    """Noon of the day on which the card really ends."""
    on = terms.expiry_of(card).on
    return dt.datetime(on.year, on.month, on.day, 3, tzinfo=dt.UTC)


def card_and_puk(*, at: dt.datetime = NOON) -> tuple[Card, str]:
    """In use, and the PUK in the letter at its holder's home."""
    card, letter = card_and_letter(at=at)
    return card, letter.puk.reveal()


def card_and_letter(*, at: dt.datetime = NOON) -> tuple[Card, IssuedPins]:
    """In use, and what the letter at its holder's home says."""
    earlier = at - desk.LETTERS_APART
    application, tanaka = desk.ordered(at=earlier), cast.officer(cast.TANAKA, at=at)
    issuing.issue_card(application_id=application.id, by=tanaka, at=earlier)
    card = Card.objects.get(application=application)
    letter = pins_of(card, by="system", at=earlier)
    issuing.print_pin_letter(application_id=application.id, by=tanaka, at=earlier)
    issuing.print_postcard(application_id=application.id, by=tanaka, at=at)
    desk.post_both(application, earlier, at)
    issuing.record_notified(application_id=application.id, by=tanaka, at=at)
    return fetched(application, at=at), letter


def pin_opens(card: Card, pin: str) -> bool:
    """Whether both applications of the card take this PIN."""
    with card_slot(card.card_id, card.layout) as transport:
        held = HpkiCard(transport)
        for application in (CardApplication.SIGNING, CardApplication.AUTHENTICATION):
            held.verify_pin(application, Secret(pin))
    return True
