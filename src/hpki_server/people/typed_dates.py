"""A date as people type it: 昭和58年6月2日, S58.6.2, 1983年6月2日, 1983/6/2, 19830602."""

import datetime as dt
import re
import unicodedata

from hpki_server.people.japanese_dates import japanese_year

_LETTERS = {"R": "令和", "H": "平成", "S": "昭和", "T": "大正", "M": "明治"}
_FIRST_YEARS = {"令和": 2019, "平成": 1989, "昭和": 1926, "大正": 1912, "明治": 1868}
_ERA = re.compile(
    r"(?P<era>令和|平成|昭和|大正|明治|[RHSTM])\s*(?P<year>元|\d{1,2})\s*(?:年|[./-])\s*"
    r"(?P<month>\d{1,2})\s*(?:月|[./-])\s*(?P<day>\d{1,2})\s*日?",
    re.IGNORECASE,
)
_WESTERN = re.compile(
    r"(?P<year>\d{4})\s*(?:年|[./-])\s*(?P<month>\d{1,2})\s*(?:月|[./-])\s*(?P<day>\d{1,2})\s*日?"
)
_DIGITS = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})")
LONGEST = 30


class NotADate(ValueError):
    """The text names no day."""


class OutsideEra(NotADate):
    """The day exists, but not in the era that was typed: 昭和64年2月1日."""


class NoSuchDay(NotADate):
    """It is written as a day, but the calendar has none of it: 2月30日."""


def read_typed_date(typed: str) -> dt.date:
    """The day; raises `NotADate`.  Full-width digits and signs count as their half-width forms."""
    text = unicodedata.normalize("NFKC", typed).strip()[: LONGEST + 1]
    if found := _ERA.fullmatch(text):
        return _day_of_era(found)
    for pattern in (_WESTERN, _DIGITS):
        if found := pattern.fullmatch(text):
            return _day(int(found["year"]), int(found["month"]), int(found["day"]))
    raise NotADate(typed)


def _day_of_era(found: re.Match[str]) -> dt.date:
    era = _LETTERS.get(found["era"].upper(), found["era"])
    year = 1 if found["year"] == "元" else int(found["year"])
    day = _day(_FIRST_YEARS[era] + year - 1, int(found["month"]), int(found["day"]))
    if not japanese_year(day).startswith(era):
        raise OutsideEra(found.string)
    return day


def _day(year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError as error:
        raise NoSuchDay(f"{year}-{month}-{day}") from error
