"""SIGKILL at random moments of issuing, hundreds of times: nothing is signed, counted or lost on the quiet."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.journeys.killing import rounds

pytestmark = pytest.mark.own_database
PROJECT = Path(__file__).resolve().parents[2]
# Two victims a round.
ROUNDS = rounds(40)


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of its own, of the kind the tests run on: processes that are killed share nothing with pytest."""
    url = os.environ.get("DATABASE_URL", "sqlite:")
    if not url.startswith("postgres"):
        yield f"sqlite:///{tmp_path_factory.mktemp('killed') / 'db.sqlite3'}"
        return
    parts = urlsplit(url)
    name = f"killed_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield urlunsplit(parts._replace(path=f"/{name}"))
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def report(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("witness")
    seed = SystemRandom().randrange(2**32)
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "HPKI_VAR": str(folder / "var"),
        "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings",
    }
    command = [sys.executable, "-m", "tests.journeys.issuing_victims", str(folder), str(ROUNDS), str(seed)]
    ran = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"seed {seed}\n{ran.stderr}"
    read: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    print(f"seed {seed}: {read}")  # noqa: T201 - pytest shows it when an assertion below fails
    return read


def test_the_kills_hit_open_records(report: dict[str, Any]) -> None:
    """Otherwise the rest of this file would prove nothing."""
    rounds_with_open_records = sum(times for count, times in report["left_open"].items() if count != "0")
    assert rounds_with_open_records > ROUNDS // 20
    assert report["certificates"] > ROUNDS


def test_nothing_was_signed_without_its_record(report: dict[str, Any]) -> None:
    assert report["signed_without_record"] == []
    assert report["other_certificate_than_recorded"] == []


def test_every_certificate_has_its_audit_lines_and_every_line_its_certificate(report: dict[str, Any]) -> None:
    assert report["not_audited_once"] == []
    assert report["audited_without_record"] == []
    assert report["audit_findings"] == []


def test_no_serial_was_used_twice(report: dict[str, Any]) -> None:
    assert report["serials_twice"] == []


def test_no_card_was_counted_twice(report: dict[str, Any]) -> None:
    """Although cards came to the desk again and again, between and after the kills, on two machines at once."""
    assert report["cards_counted_twice"] == []
    assert report["keys_certified_twice"] == []
    assert report["certificates"] <= report["signatures"]


def test_what_was_handed_out_is_what_stands_in_the_records(report: dict[str, Any]) -> None:
    assert report["handed_out"] > 0
    assert report["handed_out_otherwise"] == []


def test_a_restart_closes_what_was_open(report: dict[str, Any]) -> None:
    assert report["restarted"]["waiting"] == 0
    assert report["states"] == {"signed": report["certificates"]}
