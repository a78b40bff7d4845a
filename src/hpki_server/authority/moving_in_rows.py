"""The rows of a file of cards issued before: each one read and judged by itself, every refusal in words.

Columns, in any order: カード番号, 発行日, 有効期限, 会員種別 (日医会員 / 非会員), 医師会コード (the association's code, 01 … 47, or 48 for
海外), 生年月日, 登録番号, 登録年月日, and the name as 姓 and 名 or as 氏名 with a space between them.  They may be joined by 会員ID,
姓カナ・名カナ or フリガナ, 姓ローマ字・名ローマ字 or ローマ字, 資格 (医師 when missing) and 停止日.  Dates in either calendar.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import BinaryIO, Final

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hpki.certs.qualifications import qualifications
from hpki_server.authority.orders import HolderNames
from hpki_server.people.csv_file import CellRow, Limits, read_cells
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.typed_dates import NotADate, read_typed_date
from hpki_server.registry.matching import read_number

# Every physician of Japan has room in one file.
LIMITS: Final = Limits(octets=128 * 1024 * 1024, rows=400_000)
REQUIRED: Final = (
    "カード番号",
    "発行日",
    "有効期限",
    "会員種別",
    "医師会コード",
    ("姓", "氏名"),
    "生年月日",
    "登録番号",
    "登録年月日",
)
# M2: five years from the day of issue.  A year more is a slip of the pen, not a card.
LONGEST_LIFE: Final = dt.timedelta(days=6 * 366)
_CARD_ID = re.compile(r"[0-9A-Z][0-9A-Z-]{2,14}[0-9A-Z]")
_MEMBER_ID = re.compile(r"[0-9A-Za-z-]{0,32}")
_KANA = re.compile(r"[ァ-ヺー・ヽヾ]+(?: [ァ-ヺー・ヽヾ]+)*")
_ROMAJI = re.compile(r"[A-Za-z][A-Za-z' .-]*")
_NAME_MARKS = "・ー々〆〇ヽヾゝゞ'’‐-. 　"
_HIRAGANA_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_MEMBER_KINDS: Final[Mapping[str, MemberKind]] = {
    **dict.fromkeys(("日医会員", "会員", "member"), MemberKind.MEMBER),
    **dict.fromkeys(("非会員", "non-member"), MemberKind.NON_MEMBER),
}

Reason = str | Promise


@dataclass(frozen=True)
class CardRow:
    """One row that could be read; whether its association exists is for the database to say."""

    line: int
    card_id: str
    association_code: str
    names: HolderNames
    born_on: dt.date
    qualification_code: str
    registration_number: str
    registered_on: dt.date
    member_kind: MemberKind
    member_id: str
    issued_on: dt.date
    expires_on: dt.date
    # The card ended on that day, whatever its term.
    stopped_on: dt.date | None


@dataclass(frozen=True)
class RefusedCardRow:
    line: int
    card_id: str
    reasons: tuple[Reason, ...]


def read_card_rows(stream: BinaryIO, *, today: dt.date) -> Iterator[CardRow | RefusedCardRow]:
    """Rows in order; raises `Denied` when the file as a whole cannot be read."""
    for row in read_cells(stream, required=REQUIRED, limits=LIMITS):
        yield _row(row, today=today)


def _row(row: CellRow, *, today: dt.date) -> CardRow | RefusedCardRow:
    if row.fault:
        return RefusedCardRow(row.line, "", (row.fault,))
    cells = _Cells(row.cells)
    card_id = cells.card_id()
    names = cells.names()
    issued_on = cells.day("発行日", _("発行日を日付として読めません。"))
    expires_on = cells.day("有効期限", _("有効期限を日付として読めません。"))
    stopped_on = cells.day("停止日", _("停止日を日付として読めません。")) if cells.text("停止日") else None
    found = CardRow(
        line=row.line,
        card_id=card_id,
        association_code=cells.association_code(),
        names=names,
        born_on=cells.day("生年月日", _("生年月日を日付として読めません。")),
        qualification_code=cells.qualification(),
        registration_number=cells.registration_number(),
        registered_on=cells.day("登録年月日", _("登録年月日を日付として読めません。")),
        member_kind=cells.member_kind(),
        member_id=cells.member_id(),
        issued_on=issued_on,
        expires_on=expires_on,
        stopped_on=stopped_on,
    )
    reasons = cells.faults or [sentence for rule in ROW_RULES if (sentence := rule(found, today))]
    return RefusedCardRow(row.line, row.cells["カード番号"], tuple(reasons)) if reasons else found


# --- what the days must say of one another; pure ---------------------------------------------------------------

RowRule = Callable[[CardRow, dt.date], Reason | None]


def registered_before_born(row: CardRow, _today: dt.date) -> Reason | None:
    return _("登録年月日が生年月日より前です。") if row.registered_on <= row.born_on else None


def issued_before_registered(row: CardRow, _today: dt.date) -> Reason | None:
    return _("発行日が登録年月日より前です。") if row.issued_on < row.registered_on else None


def issued_in_future(row: CardRow, today: dt.date) -> Reason | None:
    return _("発行日が未来の日付です。") if row.issued_on > today else None


def term_out_of_range(row: CardRow, _today: dt.date) -> Reason | None:
    if row.issued_on < row.expires_on and row.expires_on - row.issued_on <= LONGEST_LIFE:
        return None
    return _("有効期限が発行日より前か、6 年より先です。")


def stopped_out_of_range(row: CardRow, today: dt.date) -> Reason | None:
    if row.stopped_on is None or row.issued_on <= row.stopped_on <= today:
        return None
    return _("停止日が発行日より前か、未来の日付です。")


def member_without_membership(row: CardRow, _today: dt.date) -> Reason | None:
    if row.member_kind is MemberKind.NON_MEMBER and row.member_id:
        return _("非会員の行に会員IDがあります。")
    return None


ROW_RULES: Final[tuple[RowRule, ...]] = (
    registered_before_born,
    issued_before_registered,
    issued_in_future,
    term_out_of_range,
    stopped_out_of_range,
    member_without_membership,
)


# --- cells -----------------------------------------------------------------------------------------------------

# Stands in a row that is refused anyway, so that the other cells are judged too.
_NO_DAY: Final = dt.date(1, 1, 1)


@dataclass
class _Cells:
    """The cells of one row; what cannot be read is collected in `faults`."""

    cells: Mapping[str, str]
    faults: list[Reason] = field(default_factory=list)

    def text(self, column: str) -> str:
        return self.cells.get(column, "")

    def card_id(self) -> str:
        typed = _folded(self.text("カード番号")).upper()
        if _CARD_ID.fullmatch(typed) is None:
            self.faults.append(_("カード番号は 4〜16 文字の英数字とハイフンです。"))
        return typed

    def association_code(self) -> str:
        typed = _folded(self.text("医師会コード"))
        return typed.zfill(2) if typed.isdecimal() else typed

    def qualification(self) -> str:
        typed = self.text("資格") or "医師"
        found = _qualification_codes().get(typed)
        if found is None:
            self.faults.append(format_lazy(_("「{name}」という資格はありません。"), name=typed))
        return found or ""

    def registration_number(self) -> str:
        found = read_number(self.text("登録番号"))
        if found is None:
            self.faults.append(_("登録番号が数字ではありません。"))
        return found or ""

    def member_kind(self) -> MemberKind:
        found = _MEMBER_KINDS.get(self.text("会員種別"))
        if found is None:
            self.faults.append(_("会員種別は「日医会員」か「非会員」です。"))
        return found or MemberKind.NON_MEMBER

    def member_id(self) -> str:
        typed = _folded(self.text("会員ID"))
        if _MEMBER_ID.fullmatch(typed) is None:
            self.faults.append(_("会員IDは 32 文字までの英数字です。"))
        return typed

    def day(self, column: str, sentence: Reason) -> dt.date:
        try:
            return read_typed_date(self.text(column))
        except NotADate:
            self.faults.append(sentence)
            return _NO_DAY

    def names(self) -> HolderNames:
        """The glyphs as they stand in the file; kana in full width, romaji in half width."""
        family, given = self._pair(("姓", "名"), "氏名")
        if not family or not given:
            self.faults.append(_("姓と名がそろっていません。氏名の欄では姓と名の間に空白を入れてください。"))
        for name in (family, given):
            self._check_glyphs(name)
        kana = [_kana(part) for part in self._pair(("姓カナ", "名カナ"), "フリガナ")]
        if any(part and _KANA.fullmatch(part) is None for part in kana):
            self.faults.append(_("フリガナはカタカナでご記入ください。"))
        romaji = [
            _folded(part).replace("’", "'") for part in self._pair(("姓ローマ字", "名ローマ字"), "ローマ字")
        ]
        if any(part and _ROMAJI.fullmatch(part) is None for part in romaji):
            self.faults.append(_("ローマ字は半角の英字でご記入ください。"))
        if any(len(part) > 60 for part in (family, given, *kana, *romaji)):
            self.faults.append(
                _("氏名、フリガナ、またはローマ字が長すぎます（姓と名はそれぞれ 60 文字まで）。")
            )
        return HolderNames(family, given, *kana, *romaji)

    def _pair(self, columns: tuple[str, str], whole: str) -> tuple[str, str]:
        family, given = self.text(columns[0]), self.text(columns[1])
        if family or given or not self.text(whole):
            return family, given
        first, *rest = self.text(whole).split()
        return first, " ".join(rest)

    def _check_glyphs(self, name: str) -> None:
        for sign in name:
            category = unicodedata.category(sign)
            # Private-use characters are somebody's own 外字: another machine shows another glyph.
            if category == "Co":
                self.faults.append(_("氏名に外字が使われています。表示できる字に置き換えてください。"))
                return
            if not (category[0] in "LM" or sign in _NAME_MARKS):
                self.faults.append(
                    format_lazy(_("氏名に使えない文字（{sign}）があります。"), sign=f"U+{ord(sign):04X}")
                )
                return


def _folded(typed: str) -> str:
    """Letters and digits in half width: numbers and codes, never names."""
    return unicodedata.normalize("NFKC", typed).strip()


def _kana(typed: str) -> str:
    return " ".join(_folded(typed).translate(_HIRAGANA_TO_KATAKANA).split())


@cache
def _qualification_codes() -> dict[str, str]:
    return {entry.name_ja: entry.code for entry in qualifications()}
