"""`hpki-server ceremony`: as people and scripts call it."""

import io
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from hpki_server.authority.ceremony.books import DatabaseBooks
from hpki_server.authority.ceremony.desk import TerminalDesk
from hpki_server.authority.ceremony.run import Room, hold
from hpki_server.authority.models import Issuer
from tests.ceremony_room import FILES, Clock, shipped


def command(*arguments: object) -> str:
    out = io.StringIO()
    call_command("ceremony", *(str(argument) for argument in arguments), stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_run_and_verify_with_shares_in_files(tmp_path: Path, settings: Settings) -> None:
    settings.VAR = tmp_path
    shares = tmp_path / "shares"
    told = command("run", FILES / "1-root.yaml", "--yes", "--share-folder", shares)
    assert "make a new activation secret and share it out to 3 custodians" in told
    assert sorted(path.name for path in shares.iterdir()) == [f"demo-root-{n}.share" for n in (1, 2, 3)]
    assert all(path.stat().st_mode & 0o077 == 0 for path in shares.iterdir())
    two = ["--share", shares / "demo-root-3.share", "--share", shares / "demo-root-1.share"]
    command("run", FILES / "2-signing.yaml", "--yes", *two)
    transcript = tmp_path / "ceremony" / "demo-signing" / "transcript.json"
    proven = command("verify", transcript)
    assert "the audit chain holds the same hash" in proven
    assert "proven: demo-signing" in proven
    assert Issuer.objects.count() == 2


@pytest.mark.django_db
def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path, settings: Settings) -> None:
    settings.VAR = tmp_path
    with pytest.raises(CommandError, match="nowhere to put the shares"):
        command("run", FILES / "1-root.yaml", "--yes")
    with pytest.raises(CommandError, match="issuer demo-root is not in the books"):
        command("run", FILES / "2-signing.yaml", "--yes")
    shares = tmp_path / "shares"
    command("run", FILES / "1-root.yaml", "--yes", "--share-folder", shares)
    (shares / "demo-root-1.share").write_text("MISTYPED")
    with pytest.raises(CommandError, match=r"share file .*demo-root-1\.share: this is not a share"):
        command("run", FILES / "2-signing.yaml", "--yes", "--share", shares / "demo-root-1.share")
    with pytest.raises(CommandError, match="1 of the 2 shares that are needed"):
        command("run", FILES / "2-signing.yaml", "--yes", "--share", shares / "demo-root-2.share")
    assert Issuer.objects.count() == 1


@pytest.mark.django_db
def test_verify_compares_with_the_audit_chain_of_this_server(tmp_path: Path, settings: Settings) -> None:
    settings.VAR = tmp_path / "first"
    command("run", FILES / "1-root.yaml", "--yes", "--share-folder", tmp_path / "shares")
    first = settings.VAR / "ceremony" / "demo-root" / "transcript.json"
    assert "the audit chain holds the same hash" in command("verify", first)
    Issuer.objects.update(slug="kept")
    settings.VAR = tmp_path / "second"
    command("run", FILES / "1-root.yaml", "--yes", "--share-folder", tmp_path / "shares")
    with pytest.raises(CommandError, match="the audit chain holds another hash"):
        command("verify", first)


@pytest.mark.django_db
def test_rehearse_registers_nothing(tmp_path: Path, settings: Settings) -> None:
    settings.VAR = tmp_path
    assert "everything was thrown away" in command("rehearse", FILES / "3-authentication.yaml")
    assert not Issuer.objects.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_at_a_terminal_shares_are_typed_back_unseen_and_the_screen_is_cleared(tmp_path: Path) -> None:
    shown: list[str] = []
    cleared: list[int] = []
    mistakes = ["a mistake"]

    def typed(_prompt: str) -> str:
        if mistakes:
            return mistakes.pop()
        return shown[-1].split("\n")[3].strip()

    def tell(line: str) -> None:
        if "for 保管者" in line:
            shown.append(line)

    desk = TerminalDesk(
        ask_unseen=typed, ask=lambda _: "", tell=tell, clear=lambda: cleared.append(len(shown))
    )
    hold(shipped("1-root"), Room(tmp_path, desk, DatabaseBooks(), Clock()))
    # The first custodian made a mistake and saw the share once more.
    assert len(cleared) == len(shown) == 4
    texts = iter([shown[-1], shown[-2]])
    presenting = TerminalDesk(
        ask_unseen=lambda _: next(texts).split("\n")[3].strip(),
        ask=lambda _: "",
        tell=tell,
        clear=lambda: None,
    )
    assert hold(shipped("2-signing"), Room(tmp_path, presenting, DatabaseBooks(), Clock())).is_closed


def test_the_process_killed_at_random_moments_goes_on_and_registers_once(tmp_path: Path) -> None:
    environment = os.environ | {"HPKI_VAR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    program = [sys.executable, "-m", "django"]
    environment["DJANGO_SETTINGS_MODULE"] = "hpki_server.config.settings"
    subprocess.run([*program, "migrate", "-v0"], check=True, env=environment, timeout=120)
    shares = tmp_path / "shares"
    run = [*program, "ceremony", "run", str(FILES / "1-root.yaml"), "--yes", "--share-folder", str(shares)]
    given = [f"--share={shares}/demo-root-{number}.share" for number in (2, 3)]
    chance = random.Random(20261104)  # noqa: S311 - when to kill, no secret
    for _ in range(2):
        process = subprocess.Popen([*run, *given], env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        # The hash of the file is the last line before the ceremony itself begins.
        while "file SHA-256" not in (line := process.stdout.readline()) and line:
            pass
        try:
            process.wait(timeout=chance.uniform(0.05, 0.7))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
    last = subprocess.run(
        [*run, *given], check=False, env=environment, capture_output=True, text=True, timeout=120
    )
    assert last.returncode == 0 or "was held and closed" in last.stderr, last.stderr
    transcript = tmp_path / "ceremony" / "demo-root" / "transcript.json"
    proven = subprocess.run(
        [*program, "ceremony", "verify", str(transcript)],
        check=True,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert "the audit chain holds the same hash" in proven.stdout
