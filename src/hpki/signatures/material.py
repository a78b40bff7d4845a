"""What has to be put into a signature so that it can be judged in decades: the path and the revocation data of each
certificate behind it (EN 319 122-1 5.4, EN 319 132-1 5.4, EN 319 142-1 5.4.2).
"""

from collections.abc import Iterable

from hpki.signatures.basic import identify
from hpki.signatures.facts import SignatureFacts
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts
from hpki.validation.ocsp_answer import OcspAnswer
from hpki.validation.revocation_list import RevocationList
from hpki.validation.signature_check import signature_holds

_MOST_STEPS = 16


def material_for(signatures: Iterable[SignatureFacts], evidence: Evidence) -> Evidence:
    """Of the evidence at hand, what the signers of these signatures and tokens need: their certificates, those above up
    to the root where it is at hand, and every list and answer that one of these (or a responder of theirs) signed.
    """
    found: dict[CertificateFacts, None] = {}
    for facts in signatures:
        signer = identify(facts, evidence.certificates, must_be_signed=False).certificate
        if signer is not None:
            found.update(dict.fromkeys(path_of(signer, evidence.certificates)))
    answers = _answers(found, evidence)
    for answer in answers:
        for responder in answer.certificates:
            found.update(dict.fromkeys(path_of(responder, (*evidence.certificates, *answer.certificates))))
    crls = tuple(each for each in evidence.crls if _is_signed(each, found))
    return Evidence(tuple(found), crls, answers)


def path_of(certificate: CertificateFacts, pool: Iterable[CertificateFacts]) -> list[CertificateFacts]:
    """A certificate and those above it, as far as they are at hand."""
    candidates = tuple(pool)
    path = [certificate]
    for _ in range(_MOST_STEPS):
        lowest = path[-1]
        above = next(
            (
                each
                for each in candidates
                if each.subject_name == lowest.issuer_name
                and each not in path
                and signature_holds(each, lowest)
            ),
            None,
        )
        if above is None:
            return path
        path.append(above)
    return path


def without(evidence: Evidence, known: Evidence) -> Evidence:
    """What of some evidence is not among what is known."""
    certificates, crls, answers = set(known.certificates), set(known.crls), set(known.ocsp_answers)
    return Evidence(
        tuple(each for each in evidence.certificates if each not in certificates),
        tuple(each for each in evidence.crls if each not in crls),
        tuple(each for each in evidence.ocsp_answers if each not in answers),
    )


def _answers(path: Iterable[CertificateFacts], evidence: Evidence) -> tuple[OcspAnswer, ...]:
    certificates = tuple(path)
    return tuple(
        answer
        for answer in evidence.ocsp_answers
        if any(
            single.is_about(subject, issuer)
            for single in answer.singles
            for subject in certificates
            for issuer in certificates
            if subject.issuer_name == issuer.subject_name
        )
    )


def _is_signed(found: RevocationList, by: Iterable[CertificateFacts]) -> bool:
    return any(each.subject_name == found.issuer_name and found.is_signed_by(each) for each in by)
