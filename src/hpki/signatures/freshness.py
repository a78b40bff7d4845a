"""Will what stands in an extended document still prove its signatures when nothing else is left?

Past validation (EN 319 102-1 5.6.2.2) believes a certificate only until its newest revocation data were issued.  Data
from before the time-stamp of a signature therefore prove nothing of it once the authorities above have ended, although
the same document passes today: they are told before the document is kept for decades.  Pure: facts in, doubts out.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hpki.certs.printing import moment_words
from hpki.certs.wording import Words
from hpki.signatures.basic import identify
from hpki.signatures.facts import DocumentFacts, SignatureFacts
from hpki.signatures.history import Past
from hpki.signatures.indication import Indication
from hpki.signatures.material import path_of
from hpki.signatures.policy import SignaturePolicy
from hpki.signatures.proofs import ProofsOfExistence
from hpki.signatures.report import DocumentReport, outcome_words
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts
from hpki.validation.policy import TrustAnchor, ValidationPolicy
from hpki.validation.revocation import InPath, RevocationFinding, Verdict, check_revocation

_FAR: Final = dt.datetime(9998, 1, 1, tzinfo=dt.UTC)

STATUS_MISSING: Final = "status_missing"
STATUS_OLDER: Final = "status_older"
STATUS_STALE: Final = "status_stale"
NOT_PASSED: Final = "not_passed"
TO_FOLLOW: Final = "status_to_follow"
NOT_JUDGED: Final = "not_judged"
REFUSING: Final = (STATUS_MISSING, STATUS_OLDER, STATUS_STALE, NOT_PASSED)

_SENTENCES: Final = {
    STATUS_MISSING: Words(
        "失効リストも OCSP 応答もなく、失効していなかったことを後から示せません。--crl か --ocsp で渡してください",
        "there is no revocation list or OCSP answer about it, so nothing will show later that it was not revoked; "
        "give one with --crl or --ocsp",
    ),
    STATUS_OLDER: Words(
        "失効情報（{detail}）が、証明すべき時刻より前のものです。その後に発行された失効リストか OCSP 応答を渡してください",
        "its newest revocation data ({detail}) are from before the moment that is to be proven; "
        "give a list or an OCSP answer issued after it",
    ),
    STATUS_STALE: Words(
        "失効情報の期限が切れています（{detail}）。最新の失効リストか OCSP 応答を渡してください",
        "its revocation data are out of date ({detail}); give the list or OCSP answer of today",
    ),
    NOT_PASSED: Words(
        "延長した文書をいま検証すると「{detail}」です。hpki validate document で理由を確かめてください",
        "judged now, the extended document is: {detail}; `hpki validate document` says why",
    ),
    TO_FOLLOW: Words(
        "失効情報は、いま付けたタイムスタンプより前のものです。証明書の有効期限までに、{detail}に発行された失効リストで"
        "もう一度延長してください",
        "its revocation data are from before the time-stamp just made; before the certificate ends, "
        "extend once more with a list issued {detail}",
    ),
    NOT_JUDGED: Words(
        "--trust がないため、延長した文書を検証していません{detail}",
        "without --trust the extended document was not judged{detail}",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Doubt:
    """Something that may keep an extended document from proving its signatures later.

    Those of `REFUSING` could have been avoided: nothing is written without the caller's word.  The others are remarks.
    """

    code: str
    detail: str = ""
    about: str = ""

    @property
    def is_refusing(self) -> bool:
        """Whether to go on takes a word of the caller."""
        return self.code in REFUSING

    @property
    def clause(self) -> str:
        """The standard and clause."""
        return "EN 319 102-1 5.2.5, 5.6.2.2"

    def sentence(self, lang: str) -> str:
        """The sentence in Japanese ("ja") or English."""
        words = _SENTENCES[self.code].in_language(lang)
        told = words.format(detail=_detail(self, lang))
        return f"{self.about}: {told}" if self.about else told


def _detail(doubt: Doubt, lang: str) -> str:
    if doubt.code == TO_FOLLOW:
        return f"{doubt.detail} より後" if lang == "ja" else f"after {doubt.detail}"
    return doubt.detail


@dataclass(frozen=True)
class _Signer:
    """One signature or time-stamp whose certificate's status has to be provable: since when, under which policy."""

    certificate: CertificateFacts
    proven_at: dt.datetime
    policy: ValidationPolicy
    is_stamped_now: bool = False


@dataclass(frozen=True)
class Extended:
    """What was extended: the document before and after, beside what, and our judgement of it (None without anchors)."""

    before: DocumentFacts
    after: DocumentFacts
    evidence: Evidence
    report: DocumentReport | None

    @property
    def known(self) -> Evidence:
        """Everything at hand."""
        return self.after.evidence.joined(self.evidence)


