"""Numbers that people copy: of invoices, with check digits, and of the registered invoice issuer."""

import re
import unicodedata
from typing import Final

from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial, Denied

_LENGTH: Final = 10
# What people put between the digits of a number.
_DASHES: Final = re.compile(r"(?<=\d)[-‐－ー.](?=\d)")
_SPACES: Final = re.compile(r"(?<=\d)\s+(?=\d)")
_RUNS: Final = re.compile(r"(?<!\d)\d{10}(?!\d)")
_REGISTRATION: Final = re.compile(r"T\d{13}")

BAD_REGISTRATION_NUMBER: Final = Denial(
    "bad_registration_number",
    _("登録番号は T と 13 桁の数字です。検査数字が合いません。国税庁の公表サイトでお確かめください。"),
)


def invoice_number(year: int, sequence: int) -> str:
    """Ten digits: year, sequence, and two check digits (ISO/IEC 7064, MOD 97-10), so that no slip of one digit or swap
    of two names another invoice.
    """
    head = f"{year % 100:02d}{sequence:06d}"
    return f"{head}{98 - int(head) * 100 % 97:02d}"


def is_invoice_number(digits: str) -> bool:
    return len(digits) == _LENGTH and digits.isascii() and digits.isdigit() and int(digits) % 97 == 1


def spaced(number: str) -> str:
    """「26-000001-23」, as it is printed and shown."""
    return f"{number[:2]}-{number[2:8]}-{number[8:]}"


def unspaced(typed: str) -> str:
    """What somebody typed, without the signs between the digits and in half width."""
    return _SPACES.sub("", _undashed(typed))


def _undashed(typed: str) -> str:
    return _DASHES.sub("", unicodedata.normalize("NFKC", typed).strip())


def invoice_numbers_in(text: str) -> tuple[str, ...]:
    """Every invoice number that stands in a bank's line, with good check digits."""
    # A space may part the groups of one number, or two numbers.
    runs = [*_RUNS.findall(_undashed(text)), *_RUNS.findall(unspaced(text))]
    return tuple(dict.fromkeys(found for found in runs if is_invoice_number(found)))


def read_registration_number(typed: str) -> str:
    """適格請求書発行事業者の登録番号 of a corporation: T and its 法人番号.  Raises `Denied`: `bad_registration_number`.

    法人番号の指定等に関する省令 第2条: the first digit is 9 less the rest modulo 9 of the weighted sum of the other twelve,
    the last digit weighing 1, the one before it 2, and so on in turn.
    """
    text = unicodedata.normalize("NFKC", typed).strip().upper()
    if not _REGISTRATION.fullmatch(text):
        raise Denied([BAD_REGISTRATION_NUMBER])
    check, *base = (int(digit) for digit in text[1:])
    weighted = sum(digit * (1 if place % 2 == 0 else 2) for place, digit in enumerate(reversed(base)))
    if check != 9 - weighted % 9:
        raise Denied([BAD_REGISTRATION_NUMBER])
    return text
