"""What somebody wants a certificate to say.  Nothing here is checked yet; `prepare` does that."""

import datetime as dt
import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hpki.certs.hcrole import HcRole
from hpki.certs.names import encode_name
from hpki.issuance.profiles import Environment, Profile
from hpki.keys.algorithms import KeyAlgorithm, algorithm_of

SERIAL_BITS: Final = 159


@dataclass(frozen=True)
class CertificateRequest:
    """The content of one certificate.

    `not_before` and `not_after` are aware, in whole seconds, both inclusive (RFC 5280 4.1.2.5); `algorithms.validity`
    proposes them.  `subject_ja` becomes the directoryName of subjectAltName.
    """

    profile: Profile
    environment: Environment
    subject: x509.Name
    public_key: CertificatePublicKeyTypes
    serial_number: int
    not_before: dt.datetime
    not_after: dt.datetime
    subject_ja: x509.Name | None = None
    hcroles: tuple[HcRole, ...] = ()

    @cached_property
    def subject_der(self) -> bytes:
        """DER of the subject."""
        return encode_name(self.subject)

    @cached_property
    def subject_ja_der(self) -> bytes | None:
        """DER of the Japanese subject; None when there is none."""
        return None if self.subject_ja is None else encode_name(self.subject_ja)

    @cached_property
    def public_key_der(self) -> bytes:
        """DER of the SubjectPublicKeyInfo."""
        return self.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @cached_property
    def algorithm(self) -> KeyAlgorithm:
        """The algorithm of the public key.  Raises MalformedInput for one that is not in use here."""
        return algorithm_of(self.public_key)


def new_serial_number() -> int:
    """A fresh serial: 20 octets, top bits 01, 158 random bits.

    RFC 5280 4.1.2.2 wants positive and at most 20 octets; the constant length hides nothing and sorts well.
    """
    return 1 << (SERIAL_BITS - 1) | secrets.randbits(SERIAL_BITS - 1)
