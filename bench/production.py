"""Cards made by the recurring work, and certificates for remote use, against making their keys in the same run.

A card's three keys are made inside it (two RSA-2048, one P-256), a remote record's two by the server: nothing makes them
faster than the processor does.  The ratio says how much of a batch's time is left for everything else: certificates, audit,
commits, writing to the card, reading back.  Slices take turns, so the other work of a machine falls on both.
"""

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bench.issue import Row, Slices

PROJECT = Path(__file__).resolve().parents[1]
ROUNDS = 3
CARDS_A_SLICE = 12
REMOTE_A_SLICE = 20


def measure() -> Iterator[Row]:
    """Rows of name, per second, ratio to making the keys, note; the database is named in each."""
    child = [sys.executable, "-m", "bench.production"]
    yield from _rows(child, "SQLite")
    if Path("/usr/lib/postgresql").is_dir():
        yield from _rows([sys.executable, "-m", "tests.postgres", *child], "PostgreSQL")


def _rows(command: Sequence[str], database: str) -> Iterable[Row]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {"HPKI_VAR": folder, "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings"}
        ran = subprocess.run(
            command, cwd=PROJECT, env=environment, check=True, capture_output=True, text=True
        )
    for name, per_second, ratio, note in json.loads(ran.stdout.splitlines()[-1]):
        yield f"{database}: {name}", per_second, ratio, note


def _child() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from tests.hpki_server.authority import stage
    from tests.hpki_server.enrollment import desk

    stage.hierarchy()
    desk.offices()
    sys.stdout.write(json.dumps([_batch(), _remote()]) + "\n")


def _keys(times: int, *, presence: bool) -> int:
    from hpki.keys.algorithms import KeyAlgorithm
    from hpki.keys.software import generate_software_key

    for _ in range(times):
        generate_software_key(KeyAlgorithm.RSA_2048)
        generate_software_key(KeyAlgorithm.RSA_2048)
        if presence:
            generate_software_key(KeyAlgorithm.P_256)
    return times


def _batch() -> Row:
    from tests import cast
    from tests.hpki_server.authority import production as box
    from tests.hpki_server.enrollment import desk, many

    from hpki_server.authority.services import batches
    from hpki_server.enrollment.services import production

    at = desk.NOON + dt.timedelta(hours=8)
    by = cast.officer(cast.TANAKA, at=at)
    cards = ROUNDS * CARDS_A_SLICE
    box.delivery(cards)
    many.ordered(cards)
    batch = production.plan_batch(production.Choice(most=cards), by=by, at=at)
    batches.start_batch(batch.id, by=by, at=at)

    def work(_number: int) -> int:
        return sum(production.make_next(at=at).made for _ in range(CARDS_A_SLICE))

    slices = Slices(lambda: _keys(CARDS_A_SLICE, presence=True), work, rounds=ROUNDS)
    return _row("a batch, card by card on the virtual reader", slices)


def _remote() -> Row:
    from tests import cast
    from tests.hpki_server.authority import stage

    from hpki_server.authority import services

    by = cast.officer(cast.TANAKA)

    def ordered() -> list[object]:
        plastic = [stage.ordered_card() for _ in range(REMOTE_A_SLICE)]
        return [services.order_remote(card.id, by=by, at=stage.NOON).id for card in plastic]

    groups = [ordered() for _ in range(ROUNDS)]

    def work(number: int) -> int:
        return services.certify_remote(groups[number], by="system", at=stage.NOON)  # type: ignore[arg-type]  # ids of rows

    slices = Slices(lambda: _keys(REMOTE_A_SLICE, presence=False), work, rounds=ROUNDS)
    return _row(f"certificates for remote use, groups of {REMOTE_A_SLICE}", slices)


def _row(name: str, slices: Slices) -> Row:
    ratio = sum(slices.wall) / len(slices.wall)
    return (name, 1 / slices.seconds_each, ratio, "of making the keys alone, by the clock; keys vary in luck")


if __name__ == "__main__":
    _child()
