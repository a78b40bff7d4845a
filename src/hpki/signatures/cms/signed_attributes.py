"""The signed attributes of one signer, read: who, when, under which policy, in which role (EN 319 122-1 5.2)."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeVar

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from hpki import oids
from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.certs.printing import printable
from hpki.errors import MalformedInput
from hpki.issuance.timestamp_syntax import EssCertIdV2, IssuerSerial, SigningCertificateV2
from hpki.signatures.algorithms import HASHES, SHA_256, hash_of_identifier
from hpki.signatures.cms.octets import SignerOctets
from hpki.signatures.cms.syntax import (
    CommitmentIndication,
    EssCertId,
    SignaturePolicyId,
    SigningCertificateV1,
)
from hpki.signatures.facts import CertificateReference, PolicyReference
from hpki.signatures.finding import SignatureFinding
from hpki.validation.crl_index import read_time

_STRINGS: Final = frozenset({0x0C, 0x13, 0x14, 0x16, 0x1E})
_CONTEXT_0: Final = 0xA0
_CONTEXT_1: Final = 0xA1
_CONTEXT_2: Final = 0xA2
_DIRECTORY_NAME: Final = 0xA4
_MOST_ROLES: Final = 32
_MOST_ROLE_DEPTH: Final = 8
ReadT = TypeVar("ReadT")

# RFC 5652 11: these "MUST NOT" stand there twice, nor with more than one value; EN 319 122-1 6.3 for the others.
_SINGLE: Final = frozenset(
    {
        oids.CONTENT_TYPE,
        oids.MESSAGE_DIGEST,
        oids.SIGNING_TIME,
        oids.SIGNING_CERTIFICATE,
        oids.SIGNING_CERTIFICATE_V2,
        oids.SIGNATURE_POLICY,
        oids.COMMITMENT_TYPE,
        oids.SIGNER_ATTRIBUTES,
        oids.SIGNER_ATTRIBUTES_V2,
        oids.ALGORITHM_PROTECTION,
        oids.MIME_TYPE,
        oids.CONTENT_HINTS,
    }
)


@dataclass
class SignedAttributes:
    """What the signed attributes say; `troubles` are findings about those that say it wrongly."""

    content_type: bytes | None = None
    message_digest: bytes | None = None
    signing_time: dt.datetime | None = None
    references: tuple[CertificateReference, ...] = ()
    policy: PolicyReference | None = None
    roles: tuple[str, ...] = ()
    certified: tuple[str, ...] = ()
    commitments: tuple[str, ...] = ()
    protected: tuple[bytes, bytes | None] | None = None
    content_time_stamps: tuple[bytes, ...] = ()
    troubles: list[SignatureFinding] = field(default_factory=list)


def read_signed_attributes(signer: SignerOctets, place: str) -> SignedAttributes:
    """Every signed attribute that is known; never raises, what is wrong is a finding."""
    said = SignedAttributes()
    values: dict[ObjectIdentifier, bytes] = {}
    for attribute in signer.signed_attributes:
        kind = attribute.type
        if kind == oids.CONTENT_TIME_STAMP:
            said.content_time_stamps += attribute.values
        elif kind in values or (kind in _SINGLE and len(attribute.values) != 1):
            said.troubles.append(SignatureFinding("attribute_doubled", name_of(kind), place))
        elif attribute.values:
            values[kind] = attribute.values[0]
    for kind, read in _READERS.items():
        if kind in values:
            try:
                read(said, values[kind])
            except (MalformedInput, ValueError, TypeError, IndexError) as refused:
                detail = f"{name_of(kind)}: {printable(str(refused))}"
                said.troubles.append(SignatureFinding("attribute_not_readable", detail, place))
    said.troubles += (SignatureFinding("role_not_verified", each, place) for each in said.certified)
    return said


def name_of(kind: ObjectIdentifier) -> str:
    """An attribute's name for people."""
    return _NAMES.get(kind, kind.dotted_string)


def _content_type(said: SignedAttributes, value: bytes) -> None:
    said.content_type = value


