"""Reading the registry's CSV files: one row at a time, in bounded memory, every refusal with its reason in words.

Columns, by their heading, in any order: 登録番号, 登録年月日, 生年月日, and either 姓 and 名 or 氏名 (with a space between
them).  資格 (医師 when the column is missing), フリガナ, 旧姓, 通称 and ローマ字 may be there.  UTF-8 (with or without BOM) or
CP932.  A glyph without a character is written as its MJ code: &MJ026190;
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hpki.certs.qualifications import qualifications
from hpki_server.people.csv_file import Limits, read_cells
from hpki_server.people.typed_dates import NotADate, read_typed_date
from hpki_server.registry.matching import read_number

# Every licence of a profession has room; with all columns a row has about 140 octets.
MOST_OCTETS = 512 * 1024 * 1024
MOST_ROWS = 2_000_000
_LONGEST_NAME = 120
# 姓 and 名, or both in one column 氏名.
_REQUIRED = ("登録番号", "登録年月日", "生年月日", ("姓", "氏名"), ("名", "氏名"))


@dataclass(frozen=True)
class RegistryRow:
    """One row that could be read."""

    line: int
    qualification: str
    number: str
    family_name: str
    given_name: str
    # None: the file has no such column, and says nothing of readings.
    kana: str | None
    born_on: dt.date
    registered_on: dt.date
    # 旧姓, 通称 and ローマ字 as given; empty where the file has none.
    former_name: str = ""
    alias: str = ""
    romaji: str = ""


@dataclass(frozen=True)
class RefusedRow:
    """One row that could not, and why."""

    line: int
    number: str
    reasons: tuple[str | Promise, ...]


def read_rows(stream: BinaryIO) -> Iterator[RegistryRow | RefusedRow]:
    """Rows in order; raises `Denied` when the file as a whole cannot be read.  The stream must be seekable."""
    codes = {entry.name_ja: entry.code for entry in qualifications()}
    limits = Limits(octets=MOST_OCTETS, rows=MOST_ROWS)
    for row in read_cells(stream, required=_REQUIRED, limits=limits):
        yield RefusedRow(row.line, "", (row.fault,)) if row.fault else _row(row.line, row.cells, codes)


def _row(line: int, cell: dict[str, str], codes: dict[str, str]) -> RegistryRow | RefusedRow:
    reasons: list[str | Promise] = []
    if any(len(cell.get(name, "")) > _LONGEST_NAME for name in ("フリガナ", "旧姓", "通称", "ローマ字")):
        reasons.append(_("フリガナ・旧姓・通称・ローマ字は 120 文字までです。"))
    number = read_number(cell["登録番号"])
    if number is None:
        reasons.append(_("登録番号が数字ではありません。"))
    code = codes.get(cell.get("資格", "医師"))
    if code is None:
        reasons.append(format_lazy(_("「{name}」という資格はありません。"), name=cell.get("資格", "")))
    family, given = _names(cell, reasons)
    born_on = _date(cell, "生年月日", _("生年月日を日付として読めません。"), reasons)
    registered_on = _date(cell, "登録年月日", _("登録年月日を日付として読めません。"), reasons)
    if born_on and registered_on and registered_on <= born_on:
        reasons.append(_("登録年月日が生年月日より前です。"))
    if reasons or number is None or code is None or born_on is None or registered_on is None:
        return RefusedRow(line, cell["登録番号"], tuple(reasons))
    beside = [cell.get(name, "") for name in ("旧姓", "通称", "ローマ字")]
    kana = cell.get("フリガナ")
    return RegistryRow(line, code, number, family, given, kana, born_on, registered_on, *beside)


def _names(cell: dict[str, str], reasons: list[str | Promise]) -> tuple[str, str]:
    if "姓" in cell and "名" in cell:
        family, given = cell["姓"], cell["名"]
    else:
        family, *rest = cell["氏名"].split() or [""]
        given = " ".join(rest)
    if not family or not given:
        reasons.append(_("姓と名がそろっていません。氏名の欄では姓と名の間に空白を入れてください。"))
    elif len(family) > 60 or len(given) > 60:
        reasons.append(_("姓または名が長すぎます。"))
    return family, given


def _date(
    cell: dict[str, str], column: str, reason: str | Promise, reasons: list[str | Promise]
) -> dt.date | None:
    try:
        return read_typed_date(cell[column])
    except NotADate:
        reasons.append(reason)
        return None
