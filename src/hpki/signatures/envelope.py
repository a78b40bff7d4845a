"""What a document carries beside its signatures, held against itself: certificates, lists and answers that verify.

Nothing of it is signed by the signer, and nothing of it is trusted.  But what was changed on the way, or put in by a
stranger, is told under a strict policy, so that no octet of a document that passes can have been changed unnoticed.
"""

from collections.abc import Iterator

from hpki.signatures.finding import SignatureFinding
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts
from hpki.validation.ocsp_answer import OcspAnswer
from hpki.validation.revocation_list import RevocationList
from hpki.validation.signature_check import signature_holds


def unverified(carried: Evidence, pool: tuple[CertificateFacts, ...]) -> Iterator[SignatureFinding]:
    """Everything carried that no certificate at hand verifies (a root verifies itself)."""
    for certificate in carried.certificates:
        if not _is_issued(certificate, pool):
            yield SignatureFinding("envelope_unverified", certificate.words)
    for found in carried.crls:
        if not _is_signed(found, pool):
            yield SignatureFinding("envelope_unverified", found.words)
    for answer in carried.ocsp_answers:
        if not _is_answered(answer, pool):
            yield SignatureFinding("envelope_unverified", answer.words)


def _is_issued(certificate: CertificateFacts, pool: tuple[CertificateFacts, ...]) -> bool:
    return any(
        issuer.subject_name == certificate.issuer_name and signature_holds(issuer, certificate) for issuer in pool
    )


def _is_signed(found: RevocationList, pool: tuple[CertificateFacts, ...]) -> bool:
    return any(each.subject_name == found.issuer_name and found.is_signed_by(each) for each in pool)


def _is_answered(answer: OcspAnswer, pool: tuple[CertificateFacts, ...]) -> bool:
    candidates = (*answer.certificates, *pool)
    return any(answer.is_from(each) and answer.is_signed_by(each) for each in candidates) and all(
        _is_issued(each, (*pool, *answer.certificates)) for each in answer.certificates
    )
