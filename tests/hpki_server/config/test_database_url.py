"""DATABASE_URL chooses the database of every command; what is wrong with it is one sentence, not a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hpki_server.config.database import database


def hpki_server(*words: str, url: str, var: Path, exit_code: int = 0) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own, as an operator starts it."""
    ours = {
        "DATABASE_URL": url,
        "HPKI_VAR": str(var),
        "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings",
        "PYTHONIOENCODING": "utf-8",
    }
    command = [sys.executable, "-m", "hpki_server.config.command", *words]
    done = subprocess.run(command, env=os.environ | ours, capture_output=True, text=True, check=False)
    assert done.returncode == exit_code, done.stderr
    return done


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:////tmp/my%20cards.sqlite3", {"NAME": "/tmp/my cards.sqlite3"}),
        (
            "postgres://hpki:p%40ss%2Fword%25@db.example:5433/cards",
            {
                "USER": "hpki",
                "PASSWORD": "p@ss/word%",
                "HOST": "db.example",
                "PORT": 5433,
                "NAME": "cards",
            },
        ),
        ("postgresql://hpki@%2Frun%2Fpostgresql/cards", {"HOST": "/run/postgresql", "NAME": "cards"}),
        (
            "postgres:///cards?host=/run/postgresql&user=hpki",
            {"NAME": "cards", "OPTIONS": {"host": "/run/postgresql", "user": "hpki"}},
        ),
    ],
)
def test_paths_sockets_and_percent_signs_are_read(
    url: str, expected: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    found: dict[str, object] = {**database(Path("/srv/hpki"))}
    assert {name: found[name] for name in expected} == expected


def test_two_writers_of_one_sqlite_file_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////tmp/cards.sqlite3")
    assert database(Path("/srv"))["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_database_without_tables_says_which_command_makes_them(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/empty.sqlite3"
    done = hpki_server("statistics", "cards-by-prefecture", url=url, var=tmp_path, exit_code=1)
    assert "run `hpki-server migrate` first" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_out_of_reach_is_told_without_its_password(tmp_path: Path) -> None:
    url = "postgres://hpki:secret-word@127.0.0.1:1/cards"
    done = hpki_server("statistics", "cards-by-prefecture", url=url, var=tmp_path, exit_code=1)
    assert "cannot be reached" in done.stderr
    assert "secret-word" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_database_and_a_folder_that_cannot_be_are_told(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("no database, and longer than its heading of a hundred octets. " * 3)
    done = hpki_server("audit", "verify", url=f"sqlite:///{file}", var=tmp_path, exit_code=1)
    assert "cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
    done = hpki_server("audit", "verify", url="", var=file, exit_code=1)
    assert str(file) in done.stderr
    assert "Traceback" not in done.stderr
