"""What counts, and who stands where.  Facts in, tables out; nothing here reads a table of the database or a clock.

**A card counts from the day on which it was issued, for good.**  Not what became of it later: a card that expired, was
lost or revoked, or was followed by another one was issued all the same, so a figure published for a day never changes
and the series never falls.  A re-issue and a renewal are cards of their own and count again.  What was scrapped before
anyone held it never counts: its replacement does.  Nor do keys for remote use, which are no card.  Figures of M10 are of this kind (発行数).

The day is the day in Japan.  The prefecture is that of the association which hands the card over.  Member or not is
what the card itself says, not what its holder is today.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from hpki_server.people.member_kind import MemberKind
from hpki_server.statistics.prefectures import Prefecture, prefecture_code, prefectures

JAPAN: Final = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True)
class Count:
    """So many cards of one organisation and one member kind."""

    organisation_code: str
    member_kind: str
    cards: int


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    prefecture: Prefecture
    member: int
    non_member: int
    rank: int | None

    @property
    def issued(self) -> int:
        return self.member + self.non_member


@dataclass(frozen=True)
class Table:
    """Cards issued up to and including the day `on`, one line a prefecture."""

    on: dt.date
    lines: tuple[Line, ...]
    # Cards of organisations that stand in no prefecture; told beside the table, never dropped silently.
    elsewhere_member: int = 0
    elsewhere_non_member: int = 0

    @property
    def member(self) -> int:
        return sum(line.member for line in self.lines)

    @property
    def non_member(self) -> int:
        return sum(line.non_member for line in self.lines)

    @property
    def issued(self) -> int:
        return self.member + self.non_member

    @property
    def elsewhere(self) -> int:
        return self.elsewhere_member + self.elsewhere_non_member


@dataclass(frozen=True)
class Month:
    """One point of the series: cards issued in a month, and altogether at its end."""

    first_day: dt.date
    member: int
    non_member: int
    member_so_far: int
    non_member_so_far: int

    @property
    def issued(self) -> int:
        return self.member + self.non_member

    @property
    def issued_so_far(self) -> int:
        return self.member_so_far + self.non_member_so_far


def end_of(day: dt.date) -> dt.datetime:
    """The first moment that no longer belongs to the day in Japan."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), JAPAN)


def day_of(at: dt.datetime) -> dt.date:
    """The day in Japan."""
    return at.astimezone(JAPAN).date()


def table_of(counts: Iterable[Count], *, on: dt.date) -> Table:
    """Every prefecture has its line, the empty ones too."""
    sums: dict[tuple[str | None, str], int] = {}
    for count in counts:
        key = (prefecture_code(count.organisation_code), count.member_kind)
        sums[key] = sums.get(key, 0) + count.cards
    ranks = ranks_of({place.code: _issued(sums, place) for place in prefectures() if place.is_ranked})
    lines = tuple(
        Line(
            prefecture=place,
            member=sums.get((place.code, MemberKind.MEMBER), 0),
            non_member=sums.get((place.code, MemberKind.NON_MEMBER), 0),
            rank=ranks.get(place.code),
        )
        for place in prefectures()
    )
    return Table(
        on,
        lines,
        elsewhere_member=sums.get((None, MemberKind.MEMBER), 0),
        elsewhere_non_member=sums.get((None, MemberKind.NON_MEMBER), 0),
    )


def _issued(sums: Mapping[tuple[str | None, str], int], place: Prefecture) -> int:
    return sum(sums.get((place.code, kind), 0) for kind in MemberKind.values)


def ranks_of(numbers: Mapping[str, int]) -> dict[str, int]:
    """Competition ranks: the greatest is 1, equal numbers share a rank, and the ranks they would have taken stay empty."""
    in_order = sorted(numbers.values(), reverse=True)
    first_at: dict[int, int] = {}
    for place, number in enumerate(in_order, start=1):
        first_at.setdefault(number, place)
    return {name: first_at[number] for name, number in numbers.items()}


def series_of(issued: Mapping[tuple[dt.date, str], int], *, until: dt.date) -> tuple[Month, ...]:
    """Every month from the first card on to that of `until`, the empty ones too; keys: first day of the month, kind."""
    if not issued:
        return ()
    months = []
    member = non_member = 0
    for first_day in _months(min(month for month, _kind in issued), until):
        new_member = issued.get((first_day, MemberKind.MEMBER), 0)
        new_non_member = issued.get((first_day, MemberKind.NON_MEMBER), 0)
        member, non_member = member + new_member, non_member + new_non_member
        months.append(Month(first_day, new_member, new_non_member, member, non_member))
    return tuple(months)


def months_up_to(table: Table, months: Sequence[Month]) -> tuple[Month, ...]:
    """The series as it stood on the table's day: whole months before it, then what the table has above them.

    So one series serves every day that is asked for.  Cards in no prefecture are in the series too.
    """
    first_day = table.on.replace(day=1)
    before = [month for month in months if month.first_day < first_day]
    member, non_member = (
        table.member + table.elsewhere_member,
        table.non_member + table.elsewhere_non_member,
    )
    if not member + non_member:
        return ()
    last = before[-1] if before else Month(first_day, 0, 0, 0, 0)
    running = Month(
        first_day, member - last.member_so_far, non_member - last.non_member_so_far, member, non_member
    )
    return (*before, running)


def _months(first: dt.date, last: dt.date) -> Sequence[dt.date]:
    begin, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    return [dt.date(number // 12, number % 12 + 1, 1) for number in range(begin, end + 1)]
