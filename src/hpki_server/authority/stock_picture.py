"""The stock over the coming weeks as a line; numbers for an SVG, and the same as rows for a table."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from hpki_server.authority.stock_forecast import StockForecast

WIDTH: Final = 720
HEIGHT: Final = 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 16, 40
# Half a year is looked at; the next year only where the line gets there.
_SHORT, _LONG = 27, 105
# As many names of months as stand beside each other.
_MOST_MONTHS = 7


@dataclass(frozen=True)
class Mark:
    """A word at a place of the picture."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Month:
    first: dt.date
    stock: int


@dataclass(frozen=True)
class Picture:
    points: str
    reserve_y: float
    left: int
    right: int
    base: int
    heights: tuple[Mark, ...]
    days: tuple[Mark, ...]
    # Where the line meets the ground, if it does.
    end: Mark | None
    months: tuple[Month, ...]


def picture_of(forecast: StockForecast, *, reserve: int) -> Picture:
    weeks = forecast.weeks[: _SHORT if _ends_within(forecast, _SHORT) or forecast.ends_on is None else _LONG]
    most = max(*(stock for _day, stock in weeks), reserve, 10)
    step = (WIDTH - _LEFT - _RIGHT) / (len(weeks) - 1)

    def at_height(stock: float) -> float:
        return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - stock / most), 1)

    places = [(round(_LEFT + step * number, 1), at_height(stock)) for number, (_d, stock) in enumerate(weeks)]
    return Picture(
        points=" ".join(f"{x},{y}" for x, y in places),
        reserve_y=at_height(reserve),
        left=_LEFT,
        right=WIDTH - _RIGHT,
        base=HEIGHT - _BOTTOM,
        heights=tuple(Mark(_LEFT - 8, at_height(stock) + 5, f"{stock:,}") for stock in (0, most // 2, most)),
        days=tuple(
            Mark(places[number][0], HEIGHT - 12, f"{day.year}-{day.month:02d}")
            for number, day in _month_starts(weeks)
            if places[number][0] < WIDTH - 60
        ),
        end=_end(forecast, weeks, step),
        months=_months(weeks),
    )


def _month_starts(weeks: tuple[tuple[dt.date, int], ...]) -> list[tuple[int, dt.date]]:
    """The first week of each month, or of every second, third … month: none is left out between two that are named."""
    days = [day for day, _stock in weeks]
    starts = [(n, day) for n, day in enumerate(days) if n == 0 or day.month != days[n - 1].month]
    # The months must be told apart: the first one is short when its first week is its last.
    if len(starts) > 1 and starts[1][0] == 1:
        starts = starts[1:]
    return starts[:: -(-len(starts) // _MOST_MONTHS)]


def _ends_within(forecast: StockForecast, weeks: int) -> bool:
    return forecast.ends_on is not None and forecast.ends_on <= forecast.weeks[weeks - 1][0]


def _end(forecast: StockForecast, weeks: tuple[tuple[dt.date, int], ...], step: float) -> Mark | None:
    if forecast.ends_on is None or forecast.ends_on > weeks[-1][0]:
        return None
    days = (forecast.ends_on - weeks[0][0]).days
    return Mark(round(_LEFT + step * days / 7, 1), HEIGHT - _BOTTOM, forecast.ends_on.isoformat())


def _months(weeks: tuple[tuple[dt.date, int], ...]) -> tuple[Month, ...]:
    """The stock of the first week that begins in each month."""
    found: dict[dt.date, int] = {}
    for day, stock in weeks:
        found.setdefault(day.replace(day=1), stock)
    return tuple(Month(first, stock) for first, stock in found.items())
