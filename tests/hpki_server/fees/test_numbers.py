"""Numbers that people copy, and names as banks write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki_server.fees.bank_names import folded
from hpki_server.fees.invoice_numbers import (
    invoice_number,
    invoice_numbers_in,
    is_invoice_number,
    read_registration_number,
    spaced,
)
from hpki_server.people.denial import Denied

NUMBERS = st.builds(
    invoice_number, st.integers(min_value=2016, max_value=2099), st.integers(min_value=1, max_value=999_999)
)


@given(NUMBERS, st.integers(min_value=0, max_value=9), st.integers(min_value=1, max_value=9))
def test_one_wrong_digit_is_noticed(number: str, place: int, off: int) -> None:
    wrong = number[:place] + str((int(number[place]) + off) % 10) + number[place + 1 :]
    assert is_invoice_number(number)
    assert not is_invoice_number(wrong)


@given(NUMBERS, st.integers(min_value=0, max_value=8))
def test_two_swapped_digits_are_noticed(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert swapped == number or not is_invoice_number(swapped)


@pytest.mark.parametrize(
    "text",
    [
        "2600000126 ﾜﾀﾅﾍﾞ ﾊﾅｺ",
        "26-000001-26ﾜﾀﾅﾍﾞﾊﾅｺ",
        "２６－００００01－２６　ワタナベ　ハナコ",
        "ﾜﾀﾅﾍﾞ ﾊﾅｺ 26 000001 26",
    ],
)
def test_the_number_is_found_however_it_is_written(text: str) -> None:
    assert invoice_number(2026, 1) == "2600000126"
    assert spaced("2600000126") == "26-000001-26"
    assert invoice_numbers_in(text) == ("2600000126",)


@pytest.mark.parametrize("text", ["ﾜﾀﾅﾍﾞ ﾊﾅｺ", "2600000127 ﾜﾀﾅﾍﾞ", "92600000126", "0862242111", ""])
def test_other_digits_are_no_number_of_ours(text: str) -> None:
    assert invoice_numbers_in(text) == ()


def test_two_numbers_in_one_row_are_both_told() -> None:
    assert len(invoice_numbers_in("2600000126 2600000223")) == 2


@pytest.mark.parametrize("typed", ["T7000012050002", " t1180301018771 ", "Ｔ７００００１２０５０００２"])
def test_registration_numbers_of_real_corporations(typed: str) -> None:
    """国税庁 and トヨタ自動車, as the 法人番号公表サイト shows them."""
    assert read_registration_number(typed).startswith("T")


@pytest.mark.parametrize(
    "typed", ["T7000012050003", "7000012050002", "T700001205000", "T70000120500021", "T"]
)
def test_a_mistyped_registration_number_is_refused(typed: str) -> None:
    with pytest.raises(Denied) as denied:
        read_registration_number(typed)
    assert denied.value.codes == ("bad_registration_number",)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("ﾜﾀﾅﾍﾞ ﾊﾅｺ", "ワタナベ　ハナコ"),
        ("ｼﾕﾝｲﾁ ｷﾖｳｺ", "シュンイチ　キョウコ"),
        ("2600000126ﾀｶﾊｼ ｹﾝ", "タカハシ　ケン"),
        ("ｵｵﾀ ﾘﾖｰ", "おおた　りょー"),
    ],
)
def test_a_bank_and_we_write_one_name(theirs: str, ours: str) -> None:
    assert folded(theirs) == folded(ours) != ""