def _message_digest(said: SignedAttributes, value: bytes) -> None:
    said.message_digest = _whole(value, der.OCTET_STRING)


def _signing_time(said: SignedAttributes, value: bytes) -> None:
    said.signing_time = read_time(value)


def _signing_certificate_v2(said: SignedAttributes, value: bytes) -> None:
    found = _decoded_v2(value)
    said.references = (*said.references, *found)


def _signing_certificate_v1(said: SignedAttributes, value: bytes) -> None:
    read = asn1.decode_der(SigningCertificateV1, value)
    said.references = (*said.references, *(_reference_v1(each) for each in read.certificates[:1]))
    if not read.certificates:
        raise MalformedInput("signing-certificate", "it names none")


@lru_cache(maxsize=1024)
def _decoded_v2(value: bytes) -> tuple[CertificateReference, ...]:
    read = asn1.decode_der(SigningCertificateV2, value)
    if not read.certificates:
        raise MalformedInput("signing-certificate-v2", "it names none")
    # RFC 5035 3: "The first certificate identified in the sequence … MUST be the certificate used to verify"
    return (_reference_v2(read.certificates[0]),)


def _reference_v1(found: EssCertId) -> CertificateReference:
    issuer, serial = _issuer_serial(found.issuer_serial)
    return CertificateReference(HASHES["sha1"], found.certificate_hash, issuer, serial, is_signer=True)


def _reference_v2(found: EssCertIdV2) -> CertificateReference:
    kind = SHA_256
    if found.hash_algorithm is not None:
        known = [each for each in HASHES.values() if each.oid == found.hash_algorithm.oid.dotted_string]
        if not known:
            return CertificateReference(None, found.certificate_hash, is_signer=True)
        kind = known[0]
    issuer, serial = _issuer_serial(found.issuer_serial)
    return CertificateReference(kind, found.certificate_hash, issuer, serial, is_signer=True)


def _issuer_serial(found: IssuerSerial | None) -> tuple[bytes | None, int | None]:
    """Issuer (DER Name) and serial; the issuer is None where GeneralNames hold no single directoryName."""
    if found is None:
        return None, None
    serial = int.from_bytes(bytes(found.serial_number.data), "big", signed=True)
    names = DerCursor(bytes(found.issuer.data), "GeneralNames")
    if not names.is_next(_DIRECTORY_NAME):
        return None, serial
    issuer = names.octets(_DIRECTORY_NAME)
    return (None if names.more() else issuer), serial


def _signature_policy(said: SignedAttributes, value: bytes) -> None:
    if value == der.NULL:
        said.policy = PolicyReference("-", None, b"", is_implied=True)
        return
    read = asn1.decode_der(SignaturePolicyId, value)
    uris = [each.value for each in read.qualifiers or () if each.type == oids.POLICY_URI]
    said.policy = PolicyReference(
        read.identifier.dotted_string,
        hash_of_identifier(der.element(read.hash.algorithm)),
        read.hash.value,
        bytes(uris[0].data).decode("ascii", "replace") if uris else None,
    )


def _commitment(said: SignedAttributes, value: bytes) -> None:
    said.commitments = (asn1.decode_der(CommitmentIndication, value).identifier.dotted_string,)


def _roles_v2(said: SignedAttributes, value: bytes) -> None:
    fields = DerCursor(value, "signer-attributes-v2").enter(der.SEQUENCE)
    _claimed_roles(said, fields)


def _roles_v1(said: SignedAttributes, value: bytes) -> None:
    # TS 101 733 5.11.3: SEQUENCE OF CHOICE { claimedAttributes [0], certifiedAttributes [1] }
    _claimed_roles(said, DerCursor(value, "signer-attributes").enter(der.SEQUENCE))


