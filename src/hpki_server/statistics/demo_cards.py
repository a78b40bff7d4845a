"""17,861 invented cards, laid out like the association's own table of 2021-01-31 (data/cards-issued-2021-01-31.csv).

They come as a file of cards issued before and go the way of every such file, so the demonstration shows the import too.
"""

import csv
import datetime as dt
import io
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from hpki_server.authority.models import Issuer
from hpki_server.authority.rules import printed_number
from hpki_server.authority.services.moving_in import MoveInReport, import_cards
from hpki_server.people.business_days import is_business_day
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.services.organisations import found_associations
from hpki_server.registry.demo_names import NameSource

_LAYOUT: Final = Path(__file__).parent / "data" / "cards-issued-2021-01-31.csv"
COUNTED_ON: Final = dt.date(2021, 1, 31)
# Five years before, so that on the day of the table no card has expired yet.
_FIRST_DAY: Final = dt.date(2016, 2, 1)
_SEED: Final = 20210131
# Numbers that no demonstration has given to cards of its own: all of these go in beside them.
_BEFORE_THE_FIRST: Final = 5_000_000
_COLUMNS: Final = (
    "カード番号",
    "発行日",
    "有効期限",
    "会員種別",
    "会員ID",
    "医師会コード",
    "姓",
    "名",
    "姓カナ",
    "名カナ",
    "姓ローマ字",
    "名ローマ字",
    "生年月日",
    "登録番号",
    "登録年月日",
)


@dataclass(frozen=True)
class _Row:
    """One row of the layout: so many cards of a prefecture."""

    code: str
    member: int
    non_member: int


def has_production_issuers() -> bool:
    """Invented people have no place beside real ones."""
    return Issuer.objects.filter(environment="production").exists()


def issue_demo_cards(*, at: dt.datetime) -> MoveInReport:
    """Imports the invented cards, with the associations that hand them over; a second time changes nothing."""
    found_associations(by="system", at=at)
    with TemporaryFile() as file:
        write_demo_cards(file)
        return import_cards(file, environment="test", by="system", at=at)


def write_demo_cards(file: BinaryIO, *, times: int = 1) -> None:
    """The file, the same on every machine; `times` the numbers of the table, for measurements."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows(_lines(times))
    text.detach()


def _lines(times: int) -> Iterator[list[str]]:
    names, rng = NameSource(_SEED), random.Random(_SEED)  # noqa: S311 - invented people, nothing secret
    days = _days_of_issue()
    taken: set[int] = set()
    for row in _layout():
        kinds = [MemberKind.MEMBER] * row.member * times + [MemberKind.NON_MEMBER] * row.non_member * times
        rng.shuffle(kinds)
        issued = sorted(_drawn(days, rng) for _kind in kinds)
        for number, (kind, issued_on) in enumerate(zip(kinds, issued, strict=True), start=1):
            name = names.draw()
            born_on, registered_on = _life(issued_on, rng)
            is_member = kind is MemberKind.MEMBER
            yield [
                printed_number(row.code, _BEFORE_THE_FIRST + number),
                issued_on.isoformat(),
                _last_day(issued_on).isoformat(),
                "日医会員" if is_member else "非会員",
                f"{row.code}{number:08d}" if is_member else "",
                row.code,
                name.family,
                name.given,
                name.family_kana,
                name.given_kana,
                name.family_romaji,
                name.given_romaji,
                born_on.isoformat(),
                str(_free_number(registered_on, taken, rng, times)),
                registered_on.isoformat(),
            ]


def _layout() -> list[_Row]:
    with _LAYOUT.open(encoding="utf-8", newline="") as stream:
        return [
            _Row(f"{int(row['code']):02d}", int(row["member"]), int(row["non_member"]))
            for row in csv.DictReader(stream)
        ]


def _days_of_issue() -> list[dt.date]:
    """Cards are issued on working days."""
    span = (COUNTED_ON - _FIRST_DAY).days + 1
    days = (_FIRST_DAY + dt.timedelta(days=number) for number in range(span))
    return [day for day in days if is_business_day(day)]


def _drawn(days: list[dt.date], rng: random.Random) -> dt.date:
    """More of them each year: the number grows in proportion to the time."""
    return days[int(len(days) * math.sqrt(rng.random()))]


def _last_day(issued_on: dt.date) -> dt.date:
    """M2: five years from the day of issue."""
    return _years_later(issued_on, 5) - dt.timedelta(days=1)


def _years_later(day: dt.date, years: int) -> dt.date:
    # Whoever begins on the 29th of February goes on from the 1st of March.
    is_leap_day = (day.month, day.day) == (2, 29)
    return dt.date(day.year + years, 3, 1) if is_leap_day else day.replace(year=day.year + years)


def _life(issued_on: dt.date, rng: random.Random) -> tuple[dt.date, dt.date]:
    """Born, and entered in the register in a spring at 24 to 30; the card comes at 27 to 80."""
    years = 27 + int(53 * (rng.random() + rng.random()) / 2)
    born_on = dt.date(issued_on.year - years, 1, 1) + dt.timedelta(days=int(365 * rng.random()))
    at_age = 24 + int(7 * rng.random() ** 2)
    spring = dt.date(born_on.year + at_age, 4, 10) + dt.timedelta(days=int(40 * rng.random()))
    return born_on, min(spring, issued_on - dt.timedelta(days=30))


def _free_number(registered_on: dt.date, taken: set[int], rng: random.Random, times: int) -> int:
    """Numbers of the register rise by some 6,400 a year."""
    number = 150_000 + int((registered_on.year - 1955 + rng.random()) * 6_400 * times)
    while number in taken:
        number += 1
    taken.add(number)
    return number
