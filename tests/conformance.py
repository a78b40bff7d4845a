"""`python -m tests.conformance`: the scores of the judge in the published suites, and who passes whose signatures."""

import sys
import tempfile
import warnings
from pathlib import Path

from tests.interop import decisions, limbo, pkits, signature_matrix
from tests.interop.dss_judge import dss_judge


def main() -> int:
    """Print the scores; 1 when a case differs without a reason in its table."""
    warnings.simplefilter("error")
    unexplained = [*_pkits(), *_limbo(), *_signatures(), *_decisions()]
    for line in unexplained:
        say(f"  differs: {line}")
    return 1 if unexplained else 0


def say(line: str) -> None:
    """One line of the table."""
    sys.stdout.write(line + "\n")


def _pkits() -> list[str]:
    cases = pkits.cases()
    found = {case: pkits.mismatch(case, pkits.report_of(case)) for case in cases}
    differing = [case for case, mismatch in found.items() if mismatch is not None]
    skipped = [case for case in differing if case.number in pkits.SKIPPED]
    policies = [case for case in cases if case.states_policies]
    agreed = sum(found[case] is None for case in policies)
    say(
        f"NIST PKITS    {len(cases) - len(differing)} of {len(cases)} cases, {len(skipped)} skipped with reason"
    )
    say(f"              {agreed} of {len(policies)} stated policy sets")
    for case in skipped:
        say(f"  skipped: {case.number} {case.title}: {pkits.SKIPPED[case.number]}")
    return [f"{case.number} {case.title}: {found[case]}" for case in differing if case not in skipped]


def _limbo() -> list[str]:
    cases = limbo.cases()
    accepted = {case: limbo.accepts(case, limbo.report_of(case)) for case in cases}
    false_accepts = [case.name for case in cases if accepted[case] and not case.is_valid]
    false_rejects = [case.name for case in cases if case.is_valid and not accepted[case]]
    agreed = len(cases) - len(false_accepts) - len(false_rejects)
    say(
        f"x509-limbo    {agreed} of {len(cases)} cases, {len(false_accepts)} false accepts, "
        f"{len(false_rejects)} false rejects"
    )
    for name in false_rejects:
        say(f"  refused: {name}: {limbo.FALSE_REJECTS.get(name, 'no reason known')}")
    return [*false_accepts, *(name for name in false_rejects if name not in limbo.FALSE_REJECTS)]


def _signatures() -> list[str]:
    say("signatures    made by × passed by")
    differing = []
    for row in signature_matrix.rows():
        say(f"  {row.words()}")
        differing += row.disagreements()
    return differing


def _decisions() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        found = decisions.decisions(dss_judge(Path(folder)))
    say(f"EU DSS        {len(found)} signatures of its own tests, decided by both")
    for line in decisions.lines(found):
        say(f"  {line}")
    return decisions.unexplained(found)


if __name__ == "__main__":
    sys.exit(main())
