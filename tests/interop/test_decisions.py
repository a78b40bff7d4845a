"""The decisions of our judge beside EU DSS's, over the facts of DSS's own tests (`decisions.py`)."""

import pytest

from tests.interop.decisions import OTHER, PASSED_HERE, Decision, decisions, lines, unexplained
from tests.interop.dss_judge import dss_judge

# Signatures that are compared, and those of which both say the very same.
_COMPARED = 190
_AGREED = 127


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Decision, ...]:
    return decisions(dss_judge(tmp_path_factory.mktemp("dss")))


def test_our_judge_decides_as_dss_does_or_for_a_reason_that_is_written_down(
    found: tuple[Decision, ...],
) -> None:
    assert len(found) >= _COMPARED
    assert not unexplained(found)
    assert sum(each.kind == "same" for each in found) >= _AGREED, lines(found)


def test_every_listed_difference_is_still_one(found: tuple[Decision, ...]) -> None:
    assert {each.name for each in found if each.kind == "other"} == set(OTHER)
    passed = {each.name for each in found if each.ours == "passed" and each.theirs != "passed"}
    assert passed == set(PASSED_HERE)
