"""CSV files that people send: read once as a stream, in bounded memory, in the encodings of the field.

UTF-8 (with or without BOM) or CP932 is told apart by the octets themselves.  The first row names the columns, in any
order.  What is wrong with the file as a whole raises `Denied`: `too_large`, `unknown_encoding`, `columns_missing`,
`columns_twice`, `too_many_rows`, `not_csv`.
"""

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial, Denied

if TYPE_CHECKING:
    import _csv

ENCODINGS = ("utf-8-sig", "cp932")
_CHUNK_OCTETS = 1024 * 1024
_LONGEST_CELL = 200
_STEERING = frozenset("\t\r\n")


@dataclass(frozen=True)
class Limits:
    """What a file may hold at most."""

    octets: int = 128 * 1024 * 1024
    rows: int = 1_000_000


@dataclass(frozen=True)
class CellRow:
    """One row: `cells` by column, without outer space; where `fault` is given, the cells cannot be told apart."""

    line: int
    cells: dict[str, str]
    fault: str | Promise = ""


def file_sha256(stream: BinaryIO) -> str:
    """The file's fingerprint in hexadecimal; the stream stands at its beginning afterwards."""
    stream.seek(0)
    digest = sha256()
    while chunk := stream.read(_CHUNK_OCTETS):
        digest.update(chunk)
    stream.seek(0)
    return digest.hexdigest()


def read_cells(
    stream: BinaryIO, *, required: Sequence[str | tuple[str, ...]], limits: Limits | None = None
) -> Iterator[CellRow]:
    """Rows in order, empty ones left out.  The stream must be seekable.

    `required` names the columns that must be there; of a tuple's columns one is enough.
    """
    bounds = limits or Limits()
    encoding = _encoding(stream, most_octets=bounds.octets)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    reader = csv.reader(text, strict=True)
    try:
        yield from _rows(reader, required, bounds)
    except csv.Error as error:
        sentence = format_lazy(
            _("{line} 行目から先を CSV として読めません。引用符の閉じ忘れをお確かめください。"),
            line=reader.line_num,
        )
        raise Denied([Denial("not_csv", sentence)]) from error
    finally:
        text.detach()


def _encoding(stream: BinaryIO, *, most_octets: int) -> str:
    """Reads the file once: the first encoding that fits every octet."""
    stream.seek(0)
    size = 0
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ENCODINGS}
    while chunk := stream.read(_CHUNK_OCTETS):
        size += len(chunk)
        if size > most_octets:
            sentence = format_lazy(
                _("ファイルが大きすぎます（上限 {most} MB）。分けてお送りください。"),
                most=most_octets // (1024 * 1024),
            )
            raise Denied([Denial("too_large", sentence)])
        decoders = {name: decoder for name, decoder in decoders.items() if _takes(decoder, chunk)}
    for name, decoder in decoders.items():
        if _takes(decoder, b"", final=True):
            return name
    sentence = _("文字コードを読み取れません。UTF-8 または Shift_JIS（CP932）で保存してください。")
    raise Denied([Denial("unknown_encoding", sentence)])


def _takes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _rows(
    reader: "_csv.Reader", required: Sequence[str | tuple[str, ...]], limits: Limits
) -> Iterator[CellRow]:
    columns = [cell.strip() for cell in next(reader, [])]
    _check_columns(columns, required)
    for count, cells in enumerate(reader, start=1):
        if count > limits.rows:
            sentence = format_lazy(
                _("行数が多すぎます（上限 {most} 行）。分けてお送りください。"), most=limits.rows
            )
            raise Denied([Denial("too_many_rows", sentence)])
        if any(cell.strip() for cell in cells):
            yield _row(reader.line_num, columns, cells)


def _check_columns(columns: list[str], required: Sequence[str | tuple[str, ...]]) -> None:
    missing = []
    for wanted in required:
        choices = (wanted,) if isinstance(wanted, str) else wanted
        if not any(name in columns for name in choices):
            missing.append(choices[0])
    if missing:
        sentence = format_lazy(
            _("見出しに次の列がありません: {columns}。1 行目を見出しにしてください。"),
            columns="、".join(missing),
        )
        raise Denied([Denial("columns_missing", sentence)])
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        sentence = format_lazy(_("見出しに同じ列が二つあります: {columns}。"), columns="、".join(twice))
        raise Denied([Denial("columns_twice", sentence)])


def _row(line: int, columns: list[str], cells: list[str]) -> CellRow:
    if len(cells) != len(columns):
        sentence = format_lazy(
            _("列の数が見出しと違います（見出し {expected}、この行 {found}）。"),
            expected=len(columns),
            found=len(cells),
        )
        return CellRow(line, {}, sentence)
    if any(len(cell) > _LONGEST_CELL or "\x00" in cell for cell in cells):
        return CellRow(line, {}, _("長すぎる、または読めない文字を含む欄があります。"))
    return CellRow(line, {name: cell.strip() for name, cell in zip(columns, cells, strict=True)})


def for_a_sheet(text: str) -> str:
    """A cell that a spreadsheet program shows and does not calculate."""
    begins = unicodedata.normalize("NFKC", text).lstrip()[:1]
    return f"'{text}" if text[:1] in _STEERING or (begins and begins in "=+-@") else text


def printable(text: str) -> str:
    """What stands in a file must not steer the terminal on which it is told."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
