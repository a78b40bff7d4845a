"""Revocation lists: full version 2 lists of sub-CAs, and the root's lists of authorities (ARL).

Samples (lists of 2017 and 2022): AKI with keyid, issuer and serial; cRLNumber; 96 hours from thisUpdate to nextUpdate; a
reasonCode at each entry.  A sub-CA's list has no issuingDistributionPoint, the root's two have a critical one.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from cryptography import x509
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from hpki.certs import der
from hpki.errors import MalformedInput, ProfileViolation, SignatureMismatch
from hpki.issuance import crl_lints
from hpki.issuance.candidate import assemble
from hpki.issuance.crl_lints import CrlCandidate
from hpki.issuance.crl_request import CrlRequest, RevokedEntry
from hpki.issuance.finding import Finding
from hpki.issuance.issuer import Issuer
from hpki.issuance.profiles import ExtensionRule
from hpki.issuance.template import SIGNATURE_ALGORITHMS, extension_der, time_der
from hpki.keys.algorithms import KeyAlgorithm, verify
from hpki.keys.signer import Signer

_VERSION_2: Final = b"\x02\x01\x01"
_EXPLICIT_0: Final = 0xA0
_AKI: Final = ExtensionRule(ExtensionOID.AUTHORITY_KEY_IDENTIFIER, critical=False)
_NUMBER: Final = ExtensionRule(ExtensionOID.CRL_NUMBER, critical=False)
_POINT: Final = ExtensionRule(ExtensionOID.ISSUING_DISTRIBUTION_POINT, critical=True)
_REASON: Final = ExtensionRule(CRLEntryExtensionOID.CRL_REASON, critical=False)


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
    candidate = CrlCandidate(_tbs(request, issuer, signer_algorithm), request, issuer, signer_algorithm)
    if found := _findings(candidate):
        raise ProfileViolation(found)
    return PreparedCrl(candidate.tbs_der, request, issuer, signer_algorithm)


def sign_crl(prepared: PreparedCrl, signer: Signer) -> x509.CertificateRevocationList:
    """The list over exactly the bytes that were linted.

    Raises SignatureMismatch, KeyUnavailable and KeyRefused as `sign.sign` does.
    """
    if signer.algorithm is not prepared.algorithm:
        raise SignatureMismatch(f"linted for {prepared.algorithm}, the key is {signer.algorithm}")
    signature = signer.sign(prepared.tbs_der)
    verify(prepared.issuer.public_key, signature, prepared.tbs_der)
    signed = x509.load_der_x509_crl(
        assemble(prepared.tbs_der, SIGNATURE_ALGORITHMS[prepared.algorithm], signature)
    )
    if signed.tbs_certlist_bytes != prepared.tbs_der:
        raise SignatureMismatch("the list does not contain the linted bytes")
    return signed


def _findings(candidate: CrlCandidate) -> list[Finding]:
    try:
        return [finding for lint in crl_lints.ALL for finding in lint(candidate)]
    except MalformedInput as refused:
        return [Finding("not_readable", str(refused), "X.690: DER")]


def _tbs(request: CrlRequest, issuer: Issuer, algorithm: KeyAlgorithm) -> bytes:
    entries = [_entry(entry) for entry in request.entries]
    extensions = [
        extension_der(_AKI, crl_lints.authority_key_identifier(issuer).public_bytes()),
        extension_der(_NUMBER, x509.CRLNumber(request.number).public_bytes()),
    ]
    point = crl_lints.distribution_point(request.scope, issuer)
    if point is not None:
        extensions.append(extension_der(_POINT, point.public_bytes()))
    return der.tlv(
        der.SEQUENCE,
        _VERSION_2,
        SIGNATURE_ALGORITHMS[algorithm],
        issuer.certificate.subject.public_bytes(),
        time_der(request.this_update),
        time_der(request.next_update),
        # RFC 5280 5.1.2.6: "When there are no revoked certificates, the revoked certificates list MUST be absent."
        der.tlv(der.SEQUENCE, *entries) if entries else b"",
        der.tlv(_EXPLICIT_0, der.tlv(der.SEQUENCE, *extensions)),
    )


def _entry(entry: RevokedEntry) -> bytes:
    return der.tlv(
        der.SEQUENCE,
        der.unsigned_integer(entry.serial_number),
        time_der(entry.revoked_at),
        b"" if entry.reason is None else _entry_extensions(entry.reason),
    )


@lru_cache(maxsize=16)
def _entry_extensions(reason: x509.ReasonFlags) -> bytes:
    return der.tlv(der.SEQUENCE, extension_der(_REASON, x509.CRLReason(reason).public_bytes()))
