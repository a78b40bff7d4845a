"""The judge: facts, policy and moment in, report out.  Nothing is fetched, and no clock is read.

Paths are tried one after the other until one passes.  When none does, the report tells of the one that came nearest: a
revoked certificate before all, else the path with the fewest findings.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hpki.errors import MalformedInput
from hpki.validation.building import PathSearch, TooMuchWork, Work
from hpki.validation.demands import demand_findings
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, read_certificate
from hpki.validation.finding import Finding, Sentence
from hpki.validation.indication import PRECEDENCE, SubIndication
from hpki.validation.path import NO_VALID_PATH, CertificationPath, PathOutcome, validate_path
from hpki.validation.policy import ANY_POLICY, TrustAnchor, ValidationPolicy
from hpki.validation.report import Report, outcome_of
from hpki.validation.revocation import InPath, RevocationFinding, check_revocation
from hpki.validation.status_finding import StatusFinding

# Signers of lists and answers whose own lists have other signers, and so on: real hierarchies have one such step.
_MAX_SIGNER_DEPTH = 3


@dataclass(frozen=True)
class _JudgedPath:
    outcome: PathOutcome
    findings: tuple[Sentence, ...]
    statuses: tuple[StatusFinding, ...]

    @property
    def passed(self) -> bool:
        return all(found.sub_indication is None for found in self.findings)

    def rank(self) -> tuple[bool, int, int]:
        """How much it should be told, lowest first."""
        _, worst = outcome_of(self.findings)
        revoked = worst in {SubIndication.REVOKED, SubIndication.REVOKED_CA}
        counting = [found for found in self.findings if found.sub_indication is not None]
        return not revoked, len(counting), 0 if worst is None else -PRECEDENCE[worst]


@dataclass
class _Judgement:
    """One question under judgement: its limits, and which signers were proven or are being proven."""

    evidence: Evidence
    policy: ValidationPolicy
    anchors: Sequence[TrustAnchor]
    at: dt.datetime
    work: Work
    proven: dict[tuple[CertificateFacts, CertificateFacts], bool] = field(default_factory=dict)
    proving: list[CertificateFacts] = field(default_factory=list)

    def best_path(
        self, target: CertificateFacts, anchors: Sequence[TrustAnchor], policy: ValidationPolicy
    ) -> tuple[_JudgedPath | None, tuple[Sentence, ...]]:
        """The first path that passes, or the one that came nearest; beside it why there is none."""
        search = PathSearch(anchors, self.evidence.certificates, self.work)
        best: _JudgedPath | None = None
        trouble: tuple[Sentence, ...] = ()
        try:
            for count, path in enumerate(search.paths(target), start=1):
                judged = self._judge_path(path, policy)
                if judged.passed:
                    return judged, ()
                if best is None or judged.rank() < best.rank():
                    best = judged
                if count >= self.work.limits.paths:
                    raise TooMuchWork(f"more than {count} paths")  # noqa: TRY301 - one place tells of too much work
        except TooMuchWork as refused:
            trouble = (Finding("too_much_work", str(refused), target.words),)
        return best, trouble or _no_path(search, target)

    def _judge_path(self, path: CertificationPath, policy: ValidationPolicy) -> _JudgedPath:
        outcome = validate_path(path, policy, self.at)
        found: list[Sentence] = [*outcome.findings, *demand_findings(path, policy)]
        statuses: list[StatusFinding] = []
        if not policy.revocation.required:
            found.append(Finding("status_not_checked", "", path.target.words))
        elif not any(finding.sub_indication in NO_VALID_PATH for finding in outcome.findings):
            statuses = self._statuses(path)
            found.extend(status for status in statuses if not status.status.is_good)
        return _JudgedPath(outcome, tuple(dict.fromkeys(found)), tuple(statuses))

    def _statuses(self, path: CertificationPath) -> list[StatusFinding]:
        """Revocation from the anchor down; below a certificate whose status is not good nothing more is asked."""
        statuses: list[StatusFinding] = []
        whole = path.from_anchor
        for place, certificate in enumerate(path.certificates, start=1):
            status = self._status(InPath(certificate, whole[place - 1], whole[:place]), path.anchor)
            statuses.append(StatusFinding(status, certificate, certificate is path.target))
            if not status.is_good:
                break
        return statuses

    def _status(self, subject: InPath, anchor: TrustAnchor) -> RevocationFinding:
        return check_revocation(
            subject,
            self.evidence,
            self.policy.revocation,
            self.at,
            lambda signer: self._proves_signer(signer, anchor),
        )

    def _proves_signer(self, signer: CertificateFacts, anchor: TrustAnchor) -> bool:
        """RFC 5280 6.3.3 (f): the signer of a list has a valid path that starts at the same trust anchor."""
        key = (signer, anchor.certificate)
        if key in self.proven:
            return self.proven[key]
        if signer in self.proving or len(self.proving) >= _MAX_SIGNER_DEPTH:
            return False
        self.proving.append(signer)
        try:
            best, _ = self.best_path(signer, (anchor,), for_signers(self.policy))
        finally:
            self.proving.pop()
        holds = best is not None and best.passed
        if not self.proving:
            # An answer given while another signer was in question may rest on that one's refusal: it is not kept.
            self.proven[key] = holds
        return holds


def judge(
    certificate: CertificateFacts,
    evidence: Evidence,
    policy: ValidationPolicy,
    anchors: Sequence[TrustAnchor],
    at: dt.datetime,
) -> Report:
    """Whether a certificate was good at a moment under a policy, and why.  Pure: the same input, the same report."""
    serving = [anchor for anchor in anchors if serves(anchor, policy)]
    if not serving:
        return _without_path(certificate, policy, at, (Finding("no_anchor", policy.anchor_purpose or "-"),))
    judgement = _Judgement(evidence, policy, serving, at, Work(policy.limits))
    best, trouble = judgement.best_path(certificate, serving, policy)
    if best is None:
        return _without_path(certificate, policy, at, trouble)
    indication, sub_indication = outcome_of(best.findings)
    return Report(
        indication=indication,
        sub_indication=sub_indication,
        at=at,
        policy=policy.name,
        certificate=certificate,
        path=best.outcome.path.from_anchor,
        findings=best.findings,
        statuses=best.statuses,
        policies=best.outcome.user_policies,
        authority_policies=best.outcome.authority_policies,
    )


def judge_octets(
    certificate_der: bytes,
    evidence: Evidence,
    policy: ValidationPolicy,
    anchors: Sequence[TrustAnchor],
    at: dt.datetime,
) -> Report:
    """The same for octets from outside: what cannot be read as a certificate fails for its format."""
    try:
        certificate = read_certificate(certificate_der)
    except MalformedInput as refused:
        return _without_path(None, policy, at, (Finding("not_readable", refused.why),))
    return judge(certificate, evidence, policy, anchors, at)


def _without_path(
    certificate: CertificateFacts | None,
    policy: ValidationPolicy,
    at: dt.datetime,
    findings: tuple[Sentence, ...],
) -> Report:
    indication, sub_indication = outcome_of(findings)
    return Report(indication, sub_indication, at, policy.name, certificate, (), findings)


def _no_path(search: PathSearch, target: CertificateFacts) -> tuple[Sentence, ...]:
    if search.forged_by is not None:
        forged, issuer = search.forged_by
        return (Finding("bad_signature", issuer.words, forged.words),)
    highest = search.highest or target
    return (Finding("no_path", highest.issuer_words, highest.words),)


def serves(anchor: TrustAnchor, policy: ValidationPolicy) -> bool:
    """Whether an anchor may be used under a policy."""
    return not anchor.purposes or policy.anchor_purpose is None or policy.anchor_purpose in anchor.purposes


def for_signers(policy: ValidationPolicy) -> ValidationPolicy:
    """What is asked of the path to a list's signer: everything but what the relying party asks of end entities."""
    return replace(
        policy,
        initial_policies=frozenset({ANY_POLICY}),
        explicit_policy=False,
        key_usages=frozenset(),
        forbidden_key_usages=frozenset(),
        extended_key_usages=frozenset(),
        forbidden_extended_key_usages=frozenset(),
        end_entity_only=False,
        end_entity_policies=frozenset(),
        refused_policies=frozenset(),
        assumed_mappings=frozenset(),
    )
