"""A registry of 600,000 invented people, for the benches of matching and searching: one child process, one database each."""

import datetime as dt
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self, TypeVar

PROJECT = Path(__file__).resolve().parents[1]
Row = tuple[str, float, float, str]
Answer = TypeVar("Answer")
PEOPLE = int(os.environ.get("OPENHPKI_BENCH_PEOPLE", "600000"))
SEED = 7
AT = dt.datetime(2026, 11, 4, 3, 0, tzinfo=dt.UTC)


def on_both_databases(module: str) -> Iterator[Row]:
    """What `module` prints as JSON, once with SQLite and once with a PostgreSQL that is started for it."""
    child = [sys.executable, "-m", module]
    yield from _rows(child, "SQLite")
    if Path("/usr/lib/postgresql").is_dir():
        yield from _rows([sys.executable, "-m", "tests.postgres", *child], "PostgreSQL")


def _rows(command: Sequence[str], database: str) -> Iterable[Row]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {"HPKI_VAR": folder, "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings"}
        ran = subprocess.run(
            command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
    for name, per_second, ratio, note in json.loads(ran.stdout.splitlines()[-1]):
        yield f"{database}: {name}", per_second, ratio, note


def filled() -> Row:
    """In the child: an empty database, then the register imported as a file; the row says how fast and in what memory.

    The limit is reading the same file with the csv module alone.
    """
    import django

    django.setup()
    from django.core.management import call_command

    from hpki_server.registry.demo_registry import write_demo_registry
    from hpki_server.registry.services import import_entries

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryFile() as file:
        write_demo_registry(file, PEOPLE, seed=SEED)
        limit = csv_alone(file.fileno())
        before = peak_mebi()
        begun = time.perf_counter()
        import_entries(file, by="system", at=AT)
        seconds = time.perf_counter() - begun
    note = f"{seconds:.0f} s; peak memory {peak_mebi():.0f} MiB, {before:.0f} before; rows of the csv module alone = limit"
    analyse()
    return f"import, {PEOPLE:,} rows", PEOPLE / seconds, limit / seconds, note


def analyse() -> None:
    """A database in service has looked at its tables."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def csv_alone(descriptor: int) -> float:
    import csv

    with os.fdopen(os.dup(descriptor), encoding="utf-8", newline="") as text:
        text.seek(0)
        begun = time.perf_counter()
        for _row in csv.reader(text):
            pass
        return time.perf_counter() - begun


def peak_mebi() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Times:
    """How long each of many questions took, beside a simple one asked in the same breath."""

    def __init__(self) -> None:
        self.ours: list[float] = []
        self.limit: list[float] = []
        # Of this process alone: what other work of the machine does not lengthen.
        self.processor: list[float] = []

    def ask(self, ours: Callable[[], Answer], limit: Callable[[], object]) -> Answer:
        """Asks both; the answer of ours."""
        begun = time.perf_counter()
        limit()
        between, processor = time.perf_counter(), time.process_time()
        answer = ours()
        self.processor.append(time.process_time() - processor)
        self.ours.append(time.perf_counter() - between)
        self.limit.append(between - begun)
        return answer

    def __iadd__(self, other: "Times") -> Self:
        self.ours += other.ours
        self.limit += other.limit
        self.processor += other.processor
        return self

    def row(self, name: str, note: str) -> Row:
        """Per second, median of the limit over ours, and the percentiles in milliseconds."""
        cuts, own = statistics.quantiles(self.ours, n=100), statistics.quantiles(self.processor, n=100)
        ratio = statistics.median(self.limit) / statistics.median(self.ours)
        times = (
            f"p50 {cuts[49] * 1000:.2f} ms, p95 {cuts[94] * 1000:.2f} ms (processor {own[94] * 1000:.2f} ms)"
        )
        return name, len(self.ours) / sum(self.ours), ratio, f"{times}; {note}"


def raw_lookup(number: str) -> None:
    """The least that any match asks: one row by its unique index, without the ORM."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT family_name, given_name, born_on, registered_on FROM registry_registryentry"
            " WHERE qualification = %s AND number = %s",
            ["physician", number],
        )
        cursor.fetchall()


def tell(rows: Iterable[Row]) -> None:
    print(json.dumps(list(rows)))
