"""An OCSP response read once (RFC 6960 4.2.1).  Reading proves nothing."""

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from hpki.certs import printing
from hpki.errors import MalformedInput
from hpki.validation.crl_index import read_time
from hpki.validation.distinguished_names import NormalisedName, normalised
from hpki.validation.facts import CertificateFacts, read_certificate
from hpki.validation.foreign import REFUSALS, quietly
from hpki.validation.signature_check import SignatureParameters, octets_signature_holds

# An answer with three certificates inside has about 5 KB, with ML-DSA keys 25 KB.
MAX_ANSWER_OCTETS: Final = 1 << 18
MOST_SINGLE_ANSWERS: Final = 64
MOST_CERTIFICATES: Final = 8
# RFC 6960 4.4.8
EXTENDED_REVOKE: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.9")
_NEVER: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# RFC 6960 4.4.4
ARCHIVE_CUTOFF: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.6")
_OCSP: Final = "OCSP response"
_HASHES: Final = frozenset({"sha1", "sha256", "sha384", "sha512"})


@dataclass(frozen=True)
class SingleAnswer:
    """What is said of one certificate; `status` is "GOOD", "REVOKED" or "UNKNOWN"."""

    digest: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial_number: int
    status: str
    this_update: dt.datetime
    next_update: dt.datetime | None
    revoked_at: dt.datetime | None
    reason: x509.ReasonFlags | None

    def is_about(self, certificate: CertificateFacts, issuer: CertificateFacts) -> bool:
        """Whether its CertID names this certificate of this issuer (RFC 6960 4.1.1)."""
        if self.serial_number != certificate.serial_number or self.digest not in _HASHES:
            return False
        name, key = hashlib.new(self.digest, issuer.subject), hashlib.new(self.digest, key_octets(issuer))
        return name.digest() == self.issuer_name_hash and key.digest() == self.issuer_key_hash


@dataclass(frozen=True, eq=False)
class OcspAnswer:
    """A successful response.  Two are equal when their octets are.

    The responder is named by `responder_name` or `responder_key_hash` (SHA-1 of its key); `archive_cutoff` and
    `nonce` come from the extensions; `unknown_critical` names a critical one that nobody here can read.
    """

    sha256: bytes = field(repr=False)
    response: ocsp.OCSPResponse = field(repr=False)
    singles: tuple[SingleAnswer, ...]
    produced_at: dt.datetime
    responder_name: NormalisedName | None
    responder_key_hash: bytes | None
    certificates: tuple[CertificateFacts, ...]
    archive_cutoff: dt.datetime | None
    nonce: bytes | None
    extended_revoke: bool
    unknown_critical: str | None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OcspAnswer) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    @property
    def words(self) -> str:
        """Kind and date for people."""
        return f"OCSP, {printing.moment_words(self.produced_at)}"

    @cached_property
    def signature_words(self) -> str:
        """The hash it is signed with, or the algorithm where there is none."""
        digest = _digest(self.response)
        return self.response.signature_algorithm_oid.dotted_string if digest is None else digest.name

    def says_never_issued(self, single: SingleAnswer) -> bool:
        """Whether the issuer says that it never issued the certificate.

        RFC 6960 2.2: such a "revoked" answer "MUST specify the revocation reason certificateHold (6), MUST specify the
        revocationTime January 1, 1970", and the response has the extended revoked definition extension.
        """
        is_hold = single.reason is x509.ReasonFlags.certificate_hold
        return self.extended_revoke and is_hold and single.revoked_at == _NEVER

    def is_from(self, responder: CertificateFacts) -> bool:
        """Whether ResponderID names this certificate."""
        if self.responder_key_hash is not None:
            # RFC 6960 4.2.1: KeyHash is the SHA-1 hash of the value of the BIT STRING subjectPublicKey.
            return (
                hashlib.sha1(key_octets(responder), usedforsecurity=False).digest() == self.responder_key_hash
            )
        return self.responder_name == responder.subject_name

    def is_signed_by(self, responder: CertificateFacts) -> bool:
        """Whether the key of a certificate signed it."""
        return octets_signature_holds(
            responder.public_key,
            self.response.signature,
            self.response.tbs_response_bytes,
            _parameters(self.response),
            _digest(self.response),
        )


@asn1.sequence
class _PublicKeyInfo:
    algorithm: asn1.TLV
    key: asn1.BitString


@lru_cache(maxsize=1024)
def key_octets(certificate: CertificateFacts) -> bytes:
    """The value of the BIT STRING subjectPublicKey, without tag, length and number of unused bits."""
    return asn1.decode_der(_PublicKeyInfo, certificate.spki_der).key.as_bytes()


