"""A certificate of the past: could it still be believed at a proven moment?  (EN 319 102-1 5.6.2.1, 5.6.2.2)

Past certificate validation takes a path inside the life of all its certificates and slides a control time down along it:
each certificate needs revocation data that are *proven to have existed* by then; revocation, the age of the data and
weak algorithms move the control time back.  What was signed by the control time stands.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hpki.signatures.proofs import ProofsOfExistence
from hpki.validation.algorithms import AlgorithmTable, key_strength
from hpki.validation.building import PathSearch, TooMuchWork, Work
from hpki.validation.demands import demand_findings
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts
from hpki.validation.judge import for_signers, judge, serves
from hpki.validation.path import CertificationPath, validate_path
from hpki.validation.policy import TrustAnchor, ValidationPolicy
from hpki.validation.revocation import InPath, Verdict, check_revocation


@dataclass(frozen=True)
class PastPath:
    """A path that held until `control`."""

    path: CertificationPath
    control: dt.datetime


@dataclass(frozen=True)
class Past:
    """What past validation goes by."""

    evidence: Evidence
    policy: ValidationPolicy
    anchors: Sequence[TrustAnchor]
    proofs: ProofsOfExistence

    def best_path(self, target: CertificateFacts) -> PastPath | None:
        """The path with the latest control time; None when there is none or its data have no proof of existence."""
        serving = [anchor for anchor in self.anchors if serves(anchor, self.policy)]
        search = PathSearch(serving, self.evidence.certificates, Work(self.policy.limits))
        best: PastPath | None = None
        try:
            for count, path in enumerate(search.paths(target)):
                if count >= self.policy.limits.paths:
                    break
                control = self._control(path) if self._held_once(path) else None
                if control is not None and (best is None or control > best.control):
                    best = PastPath(path, control)
        except TooMuchWork:
            return best
        return best

    def _held_once(self, path: CertificationPath) -> bool:
        """5.6.2.1.4 step 2: the path is valid at a moment "from the intersection of the validity intervals"."""
        begins = max(each.not_before for each in path.from_anchor)
        ends = min(each.not_after for each in path.from_anchor)
        if begins > ends:
            return False
        moment = min(max(begins, path.anchor.not_before or begins), ends)
        timeless = replace(self.policy, algorithms=None)
        found = (*validate_path(path, timeless, moment).findings, *demand_findings(path, timeless))
        return all(finding.sub_indication is None for finding in found)

    def _control(self, path: CertificationPath) -> dt.datetime | None:
        """5.6.2.2.4: the control time after the last certificate; None for NO_POE."""
        ends = path.anchor.not_after or path.anchor.certificate.not_after
        # Stricter than the standard, which lets an anchor's end pass: what it signed after that is not believed.
        control = min(self.proofs.at, ends, path.anchor.certificate.not_after)
        whole = path.from_anchor
        for place, certificate in enumerate(path.certificates, start=1):
            if self.proofs.moment(certificate.sha256) > control:
                return None
            subject = InPath(certificate, whole[place - 1], whole[:place])
            slid = self._slid(subject, control, path.anchor)
            if slid is None:
                return None
            control = min(
                slid, certificate.not_after, _good_until(certificate, self.policy.algorithms) or slid
            )
        return control

    def _slid(self, subject: InPath, control: dt.datetime, anchor: TrustAnchor) -> dt.datetime | None:
        """The control time that the status of one certificate leaves."""
        if not self.policy.revocation.required:
            return control
        known = self.proofs.known_by(self.evidence, control)
        for moment in _moments(known, control):
            demand = replace(self.policy.revocation, accept_later=False)

            def proves(signer: CertificateFacts, when: dt.datetime = moment) -> bool:
                return judge(signer, known, for_signers(self.policy), (anchor,), when).is_passed

            found = check_revocation(subject, known, demand, moment, proves)
            if found.is_good:
                return moment
            if found.verdict is Verdict.REVOKED and found.revoked_at is not None:
                return min(moment, found.revoked_at)
        return None


def _moments(known: Evidence, control: dt.datetime) -> Iterator[dt.datetime]:
    """Moments at which the data at hand may speak, the latest first: now, else when a list or answer was fresh."""
    issued = {each.this_update for each in known.crls}
    issued |= {single.this_update for answer in known.ocsp_answers for single in answer.singles}
    yield control
    yield from sorted((moment for moment in issued if moment < control), reverse=True)


def _good_until(certificate: CertificateFacts, table: AlgorithmTable | None) -> dt.datetime | None:
    """The last moment at which the key and the signature of a certificate were strong enough; None for no end."""
    if table is None:
        return None
    kind, bits = key_strength(certificate.public_key)
    ends = [
        _latest(row.until for row in table.keys if row.kind == kind and bits >= row.bits),
        _latest(row.until for row in table.hashes if row.kind == certificate.signature_hash),
    ]
    told = [end for end in ends if end is not None]
    return min(told, default=None)


def _latest(ends: Iterator[dt.datetime | None]) -> dt.datetime | None:
    """The latest end; None when one has no end."""
    found = list(ends)
    told = [end for end in found if end is not None]
    if not found:
        return dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return max(told) if len(told) == len(found) else None
