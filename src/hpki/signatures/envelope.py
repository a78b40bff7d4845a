"""What a document carries beside its signatures, held against itself: certificates, lists and answers that verify.

Nothing of it is signed by the signer, and nothing of it is trusted.  But what was changed on the way, or put in by a
stranger, is told under a strict policy, so that no octet of a document that passes can have been changed unnoticed.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from hpki.signatures.finding import SignatureFinding
from hpki.validation.distinguished_names import NormalisedName
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts
from hpki.validation.ocsp_answer import OcspAnswer
from hpki.validation.revocation_list import RevocationList
from hpki.validation.signature_check import signature_holds

# An authority has a handful of keys over its life; what is carried is at most so many times tried with each.
MOST_CANDIDATES: Final = 8


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
    named = certificate.authority_key_identifier
    key = None if named is None else named.key_identifier
    candidates = _named(certificate.issuer_name, key, pool)
    return any(signature_holds(issuer, certificate) for issuer in candidates)


def _is_signed(found: RevocationList, pool: tuple[CertificateFacts, ...]) -> bool:
    candidates = _named(found.issuer_name, found.authority_key_identifier, pool)
    return any(found.is_signed_by(each) for each in candidates)


def _is_answered(answer: OcspAnswer, pool: tuple[CertificateFacts, ...]) -> bool:
    candidates = islice(
        (each for each in (*answer.certificates, *pool) if answer.is_from(each)), MOST_CANDIDATES
    )
    return any(answer.is_signed_by(each) for each in candidates) and all(
        _is_issued(each, (*pool, *answer.certificates)) for each in answer.certificates
    )


def _named(
    name: NormalisedName, key: bytes | None, pool: tuple[CertificateFacts, ...]
) -> Iterator[CertificateFacts]:
    """Certificates of a name that may have signed, as many as are tried: anyone can put in hundreds of one name."""
    fitting = (
        each
        for each in pool
        if each.subject_name == name and (key is None or each.subject_key_identifier in {None, key})
    )
    return islice(fitting, MOST_CANDIDATES)
