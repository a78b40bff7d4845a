"""A million rows of the register and 200,000 cards issued before: the first file, the same again, one that changes every row.

The limit is reading the same file with the csv module alone.  Peak memory is that of the process so far, so the rows of
one database go up; `OPENHPKI_BENCH_PEOPLE` for fewer people.
"""

import csv
import datetime as dt
import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO

from bench import register
from bench.register import AT, Row

PEOPLE = int(os.environ.get("OPENHPKI_BENCH_PEOPLE", "1000000"))
# Of the table of 2021: 12 × 17,861 cards.
CARD_TIMES = 12


def measure() -> Iterator[Row]:
    """Rows of name, per second, ratio to the csv module alone, note; the database is named in each."""
    yield from register.on_both_databases("bench.imports")


def _measured() -> Iterator[Row]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    yield from _cards()
    yield from _register()


def _register() -> Iterator[Row]:
    from hpki_server.registry.demo_registry import write_demo_registry
    from hpki_server.registry.services import import_entries

    def take(file: BinaryIO, at: dt.datetime) -> dict[str, int]:
        return {
            str(outcome): count for outcome, count in import_entries(file, by="system", at=at).counts.items()
        }

    with tempfile.TemporaryFile() as file:
        write_demo_registry(file, PEOPLE, seed=register.SEED)
        yield from _thrice("register", file, "フリガナ", take)


def _cards() -> Iterator[Row]:
    from hpki_server.authority.services.moving_in import import_cards
    from hpki_server.people.services.organisations import found_associations
    from hpki_server.statistics.demo_cards import write_demo_cards

    found_associations(by="system", at=AT)

    def take(file: BinaryIO, at: dt.datetime) -> dict[str, int]:
        report = import_cards(file, environment="test", by="system", at=at)
        return {str(outcome): count for outcome, count in report.counts.items()}

    with tempfile.TemporaryFile() as file:
        write_demo_cards(file, times=CARD_TIMES)
        yield from _thrice("cards", file, "姓カナ", take)


def _thrice(
    what: str, file: BinaryIO, column: str, take: Callable[[BinaryIO, dt.datetime], dict[str, int]]
) -> Iterator[Row]:
    limit = register.csv_alone(file.fileno())
    with tempfile.TemporaryFile() as changed:
        _with_longer_readings(file, changed, column)
        for number, (name, each) in enumerate(
            (("first", file), ("again", file), ("every row changed", changed))
        ):
            before = register.peak_mebi()
            begun, processor = time.perf_counter(), time.process_time()
            counts = take(each, AT + dt.timedelta(days=number))
            seconds, own = time.perf_counter() - begun, time.process_time() - processor
            rows = sum(counts.values())
            assert len(counts) == 1, counts
            note = (
                f"{seconds:.0f} s (processor {own:.0f} s here); "
                f"peak memory {register.peak_mebi():.0f} MiB, {before:.0f} before"
            )
            yield f"{what}, {rows:,} rows, {name}: {'/'.join(counts)}", rows / seconds, limit / seconds, note


def _with_longer_readings(file: BinaryIO, changed: BinaryIO, column: str) -> None:
    file.seek(0)
    read = io.TextIOWrapper(file, encoding="utf-8", newline="")
    written = io.TextIOWrapper(changed, encoding="utf-8", newline="")
    rows, writer = csv.reader(read), csv.writer(written)
    heading = next(rows)
    writer.writerow(heading)
    place = heading.index(column)
    for row in rows:
        writer.writerow([*row[:place], f"{row[place]}ー", *row[place + 1 :]])
    written.flush()
    read.detach()
    written.detach()


if __name__ == "__main__":
    register.tell(_measured())
