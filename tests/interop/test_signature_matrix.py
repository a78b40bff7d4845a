"""The matrix of makers and judges has no hole: whoever knows a format passes what is in order."""

import pytest

from tests.interop.signature_matrix import MAKERS, row_of

# What we make in every level and key stands before the judges in the tests of each format.
THEIRS = [maker for maker in MAKERS if not maker.startswith("openhpki")]


@pytest.mark.parametrize("maker", [*THEIRS, "openhpki prescription"])
def test_every_judge_that_knows_the_format_passes_it(maker: str) -> None:
    row = row_of(maker)
    assert row.documents
    assert not row.disagreements()
