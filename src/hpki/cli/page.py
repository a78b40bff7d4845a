"""What the subcommands print and read alike: a table of two columns, moments, bounded files."""

import datetime as dt
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hpki.errors import MalformedInput

_FIRST_YEAR: Final = 1950
_LAST_YEAR: Final = 9998


def table(title: str, rows: Sequence[tuple[str, str]]) -> str:
    """A title and lines of label and value, the values below each other."""
    width = max((columns(label) for label, _ in rows), default=0)
    return (
        "\n".join([title, *(f"{label}{' ' * (width - columns(label))}  {value}" for label, value in rows)])
        + "\n"
    )


def columns(text: str) -> int:
    """Columns on a terminal: a wide sign takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def moment(text: str) -> dt.datetime:
    """A moment in ISO 8601; without an offset it is UTC.  Raises ValueError, which argparse reports.

    Certificates speak of the years 1950 to 9999 (RFC 5280 4.1.2.5); the edges are left out, so that a moment can be
    told in any zone and moved by a tolerance.
    """
    parsed = dt.datetime.fromisoformat(text)
    if not _FIRST_YEAR <= parsed.year <= _LAST_YEAR:
        raise ValueError(f"year {parsed.year}")
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=dt.UTC)


def read_bounded(path: Path, most_octets: int) -> bytes:
    """A file, or standard input for `-`.  Raises MalformedInput when it is larger, OSError when it is not there."""
    if str(path) == "-":
        content = sys.stdin.buffer.read(most_octets + 1)
    else:
        with path.open("rb") as file:
            content = file.read(most_octets + 1)
    if len(content) > most_octets:
        raise MalformedInput(str(path), f"more than {most_octets} octets are not read")
    return content
