"""The rows of the statistics: 47 prefectures and 海外, in the order of their codes."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_DATA: Final = Path(__file__).parent / "data" / "prefectures.csv"
OVERSEAS: Final = "48"
# Associations write 海外 with either code; the table has one row.
_SAME_ROW: Final = {"99": OVERSEAS}


@dataclass(frozen=True)
class Prefecture:
    # JIS X 0401, two digits; 48 for 海外.
    code: str
    name: str
    name_en: str
    short_name: str
    # Its square on the map, from the upper left.
    column: int
    row: int

    @property
    def is_ranked(self) -> bool:
        """M10: "海外 has a row and no rank"."""
        return self.code != OVERSEAS


@cache
def prefectures() -> tuple[Prefecture, ...]:
    with _DATA.open(encoding="utf-8", newline="") as stream:
        return tuple(
            Prefecture(code, name, name_en, short_name, int(column), int(row))
            for code, name, name_en, short_name, column, row in list(csv.reader(stream))[1:]
        )


def prefecture_code(organisation_code: str) -> str | None:
    """The row for a card of that organisation: its code begins with the prefecture's two digits; None: with no such."""
    found = _SAME_ROW.get(organisation_code[:2], organisation_code[:2])
    return found if found in {prefecture.code for prefecture in prefectures()} else None
