"""The OCSP answers at hand, asked about one certificate (RFC 6960)."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from cryptography.x509.oid import ExtendedKeyUsageOID

from hpki.validation.crl_index import RevokedEntry
from hpki.validation.currency import Question, Refusal, Statement, read_statement
from hpki.validation.facts import CertificateFacts
from hpki.validation.ocsp_answer import OcspAnswer, SingleAnswer
from hpki.validation.revocation_finding import RevocationFinding, Verdict
from hpki.validation.signature_check import signature_holds

MOST_ANSWERS: Final = 64
MOST_RESPONDERS: Final = 16


def check_answers(question: Question) -> RevocationFinding | None:
    """What the answers say; None when there is none about this certificate."""
    findings = [_ask(answer, single, question) for answer, single in _answers(question)]
    told = [finding for finding in findings if finding.verdict is not Verdict.UNDETERMINED]
    revoked = next((finding for finding in told if finding.verdict is Verdict.REVOKED), None)
    return revoked or next(iter(told or findings), None)


def _answers(question: Question) -> Iterator[tuple[OcspAnswer, SingleAnswer]]:
    """Answers about the certificate, the newest first."""
    subject = question.subject
    found = [
        (answer, single)
        for answer in question.evidence.ocsp_answers
        for single in answer.singles
        if single.is_about(subject.certificate, subject.issuer)
    ]
    found.sort(key=lambda pair: pair[1].this_update, reverse=True)
    yield from found[:MOST_ANSWERS]


def _ask(answer: OcspAnswer, single: SingleAnswer, question: Question) -> RevocationFinding:
    finding = _read(answer, single, question)
    if isinstance(finding, Refusal):
        return RevocationFinding(Verdict.UNDETERMINED, finding.code, finding.detail, finding.source)
    return replace(finding, code="not_revoked_ocsp") if finding.verdict is Verdict.GOOD else finding


def _read(answer: OcspAnswer, single: SingleAnswer, question: Question) -> RevocationFinding | Refusal:
    if answer.unknown_critical is not None:
        return Refusal("unknown_critical", answer.unknown_critical, answer.words)
    if not question.allows_digest(answer.signature_words):
        return Refusal("weak", answer.signature_words, answer.words)
    if refusal := _prove_responder(answer, question):
        return refusal
    if single.status == "UNKNOWN":
        return Refusal("ocsp_unknown", source=answer.words)
    if answer.says_never_issued(single):
        return RevocationFinding(
            Verdict.REVOKED,
            "not_issued",
            source=answer.words,
            revoked_at=single.revoked_at,
            this_update=single.this_update,
            next_update=single.next_update,
        )
    ends = single.next_update
    if ends is None:
        # RFC 6960 4.2.2.1: "If nextUpdate is not set, the responder is indicating that newer revocation information is
        # available all the time."
        ends = single.this_update + question.demand.life_without_end
    entry = None
    if single.revoked_at is not None:
        entry = RevokedEntry(single.serial_number, single.revoked_at, single.reason)
    statement = Statement(answer.words, single.this_update, ends, entry, answer.archive_cutoff)
    return read_statement(statement, question)


def _prove_responder(answer: OcspAnswer, question: Question) -> Refusal | None:
    """None when the answer was signed by one who is entitled to (RFC 6960 4.2.2.2)."""
    refusal = Refusal("no_signer", source=answer.words)
    issuer = question.subject.issuer
    candidates = dict.fromkeys((issuer, *answer.certificates, *question.evidence.certificates))
    named = (candidate for candidate in candidates if answer.is_from(candidate))
    for responder in islice(named, MOST_RESPONDERS):
        if not answer.is_signed_by(responder):
            continue
        if responder == issuer:
            return None
        if not _is_delegated(responder, issuer):
            refusal = Refusal("may_not_sign", responder.words, answer.words)
        elif responder == question.certificate or not question.proves(responder):
            refusal = Refusal("signer_not_proven", responder.words, answer.words)
        else:
            return None
    return refusal


def _is_delegated(responder: CertificateFacts, issuer: CertificateFacts) -> bool:
    """The issuer itself has made it a responder.

    RFC 6960 4.2.2.2: "This certificate MUST be issued directly by the CA that is identified in the request.  …  OCSP
    signing delegation SHALL be designated by the inclusion of id-kp-OCSPSigning in an extended key usage certificate
    extension".
    """
    purposes, usages = responder.extended_key_usage, responder.key_usage
    if purposes is None or ExtendedKeyUsageOID.OCSP_SIGNING not in purposes:
        return False
    if usages is not None and usages.isdisjoint({"digital_signature", "content_commitment"}):
        return False
    return responder.issuer_name == issuer.subject_name and signature_holds(issuer, responder)
