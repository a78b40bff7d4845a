"""Who signed this list, and may they?  (RFC 5280 6.3.3 (f), (g))"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from hpki.validation.currency import Question, Refusal
from hpki.validation.distribution import Point
from hpki.validation.facts import CertificateFacts
from hpki.validation.revocation_list import RevocationList

# Certificates of one name that are tried: an authority has a handful of keys over its life.
MOST_SIGNERS: Final = 16


def prove_signer(found: RevocationList, point: Point, question: Question) -> CertificateFacts | Refusal:
    """The certificate whose key signed a list and that was entitled to, or why there is none."""
    refusal = Refusal("no_signer", source=found.words)
    for signer in islice(_candidates(found, question), MOST_SIGNERS):
        if not found.is_signed_by(signer):
            continue
        # RFC 5280 6.3.3 (f): "If a key usage extension is present in the CRL issuer's certificate, verify that the
        # cRLSign bit is set."
        if signer.key_usage is not None and "crl_sign" not in signer.key_usage:
            refusal = Refusal("may_not_sign", signer.words, found.words)
        elif _is_proven(signer, point, question):
            return signer
        else:
            refusal = Refusal("signer_not_proven", signer.words, found.words)
    return refusal


def _candidates(found: RevocationList, question: Question) -> Iterator[CertificateFacts]:
    """Certificates of the list's issuer: those of the path first."""
    seen: set[CertificateFacts] = set()
    for signer in (question.subject.issuer, *question.subject.above, *question.evidence.certificates):
        named, own = found.authority_key_identifier, signer.subject_key_identifier
        fits = named is None or own is None or named == own
        if signer.subject_name == found.issuer_name and fits and signer not in seen:
            seen.add(signer)
            yield signer


def _is_proven(signer: CertificateFacts, point: Point, question: Question) -> bool:
    if signer == question.certificate:
        # A list that vouches for the certificate of its own signer counts only where the authority above has said so:
        # the certificate's distribution point names its own subject as cRLIssuer (PKITS 4.14.30).
        return signer.subject_name in point.issuers
    path = (question.subject.issuer, *question.subject.above)
    return signer in path or question.proves(signer)
