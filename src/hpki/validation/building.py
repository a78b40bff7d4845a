"""Path building: from a certificate up to a trust anchor, through whatever certificates are at hand (RFC 4158).

The search goes depth first and comes back from dead ends.  Certificates at hand come from anywhere, so the work is
counted, and the count does not depend on what is remembered: the same question always ends the same way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hpki.errors import HpkiError
from hpki.validation.distinguished_names import NormalisedName
from hpki.validation.facts import CertificateFacts
from hpki.validation.path import CertificationPath
from hpki.validation.policy import TrustAnchor, WorkLimits
from hpki.validation.signature_check import signature_holds


class TooMuchWork(HpkiError):
    """The certificates at hand ask for more work than is done."""


@dataclass
class Work:
    """What is left of the limits for one judgement."""

    limits: WorkLimits
    signatures: int = 0
    steps: int = 0

    def step(self) -> None:
        """One more certificate was looked at.  Raises TooMuchWork."""
        self.steps += 1
        if self.steps > self.limits.steps:
            raise TooMuchWork(f"more than {self.limits.steps} steps")

    def signature(self) -> None:
        """One more signature is verified.  Raises TooMuchWork."""
        self.signatures += 1
        if self.signatures > self.limits.signatures:
            raise TooMuchWork(f"more than {self.limits.signatures} signatures")


@dataclass
class PathSearch:
    """The search for paths of one certificate; afterwards `highest` and `forged_by` tell how far it came."""

    anchors: Sequence[TrustAnchor]
    pool: tuple[CertificateFacts, ...]
    work: Work
    highest: CertificateFacts | None = None
    forged_by: tuple[CertificateFacts, CertificateFacts] | None = None

    def paths(self, target: CertificateFacts) -> Iterator[CertificationPath]:
        """Every path whose names and signatures chain, the likeliest first.  Raises TooMuchWork."""
        self.highest = target
        yield from self._climb((target,))

    def _climb(self, below: tuple[CertificateFacts, ...]) -> Iterator[CertificationPath]:
        certificate = below[0]
        self.work.step()
        for anchor in sorted(self._anchors_of(certificate), key=lambda a: _rank(a.certificate, certificate)):
            if self._links(anchor.certificate, certificate):
                yield CertificationPath(anchor, below)
        # Self-issued certificates of a rolled-over key do not count (RFC 5280 4.2.1.9), but they end somewhere too.
        intermediates = [each for each in below[:-1] if not each.is_self_issued]
        if (
            len(intermediates) >= self.work.limits.intermediates
            or len(below) > 2 * self.work.limits.intermediates + 1
        ):
            return
        passed = {_name_and_key(each) for each in below}
        anchored = {anchor.certificate for anchor in self.anchors}
        for candidate in sorted(self._issuers_of(certificate), key=lambda c: _rank(c, certificate)):
            # RFC 4158 2.4.2: a path that comes by the same name and key again is a loop.
            if _name_and_key(candidate) in passed or candidate in anchored:
                continue
            if not self._links(candidate, certificate):
                continue
            if len(below) == 1 or self.highest is certificate:
                self.highest = candidate
            yield from self._climb((candidate, *below))

    def _anchors_of(self, certificate: CertificateFacts) -> Iterator[TrustAnchor]:
        return (
            anchor for anchor in self.anchors if anchor.certificate.subject_name == certificate.issuer_name
        )

    def _issuers_of(self, certificate: CertificateFacts) -> Sequence[CertificateFacts]:
        return _by_subject(self.pool).get(certificate.issuer_name, ())

    def _links(self, issuer: CertificateFacts, certificate: CertificateFacts) -> bool:
        self.work.signature()
        if signature_holds(issuer, certificate):
            return True
        if _key_matches(issuer, certificate) is True and self.forged_by is None:
            self.forged_by = certificate, issuer
        return False


def _rank(issuer: CertificateFacts, certificate: CertificateFacts) -> tuple[bool, bool]:
    """Likelier issuers first: the key identifier fits or at least does not differ, and it may sign certificates."""
    matches = _key_matches(issuer, certificate)
    return matches is False, not issuer.is_authority


def _key_matches(issuer: CertificateFacts, certificate: CertificateFacts) -> bool | None:
    """Whether the key identifiers name each other; None when one of them says nothing.

    RFC 5280 4.2.1.1 gives them to help building, so a difference alone refuses nothing.
    """
    authority_key = certificate.authority_key_identifier
    wanted = None if authority_key is None else authority_key.key_identifier
    if wanted is None or issuer.subject_key_identifier is None:
        return None
    return wanted == issuer.subject_key_identifier


def _name_and_key(certificate: CertificateFacts) -> tuple[NormalisedName, bytes]:
    return certificate.subject_name, certificate.spki_der


@lru_cache(maxsize=16)
def _by_subject(pool: tuple[CertificateFacts, ...]) -> dict[NormalisedName, list[CertificateFacts]]:
    found: dict[NormalisedName, list[CertificateFacts]] = {}
    for certificate in dict.fromkeys(pool):
        found.setdefault(certificate.subject_name, []).append(certificate)
    return found
