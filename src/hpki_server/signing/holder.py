"""Whose signature a document waits for: a person by licence, whatever card is carried today."""

from dataclasses import dataclass

from hpki_server.authority.models import Card


@dataclass(frozen=True)
class Holder:
    """A qualification and its registration number (医籍登録番号), as the authority's cards say them."""

    qualification_code: str
    registration_number: str
    # production or test: a test card signs no real document.
    environment: str


def holder_of(card: Card) -> Holder:
    """The person whom a card speaks about."""
    return Holder(card.qualification_code, card.registration_number, card.environment)
