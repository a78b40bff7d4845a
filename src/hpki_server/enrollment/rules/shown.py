"""What an officer holds in the hand: a photo ID's number, and the entries that stand on the papers."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from hpki_server.enrollment.rules.papers import IdentityKind


@dataclass(frozen=True)
class ShownNumber:
    """The number of a photo ID as a keyed hash: it tells the same from another, and nothing else."""

    keyed_hash: str
    # The same number was recorded for somebody else before; the service looks it up.
    used_by_another: bool = False
    # At this case's intake the same kind of document bore another number.
    differs_from_earlier: bool = False
    # The officer read it once more.
    reread: bool = False


class WrongNumber(Exception):
    """What was typed is not a number that such a document bears; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# As printed: a passport's two letters and seven figures, the twelve figures of a driving licence, which the certificate
# of driving record keeps; officials' cards differ from office to office.
_SHAPES: dict[IdentityKind, re.Pattern[str]] = {
    IdentityKind.PASSPORT: re.compile(r"[A-Z]{2}[0-9]{7}"),
    IdentityKind.DRIVING_LICENCE: re.compile(r"[0-9]{12}"),
    IdentityKind.DRIVING_RECORD: re.compile(r"[0-9]{12}"),
    IdentityKind.OFFICIAL_CARD: re.compile(r"[0-9A-Z]{1,24}"),
}
# The one number on a マイナンバーカード is the 個人番号, which nobody may write down here (番号法); the 住民基本台帳カード
# bears none on its face.
WITHOUT_NUMBER = frozenset({IdentityKind.MY_NUMBER_CARD, IdentityKind.RESIDENT_CARD})
_NOT_PART_OF_IT = re.compile(r"[\s‐−–—ー/.-]")


def normal_number(kind: IdentityKind, typed: str) -> str:
    """The one spelling of a number: half width, capitals, no separators.  Raises `WrongNumber`; "" stays ""."""
    number = _NOT_PART_OF_IT.sub("", unicodedata.normalize("NFKC", typed)).upper()
    if kind in WITHOUT_NUMBER:
        if number:
            raise WrongNumber("number_not_taken")
        return ""
    number = re.sub(r"^第|号$", "", number)
    if not number:
        return ""
    if not _SHAPES[kind].fullmatch(number):
        raise WrongNumber("number_shape")
    if kind is IdentityKind.OFFICIAL_CARD and is_individual_number(number):
        raise WrongNumber("number_not_taken")
    return number


def is_individual_number(number: str) -> bool:
    """Twelve figures whose last is the check digit of a 個人番号 (平成26年総務省令第85号 5条)."""
    if not re.fullmatch(r"[0-9]{12}", number):
        return False
    total = sum(
        int(figure) * (place + 1 if place <= 6 else place - 5)
        for place, figure in enumerate(reversed(number[:11]), start=1)
    )
    rest = total % 11
    return int(number[11]) == (0 if rest <= 1 else 11 - rest)


class EntryField(StrEnum):
    """What the examiner holds against the papers, entry by entry."""

    NAME = "name"
    BESIDE_NAME = "beside-name"
    BORN_ON = "born-on"
    ADDRESS = "address"
    REGISTRATION_NUMBER = "registration-number"
    REGISTERED_ON = "registered-on"
