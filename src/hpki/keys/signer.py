"""The port of everything that signs: one key, wherever it lives."""

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.types import (
    CertificateIssuerPrivateKeyTypes,
    CertificateIssuerPublicKeyTypes,
)

from hpki.keys.algorithms import KeyAlgorithm


class Signer(Protocol):
    """One private key that can be used and not seen.

    `label` names the key for people and logs; `algorithm` fixes hash and padding, so no caller chooses them.
    """

    @property
    def label(self) -> str:
        """The key's name in its store."""
        ...

    @property
    def algorithm(self) -> KeyAlgorithm:
        """The key's algorithm."""
        ...

    def public_key(self) -> CertificateIssuerPublicKeyTypes:
        """The public half."""
        ...

    def builder_key(self) -> CertificateIssuerPrivateKeyTypes:
        """An object that cryptography's own X.509 builders accept as private key; it may live in a token."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signatureValue that a certificate with `message` as its TBS would carry (RFC 5280 4.1.1.3).

        Raises KeyUnavailable when the key is out of reach, KeyRefused when its token says no.
        """
        ...
