"""The judge against NIST PKITS: 249 cases, with the policies each path is valid under."""

import pytest

from tests.interop import pkits

CASES = pkits.cases()
pytestmark = pytest.mark.skipif(not CASES, reason="the shared vectors (pkits) are not at hand")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.number} {case.title}")
def test_a_path_comes_to_what_the_suite_expects(case: pkits.Case) -> None:
    if case.number in pkits.SKIPPED:
        pytest.skip(pkits.SKIPPED[case.number])
    assert pkits.mismatch(case, pkits.report_of(case)) is None


def test_the_suite_is_whole() -> None:
    assert len(CASES) == 249
    assert sum(case.is_valid for case in CASES) == 114
    assert sum(case.states_policies for case in CASES) == 57
    assert len(pkits.SKIPPED) <= 2


def test_a_path_that_is_skipped_is_refused_and_not_passed() -> None:
    for case in CASES:
        if case.number in pkits.SKIPPED:
            assert not pkits.report_of(case).is_passed
