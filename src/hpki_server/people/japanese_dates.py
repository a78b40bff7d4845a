"""Dates as Japanese papers write them: era and year (元号), with the western year where people compare."""

import datetime as dt
from dataclasses import dataclass


class BeforeMeiji(ValueError):
    """The date lies before the first era that our tables know (1873-01-01, the solar calendar)."""


@dataclass(frozen=True)
class Era:
    """One era from its first day on."""

    name: str
    first_day: dt.date
    first_year: int


# 明治5年12月3日 became 明治6年1月1日 (太政官布告第337号, 1872): Meiji dates are exact from there on.
# First days: 大正 詔書 of 1912-07-30, 昭和 1926-12-25, 平成 政令第1号 of 1989 (next day), 令和 政令第143号 of 2019.
ERAS = (
    Era("令和", dt.date(2019, 5, 1), 2019),
    Era("平成", dt.date(1989, 1, 8), 1989),
    Era("昭和", dt.date(1926, 12, 25), 1926),
    Era("大正", dt.date(1912, 7, 30), 1912),
    Era("明治", dt.date(1873, 1, 1), 1868),
)


def era_year(on: dt.date) -> str:
    """`令和8年`, or `令和元年` for an era's first year."""
    for era in ERAS:
        if on >= era.first_day:
            year = on.year - era.first_year + 1
            return f"{era.name}{'元' if year == 1 else year}年"
    raise BeforeMeiji(f"{on.isoformat()} lies before 明治6年.")


def wareki(on: dt.date) -> str:
    """`令和8年11月4日`."""
    return f"{era_year(on)}{on.month}月{on.day}日"


def wareki_western(on: dt.date) -> str:
    """`令和8年11月4日（2026-11-04）`, for places where people compare."""
    return f"{wareki(on)}（{on.year:04}-{on.month:02}-{on.day:02}）"
