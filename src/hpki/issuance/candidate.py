"""A certificate that is not signed yet, as the lints see it."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from cryptography import x509

from hpki.certs import der, tbs
from hpki.certs.reading import REFUSALS
from hpki.errors import MalformedInput
from hpki.issuance.content import IssuingFacts
from hpki.issuance.request import CertificateRequest
from hpki.issuance.template import SIGNATURE_ALGORITHMS, SLOTS
from hpki.keys.algorithms import KeyAlgorithm


@dataclass(frozen=True)
class Candidate:
    """The bytes that would be signed, beside what was asked for.

    Lints judge `tbs_der` through `fields` (split, cheap) or `certificate` (parsed with a signature of zeros, thorough);
    `request` and `facts` are only what the bytes are compared with.
    """

    tbs_der: bytes
    request: CertificateRequest
    facts: IssuingFacts
    algorithm: KeyAlgorithm
    at: dt.datetime

    @cached_property
    def fields(self) -> tbs.TbsFields:
        """The fields of the TBSCertificate.  Raises MalformedInput."""
        return tbs.split_tbs(self.tbs_der)

    @cached_property
    def slots(self) -> dict[x509.ObjectIdentifier, bytes]:
        """The extension values that depend on the request."""
        return {entry.oid: entry.value for entry in self.fields.extensions if entry.oid in SLOTS}

    @cached_property
    def public_key_der(self) -> bytes:
        """DER of the SubjectPublicKeyInfo in the bytes."""
        return der.element(self.fields.public_key)

    @cached_property
    def certificate(self) -> x509.Certificate:
        """The candidate as a certificate whose signature is zeros, extensions read.  Raises MalformedInput."""
        signed = assemble(self.tbs_der, SIGNATURE_ALGORITHMS[self.algorithm], b"\0" * 8)
        try:
            certificate = x509.load_der_x509_certificate(signed)
            certificate.extensions  # noqa: B018 - read now, so that what they refuse is refused here
        except REFUSALS as refused:
            raise MalformedInput("candidate certificate", str(refused)) from refused
        return certificate

    def shape(self) -> tuple[object, ...]:
        """Everything in the bytes but the slots: serial, validity, subject, public key and the slot extensions.

        Two candidates of one template with equal shapes differ in their slots only.
        """
        fields = self.fields
        return (
            fields.version,
            der.element(fields.signature),
            der.element(fields.issuer),
            *(
                (entry.oid, entry.critical, None if entry.oid in SLOTS else entry.value)
                for entry in fields.extensions
            ),
        )


def assemble(tbs_der: bytes, signature_algorithm_der: bytes, signature: bytes) -> bytes:
    """A signed object: SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING } (RFC 5280 4.1, 5.1)."""
    return der.tlv(der.SEQUENCE, tbs_der, signature_algorithm_der, der.tlv(der.BIT_STRING, b"\0", signature))
