"""The card proves that it holds the private half of each key that is to be certified."""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hpki.errors import MalformedInput, SignatureMismatch
from hpki.keys.algorithms import KeyAlgorithm, algorithm_of, verify
from hpki_server.authority.rules import KEY_NOT_HELD, KEY_NOT_READABLE
from hpki_server.people.denial import Denied


@dataclass(frozen=True)
class KeyClaim:
    """A public key as a card gave it, and the card's signature over `possession_message`."""

    # Name of the end-entity profile that the key is for.
    profile: str
    unverified_public_key_der: bytes
    unverified_signature: bytes


@dataclass(frozen=True)
class ProvenKey:
    """Exists only after `prove_possession` succeeded."""

    profile: str
    card_id: str
    public_key: CertificatePublicKeyTypes
    algorithm: KeyAlgorithm
    public_key_sha256: str


def possession_message(card_id: str, profile: str, public_key_der: bytes) -> bytes:
    """What each new key signs: this key, for this profile, on this card, and nothing that means anything elsewhere."""
    fingerprint = hashlib.sha256(public_key_der).hexdigest()
    return f"openhpki possession 1\n{card_id}\n{profile}\n{fingerprint}\n".encode("ascii")


def prove_possession(claim: KeyClaim, *, card_id: str) -> ProvenKey:
    """The claimed key, once its signature fits.  Raises `Denied`: `key_not_readable`, `key_not_held`."""
    der = claim.unverified_public_key_der
    try:
        public_key = serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise Denied([KEY_NOT_READABLE]) from None
    if not isinstance(public_key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise Denied([KEY_NOT_READABLE])
    try:
        verify(public_key, claim.unverified_signature, possession_message(card_id, claim.profile, der))
    except MalformedInput:
        raise Denied([KEY_NOT_READABLE]) from None
    except SignatureMismatch:
        raise Denied([KEY_NOT_HELD]) from None
    return ProvenKey(
        profile=claim.profile,
        card_id=card_id,
        public_key=public_key,
        algorithm=algorithm_of(public_key),
        # Over our own encoding: another spelling of the same key is the same key.
        public_key_sha256=hashlib.sha256(
            public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).hexdigest(),
    )
