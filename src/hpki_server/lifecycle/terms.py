"""What limits a card, read from our records of its certificates; nothing is decided here."""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from uuid import UUID

from cryptography import x509

from hpki.keys.algorithms import KeyAlgorithm, algorithm_of
from hpki_server.authority.models import Card, Certificate, Issuer
from hpki_server.lifecycle import expiry
from hpki_server.lifecycle.expiry import CardTerms, CertificateTerms, EffectiveExpiry
from hpki_server.lifecycle.models import Campaign

# Longer than any path that a certificate's length constraints allow.
LONGEST_CHAIN: Final = 8


def terms_of(cards: Iterable[Card]) -> dict[UUID, CardTerms]:
    """By card; two queries, whatever the number of cards."""
    wanted = {card.id: card for card in cards}
    found: dict[UUID, list[CertificateTerms]] = {card_id: [] for card_id in wanted}
    rows = Certificate.objects.filter(card__in=wanted, state=Certificate.State.SIGNED)
    for card_id, issuer_id, der in rows.values_list("card_id", "issuer_id", "certificate_der"):
        found[card_id].append(_terms(bytes(der or b""), issuer_id))
    return {card_id: CardTerms(card.expires_on, tuple(found[card_id])) for card_id, card in wanted.items()}


def expiry_of(card: Card) -> EffectiveExpiry:
    """When this one card really ends, and why."""
    return expiry.effective_expiry(terms_of([card])[card.id], sunset_days())


def sunset_days() -> dict[KeyAlgorithm, dt.date]:
    """The dated table, with what running campaigns announced."""
    announced = Campaign.objects.filter(state=Campaign.State.OPEN).values_list("algorithm", "last_day")
    return expiry.known_sunsets((KeyAlgorithm(name), day) for name, day in announced)


def algorithm_words(terms: CardTerms) -> str:
    """How a card's algorithms are kept in one column."""
    return " ".join(sorted(one.value for one in terms.algorithms))


def read_words(words: str) -> frozenset[KeyAlgorithm]:
    return frozenset(KeyAlgorithm(word) for word in words.split())


def _terms(der: bytes, issuer_id: UUID) -> CertificateTerms:
    certificate = x509.load_der_x509_certificate(der)
    chain = chain_of(issuer_id)
    (issuer_end, _algorithm), *above = chain
    return CertificateTerms(
        not_after=certificate.not_valid_after_utc,
        issuer_not_after=issuer_end,
        algorithms=frozenset({algorithm_of(certificate.public_key()), *(used for _end, used in chain)}),
        superior_not_after=min((end for end, _used in above), default=None),
    )


@lru_cache(maxsize=64)
def chain_of(issuer_id: UUID) -> tuple[tuple[dt.datetime, KeyAlgorithm], ...]:
    """End and algorithm of the issuer and of whoever stands above it, the nearest first.

    A verifier builds the path up to the root, and the weakest on it decides (RFC 5280 6.1.3 (a) (2); CRYPTREC's days
    are of signatures, so of every key that signed one).
    """
    # An issuer's certificate, and who signed it, never change.
    found: list[tuple[dt.datetime, KeyAlgorithm]] = []
    above: UUID | None = issuer_id
    while above is not None and len(found) < LONGEST_CHAIN:
        der, parent = Issuer.objects.values_list("certificate_der", "parent_id").get(id=above)
        certificate = x509.load_der_x509_certificate(bytes(der))
        found.append((certificate.not_valid_after_utc, algorithm_of(certificate.public_key())))
        above = parent
    return tuple(found)
