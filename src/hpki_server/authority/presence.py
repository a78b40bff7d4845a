"""A card answers a challenge with its presence key: what is asked, claimed and proven."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from uuid import UUID

from cryptography import x509

from hpki.card.objects import presence_message
from hpki.certs.reading import REFUSALS
from hpki.errors import HpkiError
from hpki.issuance.profiles import PRESENCE, Environment
from hpki.keys.algorithms import verify


@dataclass(frozen=True)
class Challenge:
    """What a card is asked to sign.  Good once, for one card, one purpose and a short time."""

    id: UUID
    # 32 bytes, which the reader hands to the card as they are.
    octets: bytes
    expires_at: dt.datetime


@dataclass(frozen=True)
class PresenceClaim:
    """What a reader says that a card answered; nothing in here has been checked."""

    challenge: UUID
    unverified_certificate_der: bytes
    unverified_signature: bytes


@dataclass(frozen=True)
class ProvenPresence:
    """Exists only after `services.prove_presence` succeeded: this card lay on a reader at this moment."""

    card: UUID
    certificate: UUID
    purpose: str
    proven_at: dt.datetime


def challenge_octets(nonce: bytes, *, card_id: str, purpose: str) -> bytes:
    """Binds a nonce to card and purpose, so that an answer given for one is worth nothing for another."""
    return hashlib.sha256(b"\x00".join((nonce, card_id.encode(), purpose.encode()))).digest()


def signature_fits(certificate_der: bytes, signature: bytes, octets: bytes) -> bool:
    try:
        key = x509.load_der_x509_certificate(certificate_der).public_key()
        verify(key, signature, presence_message(octets))
    except (HpkiError, *REFUSALS):
        return False
    return True


def has_presence_policy(certificate_der: bytes, environment: str) -> bool:
    """Whether a recorded certificate is one of the presence profile, by its own words."""
    certificate = x509.load_der_x509_certificate(certificate_der)
    policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    wanted = PRESENCE.policy(Environment(environment))
    return any(policy.policy_identifier == wanted for policy in policies)
