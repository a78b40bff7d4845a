"""Proofs of existence: the latest moment by which something is known to have been there (EN 319 102-1 5.6.2.3)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from hpki.validation.evidence import Evidence


@dataclass
class ProofsOfExistence:
    """Moments by SHA-256 identity.  Everything at hand exists at `at`, the moment of judging (5.6.3.4, step 1)."""

    at: dt.datetime
    _moments: dict[bytes, dt.datetime] = field(default_factory=dict)

    def add(self, identities: Iterable[bytes], moment: dt.datetime) -> None:
        """These things existed at a moment; an earlier proof stays."""
        for identity in identities:
            known = self._moments.get(identity)
            if known is None or moment < known:
                self._moments[identity] = moment

    def moment(self, identity: bytes) -> dt.datetime:
        """The earliest moment at which a thing is known to have existed."""
        return min(self._moments.get(identity, self.at), self.at)

    def is_proven(self, identity: bytes) -> bool:
        """Whether more than its being at hand is known of it."""
        return identity in self._moments and self._moments[identity] <= self.at

    def known_by(self, evidence: Evidence, moment: dt.datetime) -> Evidence:
        """The revocation data that are known to have existed at a moment; certificates are asked for one by one."""
        return Evidence(
            evidence.certificates,
            tuple(each for each in evidence.crls if self.moment(each.sha256) <= moment),
            tuple(each for each in evidence.ocsp_answers if self.moment(each.sha256) <= moment),
        )
