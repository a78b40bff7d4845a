"""An invented register of realistic size, as a CSV file: row after row, the same for the same seed.

Names are those of demo_names: homonyms as frequent as in the country, some surnames under a variant glyph.  Numbers grow
with the day of registration, which falls on a few days of spring and autumn; people are 24 to 33 then.
"""

import csv
import datetime as dt
import io
import random
from collections.abc import Iterator
from typing import BinaryIO

from hpki_server.registry.demo_names import NameSource

COLUMNS = ("登録番号", "登録年月日", "姓", "名", "フリガナ", "生年月日", "旧姓")
FIRST_NUMBER = 100_001
FIRST_YEAR, LAST_YEAR = 1961, 2025
# The shares of a year's registrations: after the spring examination, the rest of the year.
DAYS = ((4, 20, 30), (4, 28, 25), (5, 1, 15), (5, 12, 15), (6, 2, 10), (10, 15, 5))
YOUNGEST, OLDEST = 24, 33
# Of women after their registration's first years, so many go by another family name than they were registered under.
RENAMED_WOMEN = 0.15
Row = tuple[str, ...]


def demo_rows(people: int, *, seed: int) -> Iterator[Row]:
    """Rows of `COLUMNS`, in the order of their numbers."""
    rng = random.Random(seed)  # noqa: S311 - invented people, nothing secret
    names = NameSource(seed)
    for place in range(people):
        registered_on = _registered_on(place / people, rng)
        name = names.draw()
        former = names.draw().family if name.is_woman and rng.random() < RENAMED_WOMEN else ""
        yield (
            str(FIRST_NUMBER + place),
            registered_on.isoformat(),
            name.family,
            name.given,
            f"{name.family_kana}　{name.given_kana}",
            _born_on(registered_on, rng).isoformat(),
            "" if former == name.family else former,
        )


def write_demo_registry(stream: BinaryIO, people: int, *, seed: int) -> None:
    """The whole file, written as it is made."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(demo_rows(people, seed=seed))
    text.detach()


def _registered_on(part: float, rng: random.Random) -> dt.date:
    """Classes have grown steadily: a third of the years holds more than a third of the people."""
    years = LAST_YEAR - FIRST_YEAR + 1
    # The inverse of a share that grows with the year, from half the mean to one and a half times it.
    passed = years * ((0.25 + 2 * part) ** 0.5 - 0.5)
    year, share = FIRST_YEAR + min(int(passed), years - 1), passed % 1 * 100
    for month, day, hundredths in DAYS:
        if share < hundredths:
            return dt.date(year, month, day)
        share -= hundredths
    month, day, _hundredths = DAYS[rng.randrange(len(DAYS))]
    return dt.date(year, month, day)


def _born_on(registered_on: dt.date, rng: random.Random) -> dt.date:
    """Most are 24 to 26."""
    age = YOUNGEST + min(int(rng.expovariate(0.55)), OLDEST - YOUNGEST)
    return registered_on - dt.timedelta(days=age * 365 + rng.randrange(365))
