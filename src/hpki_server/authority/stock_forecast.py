"""Until when will the blank cards last?  A pure function of what is known today."""

import csv
import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

_POLICIES: Final = Path(__file__).with_name("stock_policy.csv")
# How far ahead is looked.
HORIZON_DAYS: Final = 2 * 365
_WEEK: Final = 7


class StockLevel(StrEnum):
    """How worried one should be; `page` shows a word and a colour."""

    ENOUGH = "enough"
    # Order now: what is left will not outlast a new delivery.
    ORDER_NOW = "order-now"
    # Only the reserve for emergencies is left, or nothing.
    RESERVE = "reserve"


@dataclass(frozen=True)
class StockPolicy:
    """Dated: how long a delivery takes, what is kept for emergencies, how early renewals are applied for."""

    valid_from: dt.date
    delivery_days: int
    reserve: int
    renewed_ahead_days: int
    source: str


@dataclass(frozen=True)
class StockFacts:
    """What is known today.  `used_by_week`: blanks used (made and spoilt), the latest full week last.

    `expiring` are living cards by the first day of the month in which they end, past months of those weeks included.
    """

    today: dt.date
    in_stock: int
    waiting: int
    used_by_week: Sequence[int]
    expiring: Mapping[dt.date, int]


@dataclass(frozen=True)
class StockForecast:
    """`ends_on` is the first day on which a card could not be made; None: beyond the horizon."""

    per_day: float
    ends_on: dt.date | None
    level: StockLevel
    # Stock at the beginning of each week from today on.
    weeks: tuple[tuple[dt.date, int], ...]
    order_by: dt.date | None


@cache
def _policies() -> tuple[StockPolicy, ...]:
    with _POLICIES.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return tuple(
            StockPolicy(
                valid_from=dt.date.fromisoformat(row["valid_from"]),
                delivery_days=int(row["delivery_days"]),
                reserve=int(row["reserve"]),
                renewed_ahead_days=int(row["renewed_ahead_days"]),
                source=row["source"],
            )
            for row in rows
        )


def policy_on(day: dt.date) -> StockPolicy:
    """The policy of a day; the first one also counts before its beginning."""
    policies = _policies()
    return max((one for one in policies if one.valid_from <= day), default=policies[0], key=_valid_from)


def _valid_from(policy: StockPolicy) -> dt.date:
    return policy.valid_from


def forecast(facts: StockFacts, policy: StockPolicy) -> StockForecast:
    """The open orders are made at once; then each day takes what new applicants and renewals take.

    The past weeks' use holds renewals, too: what was due for renewal then is taken off, and what will be due is
    put on, so a year in which many cards end together shows ahead.
    """
    weeks = len(facts.used_by_week)
    used_per_day = sum(facts.used_by_week) / (weeks * _WEEK) if weeks else 0.0
    past = [facts.today - dt.timedelta(days=day) for day in range(1, weeks * _WEEK + 1)]
    renewed_per_day = sum(_renewals(day, facts, policy) for day in past) / len(past) if past else 0.0
    new_per_day = max(0.0, used_per_day - renewed_per_day)
    left = float(facts.in_stock - facts.waiting)
    ends_on = None if left >= 0 and facts.in_stock else facts.today
    line = []
    for number in range(HORIZON_DAYS):
        day = facts.today + dt.timedelta(days=number)
        if number % _WEEK == 0:
            line.append((day, max(0, math.floor(left))))
        left -= new_per_day + _renewals(day, facts, policy)
        if left < 0 and ends_on is None:
            ends_on = day
    order_by = None if ends_on is None else ends_on - dt.timedelta(days=policy.delivery_days)
    return StockForecast(
        per_day=new_per_day,
        ends_on=ends_on,
        level=_level(facts, policy, order_by),
        weeks=tuple(line),
        order_by=order_by,
    )


def _renewals(day: dt.date, facts: StockFacts, policy: StockPolicy) -> float:
    """Cards whose renewal falls on that day, a month's spread over its days."""
    ending = day + dt.timedelta(days=policy.renewed_ahead_days)
    first = ending.replace(day=1)
    days = ((first + dt.timedelta(days=31)).replace(day=1) - first).days
    return facts.expiring.get(first, 0) / days


def _level(facts: StockFacts, policy: StockPolicy, order_by: dt.date | None) -> StockLevel:
    if facts.in_stock - facts.waiting <= policy.reserve:
        return StockLevel.RESERVE
    if order_by is not None and order_by <= facts.today:
        return StockLevel.ORDER_NOW
    return StockLevel.ENOUGH
