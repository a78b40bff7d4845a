"""Is the certificate behind a signature to be believed, given by when the signature existed?

Three ways, the first that holds decides: it is good today (5.3); it was good at the proven moment and the authorities
above are still good today (5.5.4); it was good until a control time not before the proven moment, by data that are
themselves proven (5.6.2).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hpki.certs.printing import moment_words
from hpki.signatures.finding import CertificateFinding, SignatureFinding, Told, of_certificate
from hpki.signatures.history import Past
from hpki.signatures.indication import OF_CERTIFICATE, SubIndication
from hpki.signatures.proofs import ProofsOfExistence
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts
from hpki.validation.finding import Sentence
from hpki.validation.indication import SubIndication as CertificateSub
from hpki.validation.judge import judge
from hpki.validation.ocsp_answer import OcspAnswer
from hpki.validation.policy import TrustAnchor, ValidationPolicy
from hpki.validation.report import Report
from hpki.validation.revocation import Verdict
from hpki.validation.status_finding import StatusFinding

# What a later moment brings about, and an earlier one may not have had.
_OF_TIME = frozenset(
    {
        CertificateSub.REVOKED,
        CertificateSub.REVOKED_CA,
        CertificateSub.EXPIRED,
        CertificateSub.CRYPTO_CONSTRAINTS_FAILURE,
        CertificateSub.TRY_LATER,
    }
)
_OF_TIME_CODES = frozenset({"anchor_out_of_time"})


@dataclass(frozen=True)
class CertificateOutcome:
    """What became of one certificate: the findings, and the report of the moment that decided."""

    findings: tuple[Told, ...]
    report: Report

    @property
    def is_good(self) -> bool:
        """Nothing stands against it."""
        return all(found.sub_indication is None for found in self.findings)


@dataclass
class CertificateJudge:
    """Judges certificates of one document; every question is answered once."""

    evidence: Evidence
    anchors: Sequence[TrustAnchor]
    proofs: ProofsOfExistence
    _answered: dict[tuple[bytes, str, dt.datetime], CertificateOutcome] = field(default_factory=dict)
    _today: dict[tuple[bytes, str], Report] = field(default_factory=dict)

    def judge(
        self,
        certificate: CertificateFacts,
        policy: ValidationPolicy,
        proven_at: dt.datetime,
        stamped_at: dt.datetime | None = None,
    ) -> CertificateOutcome:
        """The outcome for a signature that existed at `proven_at`.

        A time-stamp authority's certificate is judged with `stamped_at`: where the data about it are of no later than
        its own time-stamp, they are taken as long as the certificate lives, and the report says so.
        """
        today = self._report_today(certificate, policy)
        if today.is_passed and certificate.not_before <= proven_at:
            return CertificateOutcome(tuple(of_certificate(each) for each in today.findings), today)
        key = (certificate.sha256, policy.name, proven_at)
        if key not in self._answered:
            self._answered[key] = self._in_time(certificate, policy, proven_at, today)
        outcome = self._answered[key]
        if outcome.is_good or stamped_at is None or stamped_at > proven_at:
            return outcome
        return self._as_stamped(certificate, policy, stamped_at, outcome)

    def _as_stamped(
        self,
        certificate: CertificateFacts,
        policy: ValidationPolicy,
        stamped_at: dt.datetime,
        outcome: CertificateOutcome,
    ) -> CertificateOutcome:
        """Only the age of revocation data stands against it: what they said when it stamped is taken, with a remark.

        EN 319 102-1 5.2.5 leaves to the policy how fresh they have to be; nobody renews archives more often than needed.
        """
        if {each.sub_indication for each in outcome.findings} - {None, SubIndication.TRY_LATER}:
            return outcome
        then = judge(certificate, self.evidence, _accepting_later(policy), self.anchors, stamped_at)
        if not then.is_passed:
            return outcome
        remarks: list[Told] = [each for each in outcome.findings if each.sub_indication is None]
        remarks.append(SignatureFinding("status_of_then", moment_words(stamped_at), certificate.words))
        return CertificateOutcome(tuple(remarks), then)

    def _report_today(self, certificate: CertificateFacts, policy: ValidationPolicy) -> Report:
        key = (certificate.sha256, policy.name)
        if key not in self._today:
            self._today[key] = judge(certificate, self.evidence, policy, self.anchors, self.proofs.at)
        return self._today[key]

    def _in_time(
        self, certificate: CertificateFacts, policy: ValidationPolicy, proven_at: dt.datetime, today: Report
    ) -> CertificateOutcome:
        if proven_at < certificate.not_before:
            early = SignatureFinding(
                "signed_before_valid", moment_words(certificate.not_before), certificate.words
            )
            return CertificateOutcome((early,), today)
        if not _only_time_stands_against(today):
            findings = tuple(CertificateFinding(each, _meaning(each, certificate)) for each in today.findings)
            return CertificateOutcome(findings, today)
        known = self._answered_in_time()
        then = judge(certificate, known, _accepting_later(policy), self.anchors, proven_at)
        if then.is_passed and _stands_above(today, certificate):
            return _healed(today, then, proven_at)
        past = Past(known, policy, self.anchors, self.proofs).best_path(certificate)
        if past is not None and proven_at <= min(past.control, certificate.not_after):
            report = replace(then, path=past.path.from_anchor) if not then.path else then
            return _healed(today, report, proven_at)
        return _still_against(today, then, certificate, proven_at, self._disbelieved(known))

    def _answered_in_time(self) -> Evidence:
        """The evidence without OCSP answers that are known to have existed only after their responder's end.

        EN 319 102-1 5.6.2.2: of a key whose certificate has ended anyone who holds it may have written an answer of long
        ago; only a proof of existence from before the end tells it apart.
        """
        answers = tuple(each for each in self.evidence.ocsp_answers if self._is_of_a_living_responder(each))
        return replace(self.evidence, ocsp_answers=answers)

    def _is_of_a_living_responder(self, answer: OcspAnswer) -> bool:
        ends = self._responders_end(answer)
        return ends is None or ends >= self.proofs.moment(answer.sha256)

    def _responders_end(self, answer: OcspAnswer) -> dt.datetime | None:
        known = (*answer.certificates, *self.evidence.certificates)
        return max((each.not_after for each in known if answer.is_from(each)), default=None)

    def _disbelieved(self, known: Evidence) -> list[SignatureFinding]:
        """A remark for each answer that was left out."""
        return [
            SignatureFinding("answer_unproven", moment_words(ends), answer.words)
            for answer in self.evidence.ocsp_answers
            if answer not in known.ocsp_answers and (ends := self._responders_end(answer)) is not None
        ]


def _accepting_later(policy: ValidationPolicy) -> ValidationPolicy:
    return replace(policy, revocation=replace(policy.revocation, accept_later=True))


def _only_time_stands_against(report: Report) -> bool:
    return all(
        found.sub_indication is None or found.sub_indication in _OF_TIME or found.code in _OF_TIME_CODES
        for found in report.findings
    )


def _stands_above(report: Report, certificate: CertificateFacts) -> bool:
    """Whether nothing but the age of their revocation data stands against the authorities today."""
    return all(
        found.about == certificate.words
        or (found.sub_indication in {None, CertificateSub.TRY_LATER} and found.code not in _OF_TIME_CODES)
        for found in report.findings
    )


def _healed(today: Report, then: Report, proven_at: dt.datetime) -> CertificateOutcome:
    findings: list[Told] = [CertificateFinding(each, None) for each in today.findings]
    about = "" if today.certificate is None else today.certificate.words
    findings.append(SignatureFinding("healed", moment_words(proven_at), about))
    return CertificateOutcome(tuple(findings), then)


def _still_against(
    today: Report,
    then: Report,
    certificate: CertificateFacts,
    proven_at: dt.datetime,
    remarks: Sequence[SignatureFinding],
) -> CertificateOutcome:
    """5.3.4, 5.5.4: what stands against it today, without proof that it was otherwise when it was used."""
    known = [
        status.status.is_good or _is_revoked_after(status, certificate, proven_at)
        for status in today.statuses
    ]
    is_status_known = bool(known) and all(known)
    findings: list[Told] = []
    for each in today.findings:
        sub = _meaning(each, certificate)
        if sub is SubIndication.OUT_OF_BOUNDS_NO_POE and each.about == certificate.words and is_status_known:
            # 5.2.6: the certificate has expired and is known not to have been revoked.
            sub = SubIndication.OUT_OF_BOUNDS_NOT_REVOKED
        findings.append(CertificateFinding(each, sub))
    told = {(each.code, each.about) for each in findings}
    findings.extend(
        CertificateFinding(each, None) for each in then.findings if (each.code, each.about) not in told
    )
    # 5.5.4: revoked only after the proven moment is no reason, as long as there is another.
    without = [
        CertificateFinding(each.found, None)
        if isinstance(each, CertificateFinding) and _is_revoked_after(each.found, certificate, proven_at)
        else each
        for each in findings
    ]
    if any(each.sub_indication is not None for each in without):
        findings = list(without)
    return CertificateOutcome((*findings, *remarks), today)


def _meaning(found: Sentence, certificate: CertificateFacts) -> SubIndication | None:
    """What a certificate's finding means for the signature: only the signer's own beginning makes it a failure (5.5.4)."""
    sub = None if found.sub_indication is None else OF_CERTIFICATE[found.sub_indication]
    if sub is SubIndication.NOT_YET_VALID and found.about != certificate.words:
        return SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE
    return sub


def _is_revoked_after(found: Sentence, certificate: CertificateFacts, moment: dt.datetime) -> bool:
    return (
        isinstance(found, StatusFinding)
        and found.certificate == certificate
        and found.status.verdict is Verdict.REVOKED
        and found.status.revoked_at is not None
        and found.status.revoked_at > moment
    )
