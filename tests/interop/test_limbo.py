"""The judge against x509-limbo: no false accept, and every false reject has its reason in a table."""

import time
from pathlib import Path

import pytest

from tests.interop import limbo

CASES = limbo.cases()
TABLE = Path(__file__).resolve().parents[2] / "docs" / "validation" / "limbo.md"
pytestmark = pytest.mark.skipif(not CASES, reason="the shared vectors (limbo) are not at hand")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_comes_to_what_the_suite_expects_or_the_table_says_why_not(case: limbo.Case) -> None:
    begun = time.perf_counter()
    accepted = limbo.accepts(case, limbo.report_of(case))

    if case.name in limbo.FALSE_REJECTS:
        assert case.is_valid
        assert not accepted, "it passes now: take it out of the table"
    else:
        assert accepted is case.is_valid
    # Most hostile cases take milliseconds; the bound holds on a loaded machine.
    assert time.perf_counter() - begun < 10


def test_the_suite_is_whole() -> None:
    assert len(CASES) == 137


def test_the_table_of_false_rejects_is_the_one_in_the_docs() -> None:
    text = TABLE.read_text(encoding="utf-8")
    listed = {line.split("|")[1].strip(" `") for line in text.splitlines() if line.startswith("| `")}
    assert listed == set(limbo.FALSE_REJECTS)
