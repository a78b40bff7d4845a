"""Where things stand in the pictures: squares of the map, lines over the months.  Numbers in, coordinates out.

A picture never says more than the table beside it, and says it without colour too: every square carries its number,
and the darker a square the more cards, so a copy in grey still tells them apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hpki_server.statistics.rules import Line, Month, Table

CLASSES: Final = 5
_TILE_WIDTH, _TILE_HEIGHT, _GAP = 84, 68, 4


@dataclass(frozen=True)
class Tile:
    line: Line
    # 5 for the highest ranks to 1; 0 without cards or without a rank.
    shade: int
    x: int
    y: int

    @property
    def middle(self) -> int:
        return self.x + (_TILE_WIDTH - _GAP) // 2


@dataclass(frozen=True)
class Shade:
    """What a shade means: ranks from … to …"""

    shade: int
    first_rank: int
    last_rank: int


@dataclass(frozen=True)
class Map:
    width: int
    height: int
    tile_width: int
    tile_height: int
    tiles: tuple[Tile, ...]
    shades: tuple[Shade, ...]


def shade_of(line: Line, *, ranked: int) -> int:
    """Fifths of the ranks: 1 to 10, 11 to 19, … of 47."""
    if line.rank is None or not line.issued:
        return 0
    return CLASSES - (line.rank - 1) * CLASSES // ranked


def map_of(table: Table) -> Map:
    ranked = sum(line.prefecture.is_ranked for line in table.lines)
    tiles = tuple(
        Tile(
            line,
            shade_of(line, ranked=ranked),
            line.prefecture.column * _TILE_WIDTH,
            line.prefecture.row * _TILE_HEIGHT,
        )
        for line in table.lines
    )
    return Map(
        width=max(tile.x for tile in tiles) + _TILE_WIDTH,
        height=max(tile.y for tile in tiles) + _TILE_HEIGHT,
        tile_width=_TILE_WIDTH - _GAP,
        tile_height=_TILE_HEIGHT - _GAP,
        tiles=tiles,
        shades=_shades(ranked),
    )


def _shades(ranked: int) -> tuple[Shade, ...]:
    places: dict[int, list[int]] = {}
    for rank in range(1, ranked + 1):
        places.setdefault(CLASSES - (rank - 1) * CLASSES // ranked, []).append(rank)
    return tuple(Shade(shade, ranks[0], ranks[-1]) for shade, ranks in places.items())


# --- the line over the months ----------------------------------------------------------------------------------

_LEFT, _TOP, _RIGHT, _BOTTOM = 72, 16, 168, 36
_PLOT_WIDTH, _PLOT_HEIGHT = 720, 240
_MOST_YEARS: Final = 12
# Two labels closer than that would touch.
_LABEL_HEIGHT: Final = 22


@dataclass(frozen=True)
class Mark:
    """A line of the grid with its number or year."""

    at: int
    word: str


@dataclass(frozen=True)
class Chart:
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    # Corner points for an SVG polyline.
    total: str
    non_member: str
    total_label_y: int
    non_member_label_y: int
    numbers: tuple[Mark, ...]
    years: tuple[Mark, ...]


def chart_of(months: Sequence[Month]) -> Chart | None:
    """Cards altogether at the end of each month; None before there are two months to join."""
    if len(months) < 2:
        return None
    top_number = _round_up(months[-1].issued_so_far)
    step = _PLOT_WIDTH / (len(months) - 1)

    def across(index: int) -> int:
        return round(_LEFT + index * step)

    def down(number: int) -> int:
        return round(_TOP + _PLOT_HEIGHT * (1 - number / top_number))

    def line(numbers: Sequence[int]) -> str:
        return " ".join(f"{across(index)},{down(number)}" for index, number in enumerate(numbers))

    total_y, other_y = down(months[-1].issued_so_far), down(months[-1].non_member_so_far)
    januaries = [
        (index, month.first_day.year) for index, month in enumerate(months) if month.first_day.month == 1
    ]
    every = -(-len(januaries) // _MOST_YEARS) or 1
    return Chart(
        width=_LEFT + _PLOT_WIDTH + _RIGHT,
        height=_TOP + _PLOT_HEIGHT + _BOTTOM,
        left=_LEFT,
        right=_LEFT + _PLOT_WIDTH,
        top=_TOP,
        bottom=_TOP + _PLOT_HEIGHT,
        total=line([month.issued_so_far for month in months]),
        non_member=line([month.non_member_so_far for month in months]),
        total_label_y=total_y,
        non_member_label_y=max(other_y, total_y + _LABEL_HEIGHT),
        numbers=tuple(Mark(down(number), f"{number:,}") for number in _steps(top_number)),
        years=tuple(Mark(across(index), str(year)) for index, year in januaries[::every]),
    )


def _round_up(number: int) -> int:
    """The upper end of an axis: a whole number of its steps."""
    unit = _unit(number)
    return max(unit, -(-number // unit) * unit)


def _unit(number: int) -> int:
    """A round step, 1, 2 or 5 times a power of ten, that divides the axis into five parts at most."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if number <= 5 * step:
                return step
        power *= 10


def _steps(top_number: int) -> range:
    return range(0, top_number + 1, _unit(top_number))
