"""The table of qualifications."""

import pytest

from hpki.certs.qualifications import (
    QualificationKind,
    qualification,
    qualification_of_hcrole,
    qualifications,
)
from hpki.errors import MalformedInput


def test_the_table_holds_the_licences_and_the_manager_roles() -> None:
    kinds = [entry.kind for entry in qualifications()]

    assert kinds.count(QualificationKind.LICENCE) == 31
    assert kinds.count(QualificationKind.MANAGER) == 5


def test_no_code_and_no_role_string_stands_twice() -> None:
    codes = [entry.code for entry in qualifications()]
    strings = [entry.hcrole for entry in qualifications() if entry.hcrole]

    assert len(set(codes)) == len(codes)
    assert len(set(strings)) == len(strings)


def test_the_physician() -> None:
    physician = qualification("physician")

    assert (physician.name_ja, physician.hcrole) == ("医師", "Medical Doctor")
    assert physician.provenance == "certificates in use"
    assert qualification_of_hcrole("Medical Doctor") is physician


@pytest.mark.parametrize("text", ["medical doctor", "Medical Doctor ", "Witch Doctor", ""])
def test_role_strings_are_compared_exactly(text: str) -> None:
    assert qualification_of_hcrole(text) is None


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(MalformedInput, match="wizard"):
        qualification("wizard")