def doubts_about(
    extended: Extended, policy: SignaturePolicy, anchors: Sequence[TrustAnchor], at: dt.datetime
) -> list[Doubt]:
    """What may keep the extended document from proving its signatures later; none when there is nothing to be feared."""
    found: dict[Doubt, None] = {}
    proofs = _proofs(extended.report)
    past = {
        each.name: Past(extended.after.evidence, each, anchors, proofs)
        for each in (policy.signer, policy.time_stamp)
    }
    for signer in dict.fromkeys(_signers(extended, policy)):
        best = past[signer.policy.name].best_path(signer.certificate)
        if best is not None and best.control >= signer.proven_at:
            continue
        found.update(dict.fromkeys(_status_doubts(signer, extended.known, anchors, at)))
    if extended.report is None:
        found[Doubt(NOT_JUDGED)] = None
    elif extended.report.indication is not Indication.TOTAL_PASSED:
        outcome = outcome_words(extended.report.indication, extended.report.sub_indication, "en")
        found[Doubt(NOT_PASSED, outcome)] = None
    return list(found)


def _signers(extended: Extended, policy: SignaturePolicy) -> Iterator[_Signer]:
    """Every signature, and every time-stamp that was there before: about one made just now nothing can be at hand."""
    stamps = list(extended.after.all_time_stamps())
    known_before = {identity for stamp in extended.before.all_time_stamps() for identity in stamp.covers}
    for signature in _signatures(extended.after):
        moments = [each.stamped_at for each in stamps if signature.identity in each.covers]
        proven = min((each for each in moments if each is not None), default=None)
        certificate = _certificate(signature, extended.known)
        if proven is not None and certificate is not None:
            yield _Signer(certificate, proven, policy.signer, signature.identity not in known_before)
    for stamp in extended.before.all_time_stamps():
        if stamp.token is not None and stamp.stamped_at is not None:
            certificate = _certificate(stamp.token, extended.known)
            if certificate is not None:
                yield _Signer(certificate, stamp.stamped_at, policy.time_stamp)


def _signatures(document: DocumentFacts) -> Iterator[SignatureFacts]:
    for each in document.signatures:
        yield from each.with_counter_signatures()


def _certificate(facts: SignatureFacts, known: Evidence) -> CertificateFacts | None:
    return identify(facts, known.certificates, must_be_signed=False).certificate


def _proofs(report: DocumentReport | None) -> ProofsOfExistence:
    """What the time-stamps that hold prove, seen from a day when nothing else is known."""
    proofs = ProofsOfExistence(_FAR)
    if report is None:
        return proofs
    signatures = report.all_signatures()
    stamps = [*report.time_stamps, *(stamp for each in signatures for stamp in each.time_stamps)]
    for stamp in stamps:
        if stamp.is_proof and stamp.facts.stamped_at is not None:
            proofs.add(stamp.facts.covers, stamp.facts.stamped_at)
    for each in signatures:
        if each.signer is not None and each.proven_at is not None:
            proofs.add((each.signer.sha256,), each.proven_at)
    return proofs


def _status_doubts(
    signer: _Signer, known: Evidence, anchors: Sequence[TrustAnchor], at: dt.datetime
) -> Iterator[Doubt]:
    """What the newest data about the signer and the authorities above leave open."""
    trusted = {anchor.certificate for anchor in anchors}
    path = path_of(signer.certificate, (*known.certificates, *trusted))
    for place, certificate in enumerate(path):
        if certificate in trusted or certificate.subject_name == certificate.issuer_name:
            return
        above = tuple(reversed(path[place + 1 :]))
        found = _newest(InPath(certificate, above[-1], above), known, signer.policy) if above else None
        doubt = _doubt(certificate, found, signer, at)
        if doubt is not None:
            yield doubt


def _doubt(
    certificate: CertificateFacts, found: RevocationFinding | None, signer: _Signer, at: dt.datetime
) -> Doubt | None:
    """An authority's list is seldom issued: being in force is enough, a renewal brings a newer one while it lives."""
    if found is None:
        return Doubt(STATUS_MISSING, about=certificate.words)
    if found.verdict is not Verdict.GOOD or found.this_update is None:
        # No status foreseen, or revoked: what follows is the judge's.
        return None
    of_when = f"{moment_words(found.this_update)} < {moment_words(signer.proven_at)}"
    is_ended = found.next_update is not None and found.next_update < at
    if is_ended and at <= certificate.not_after and found.next_update is not None:
        return Doubt(STATUS_STALE, moment_words(found.next_update), certificate.words)
    if certificate is not signer.certificate or found.this_update >= signer.proven_at:
        return None
    if signer.is_stamped_now:
        return Doubt(TO_FOLLOW, moment_words(signer.proven_at), certificate.words)
    return Doubt(STATUS_OLDER, of_when, certificate.words)


def _newest(subject: InPath, known: Evidence, policy: ValidationPolicy) -> RevocationFinding | None:
    """What the newest data about a certificate say at the moment when they were issued; None when there are none."""
    issued = {each.this_update for each in known.crls}
    issued |= {single.this_update for answer in known.ocsp_answers for single in answer.singles}
    demand = replace(policy.revocation, accept_later=False)
    for moment in sorted(issued, reverse=True):
        # Signers count as proven here: whether they are is the judge's question.
        found = check_revocation(subject, known, demand, moment, lambda _: True)
        if found.verdict is not Verdict.UNDETERMINED:
            return found
    return None