def _claimed_roles(said: SignedAttributes, fields: DerCursor) -> None:
    claimed = fields.optional(_CONTEXT_0)
    if claimed is not None:
        said.roles = tuple(_texts(claimed, _MOST_ROLE_DEPTH))[:_MOST_ROLES]
    # EN 319 122-1 5.2.6.1: certifiedAttributesV2 [1], signedAssertions [2]; TS 101 733 5.11.3: certifiedAttributes [1].
    for tag, name in ((_CONTEXT_1, "certifiedAttributes"), (_CONTEXT_2, "signedAssertions")):
        if fields.is_next(tag):
            fields.skip_optional(tag)
            said.certified += (name,)


def _texts(cursor: DerCursor, depth: int) -> Iterator[str]:
    """Every text in some octets, at any depth that a role is written at."""
    while cursor.more():
        octets = cursor.element()
        tag = octets[0]
        if tag in _STRINGS:
            encoding = "utf-16-be" if tag == 0x1E else "utf-8"
            yield _whole(octets, tag).decode(encoding, "replace")
        elif tag & 0x20 and depth:
            yield from _texts(DerCursor(octets, "role").enter(tag), depth - 1)


def _protection(said: SignedAttributes, value: bytes) -> None:
    fields = DerCursor(value, "CMSAlgorithmProtection").enter(der.SEQUENCE)
    digest = fields.enter_whole(der.SEQUENCE)[0]
    signature = fields.optional_octets(_CONTEXT_1)
    # RFC 6211 2: signatureAlgorithm is [1] IMPLICIT AlgorithmIdentifier.
    said.protected = digest, None if signature is None else der.tlv(der.SEQUENCE, signature)


def _whole(value: bytes, tag: int) -> bytes:
    cursor = DerCursor(value, "attribute value")
    octets = cursor.octets(tag)
    cursor.finish()
    return octets


_READERS: Final[dict[ObjectIdentifier, Callable[[SignedAttributes, bytes], None]]] = {
    oids.CONTENT_TYPE: _content_type,
    oids.MESSAGE_DIGEST: _message_digest,
    oids.SIGNING_TIME: _signing_time,
    oids.SIGNING_CERTIFICATE_V2: _signing_certificate_v2,
    oids.SIGNING_CERTIFICATE: _signing_certificate_v1,
    oids.SIGNATURE_POLICY: _signature_policy,
    oids.COMMITMENT_TYPE: _commitment,
    oids.SIGNER_ATTRIBUTES_V2: _roles_v2,
    oids.SIGNER_ATTRIBUTES: _roles_v1,
    oids.ALGORITHM_PROTECTION: _protection,
}
_NAMES: Final = {
    oids.CONTENT_TYPE: "content-type",
    oids.MESSAGE_DIGEST: "message-digest",
    oids.SIGNING_TIME: "signing-time",
    oids.SIGNING_CERTIFICATE: "signing-certificate",
    oids.SIGNING_CERTIFICATE_V2: "signing-certificate-v2",
    oids.SIGNATURE_POLICY: "signature-policy-identifier",
    oids.COMMITMENT_TYPE: "commitment-type-indication",
    oids.SIGNER_ATTRIBUTES: "signer-attributes",
    oids.SIGNER_ATTRIBUTES_V2: "signer-attributes-v2",
    oids.ALGORITHM_PROTECTION: "cms-algorithm-protection",
    oids.SIGNATURE_TIME_STAMP: "signature-time-stamp",
    oids.ARCHIVE_TIME_STAMP_V2: "archive-time-stamp-v2",
    oids.ARCHIVE_TIME_STAMP_V3: "archive-time-stamp-v3",
    oids.ESC_TIME_STAMP: "esc-time-stamp",
    oids.REFERENCES_TIME_STAMP: "references-time-stamp",
    oids.EVIDENCE_RECORD: "internal-evidence-record",
    oids.EVIDENCE_RECORD_EXTERNAL: "external-evidence-record",
    oids.CONTENT_TIME_STAMP: "content-time-stamp",
    oids.COUNTER_SIGNATURE: "counter-signature",
    oids.CERTIFICATE_VALUES: "certificate-values",
    oids.REVOCATION_VALUES: "revocation-values",
    oids.CERTIFICATE_REFERENCES: "complete-certificate-references",
    oids.REVOCATION_REFERENCES: "complete-revocation-references",
}
