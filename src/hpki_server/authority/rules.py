"""May this happen to a card, a key or an issuer?  Facts in, denials out."""

import datetime as dt
import re

CARD_LIFE_YEARS = 5
_PRINTED = re.compile(r"(\d{2})-(\d{7})-(\d)")


def check_digit(digits: str) -> str:
    """ISO/IEC 7064 MOD 11,10: finds every wrong digit and every exchange of neighbours but 0/9-like pairs."""
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def printed_number(prefecture: str, number: int) -> str:
    """The card's number as on its face: prefecture, seven digits, check digit, e.g. `33-0000001-6`."""
    digits = f"{prefecture}{number:07d}"
    return f"{prefecture}-{number:07d}-{check_digit(digits)}"


def is_printed_number(typed: str) -> bool:
    """Whether what someone typed can be a card's number at all."""
    match = _PRINTED.fullmatch(typed)
    return match is not None and check_digit(match[1] + match[2]) == match[3]


def expires_on(ordered_on: dt.date) -> dt.date:
    """The last day of a card ordered on a day: five years less one day, so that no certificate lives longer."""
    try:
        anniversary = ordered_on.replace(year=ordered_on.year + CARD_LIFE_YEARS)
    except ValueError:  # 29 February
        anniversary = dt.date(ordered_on.year + CARD_LIFE_YEARS, 3, 1)
    return anniversary - dt.timedelta(days=1)
