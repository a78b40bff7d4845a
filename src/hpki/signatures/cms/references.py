"""Complete references to certificates and revocation data (EN 319 122-1 A.1.1.1, A.1.2.1), written and checked.

::

    CompleteCertificateRefs ::= SEQUENCE OF OtherCertID
    OtherCertID    ::= SEQUENCE { otherCertHash OtherHash, issuerSerial IssuerSerial OPTIONAL }
    OtherHash      ::= CHOICE { sha1Hash OCTET STRING, otherHash OtherHashAlgAndValue }
    CompleteRevocationRefs ::= SEQUENCE OF CrlOcspRef
    CrlOcspRef     ::= SEQUENCE { crlids [0] CRLListID OPTIONAL, ocspids [1] OcspListID OPTIONAL, otherRev [2] … }
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from hpki import oids
from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.errors import MalformedInput
from hpki.signatures.algorithms import HASHES, SHA_256, HashKind, hash_of_identifier
from hpki.signatures.cms.evidence import basic_of
from hpki.signatures.cms.octets import SignerOctets, attributes_named
from hpki.signatures.finding import SignatureFinding
from hpki.validation.distinguished_names import normalised
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts
from hpki.validation.ocsp_answer import OcspAnswer
from hpki.validation.revocation_list import RevocationList

_SHA_256_DER: Final = bytes.fromhex("300b0609608648016503040201")
_CONTEXT: Final = (0xA0, 0xA1, 0xA2)
_DIRECTORY_NAME: Final = 0xA4
_WHAT: Final = "references"


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
        (oids.CERTIFICATE_REFERENCES, oids.CERTIFICATE_VALUES, _check_certificates),
        (oids.REVOCATION_REFERENCES, oids.REVOCATION_VALUES, _check_revocation),
    )
    for references, values, check in plans:
        for attribute in attributes_named(signer.unsigned_attributes, references):
            try:
                for value in attribute.values:
                    # Without the values (ES-C) they are only held against their syntax.
                    check(value, evidence if values in names else None)
            except MalformedInput as refused:
                yield SignatureFinding("reference_broken", refused.why, place)


def _check_certificates(references_der: bytes, evidence: Evidence | None) -> None:
    """Raises MalformedInput for a reference that is none, or that no certificate at hand answers."""
    for reference in _each(references_der):
        matches = _hash_matcher(reference)
        found = [] if evidence is None else [each for each in evidence.certificates if matches(each.der)]
        if evidence is not None and not found:
            raise MalformedInput(_WHAT, "a certificate")
        if reference.more():
            named = reference.enter_whole(der.SEQUENCE)[0]
            if evidence is not None and named not in {_issuer_serial(each) for each in found}:
                raise MalformedInput(_WHAT, "issuer and serial number of a certificate")
        reference.finish()


def _check_revocation(references_der: bytes, evidence: Evidence | None) -> None:
    for reference in _each(references_der):
        if (lists := reference.optional(_CONTEXT[0])) is not None:
            _check_lists(lists, evidence)
        if (answers := reference.optional(_CONTEXT[1])) is not None:
            _check_answers(answers, evidence)
        reference.skip_optional(_CONTEXT[2])
        reference.finish()


def _check_lists(lists: DerCursor, evidence: Evidence | None) -> None:
    """CRLListID ::= SEQUENCE { crls SEQUENCE OF CrlValidatedID { crlHash, crlIdentifier OPTIONAL } }"""
    for reference in _inner_each(lists):
        matches = _hash_matcher(reference)
        found = [
            each
            for each in (() if evidence is None else evidence.crls)
            if matches(each.crl.public_bytes(Encoding.DER))
        ]
        if evidence is not None and not found:
            raise MalformedInput(_WHAT, "a revocation list")
        if reference.more():
            # CrlIdentifier ::= SEQUENCE { crlissuer Name, crlIssuedTime UTCTime, crlNumber INTEGER OPTIONAL }
            issuer = reference.enter(der.SEQUENCE).element()
            if found and normalised(issuer) != found[0].issuer_name:
                raise MalformedInput(_WHAT, "the issuer of a revocation list")
        reference.finish()


def _check_answers(answers: DerCursor, evidence: Evidence | None) -> None:
    """OcspListID ::= SEQUENCE { ocspResponses SEQUENCE OF OcspResponsesID { ocspIdentifier, ocspRepHash OPTIONAL } }"""
    for reference in _inner_each(answers):
        identifier = reference.enter_whole(der.SEQUENCE)[0]
        known = () if evidence is None else evidence.ocsp_answers
        found = [each for each in known if _ocsp_identifier(each) == identifier]
        if reference.more():
            matches = _hash_matcher(reference)
            found = [each for each in found if matches(_basic(each))]
        if evidence is not None and not found:
            raise MalformedInput(_WHAT, "an OCSP answer")
        reference.finish()


def _each(sequence_der: bytes) -> Iterator[DerCursor]:
    """The content of each SEQUENCE in a SEQUENCE."""
    outer = DerCursor(sequence_der, _WHAT)
    inner = outer.enter(der.SEQUENCE)
    outer.finish()
    while inner.more():
        yield inner.enter(der.SEQUENCE)


def _inner_each(explicit: DerCursor) -> Iterator[DerCursor]:
    """The content of each reference below [n] SEQUENCE { SEQUENCE OF … }."""
    wrapped = explicit.enter(der.SEQUENCE)
    explicit.finish()
    listed = wrapped.enter(der.SEQUENCE)
    wrapped.finish()
    while listed.more():
        yield listed.enter(der.SEQUENCE)


def _hash_matcher(reference: DerCursor) -> Callable[[bytes], bool]:
    """OtherHash ::= CHOICE { sha1Hash OCTET STRING, otherHash OtherHashAlgAndValue }"""
    kind: HashKind | None = HASHES["sha1"]
    if reference.is_next(der.OCTET_STRING):
        stated = reference.octets(der.OCTET_STRING)
    else:
        fields = reference.enter(der.SEQUENCE)
        kind = hash_of_identifier(fields.enter_whole(der.SEQUENCE)[0])
        stated = fields.octets(der.OCTET_STRING)
        fields.finish()
    if kind is None:
        raise MalformedInput(_WHAT, "an unknown hash")
    digest = kind.digest
    return lambda octets: digest(octets) == stated


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
