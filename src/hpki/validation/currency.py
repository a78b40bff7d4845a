"""Lists and answers in time: which of them speak of the judged moment (RFC 5280 5.1.2.4, 5.1.2.5; RFC 6960 4.2.2.1)."""

import datetime as dt
from dataclasses import dataclass

from cryptography import x509

from hpki.certs.printing import moment_words
from hpki.validation.crl_index import RevokedEntry
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts
from hpki.validation.revocation_finding import (
    InPath,
    RevocationDemand,
    RevocationFinding,
    SignerProof,
    Verdict,
)


@dataclass(frozen=True)
class Question:
    """Was this certificate revoked at that moment, as far as this evidence tells?"""

    subject: InPath
    evidence: Evidence
    demand: RevocationDemand
    at: dt.datetime
    proves: SignerProof

    @property
    def certificate(self) -> CertificateFacts:
        """The certificate in question."""
        return self.subject.certificate

    def allows_digest(self, name: str) -> bool:
        """Whether a signature with this hash counts at the moment; a name that is no hash is left to the key."""
        table = self.demand.algorithms
        if table is None or name[:1].isdigit():
            return True
        return any(row.kind == name and (row.until is None or self.at <= row.until) for row in table.hashes)


@dataclass(frozen=True)
class Statement:
    """What one list or answer says of one certificate; `keeps_expired_since` is None when expired ones may be missing."""

    source: str
    this_update: dt.datetime
    next_update: dt.datetime | None
    entry: RevokedEntry | None
    keeps_expired_since: dt.datetime | None = None


@dataclass(frozen=True)
class Refusal:
    """Why a list or answer does not help; a code of `revocation_words.SENTENCES`."""

    code: str
    detail: str = ""
    source: str = ""


def read_statement(statement: Statement, question: Question) -> RevocationFinding | Refusal:
    """What a statement by a proven signer means at the judged moment.

    A revocation that had happened by then counts from any statement, old or new: it is for ever (RFC 5280 5.3.1 knows
    only certificateHold to end).  That a certificate was *not* revoked only a statement in force can say.
    """
    entry, at = statement.entry, question.at
    is_later = statement.this_update > at + question.demand.skew
    if entry is not None and is_later and entry.revoked_at > at:
        entry = None
    is_hold = entry is not None and entry.reason is x509.ReasonFlags.certificate_hold
    if entry is not None and not is_hold:
        return _finding(Verdict.REVOKED, "revoked", statement, entry)
    if refusal := _out_of_force(statement, question, is_later=is_later):
        return refusal
    if entry is not None:
        return _finding(Verdict.ON_HOLD, "on_hold", statement, entry)
    ends, since = question.certificate.not_after, statement.keeps_expired_since
    # RFC 5280 3.3: "An entry MUST NOT be removed from the CRL until it appears on one regularly scheduled CRL issued
    # beyond the revoked certificate's validity period."
    if ends < statement.this_update and (since is None or since > ends):
        return Refusal("dropped", moment_words(statement.this_update), statement.source)
    return _finding(Verdict.GOOD, "not_revoked", statement, None)


def _out_of_force(statement: Statement, question: Question, *, is_later: bool) -> Refusal | None:
    begins, ends = statement.this_update, statement.next_update
    if is_later:
        if question.demand.accept_later:
            return None
        return Refusal("from_later", moment_words(begins), statement.source)
    if ends is None:
        return Refusal("no_end", moment_words(begins), statement.source)
    if question.at > ends:
        return Refusal("stale", moment_words(ends), statement.source)
    return None


def _finding(
    verdict: Verdict, code: str, statement: Statement, entry: RevokedEntry | None
) -> RevocationFinding:
    return RevocationFinding(
        verdict,
        code,
        detail="" if entry is None else moment_words(entry.revoked_at),
        source=statement.source,
        revoked_at=None if entry is None else entry.revoked_at,
        reason=None if entry is None else entry.reason,
        this_update=statement.this_update,
        next_update=statement.next_update,
    )
