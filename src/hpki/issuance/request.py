"""What somebody wants a certificate to say.  Nothing here is checked yet; `prepare` does that."""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from hpki.certs.hcrole import HcRole
from hpki.issuance.profiles import Environment, Profile

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


def new_serial_number() -> int:
    """A fresh serial: 20 octets, top bits 01, 158 random bits.

    RFC 5280 4.1.2.2 wants positive and at most 20 octets; the constant length hides nothing and sorts well.
    """
    return 1 << (SERIAL_BITS - 1) | secrets.randbits(SERIAL_BITS - 1)
