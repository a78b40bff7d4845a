"""Complete references to certificates and revocation data (EN 319 122-1 A.1.1.1, A.1.2.1), written and checked.

::

    CompleteCertificateRefs ::= SEQUENCE OF OtherCertID
    OtherCertID    ::= SEQUENCE { otherCertHash OtherHash, issuerSerial IssuerSerial OPTIONAL }
    OtherHash      ::= CHOICE { sha1Hash OCTET STRING, otherHash OtherHashAlgAndValue }
    CompleteRevocationRefs ::= SEQUENCE OF CrlOcspRef
    CrlOcspRef     ::= SEQUENCE { crlids [0] CRLListID OPTIONAL, ocspids [1] OcspListID OPTIONAL, otherRev [2] … }
"""

from collections.abc import Iterable, Iterator
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from hpki import oids
from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.errors import MalformedInput
from hpki.signatures.algorithms import HASHES, SHA_256, hash_of_identifier
from hpki.signatures.cms.evidence import basic_of
from hpki.signatures.cms.octets import SignerOctets, attributes_named
from hpki.signatures.finding import SignatureFinding
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts
from hpki.validation.ocsp_answer import OcspAnswer
from hpki.validation.revocation_list import RevocationList

_SHA_256_DER: Final = bytes.fromhex("300b0609608648016503040201")
_CONTEXT: Final = (0xA0, 0xA1, 0xA2)
_DIRECTORY_NAME: Final = 0xA4


def certificate_references_der(certificates: Iterable[CertificateFacts]) -> bytes:
    """CompleteCertificateRefs of some certificates (the signer's own is not among them)."""
    return der.tlv(
        der.SEQUENCE,
        *(der.tlv(der.SEQUENCE, _hashed(each.sha256), _issuer_serial(each)) for each in certificates),
    )


def revocation_references_der(
    targets: int, crls: Iterable[RevocationList], answers: Iterable[OcspAnswer]
) -> bytes:
    """CompleteRevocationRefs: A.1.2.1 asks one CrlOcspRef for each certificate; the first carries all, the rest are empty."""
    lists = [der.tlv(der.SEQUENCE, _hashed(each.sha256)) for each in crls]
    basics = [
        der.tlv(der.SEQUENCE, _ocsp_identifier(each), _hashed(SHA_256.digest(_basic(each))))
        for each in answers
    ]
    parts = []
    if lists:
        parts.append(der.tlv(_CONTEXT[0], der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, *lists))))
    if basics:
        parts.append(der.tlv(_CONTEXT[1], der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, *basics))))
    first = der.tlv(der.SEQUENCE, *parts)
    return der.tlv(der.SEQUENCE, first, *[der.tlv(der.SEQUENCE)] * max(0, targets - 1))


def reference_findings(signer: SignerOctets, evidence: Evidence, place: str) -> Iterator[SignatureFinding]:
    """Where values stand beside references, every reference has its value (EN 319 122-1 A.1.1.2, A.1.2.2)."""
    names = {each.type for each in signer.unsigned_attributes}
    plans = (
        (oids.CERTIFICATE_REFERENCES, oids.CERTIFICATE_VALUES, _certificate_digests(evidence)),
        (oids.REVOCATION_REFERENCES, oids.REVOCATION_VALUES, _revocation_digests(evidence)),
    )
    for references, values, known in plans:
        if values not in names:
            continue
        for attribute in attributes_named(signer.unsigned_attributes, references):
            try:
                missing = [hashed for hashed in _all_hashes(attribute.values[0]) if hashed not in known]
            except (MalformedInput, IndexError) as refused:
                yield SignatureFinding("reference_broken", str(refused), place)
                continue
            if missing:
                yield SignatureFinding("reference_broken", f"{len(missing)}", place)


def _certificate_digests(evidence: Evidence) -> set[bytes]:
    found = {each.sha256 for each in evidence.certificates}
    for name in ("sha1", "sha384", "sha512"):
        found |= {HASHES[name].digest(each.der) for each in evidence.certificates}
    return found


def _revocation_digests(evidence: Evidence) -> set[bytes]:
    found = {each.sha256 for each in evidence.crls} | {each.sha256 for each in evidence.ocsp_answers}
    octets = [each.crl.public_bytes(Encoding.DER) for each in evidence.crls]
    octets += [_basic(each) for each in evidence.ocsp_answers]
    for name in ("sha1", "sha256", "sha384", "sha512"):
        found |= {HASHES[name].digest(each) for each in octets}
    return found


def _all_hashes(references_der: bytes, depth: int = 8) -> Iterator[bytes]:
    """Every hash in the references: an OCTET STRING of a hash's length, beside its algorithm or alone (SHA-1)."""
    yield from _hashes_in(DerCursor(references_der, "references").enter(der.SEQUENCE), depth)


def _hashes_in(cursor: DerCursor, depth: int) -> Iterator[bytes]:
    before = b""
    while cursor.more():
        octets = cursor.element()
        inner = DerCursor(octets, "references")
        if octets[0] == der.OCTET_STRING:
            if before and hash_of_identifier(before) is None:
                raise MalformedInput("references", "an unknown hash")
            yield inner.octets(der.OCTET_STRING)
        elif octets[0] in {der.SEQUENCE, _CONTEXT[0], _CONTEXT[1]} and depth and not _is_identifier(octets):
            yield from _hashes_in(inner.enter(octets[0]), depth - 1)
        before = octets if _is_identifier(octets) else b""


def _is_identifier(octets: bytes) -> bool:
    """Whether it begins as an AlgorithmIdentifier does."""
    return octets[0] == der.SEQUENCE and octets[2:3] == b"\x06"


def _hashed(sha256: bytes) -> bytes:
    return der.tlv(der.SEQUENCE, _SHA_256_DER, der.tlv(der.OCTET_STRING, sha256))


def _issuer_serial(certificate: CertificateFacts) -> bytes:
    names = der.tlv(der.SEQUENCE, der.tlv(_DIRECTORY_NAME, certificate.issuer))
    return der.tlv(der.SEQUENCE, names, der.unsigned_integer(certificate.serial_number))


def _ocsp_identifier(answer: OcspAnswer) -> bytes:
    """OcspIdentifier: ResponderID and producedAt, as they stand in the answer."""
    data = DerCursor(answer.response.tbs_response_bytes, "ResponseData").enter(der.SEQUENCE)
    data.skip_optional(_CONTEXT[0])
    return der.tlv(der.SEQUENCE, data.element(), data.element())


def _basic(answer: OcspAnswer) -> bytes:
    return basic_of(answer.response.public_bytes(Encoding.DER))
