"""The files that go to the ministry and come back: CSV, one row a request, with a count and a checksum to hold them to.

A batch: heading, one row for each request, and a last row END with the batch's number, the count of rows and their SHA-256.
The sum is of the rows in UTF-8, so it is the same whatever the file is written in.  CP932 lacks many glyphs of names;
there 〓 stands in the name, the code points stand beside it in a column of their own, and a report lists every one.
"""

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hpki.certs.qualifications import qualifications
from hpki_server.registry.names import Glyph, read_glyphs

BATCH_COLUMNS = (
    "照会番号",
    "行",
    "受付番号",
    "資格",
    "登録番号",
    "登録年月日",
    "姓",
    "名",
    "生年月日",
    "氏名の文字コード",
)
ACKNOWLEDGEMENT_COLUMNS = ("照会番号", "件数", "検査値", "受領番号")
ANSWER_COLUMNS = ("照会番号", "行", "受付番号", "回答")
NOTE_COLUMN = "備考"
END = "END"
GETA = "〓"


class Encoding(StrEnum):
    UTF8 = "utf-8-sig"
    CP932 = "cp932"


@dataclass(frozen=True)
class RequestRow:
    """One request as it stands in the file."""

    sequence: int
    line: int
    reference: str
    qualification: str
    number: str
    registered_on: dt.date
    family_name: str
    given_name: str
    born_on: dt.date

    def cells(self) -> list[str]:
        words = {entry.code: entry.name_ja for entry in qualifications()}
        return [
            str(self.sequence),
            str(self.line),
            self.reference,
            words[self.qualification],
            self.number,
            self.registered_on.isoformat(),
            _shown(self.family_name),
            _shown(self.given_name),
            self.born_on.isoformat(),
            " ".join(_code(glyph) for glyph in read_glyphs(self.family_name + self.given_name)),
        ]


@dataclass(frozen=True)
class Unmappable:
    """A glyph that the chosen encoding lacks."""

    line: int
    reference: str
    glyph: str
    code_points: str
    mj_code: str


def checksum(rows: Iterable[RequestRow]) -> str:
    """SHA-256 over the rows as comma-separated UTF-8 lines."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(_line(row.cells()).encode())
    return digest.hexdigest()


def batch_file(rows: Sequence[RequestRow], encoding: Encoding) -> tuple[bytes, list[Unmappable]]:
    """The whole file, and every glyph that could not be written."""
    missing: list[Unmappable] = []
    lines = [_line(BATCH_COLUMNS)]
    for row in rows:
        missing += unmappable(row, encoding)
        lines.append(_line(row.cells()))
    lines.append(_line([END, str(rows[0].sequence), str(len(rows)), checksum(rows)]))
    text = "".join(lines)
    if encoding is Encoding.CP932:
        text = "".join(glyph if _fits(glyph, encoding) else GETA for glyph in _whole(text))
    return text.encode(encoding.value), missing


def unmappable(row: RequestRow, encoding: Encoding) -> list[Unmappable]:
    glyphs = read_glyphs(row.family_name + row.given_name)
    return [
        Unmappable(row.line, row.reference, glyph.shown, glyph.code_points, glyph.mj_code)
        for glyph in glyphs
        if not _fits(glyph.shown, encoding)
    ]


def _whole(text: str) -> Iterator[str]:
    """Characters with their selectors, so that a glyph becomes one 〓 and not two."""
    pending = ""
    for sign in text:
        if (pending and "\ufe00" <= sign <= "\ufe0f") or "\U000e0100" <= sign <= "\U000e01ef":
            pending += sign
            continue
        if pending:
            yield pending
        pending = sign
    yield pending


def _fits(glyph: str, encoding: Encoding) -> bool:
    try:
        return glyph.encode(encoding.value).decode(encoding.value) == glyph
    except UnicodeEncodeError:
        return False


def _shown(name: str) -> str:
    return "".join(glyph.shown for glyph in read_glyphs(name))


def _code(glyph: Glyph) -> str:
    return glyph.code_points.replace(" ", "+") or glyph.mj_reference


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()
