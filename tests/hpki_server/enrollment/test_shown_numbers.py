"""A photo ID's number: one spelling, a keyed hash, and never a 個人番号."""

from pathlib import Path

import pytest
from pytest_django import Settings

from hpki.keys.secret import Secret
from hpki_server.enrollment.identity_numbers import keyed_hash
from hpki_server.enrollment.rules import IdentityKind
from hpki_server.enrollment.rules.shown import WrongNumber, is_individual_number, normal_number

LICENCE = IdentityKind.DRIVING_LICENCE


@pytest.mark.parametrize(
    ("kind", "typed", "number"),
    [
        (LICENCE, "第 ３０１２ ３４５６ ７８９０ 号", "301234567890"),
        (LICENCE, "3012-3456-7890", "301234567890"),
        (IdentityKind.PASSPORT, "ｔｋ １２３４５６７", "TK1234567"),
        (IdentityKind.OFFICIAL_CARD, "厚労-12", None),
        (IdentityKind.OFFICIAL_CARD, "第A-0012号", "A0012"),
        (LICENCE, "", ""),
        (LICENCE, "30123456789", None),
        (IdentityKind.PASSPORT, "123456789", None),
        (IdentityKind.MY_NUMBER_CARD, "", ""),
    ],
)
def test_a_number_has_one_spelling(kind: IdentityKind, typed: str, number: str | None) -> None:
    if number is None:
        with pytest.raises(WrongNumber) as wrong:
            normal_number(kind, typed)
        assert wrong.value.code == "number_shape"
    else:
        assert normal_number(kind, typed) == number


def test_the_individual_number_is_never_taken() -> None:
    # 123456789018 is the specimen of the ministry's own forms; its last figure is its check digit.
    assert is_individual_number("123456789018")
    assert not is_individual_number("123456789012")
    for kind in (IdentityKind.MY_NUMBER_CARD, IdentityKind.OFFICIAL_CARD):
        with pytest.raises(WrongNumber) as wrong:
            normal_number(kind, "1234 5678 9018")
        assert wrong.value.code == "number_not_taken"


def test_the_hash_is_keyed_by_the_installation_and_bound_to_the_kind(
    settings: Settings, tmp_path: Path
) -> None:
    number = Secret("301234567890")
    here = keyed_hash(LICENCE, number)
    assert len(here) == 64
    assert here == keyed_hash(LICENCE, Secret("3012 3456 7890"))
    # The certificate of driving record keeps the number of the licence.
    assert here == keyed_hash(IdentityKind.DRIVING_RECORD, number)
    assert here != keyed_hash(IdentityKind.OFFICIAL_CARD, number)
    assert keyed_hash(IdentityKind.MY_NUMBER_CARD, Secret("")) == ""
    settings.VAR = tmp_path / "elsewhere"
    assert keyed_hash(LICENCE, number) != here
    key = tmp_path / "elsewhere" / "secrets" / "identity-numbers.key"
    assert key.stat().st_mode & 0o077 == 0