@lru_cache(maxsize=1024)
def read_ocsp_answer(response_der: bytes) -> OcspAnswer:
    """The facts of a successful response in DER.

    Raises MalformedInput when it is not DER of its standard, says no more than an error, or is too large.
    """
    if len(response_der) > MAX_ANSWER_OCTETS:
        raise MalformedInput(_OCSP, f"{len(response_der)} octets, at most {MAX_ANSWER_OCTETS}")
    try:
        with quietly():
            response = ocsp.load_der_ocsp_response(response_der)
            if response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL:
                return _read(response_der, response)
    except REFUSALS as refused:
        raise MalformedInput(_OCSP, printing.printable(str(refused))) from refused
    raise MalformedInput(_OCSP, f"the responder answered {response.response_status.name}")


def _read(response_der: bytes, response: ocsp.OCSPResponse) -> OcspAnswer:
    singles = list(response.responses)
    certificates = response.certificates
    if response_der[response_der.find(response.signature) - 1]:
        # The octet before the signature counts its unused bits: every algorithm's signature is whole octets.
        raise MalformedInput(_OCSP, "its signature has unused bits")
    if not 0 < len(singles) <= MOST_SINGLE_ANSWERS or len(certificates) > MOST_CERTIFICATES:
        raise MalformedInput(_OCSP, f"{len(singles)} answers and {len(certificates)} certificates")
    extensions = list(response.extensions)
    own = list(response.single_extensions) if len(singles) == 1 else []
    cutoff = next((found.value for found in own if found.oid == ARCHIVE_CUTOFF), None)
    nonce = next((found.value for found in extensions if isinstance(found.value, x509.OCSPNonce)), None)
    name = response.responder_name
    return OcspAnswer(
        sha256=hashlib.sha256(response_der).digest(),
        response=response,
        singles=tuple(_single(single) for single in singles),
        produced_at=response.produced_at_utc,
        responder_name=None if name is None else normalised(name.public_bytes()),
        responder_key_hash=response.responder_key_hash,
        certificates=tuple(read_certificate(found.public_bytes(Encoding.DER)) for found in certificates),
        archive_cutoff=read_time(cutoff.value) if isinstance(cutoff, x509.UnrecognizedExtension) else None,
        nonce=None if nonce is None else nonce.nonce,
        extended_revoke=any(found.oid == EXTENDED_REVOKE for found in extensions),
        unknown_critical=next(
            (
                found.oid.dotted_string
                for found in (*extensions, *own)
                if found.critical and found.oid not in _KNOWN
            ),
            None,
        ),
    )


_KNOWN: Final = frozenset(
    {ARCHIVE_CUTOFF, EXTENDED_REVOKE, x509.OCSPNonce.oid, x509.CRLReason.oid, x509.InvalidityDate.oid}
)


def _single(single: ocsp.OCSPSingleResponse) -> SingleAnswer:
    return SingleAnswer(
        digest=single.hash_algorithm.name,
        issuer_name_hash=single.issuer_name_hash,
        issuer_key_hash=single.issuer_key_hash,
        serial_number=single.serial_number,
        status=single.certificate_status.name,
        this_update=single.this_update_utc,
        next_update=single.next_update_utc,
        revoked_at=single.revocation_time_utc,
        reason=single.revocation_reason,
    )


def _digest(response: ocsp.OCSPResponse) -> hashes.HashAlgorithm | None:
    try:
        return response.signature_hash_algorithm
    except REFUSALS:
        return None


def _parameters(response: ocsp.OCSPResponse) -> SignatureParameters:
    """RSASSA-PKCS1-v1_5 and ECDSA by the algorithm's name; RSASSA-PSS answers are not read."""
    digest, oid = _digest(response), response.signature_algorithm_oid
    if oid in _PKCS1:
        return padding.PKCS1v15()
    return ec.ECDSA(digest) if oid in _ECDSA and digest is not None else None


_PKCS1: Final = frozenset(
    {
        x509.SignatureAlgorithmOID.RSA_WITH_SHA1,
        x509.SignatureAlgorithmOID.RSA_WITH_SHA224,
        x509.SignatureAlgorithmOID.RSA_WITH_SHA256,
        x509.SignatureAlgorithmOID.RSA_WITH_SHA384,
        x509.SignatureAlgorithmOID.RSA_WITH_SHA512,
    }
)
_ECDSA: Final = frozenset(
    {
        x509.SignatureAlgorithmOID.ECDSA_WITH_SHA1,
        x509.SignatureAlgorithmOID.ECDSA_WITH_SHA224,
        x509.SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        x509.SignatureAlgorithmOID.ECDSA_WITH_SHA384,
        x509.SignatureAlgorithmOID.ECDSA_WITH_SHA512,
    }
)
