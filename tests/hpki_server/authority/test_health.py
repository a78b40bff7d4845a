"""The monitor's question: answered in words, in JSON and by an exit code, well before a list ends."""

import datetime as dt
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from hpki_server.authority import health, ports
from hpki_server.authority.health import Level, Point
from hpki_server.authority.models import IssuedCrl
from hpki_server.authority.services import publishing
from tests import pki
from tests.hpki_server.authority import stage

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
AT = pki.CEREMONY_DAY


def found(at: dt.datetime) -> dict[str, Point]:
    return {point.name: point for point in health.points(at=at)}


def test_a_list_is_warned_of_two_days_before_it_ends_and_is_an_error_one_day_before() -> None:
    stage.hierarchy()
    ports.forget_signers()
    name = "crl test-signing-ca all"
    assert [found(AT + hours * HOUR)[name].level for hours in (0, 48, 49, 72, 73, 97)] == [
        Level.GOOD,
        Level.GOOD,
        Level.WARNING,
        Level.WARNING,
        Level.ERROR,
        Level.ERROR,
    ]
    assert found(AT + 97 * HOUR)[name].sentence == "it ended 1 h ago"
    assert "set back" in found(AT - HOUR)[name].sentence
    # The ceremony of this root gave one of its two lists.
    assert found(AT)["crl test-root roots"].level is Level.ERROR


def test_numbers_left_without_a_list_and_the_audit_head_are_told() -> None:
    issuer = stage.hierarchy()["SIGNING_CA"]
    ports.forget_signers()
    publishing.reserve(issuer, publishing.Target(publishing.Scope.ALL), at=AT)
    assert found(AT + HOUR / 10)["open list numbers"].level is Level.GOOD
    assert found(AT + HOUR)["open list numbers"].sentence.startswith("1 were left open")
    assert found(AT)["audit"].facts["size"] == 4
    assert health.worst([]) is Level.GOOD


def test_the_command_speaks_to_people_and_machines_and_by_its_exit_code() -> None:
    stage.hierarchy()
    ports.forget_signers()
    IssuedCrl.objects.update(next_update=AT - HOUR)
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("health", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (ended.value.code, told["level"]) == (2, "error")
    assert {"name", "level", "sentence", "number", "next_update", "hours_left"} <= set(told["points"][2])
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("health", stdout=out)
    assert "ERROR    crl test-signing-ca all: it ended" in out.getvalue()


def test_recurring_work_that_stands_still_is_told(settings: Settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    assert found(AT)["recurring work"].level is Level.WARNING
    turned = tmp_path / health.TURN_FILE
    turned.touch()
    os.utime(turned, (AT.timestamp(), AT.timestamp()))
    levels = [found(AT + minutes * HOUR / 60)["recurring work"].level for minutes in (1, 11, 61)]
    assert levels == [Level.GOOD, Level.WARNING, Level.ERROR]


def test_a_database_that_is_away_is_an_error_and_not_a_warning(tmp_path: Path) -> None:
    away = os.environ | {"HPKI_VAR": str(tmp_path), "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none"}
    command = [sys.executable, "-m", "hpki_server.config.command", "health"]
    asked = subprocess.run(command, env=away, capture_output=True, text=True, check=False)
    assert asked.returncode == 2
    assert asked.stdout.startswith("ERROR    database: it cannot be read")
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"a disk that forgets" * 300)
    damaged = subprocess.run(
        command,
        env=away | {"DATABASE_URL": f"sqlite:///{broken}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (damaged.returncode, damaged.stdout[:18]) == (2, "ERROR    database:")
