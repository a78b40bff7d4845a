"""営業日: the days on which banks and offices work.

No work on Saturdays, Sundays, national holidays (国民の祝日に関する法律: substitute days and days between two holidays
too) and from 31 December to 3 January (銀行法施行令 第5条).  The holidays themselves are dated rows of data/holidays.csv.
"""

import csv
import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FIRST_YEAR: Final = 2008
# The approximation of the equinoxes below is good up to here.
LAST_YEAR: Final = 2099
_TABLE: Final = Path(__file__).with_name("data") / "holidays.csv"
_YEAR_END: Final = frozenset({(12, 31), (1, 1), (1, 2), (1, 3)})
_ONE_DAY: Final = dt.timedelta(days=1)
_SUNDAY: Final = 6


@dataclass(frozen=True)
class _Holiday:
    name: str
    rule: str
    from_year: int
    until_year: int


def is_business_day(day: dt.date) -> bool:
    """Raises ValueError for a year that the table of holidays does not cover."""
    if day.weekday() >= 5 or (day.month, day.day) in _YEAR_END:
        return False
    return day not in holidays(day.year)


def next_business_day(day: dt.date) -> dt.date:
    """The day itself, or the first business day after it."""
    while not is_business_day(day):
        day += _ONE_DAY
    return day


def add_business_days(day: dt.date, count: int) -> dt.date:
    """The `count`-th business day after `day`; `day` itself is not counted."""
    for _ in range(count):
        day = next_business_day(day + _ONE_DAY)
    return day


@cache
def holidays(year: int) -> frozenset[dt.date]:
    """The year's holidays, with substitute days (振替休日) and days between two holidays (国民の休日)."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"holidays are known from {FIRST_YEAR} to {LAST_YEAR}, not for {year}")
    named = {_day_of(row.rule, year) for row in _table() if row.from_year <= year <= row.until_year}
    substitutes = {_substitute(day, named) for day in named if day.weekday() == _SUNDAY}
    # 第3条第3項: a day whose eve and morrow are both holidays is a holiday.
    between = {day + _ONE_DAY for day in named if day + 2 * _ONE_DAY in named} - named
    return frozenset(named | substitutes | between)


def _substitute(sunday: dt.date, named: set[dt.date]) -> dt.date:
    # 第3条第2項: the nearest later day that is no holiday itself.
    day = sunday + _ONE_DAY
    while day in named:
        day += _ONE_DAY
    return day


def _day_of(rule: str, year: int) -> dt.date:
    kind, *rest = rule.split("-")
    if kind == "monday":
        week, month = (int(part) for part in rest)
        first = dt.date(year, month, 1)
        return first + dt.timedelta(days=(7 - first.weekday()) % 7 + 7 * (week - 1))
    if kind == "equinox":
        month = int(rest[0])
        # The known approximation for 1980 to 2099; the day in force is that of the Observatory's 暦要項.
        base = 20.8431 if month == 3 else 23.2488
        return dt.date(year, month, int(base + 0.242194 * (year - 1980) - (year - 1980) // 4))
    return dt.date(year, int(kind), int(rest[0]))


@cache
def _table() -> tuple[_Holiday, ...]:
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(
            _Holiday(row["name"], row["rule"], int(row["from_year"]), int(row["until_year"] or LAST_YEAR))
            for row in csv.DictReader(file)
        )
