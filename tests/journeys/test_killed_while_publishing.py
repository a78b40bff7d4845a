"""SIGKILL at random moments while two publishers race and a third process revokes: no number twice, nothing lost."""

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
ROUNDS = rounds(16)


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of its own, of the kind the tests run on."""
    url = os.environ.get("DATABASE_URL", "sqlite:")
    if not url.startswith("postgres"):
        yield f"sqlite:///{tmp_path_factory.mktemp('press') / 'db.sqlite3'}"
        return
    name = f"press_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
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
    command = [sys.executable, "-m", "tests.journeys.publishing_victims", str(folder), str(ROUNDS), str(seed)]
    ran = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"seed {seed}\n{ran.stderr}"
    read: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    print(f"seed {seed}: {read}")  # noqa: T201 - pytest shows it when an assertion below fails
    return read


def test_the_kills_hit_numbers_without_a_list(report: dict[str, Any]) -> None:
    """Otherwise the rest of this file would prove nothing."""
    assert report["issued"] > ROUNDS // 2
    assert report["abandoned"] > ROUNDS // 10


def test_no_number_is_given_twice_and_numbers_only_grow(report: dict[str, Any]) -> None:
    assert report["numbers_twice"] == 0
    assert report["numbers_not_growing"] == 0
    assert report["other_number_than_recorded"] == []
    assert report["open"] == 0


def test_every_list_is_the_one_that_was_signed_and_audited_once(report: dict[str, Any]) -> None:
    assert report["not_signed_by_us"] == []
    assert report["same_bytes_signed_twice"] == []
    assert report["not_audited_once"] == []
    assert report["audit_findings"] == []


def test_no_revoked_certificate_is_shown_good_and_no_good_one_revoked(report: dict[str, Any]) -> None:
    assert report["shown_wrong"] == []
