"""Revocation lists: full version 2 lists of sub-CAs, and the root's lists of authorities (ARL).

Samples (lists of 2017 and 2022): AKI with keyid, issuer and serial; cRLNumber; 96 hours from thisUpdate to nextUpdate; a
reasonCode at each entry.  A sub-CA's list has no issuingDistributionPoint, the root's two have a critical one.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from cryptography import x509

from hpki.certs import der
from hpki.errors import MalformedInput, ProfileViolation, SignatureMismatch
from hpki.issuance import crl_lints
from hpki.issuance.crl_lints import CrlCandidate
from hpki.issuance.crl_request import NO_ENTRIES, CrlRequest
from hpki.issuance.crl_stream import entry_der
from hpki.issuance.finding import Finding
from hpki.issuance.issuer import Issuer
from hpki.issuance.profiles import ExtensionRule
from hpki.issuance.template import SIGNATURE_ALGORITHMS, extension_der, time_der
from hpki.keys.algorithms import KeyAlgorithm, verify
from hpki.keys.signer import Signer

_VERSION_2: Final = b"\x02\x01\x01"
_EXPLICIT_0: Final = 0xA0


@dataclass(frozen=True)
class PreparedCrl:
    """A list that passed its lints and is not signed: exists only after `prepare_crl` succeeded."""

    tbs_der: bytes
    request: CrlRequest
    issuer: Issuer
    algorithm: KeyAlgorithm

    @cached_property
    def tbs_sha256(self) -> bytes:
        """SHA-256 of the bytes to be signed."""
        return hashlib.sha256(self.tbs_der).digest()


def prepare_crl(request: CrlRequest, issuer: Issuer, *, signer_algorithm: KeyAlgorithm) -> PreparedCrl:
    """The bytes of a list that keeps its profile; the moment it is judged for is its thisUpdate.

    Raises ProfileViolation with every finding, MalformedInput when a moment is not aware and in whole seconds.
    """
    # Settled entries were linted when they were written: the frame is linted without them, then filled.
    frame = replace(request, settled=NO_ENTRIES) if request.settled.count else request
    candidate = CrlCandidate(_tbs(frame, issuer, signer_algorithm), frame, issuer, signer_algorithm)
    if found := _findings(candidate):
        raise ProfileViolation(found)
    tbs_der = candidate.tbs_der if frame is request else _tbs(request, issuer, signer_algorithm)
    return PreparedCrl(tbs_der, request, issuer, signer_algorithm)


def sign_crl(prepared: PreparedCrl, signer: Signer) -> x509.CertificateRevocationList:
    """The list over exactly the bytes that were linted.

    Raises SignatureMismatch, KeyUnavailable and KeyRefused as `sign.sign` does.
    """
    return x509.load_der_x509_crl(sign_crl_der(prepared, signer))


def sign_crl_der(prepared: PreparedCrl, signer: Signer) -> bytes:
    """The same as DER, which costs nothing to read however long the list is."""
    if signer.algorithm is not prepared.algorithm:
        raise SignatureMismatch(f"linted for {prepared.algorithm}, the key is {signer.algorithm}")
    tbs_der = prepared.tbs_der
    signature = signer.sign(tbs_der)
    verify(prepared.issuer.public_key, signature, tbs_der)
    tail = SIGNATURE_ALGORITHMS[prepared.algorithm] + der.tlv(der.BIT_STRING, b"\0", signature)
    # A million entries are joined once, not once for each element around them.
    return b"".join((der.heading(der.SEQUENCE, len(tbs_der) + len(tail)), tbs_der, tail))


def _findings(candidate: CrlCandidate) -> list[Finding]:
    try:
        return [finding for lint in crl_lints.ALL for finding in lint(candidate)]
    except MalformedInput as refused:
        return [Finding("not_readable", str(refused), "X.690: DER")]


def _tbs(request: CrlRequest, issuer: Issuer, algorithm: KeyAlgorithm) -> bytes:
    fresh = b"".join([entry_der(entry) for entry in request.entries])
    octets = len(request.settled.der) + len(fresh)
    extensions = [
        extension_der(ExtensionRule(value.oid, critical), value.public_bytes())
        for value, critical in crl_lints.extension_values(request, issuer)
    ]
    before = [
        _VERSION_2,
        SIGNATURE_ALGORITHMS[algorithm],
        issuer.certificate.subject.public_bytes(),
        time_der(request.this_update),
        time_der(request.next_update),
        # RFC 5280 5.1.2.6: "When there are no revoked certificates, the revoked certificates list MUST be absent."
        der.heading(der.SEQUENCE, octets) if octets else b"",
    ]
    parts = (*before, request.settled.der, fresh, der.tlv(_EXPLICIT_0, der.tlv(der.SEQUENCE, *extensions)))
    return b"".join((der.heading(der.SEQUENCE, sum(map(len, parts))), *parts))
