"""SIGKILL while a batch of cards is made, and while cards of it are scrapped: nothing is lost, nothing is made twice."""

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
CARDS = 30
ROUNDS = rounds(16)


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of its own, of the kind the tests run on: processes that are killed share nothing with pytest."""
    url = os.environ.get("DATABASE_URL", "sqlite:")
    if not url.startswith("postgres"):
        yield f"sqlite:///{tmp_path_factory.mktemp('killed') / 'db.sqlite3'}"
        return
    parts = urlsplit(url)
    name = f"produced_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield urlunsplit(parts._replace(path=f"/{name}"))
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def report(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("hall")
    seed = SystemRandom().randrange(2**32)
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "HPKI_VAR": str(folder / "var"),
        "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings",
    }
    arguments = [str(CARDS), str(ROUNDS), str(seed)]
    command = [sys.executable, "-m", "tests.journeys.production_victims", *arguments]
    ran = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"seed {seed}\n{ran.stderr}"
    read: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    print(f"seed {seed}: {read}")  # noqa: T201 - pytest shows it when an assertion below fails
    return read


def test_the_kills_hit_half_made_cards(report: dict[str, Any]) -> None:
    """Otherwise the rest of this file would prove nothing."""
    assert report["left_half_made"] > ROUNDS // 10


def test_every_batch_reconciles_and_was_closed(report: dict[str, Any]) -> None:
    assert report["batches"][0]["ordered"] == CARDS
    for numbers in report["batches"]:
        assert numbers["state"] == "closed"
        assert numbers["waiting"] == numbers["moved_out"] == 0
        assert numbers["ordered"] == numbers["personalised"] + numbers["scrapped"]
    assert report["differing"] == [0] * len(report["batches"])


def test_every_application_has_one_living_card_and_each_card_one_set_of_certificates(
    report: dict[str, Any],
) -> None:
    assert report["applications"] == {"issued": CARDS}
    assert report["without_a_living_card"] == []
    assert report["cards"]["issued"] == report["cards_with_a_living_set"] == CARDS
    assert report["living_sets"] == [3]
    assert report["profiles_twice"] == report["keys_certified_twice"] == []
    assert report["living_on_scrapped_cards"] == 0


def test_the_stock_equals_its_book_and_what_was_made(report: dict[str, Any]) -> None:
    assert report["book_equals_count"]
    assert report["blanks_of_living_cards"] == CARDS
    assert report["blanks_of_scrapped_cards"] == report["cards"].get("scrapped", 0)
    assert report["stock"]["in_stock"] == 2 * CARDS - CARDS - report["blanks_of_scrapped_cards"]


def test_the_audit_chain_is_whole(report: dict[str, Any]) -> None:
    assert report["audit_findings"] == []
