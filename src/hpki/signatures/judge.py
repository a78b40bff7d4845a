"""The judge of signed documents: facts, evidence, policy and moment in, report out.  Pure.

EN 319 102-1 5.6.3 (signatures providing long-term availability), of which 5.3 and 5.5 are the first steps: time-stamps
are judged from the newest to the oldest, each good one proves the existence of what it covers, and at last each signature
is judged at the moment by which it is proven to have existed.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from cryptography.x509.oid import ExtensionOID

from hpki import oids
from hpki.certs.printing import moment_words
from hpki.signatures.basic import Identified, crypto_findings, identify, is_intact, strength_findings
from hpki.signatures.certificate_in_time import CertificateJudge
from hpki.signatures.envelope import unverified
from hpki.signatures.facts import DocumentFacts, SignatureFacts, TimeStampFacts, TimeStampKind
from hpki.signatures.finding import SignatureFinding, Told
from hpki.signatures.policy import SignaturePolicy
from hpki.signatures.proofs import ProofsOfExistence
from hpki.signatures.report import DocumentReport, SignatureReport, TimeStampReport
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts
from hpki.validation.policy import TrustAnchor
from hpki.validation.report import Report, is_role_readable, qualifications_of
from hpki.validation.revocation import Verdict

# A document renewed every four years for a century carries some two hundred certificates.
MOST_CARRIED: Final = 1024
_LAST: Final = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


@dataclass
class _Court:
    """One document under judgement."""

    policy: SignaturePolicy
    proofs: ProofsOfExistence
    certificates: CertificateJudge
    pool: tuple[CertificateFacts, ...]
    stamps: dict[int, TimeStampReport] = field(default_factory=dict)
    signers: dict[bytes, Identified] = field(default_factory=dict)

    def kept(self, troubles: tuple[SignatureFinding, ...]) -> tuple[SignatureFinding, ...]:
        """What the reader found, without what only a strict policy asks about."""
        if self.policy.strict_envelope:
            return troubles
        return tuple(each for each in troubles if each.code != "envelope_unverified")

    def identify(self, facts: SignatureFacts) -> Identified:
        """Who signed; asked once for a signature."""
        key = facts.identity + facts.place.encode()
        if key not in self.signers:
            wanted = self.policy.require_signing_certificate
            self.signers[key] = identify(facts, self.pool, must_be_signed=wanted)
        return self.signers[key]

    def judge_stamps(self, document: DocumentFacts) -> None:
        """Every time-stamp, the newest first; of equals the one that covers the other."""
        found = list(document.all_time_stamps())
        signed_by = {
            each.identity: each for one in document.signatures for each in one.with_counter_signatures()
        }
        times = {each.token.identity: each.stamped_at for each in found if each.token is not None}
        found.sort(key=lambda each: (each.stamped_at or _LAST, len(each.covers)), reverse=True)
        for facts in found[: self.policy.most_time_stamps]:
            report = self._judge_stamp(facts, times)
            self.stamps[id(facts)] = report
            if report.is_proof and facts.stamped_at is not None and facts.stamped_at <= self.proofs.at:
                self.proofs.add(facts.covers, facts.stamped_at)
                self.proofs.add(self._signed_certificates(facts, signed_by), facts.stamped_at)

    def _signed_certificates(
        self, facts: TimeStampFacts, signed_by: dict[bytes, SignatureFacts]
    ) -> Iterator[bytes]:
        """A signature that existed had bound its certificate by digest, so that one existed too."""
        for identity in facts.covers:
            if identity in signed_by:
                certificate = self.identify(signed_by[identity]).certificate
                if certificate is not None:
                    yield certificate.sha256

    def _judge_stamp(self, facts: TimeStampFacts, times: dict[bytes, dt.datetime | None]) -> TimeStampReport:
        token, stamped_at = facts.token, facts.stamped_at
        if token is None or stamped_at is None or facts.imprint is None:
            return TimeStampReport(facts, facts.troubles, None, is_intact=False)
        identified = self.identify(token)
        findings: list[Told] = [*facts.troubles, *self.kept(token.troubles), *identified.findings]
        findings += _imprint_findings(facts)
        findings += crypto_findings(token, identified)
        findings += _order_findings(facts, times)
        proven_at = self.proofs.moment(token.identity)
        suited = replace(token, digests=(*token.digests, facts.imprint, *facts.through))
        findings += strength_findings(suited, identified, self.policy.suite, proven_at)
        certificate, report = identified.certificate, None
        if certificate is not None:
            if not _is_for_time_stamps(certificate):
                findings.append(SignatureFinding("time_stamp_purpose", about=facts.place))
            if stamped_at < certificate.not_before:
                begins = moment_words(certificate.not_before)
                findings.append(SignatureFinding("signed_before_valid", begins, facts.place))
            outcome = self.certificates.judge(certificate, self.policy.time_stamp, proven_at, stamped_at)
            findings += outcome.findings
            report = outcome.report
        if stamped_at > self.proofs.at:
            findings.append(SignatureFinding("time_stamp_later", moment_words(stamped_at), facts.place))
        is_whole = is_intact(token, identified) and not facts.imprint.is_broken
        return TimeStampReport(facts, tuple(findings), certificate, is_whole, report)

    def judge_signature(self, facts: SignatureFacts) -> SignatureReport:
        """One signature with everything upon it, after the time-stamps."""
        identified = self.identify(facts)
        proven_at = self.proofs.moment(facts.identity)
        findings: list[Told] = [*self.kept(facts.troubles), *identified.findings]
        findings += crypto_findings(facts, identified)
        findings += strength_findings(facts, identified, self.policy.suite, proven_at)
        report = None
        if identified.certificate is not None:
            outcome = self.certificates.judge(identified.certificate, self.policy.signer, proven_at)
            findings += outcome.findings
            report = outcome.report
        findings += _demand_findings(facts, identified, self.policy)
        stamps = tuple(self.stamps[id(each)] for each in facts.time_stamps if id(each) in self.stamps)
        if len(stamps) != len(facts.time_stamps):
            findings.append(
                SignatureFinding("too_many", f"{len(facts.time_stamps)} time-stamps", facts.place)
            )
        findings += (_refused(each) for each in stamps if not each.is_proof)
        findings += _too_late(identified.certificate, report, stamps)
        is_proven = self.proofs.is_proven(facts.identity)
        if is_proven and facts.claimed_signed_at is not None and facts.claimed_signed_at > proven_at:
            findings.append(SignatureFinding("claimed_after_proof", moment_words(proven_at), facts.place))
        elif facts.claimed_signed_at is not None and facts.claimed_signed_at > self.proofs.at:
            findings.append(SignatureFinding("claimed_later", moment_words(self.proofs.at), facts.place))
        return SignatureReport(
            facts=facts,
            findings=tuple(dict.fromkeys(findings)),
            signer=identified.certificate,
            is_intact=is_intact(facts, identified),
            proven_at=proven_at if is_proven else None,
            time_stamps=stamps,
            counter_signatures=tuple(self.judge_signature(each) for each in facts.counter_signatures),
            certificate_report=report,
        )


def judge_document(
    document: DocumentFacts,
    evidence: Evidence,
    policy: SignaturePolicy,
    anchors: Sequence[TrustAnchor],
    at: dt.datetime,
    *,
    require_qualification: Collection[str] = (),
) -> DocumentReport:
    """Every signature of a document judged at a moment: the same input, the same report.

    `evidence` is what is at hand beside the document; nothing in either is trusted, trust comes from `anchors` alone.
    `require_qualification` are codes of the qualification table, one of which each signer has to have.
    """
    if require_qualification:
        wanted = policy.required_qualifications | frozenset(require_qualification)
        policy = replace(policy, required_qualifications=wanted)
    carried, is_cut = _bounded(document.evidence)
    known = carried.joined(evidence)
    proofs = ProofsOfExistence(at)
    pool = tuple(dict.fromkeys((*known.certificates, *(anchor.certificate for anchor in anchors))))
    court = _Court(policy, proofs, CertificateJudge(known, anchors, proofs), pool)
    court.judge_stamps(document)
    findings: list[Told] = list(court.kept(document.troubles))
    if policy.strict_envelope:
        findings += unverified(carried, pool)
    if is_cut:
        findings.append(SignatureFinding("too_many", f"over {MOST_CARRIED} certificates, lists or answers"))
    if not document.signatures and not document.time_stamps and not findings:
        findings.append(SignatureFinding("no_signature"))
    stamps = tuple(court.stamps[id(each)] for each in document.time_stamps if id(each) in court.stamps)
    findings += (_refused(each) for each in stamps if not each.is_proof)
    if len(stamps) != len(document.time_stamps):
        findings.append(SignatureFinding("too_many", f"{len(document.time_stamps)} time-stamps"))
    return DocumentReport(
        format=document.format,
        at=at,
        policy=policy.name,
        signatures=tuple(court.judge_signature(each) for each in document.signatures),
        findings=tuple(findings),
        time_stamps=stamps,
    )


def _bounded(carried: Evidence) -> tuple[Evidence, bool]:
    """What a document carries, as much of it as is looked at, and whether it is more: each is held against all others."""
    kept = Evidence(
        carried.certificates[:MOST_CARRIED], carried.crls[:MOST_CARRIED], carried.ocsp_answers[:MOST_CARRIED]
    )
    return kept, kept != carried


def signers_of(document: DocumentFacts, evidence: Evidence) -> list[CertificateFacts]:
    """The certificates behind every signature and time-stamp, as far as they are at hand: whose status has to be known."""
    known = _bounded(document.evidence)[0].joined(evidence).certificates
    found: dict[CertificateFacts, None] = {}
    signatures = [one for each in document.signatures for one in each.with_counter_signatures()]
    signatures += (each.token for each in document.all_time_stamps() if each.token is not None)
    for facts in signatures:
        certificate = identify(facts, known, must_be_signed=False).certificate
        if certificate is not None:
            found[certificate] = None
    return list(found)


def unreadable_document(why: str, policy: SignaturePolicy, at: dt.datetime) -> DocumentReport:
    """The report on octets that are no signed document."""
    return DocumentReport("-", at, policy.name, (), (SignatureFinding("not_readable", why),))


def _imprint_findings(facts: TimeStampFacts) -> Iterator[SignatureFinding]:
    imprint = facts.imprint
    if imprint is None:
        return
    if imprint.is_broken:
        yield SignatureFinding("time_stamp_broken", about=facts.place)
    elif imprint.algorithm is None:
        yield SignatureFinding("algorithm_unknown", imprint.place, facts.place)
    elif imprint.computed is None:
        yield SignatureFinding("time_stamp_not_checked", imprint.place, facts.place)


def _order_findings(
    facts: TimeStampFacts, times: dict[bytes, dt.datetime | None]
) -> Iterator[SignatureFinding]:
    """5.5.4: a time-stamp is not older than one that it covers."""
    for identity in facts.covers:
        covered = times.get(identity)
        if covered is not None and facts.stamped_at is not None and covered > facts.stamped_at:
            yield SignatureFinding("time_stamp_order", moment_words(covered), facts.place)


def _is_for_time_stamps(certificate: CertificateFacts) -> bool:
    """RFC 3161 2.3: extendedKeyUsage with id-kp-timeStamping alone, critical."""
    is_alone = certificate.extended_key_usage == frozenset({oids.EKU_TIME_STAMPING})
    return is_alone and ExtensionOID.EXTENDED_KEY_USAGE in certificate.critical


def _refused(stamp: TimeStampReport) -> SignatureFinding:
    reasons = [found.sentence("en") for found in stamp.findings if found.sub_indication is not None]
    code = "time_stamp_refused"
    if stamp.facts.kind is TimeStampKind.CONTENT and not reasons:
        code = "time_stamp_not_checked"
    return SignatureFinding(code, str(stamp.sub_indication), stamp.facts.place)


def _too_late(
    certificate: CertificateFacts | None, report: Report | None, stamps: Sequence[TimeStampReport]
) -> Iterator[SignatureFinding]:
    """5.3.4: a content time-stamp is older than the signature, which then came after the end or the revocation for sure."""
    moments = [
        each.facts.stamped_at for each in stamps if each.is_proof and each.facts.kind is TimeStampKind.CONTENT
    ]
    earliest = max((moment for moment in moments if moment is not None), default=None)
    if earliest is None or certificate is None:
        return
    if earliest > certificate.not_after:
        yield SignatureFinding("signed_after_end", moment_words(earliest), certificate.words)
    revocations = (
        status.status.revoked_at
        for status in (() if report is None else report.statuses)
        if status.is_target and status.status.verdict is Verdict.REVOKED
    )
    if any(moment is not None and moment < earliest for moment in revocations):
        yield SignatureFinding("signed_after_revocation", moment_words(earliest), certificate.words)


def _demand_findings(
    facts: SignatureFacts, identified: Identified, policy: SignaturePolicy
) -> Iterator[SignatureFinding]:
    """5.2.4 and 5.2.8: what the policy asks of signed attributes, and the qualification."""
    if policy.require_signing_time and facts.claimed_signed_at is None:
        yield SignatureFinding("signing_time_missing", about=facts.place)
    if identified.certificate is not None and not is_role_readable(identified.certificate):
        yield SignatureFinding("role_not_readable", identified.certificate.words, facts.place)
    if policy.required_qualifications and identified.certificate is not None:
        stated = {each.code for each in qualifications_of(identified.certificate)}
        if not stated & policy.required_qualifications:
            wanted = ", ".join(sorted(policy.required_qualifications))
            yield SignatureFinding("qualification_missing", wanted, facts.place)
    yield from _policy_findings(facts, policy)


def _policy_findings(facts: SignatureFacts, policy: SignaturePolicy) -> Iterator[SignatureFinding]:
    named = facts.policy
    if named is None or named.is_implied:
        if policy.require_signature_policy:
            yield SignatureFinding("policy_not_available", "-", facts.place)
        return
    text = policy.signature_policies.get(named.identifier)
    if named.is_zero or not named.hash_value:
        yield SignatureFinding("policy_hash_zero", named.identifier, facts.place)
    elif text is None:
        code = "policy_not_available" if policy.require_signature_policy else "policy_not_checked"
        yield SignatureFinding(code, named.identifier, facts.place)
    elif named.algorithm is None or named.algorithm.digest(text) != named.hash_value:
        yield SignatureFinding("policy_hash_differs", named.identifier, facts.place)
