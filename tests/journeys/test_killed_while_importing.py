"""SIGKILL at random moments of importing the bank's files: no money is lost, none is booked twice."""

import json
import os
import subprocess
import sys
from random import SystemRandom
from typing import Any

import pytest

from tests.journeys.killing import rounds
from tests.journeys.test_killed_while_issuing import PROJECT, database_url

__all__ = ["database_url"]
# Two victims a round.
pytestmark = pytest.mark.own_database
ROUNDS = rounds(12)


@pytest.fixture(scope="module")
def report(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("bank")
    seed = SystemRandom().randrange(2**32)
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "HPKI_VAR": str(folder / "var"),
        "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings",
    }
    command = [sys.executable, "-m", "tests.journeys.importing_victims", str(folder), str(ROUNDS), str(seed)]
    ran = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"seed {seed}\n{ran.stderr}"
    read: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    print(f"seed {seed}: {read}")  # noqa: T201 - pytest shows it when an assertion below fails
    return read


def test_the_kills_hit_files_half_taken_over(report: dict[str, Any]) -> None:
    """Otherwise the rest of this file would prove nothing."""
    assert report["cut_off"].get("inside a file", 0) >= ROUNDS // 8
    assert report["payments"] > ROUNDS * 100


def test_no_money_is_lost(report: dict[str, Any]) -> None:
    assert report["lost"] == 0


def test_no_money_is_booked_twice(report: dict[str, Any]) -> None:
    """Although the files overlap, and two processes took them over at once, again and again."""
    assert report["twice"] == 0


def test_every_payment_has_its_audit_line_and_every_line_its_payment(report: dict[str, Any]) -> None:
    assert report["not_audited_once"] == []
    assert report["audited_without_payment"] == []
    assert report["audit_findings"] == []


def test_every_invoice_says_what_its_payments_add_up_to(report: dict[str, Any]) -> None:
    assert report["invoices_wrong"] == []


def test_every_row_is_told_and_no_file_is_kept(report: dict[str, Any]) -> None:
    assert report["rows_told"] == report["rows_sent"]
    assert report["unfinished"] == report["files_kept_open"] == 0
