"""The square on our own forms, and the one that nobody may hand in."""

import io

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hpki_server.enrollment import papers, scanned_codes
from hpki_server.enrollment.papers import PaperRefused
from hpki_server.enrollment.rules.shown import is_individual_number

# A made-up number whose last digit checks; it is nobody's.
NUMBER = "123456789018"


def sheet_with(text: str, *, turned: int = 0) -> bytes:
    """A photographed sheet with one square code on it."""
    stream = io.BytesIO()
    segno.make(text, error="m", micro=False).save(stream, kind="png", scale=5, border=4)
    sheet = Image.new("RGB", (1400, 1000), (244, 243, 238))
    sheet.paste(Image.open(stream).convert("RGB").rotate(turned, expand=True), (800, 500))
    jpeg = io.BytesIO()
    sheet.save(jpeg, "JPEG", quality=80)
    return jpeg.getvalue()


def test_a_form_s_code_is_read_back_from_its_picture() -> None:
    code = scanned_codes.new_form_code()
    assert papers.codes_of(sheet_with(code)) == (code,)
    assert papers.codes_of(sheet_with(code, turned=90)) == (code,)


def test_a_form_s_code_is_read_however_the_scanner_types_it() -> None:
    code = scanned_codes.new_form_code()
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
    for typed in (code, code.lower(), scanned_codes.written(code), f"  {wide} \n", "-".join(code)):
        assert scanned_codes.read_form_code(typed) == code


@given(st.integers(0, 13), st.integers(1, 9))
def test_a_wrong_digit_is_noticed(place: int, by: int) -> None:
    code = scanned_codes.new_form_code()
    digit = (int(code[1 + place]) + by) % 10
    assert scanned_codes.read_form_code(f"{code[: 1 + place]}{digit}{code[2 + place :]}") is None


@pytest.mark.parametrize("typed", ["", "F", "33-2026-000001", "12345678901234", "F1234567890123x"])
def test_what_is_no_code_of_a_form_is_none(typed: str) -> None:
    assert scanned_codes.read_form_code(typed) is None


@pytest.mark.parametrize(
    ("digits", "looks_so"),
    [(NUMBER, True), ("123456789012", False), ("12345678901", False), ("12345678901８", False), ("", False)],
)
def test_a_number_with_its_check_digit_is_known(*, digits: str, looks_so: bool) -> None:
    assert is_individual_number(digits) is looks_so


@given(st.integers(0, 10**11 - 1))
def test_of_ten_last_digits_exactly_one_checks(body: int) -> None:
    fitting = [last for last in range(10) if is_individual_number(f"{body:011d}{last}")]
    assert len(fitting) == 1


@pytest.mark.parametrize(
    "text", [NUMBER, "個人番号 1234 5678 9018", f"x{NUMBER}y", "１２３４　５６７８　９０１８"]
)
def test_the_reverse_of_a_my_number_card_is_refused(text: str) -> None:
    with pytest.raises(PaperRefused) as refusal:
        papers.read_paper(sheet_with(text))
    assert refusal.value.code == "individual_number"


@pytest.mark.parametrize("text", ["https://example.jp/?n=123456789012", "33-2026-000001", f"1{NUMBER}"])
def test_other_codes_pass(text: str) -> None:
    assert papers.read_paper(sheet_with(text)).media_type == "image/jpeg"
