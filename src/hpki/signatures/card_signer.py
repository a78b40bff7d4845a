"""A key of a card as a `Signer`: each signature proves the PIN anew, as the card wants it."""

from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes

from hpki.card.client import HpkiCard
from hpki.card.objects import CardApplication
from hpki.errors import KeyRefused, MalformedInput
from hpki.keys.algorithms import KeyAlgorithm, algorithm_of
from hpki.keys.secret import Secret
from hpki.signatures.claims import SigningUnit
from hpki.validation.facts import read_certificate


class CardSigner:
    """The key of one of a card's applications with its PIN; it lives as long as the card stays in the reader."""

    def __init__(
        self, card: HpkiCard, pin: Secret, application: CardApplication = CardApplication.SIGNING
    ) -> None:
        self._card = card
        self._pin = pin
        self._application = application
        key = card.certificate(application).public_key()
        self.algorithm: KeyAlgorithm = algorithm_of(key)
        self.label = "card"
        self._public_key: CertificateIssuerPublicKeyTypes = key  # type: ignore[assignment]  # algorithm_of refuses others

    def public_key(self) -> CertificateIssuerPublicKeyTypes:
        """The public half."""
        return self._public_key

    def builder_key(self) -> NoReturn:
        """Refused: a holder's card signs documents, never certificates."""
        raise KeyRefused("a card does not sign certificates")

    def sign(self, message: bytes) -> bytes:
        """The signature value.  Raises WrongPin, PinBlocked, CardError."""
        return self._card.sign(self._application, message, pin=self._pin)


def card_unit(card: HpkiCard, pin: Secret) -> SigningUnit:
    """The card's signing key with its certificate and those above it.

    Raises MalformedInput when a certificate on the card cannot be read, and CardError.
    """
    certificate = read_certificate(card.certificate_der(CardApplication.SIGNING))
    chain = [read_certificate(each) for each in card.chain_der(CardApplication.SIGNING)]
    if certificate in chain:
        raise MalformedInput("card", "the holder's certificate stands among those of authorities")
    return SigningUnit(CardSigner(card, pin), certificate, tuple(chain))


def authentication_unit(card: HpkiCard, pin: Secret) -> SigningUnit:
    """The card's authentication key with its certificate alone: for signing in, never for documents.

    Raises MalformedInput when the certificate cannot be read, and CardError.
    """
    certificate = read_certificate(card.certificate_der(CardApplication.AUTHENTICATION))
    return SigningUnit(CardSigner(card, pin, CardApplication.AUTHENTICATION), certificate)
