"""In which month which prefecture exchanges its cards.  Pure: counts and a pace in, waves out."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PlannedWave:
    """One month: how many cards of which prefecture."""

    number: int
    month: dt.date
    shares: Mapping[str, int]

    @property
    def cards(self) -> int:
        return sum(self.shares.values())


def plan(counts: Mapping[str, int], *, first_month: dt.date, per_month: int) -> tuple[PlannedWave, ...]:
    """Prefectures in the order of their codes, each month filled to the pace; a large one goes on next month.

    `first_month` is any day of the month that begins; `per_month` is at least 1, else ValueError.
    """
    if per_month < 1:
        raise ValueError("a wave holds at least one card")
    waves: list[PlannedWave] = []
    month, shares, room = first_month.replace(day=1), dict[str, int](), per_month
    for code in sorted(counts):
        left = counts[code]
        while left:
            share = min(left, room)
            shares[code] = share
            left, room = left - share, room - share
            if not room:
                waves.append(PlannedWave(len(waves) + 1, month, shares))
                month, shares, room = month_after(month), {}, per_month
    if shares:
        waves.append(PlannedWave(len(waves) + 1, month, shares))
    return tuple(waves)


def month_after(month: dt.date) -> dt.date:
    return dt.date(month.year + month.month // 12, month.month % 12 + 1, 1)


def slowest_pace(cards: int, *, first_month: dt.date, last_day: dt.date) -> int:
    """The cards a month with which the last wave still ends before `last_day`; 0 when no whole month is left."""
    end = last_day.replace(day=1)
    months = (end.year - first_month.year) * 12 + end.month - first_month.month
    return -(-cards // months) if months > 0 else 0
