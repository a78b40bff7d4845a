"""What is asked of revocation data, and what came out of looking at them."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography import x509

from hpki.certs.wording import REASONS
from hpki.validation.algorithms import STRENGTHS, AlgorithmTable
from hpki.validation.facts import CertificateFacts
from hpki.validation.revocation_words import SENTENCES

# Does this signer of a list or answer have a valid path at the judged moment, to the anchor of the certificate under
# judgement (RFC 5280 6.3.3 (f))?  A signer that is being proven already is not proven by itself.
SignerProof = Callable[[CertificateFacts], bool]


@dataclass(frozen=True)
class RevocationDemand:
    """What a policy asks of revocation data.

    `required` False: nobody looks.  `use_deltas` is use-deltas-set of RFC 5280 6.3.1.  `accept_later` takes a list or
    answer issued after the judged moment as well, which is how a signature of the past is judged; without it such data
    only ever prove a revocation.  `skew` is how far the issuer's clock may be ahead of ours.  `life_without_end` is how
    long an OCSP answer without nextUpdate is taken for fresh.  `algorithms` says which hashes may sign the data; None
    takes any.
    """

    required: bool = True
    use_deltas: bool = True
    accept_later: bool = False
    skew: dt.timedelta = dt.timedelta(minutes=5)
    life_without_end: dt.timedelta = dt.timedelta(minutes=5)
    algorithms: AlgorithmTable | None = field(default=STRENGTHS, repr=False)


@dataclass(frozen=True)
class InPath:
    """A certificate in a path that holds down to its issuer; `above` is that path with the anchor's certificate."""

    certificate: CertificateFacts
    issuer: CertificateFacts
    above: tuple[CertificateFacts, ...]


class Verdict(StrEnum):
    """What revocation data say of a certificate at a moment."""

    GOOD = "good"
    NOT_NEEDED = "not_needed"
    REVOKED = "revoked"
    ON_HOLD = "on_hold"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class RevocationFinding:
    """The outcome for one certificate; `code` is a key of `revocation_words.SENTENCES`, `source` names the data."""

    verdict: Verdict
    code: str
    detail: str = ""
    source: str = ""
    revoked_at: dt.datetime | None = None
    reason: x509.ReasonFlags | None = None
    this_update: dt.datetime | None = None
    next_update: dt.datetime | None = None

    @property
    def is_good(self) -> bool:
        """Nothing stands against the certificate: it is not revoked, or no revocation data are foreseen for it."""
        return self.verdict in {Verdict.GOOD, Verdict.NOT_NEEDED}

    @property
    def clause(self) -> str:
        """The standard and clause."""
        return SENTENCES[self.code].clause

    def sentence(self, lang: str) -> str:
        """The sentence in Japanese ("ja") or English, with the data it rests on."""
        words = SENTENCES[self.code].in_language(lang)
        reason = ""
        if self.reason is not None:
            reason = REASONS[self.reason.name].in_language(lang)
        elif "{reason}" in words:
            reason = REASONS["unspecified"].in_language(lang)
        sentence = words.format(detail=self.detail, reason=reason)
        if not self.source:
            return sentence
        return f"{sentence}（{self.source}）" if lang == "ja" else f"{sentence} ({self.source})"
