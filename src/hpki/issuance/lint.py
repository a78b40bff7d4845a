"""The lints that run before every signature.

A lint is a function from a candidate to findings.  `SLOT_LINTS` judge what differs from certificate to certificate and
run for each one.  `SHAPE_LINTS` judge the rest; they run once for each shape of a template (`Candidate.shape`), because
candidates of one shape are equal there byte for byte.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from hpki.errors import MalformedInput, ProfileViolation
from hpki.issuance import shape_lints, slot_lints
from hpki.issuance.candidate import Candidate
from hpki.issuance.finding import Finding

Lint = Callable[[Candidate], Iterable[Finding]]

SLOT_LINTS: Final[Sequence[Lint]] = slot_lints.ALL
SHAPE_LINTS: Final[Sequence[Lint]] = shape_lints.ALL


def findings_of(candidate: Candidate, lints: Sequence[Lint]) -> list[Finding]:
    """All findings; a value that a lint cannot read is a finding too."""
    found: list[Finding] = []
    for lint in lints:
        try:
            found.extend(lint(candidate))
        except MalformedInput as refused:
            found.append(Finding("not_readable", str(refused), "X.690: DER"))
    return found


def require_clean(candidate: Candidate, lints: Sequence[Lint]) -> None:
    """Raise ProfileViolation with every finding of `lints`; return when there is none."""
    if found := findings_of(candidate, lints):
        raise ProfileViolation(found)
