"""The revocation lists at hand, asked about one certificate (RFC 5280 6.3.3)."""

from dataclasses import dataclass, field
from typing import Final

from cryptography import x509

from hpki.validation.crl_signer import prove_signer
from hpki.validation.currency import Question, Refusal, Statement, read_statement
from hpki.validation.delta import entry_with_deltas
from hpki.validation.distribution import ALL_REASONS, Point, covers, points_of
from hpki.validation.revocation_finding import RevocationFinding, Verdict
from hpki.validation.revocation_list import RevocationList

# Lists of one issuer that are looked at: a document that was archived again and again carries a dozen.
MOST_LISTS: Final = 64
MOST_POINTS: Final = 32
# Of several reasons why no list helped, the one that came nearest to an answer is told.
_NEARNESS: Final = (
    "other_scope",
    "only_delta",
    "not_conforming",
    "unknown_critical",
    "weak",
    "no_signer",
    "may_not_sign",
    "signer_not_proven",
    "no_end",
    "dropped",
    "from_later",
    "stale",
    "some_reasons",
)


@dataclass
class _Search:
    """What has been found so far: `covered` is reasons_mask of RFC 5280 6.3.2."""

    covered: frozenset[x509.ReasonFlags] = frozenset()
    latest: RevocationFinding | None = None
    refusals: list[Refusal] = field(default_factory=list)


def check_lists(question: Question) -> RevocationFinding:
    """What the lists say: not revoked only when lists in force cover every reason."""
    search = _Search()
    for point in points_of(question.certificate)[:MOST_POINTS]:
        for found in _lists_at(point, question):
            finding = _ask(found, point, question, search)
            if isinstance(finding, Refusal):
                search.refusals.append(finding)
            elif finding is not None:
                if finding.verdict is not Verdict.GOOD:
                    return finding
                search.latest = search.latest or finding
        if search.latest is not None and search.covered == ALL_REASONS:
            return search.latest
    return _undetermined(search, question)


def _lists_at(point: Point, question: Question) -> list[RevocationList]:
    """Lists of the issuer that this point foresees, the newest first (RFC 5280 6.3.3 (b)(1))."""
    issuers = point.issuers or frozenset({question.certificate.issuer_name})
    found = [each for each in question.evidence.crls if each.issuer_name in issuers]
    return sorted(found, key=lambda each: (each.this_update, each.number or 0), reverse=True)[:MOST_LISTS]


def _ask(
    found: RevocationList, point: Point, question: Question, search: _Search
) -> RevocationFinding | Refusal | None:
    """What one list says at one point; None when it covers no reason that is not covered yet."""
    if not covers(found.scope, point, question.certificate):
        return Refusal("other_scope")
    reasons = point.reasons & (ALL_REASONS if found.scope is None else found.scope.reasons)
    if reasons <= search.covered:
        return None
    if refusal := _unusable(found, question):
        return refusal
    signer = prove_signer(found, point, question)
    if isinstance(signer, Refusal):
        return signer
    if found.trouble is not None:
        # Only now: walking the entries of a list costs more than its signature, and anyone can write a long one.
        code, detail = found.trouble
        return Refusal(code, detail, found.words)
    entry, deciding = entry_with_deltas(found, signer, question)
    statement = Statement(
        source=found.words if deciding is found else f"{found.words}; {deciding.words}",
        this_update=found.this_update,
        next_update=found.next_update,
        entry=entry,
        keeps_expired_since=found.expired_since,
    )
    finding = read_statement(statement, question)
    if isinstance(finding, RevocationFinding) and finding.verdict is Verdict.GOOD:
        search.covered |= reasons
    return finding


def _unusable(found: RevocationList, question: Question) -> Refusal | None:
    if found.base_number is not None:
        return Refusal("only_delta", source=found.words)
    if not question.allows_digest(found.signature_words):
        return Refusal("weak", found.signature_words, found.words)
    return None


def _undetermined(search: _Search, question: Question) -> RevocationFinding:
    if search.covered:
        search.refusals.append(Refusal("some_reasons"))
    if not search.refusals:
        return RevocationFinding(Verdict.UNDETERMINED, "no_data", question.certificate.issuer_words)
    nearest = max(search.refusals, key=lambda refusal: _NEARNESS.index(refusal.code))
    return RevocationFinding(Verdict.UNDETERMINED, nearest.code, nearest.detail, nearest.source)
