"""The figures as files: the columns are a promise to whoever reads them by machine."""

import csv
import io
import json
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from hpki_server.statistics.rules import Line, Month, Table

PREFECTURE_COLUMNS: Final = ("code", "prefecture", "issued", "member", "non_member", "rank")
MONTH_COLUMNS: Final = (
    "month",
    "issued",
    "member",
    "non_member",
    "issued_so_far",
    "member_so_far",
    "non_member_so_far",
)


class Encoding(StrEnum):
    """What a spreadsheet of the reader opens without asking; the names of the prefectures stand in all of them."""

    UTF_8 = "utf-8"
    UTF_8_BOM = "utf-8-sig"
    CP932 = "cp932"

    @property
    def charset(self) -> str:
        """The name for an HTTP header."""
        return "Shift_JIS" if self is Encoding.CP932 else "UTF-8"


def prefectures_csv(table: Table) -> str:
    """RFC 4180: lines end in CRLF; an empty rank is that of 海外."""
    return _csv(PREFECTURE_COLUMNS, [_prefecture_cells(line) for line in table.lines])


def months_csv(months: Sequence[Month]) -> str:
    return _csv(
        MONTH_COLUMNS,
        [
            (
                f"{month.first_day:%Y-%m}",
                month.issued,
                month.member,
                month.non_member,
                month.issued_so_far,
                month.member_so_far,
                month.non_member_so_far,
            )
            for month in months
        ],
    )


def prefectures_json(table: Table) -> str:
    rows = [
        dict(zip(PREFECTURE_COLUMNS, (*_prefecture_cells(line)[:-1], line.rank), strict=True))
        for line in table.lines
    ]
    content = {
        "on": table.on.isoformat(),
        "issued": table.issued,
        "member": table.member,
        "non_member": table.non_member,
        "prefectures": rows,
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def prefectures_text(table: Table) -> str:
    """For a terminal: columns under each other, wide characters counted as two."""
    heading = [("", "prefecture", "issued", "member", "non-member", "rank")]
    rows = [tuple(map(str, _prefecture_cells(line))) for line in table.lines]
    total = [("", "total", str(table.issued), str(table.member), str(table.non_member), "")]
    lines = [
        f"{code:>2}  {name}{' ' * (12 - _width(name))}{issued:>8}{member:>8}{other:>12}{rank:>6}".rstrip()
        for code, name, issued, member, other, rank in heading + rows + total
    ]
    return "\n".join([f"Cards issued up to {table.on.isoformat()}", *lines]) + "\n"


def _prefecture_cells(line: Line) -> tuple[int | str, ...]:
    return (
        int(line.prefecture.code),
        line.prefecture.name,
        line.issued,
        line.member,
        line.non_member,
        "" if line.rank is None else line.rank,
    )


def _csv(columns: Sequence[str], rows: Sequence[Sequence[int | str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([columns, *rows])
    return text.getvalue()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "FW" else 1 for sign in text)
