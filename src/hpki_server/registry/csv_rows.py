"""Reading the registry's CSV files: one row at a time, in bounded memory, every refusal with its reason in words.

Columns, by their heading, in any order: 登録番号, 登録年月日, 生年月日, and either 姓 and 名 or 氏名 (with a space between
them).  資格 (医師 when the column is missing), フリガナ, 旧姓, 通称 and ローマ字 may be there.  UTF-8 (with or without BOM) or
CP932.  A glyph without a character is written as its MJ code: &MJ026190;
"""

import codecs
import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hpki.certs.qualifications import qualifications
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.typed_dates import NotADate, read_typed_date
from hpki_server.registry.matching import read_number

if TYPE_CHECKING:
    import _csv

MOST_OCTETS = 128 * 1024 * 1024
MOST_ROWS = 1_000_000
_CHUNK = 1024 * 1024
_LONGEST_CELL = 200
_LONGEST_NAME = 120
_REQUIRED = ("登録番号", "登録年月日", "生年月日")
_NAME_PAIR = ("姓", "名")
_WHOLE_NAME = "氏名"


@dataclass(frozen=True)
class RegistryRow:
    """One row that could be read."""

    line: int
    qualification: str
    number: str
    family_name: str
    given_name: str
    kana: str
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
    encoding = encoding_of(stream)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    reader = csv.reader(text, strict=True)
    try:
        yield from _read(reader)
    except csv.Error as error:
        sentence = format_lazy(
            _("{line} 行目から先を CSV として読めません。引用符の閉じ忘れをお確かめください。"),
            line=reader.line_num,
        )
        raise Denied([Denial("not_csv", sentence)]) from error
    finally:
        text.detach()


def encoding_of(stream: BinaryIO) -> str:
    """Reads the file once: UTF-8 if every octet fits, else CP932 if every octet fits."""
    stream.seek(0)
    size = 0
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8-sig", "cp932")}
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > MOST_OCTETS:
            raise Denied(
                [Denial("too_large", _("ファイルが大きすぎます（上限 128 MB）。分けてお送りください。"))]
            )
        decoders = {name: decoder for name, decoder in decoders.items() if _takes(decoder, chunk)}
    for name, decoder in decoders.items():
        if _takes(decoder, b"", final=True):
            return name
    raise Denied(
        [
            Denial(
                "unknown_encoding",
                _("文字コードを読み取れません。UTF-8 または Shift_JIS（CP932）で保存してください。"),
            )
        ]
    )


def _takes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _read(reader: "_csv.Reader") -> Iterator[RegistryRow | RefusedRow]:
    columns = [cell.strip() for cell in next(reader, [])]
    _check_columns(columns)
    codes = {entry.name_ja: entry.code for entry in qualifications()}
    for count, cells in enumerate(reader, start=1):
        if count > MOST_ROWS:
            raise Denied(
                [Denial("too_many_rows", _("行数が多すぎます（上限 100 万行）。分けてお送りください。"))]
            )
        if any(cell.strip() for cell in cells):
            yield _row(reader.line_num, columns, cells, codes)


def _check_columns(columns: list[str]) -> None:
    missing = [name for name in _REQUIRED if name not in columns]
    if _WHOLE_NAME not in columns and not all(part in columns for part in _NAME_PAIR):
        missing.append("姓・名")
    if missing:
        sentence = format_lazy(
            _("見出しに次の列がありません: {columns}。1 行目を見出しにしてください。"),
            columns="、".join(missing),
        )
        raise Denied([Denial("columns_missing", sentence)])


def _row(line: int, columns: list[str], cells: list[str], codes: dict[str, str]) -> RegistryRow | RefusedRow:
    if len(cells) != len(columns):
        sentence = format_lazy(
            _("列の数が見出しと違います（見出し {expected}、この行 {found}）。"),
            expected=len(columns),
            found=len(cells),
        )
        return RefusedRow(line, "", (sentence,))
    cell = {name: value.strip() for name, value in zip(columns, cells, strict=True)}
    reasons: list[str | Promise] = []
    if any(len(value) > _LONGEST_CELL or "\x00" in value for value in cells):
        return RefusedRow(line, "", (_("長すぎる、または読めない文字を含む欄があります。"),))
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
    kana = cell.get("フリガナ", "")
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
