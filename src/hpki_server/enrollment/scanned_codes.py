"""Codes on paper: the square on our own forms, and the one on the reverse of a マイナンバーカード.

Reading a picture needs no secret and decides nothing; what a code says is a claim until somebody looks it up.
"""

import re
import secrets
import unicodedata

import zxingcpp
from PIL import Image

from hpki_server.enrollment.rules.shown import is_individual_number

FORM_DIGITS = 14
_FORM_CODE = re.compile(r"F(\d{14})")
_SPACES_AND_HYPHENS = re.compile(r"[\s‐−ー–-]")
_SPACES = re.compile(r"\s")
# A run of exactly twelve digits; the law writes the 個人番号 so.
_TWELVE_DIGITS = re.compile(r"(?<!\d)\d{12}(?!\d)")


def new_form_code() -> str:
    """The code of one sheet: twelve random digits and two to check them (ISO/IEC 7064, MOD 97-10)."""
    body = f"{secrets.randbelow(10**12):012d}"
    return f"F{body}{_check_digits(body)}"


def _check_digits(body: str) -> str:
    return f"{98 - int(body) * 100 % 97:02d}"


def read_form_code(typed: str) -> str | None:
    """What a scanner or a person typed, as a form's code; None where it is none or a digit is wrong.

    A keyboard scanner types through the desk's input method, so full-width letters arrive too.
    """
    plain = _SPACES_AND_HYPHENS.sub("", unicodedata.normalize("NFKC", typed)).upper()
    found = _FORM_CODE.fullmatch(plain)
    if found is None:
        return None
    body, check = found[1][:12], found[1][12:]
    return plain if _check_digits(body) == check else None


def written(code: str) -> str:
    """`F 1234 5678 9012 34`, as it stands under the square for people."""
    digits = code.removeprefix("F")
    return " ".join(["F", *(digits[at : at + 4] for at in range(0, len(digits), 4))])


def codes_on(image: Image.Image) -> tuple[str, ...]:
    """The texts of all codes on a picture, each once."""
    grey = image.convert("L")
    pixels = memoryview(grey.tobytes()).cast("B", (grey.height, grey.width))
    return tuple(dict.fromkeys(found.text for found in zxingcpp.read_barcodes(pixels)))


def holds_individual_number(text: str) -> bool:
    """Does a text hold a number that looks like a 個人番号?  The text itself is never kept or shown."""
    # Hyphens stay: our own 33-2026-000001 is no such number.
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text))
    return any(is_individual_number(found) for found in _TWELVE_DIGITS.findall(plain))
