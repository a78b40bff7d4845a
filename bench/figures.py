"""The open statistics and the import of earlier cards, at twenty times the table of 2021: 357,220 cards.

The limit of a figure is one raw count of the same rows over the same index; that of the import is the csv module alone.
"""

import datetime as dt
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence

from bench import register
from bench.register import AT, Row

TIMES = 20
ASKED = 60


def measure() -> Iterator[Row]:
    """Rows of name, per second, ratio to the limit, note; the database is named in each."""
    yield from register.on_both_databases("bench.figures")


def _measured() -> Iterator[Row]:
    yield _imported()
    from django.core.cache import cache
    from django.test import Client

    from hpki_server.statistics import queries

    days = [dt.date(2016, 3, 1) + dt.timedelta(days=30 * number) for number in range(ASKED)]
    yield _asked("table of a day", days, queries.cards_by_prefecture)
    yield _asked("series by month", days[-10:], queries.cards_by_month)
    client = Client(headers={"host": "localhost"})

    def page(day: dt.date) -> None:
        assert client.get("/statistics/cards-by-prefecture/", {"on": day.isoformat()}).status_code == 200

    def file(day: dt.date) -> None:
        assert client.get(f"/statistics/cards-by-prefecture/{day}.csv").status_code == 200

    def first_page(day: dt.date) -> None:
        # As for the first reader after a start, or of ten minutes.
        cache.clear()
        page(day)

    yield _asked("page, nothing stored", days[:10], first_page)
    yield _asked("page, another day each time", days[10:], page)
    cache.clear()
    yield _asked("file, another day each time", days, file)


def _imported() -> Row:
    import django

    django.setup()
    from django.core.management import call_command

    from hpki_server.authority.services.moving_in import Outcome, import_cards
    from hpki_server.people.services.organisations import found_associations
    from hpki_server.statistics.demo_cards import write_demo_cards

    call_command("migrate", verbosity=0)
    found_associations(by="system", at=AT)
    with tempfile.TemporaryFile() as file:
        write_demo_cards(file, times=TIMES)
        limit = register.csv_alone(file.fileno())
        before = register.peak_mebi()
        begun = time.perf_counter()
        report = import_cards(file, environment="test", by="system", at=AT)
        seconds = time.perf_counter() - begun
    cards = report.counts[Outcome.IMPORTED]
    assert report.counts.total() == cards
    note = f"{seconds:.0f} s; peak memory {register.peak_mebi():.0f} MiB, {before:.0f} before"
    register.analyse()
    return f"import, {cards:,} cards", cards / seconds, limit / seconds, note


def _asked(name: str, days: Sequence[dt.date], ask: Callable[[dt.date], object]) -> Row:
    times = register.Times()
    for day in days:
        times.ask(lambda day=day: ask(day), _raw_count)  # type: ignore[misc]  # called at once
    return times.row(name, "bar p95 300 ms")


def _raw_count() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT organisation_id, count(*) FROM authority_card WHERE state <> 'scrapped' GROUP BY organisation_id"
        )
        cursor.fetchall()


if __name__ == "__main__":
    register.tell(_measured())
