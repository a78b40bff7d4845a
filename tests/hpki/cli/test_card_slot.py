"""Secrets typed at a terminal: asked in words, never shown, and refused where nobody can type."""

import os
import subprocess
import sys
from pathlib import Path

from hpki.card.client import HpkiCard
from hpki.card.objects import CardApplication
from hpki.card.virtual import VirtualCard
from hpki.keys.secret import Secret
from tests import cards

# A terminal of its own around the command; what is typed and what is shown pass through pipes.
AT_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
ASKED = (
    ("Passphrase of the card file: ", cards.PASSPHRASE.reveal()),
    ("PIN of the signing application: ", cards.SIGNING_PIN.reveal()),
    ("(4 to 16 characters): ", "246802"),
    ("Again: ", "246802"),
)


def converse(command: list[str], asked: tuple[tuple[str, str], ...]) -> tuple[int, str]:
    """Exit code and everything on the screen; each answer is typed once its question stands there."""
    with subprocess.Popen(
        [sys.executable, "-c", AT_A_TERMINAL, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        screen = b""
        for question, answer in asked:
            while not screen.endswith(question.encode()):
                shown = os.read(process.stdout.fileno(), 4096)
                assert shown, screen.decode()
                screen += shown
            process.stdin.write(f"{answer}\n".encode())
            process.stdin.flush()
        screen += process.stdout.read()
        return process.wait(timeout=30), screen.decode()


def change_pin(path: Path) -> list[str]:
    cards.made_card(path).close()
    return ["card", "change-pin", "--card", str(path), "--application", "signing", "--lang", "en"]


def test_a_pin_is_changed_at_a_terminal_that_shows_none_of_the_secrets(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hpki.cli.main", *change_pin(tmp_path / "hanako.card")]
    code, screen = converse(command, ASKED)
    assert (code, screen.splitlines()[-1]) == (0, "The PIN of the signing application is changed.")
    assert not [answer for _, answer in ASKED if answer in screen]
    with VirtualCard.open(tmp_path / "hanako.card", cards.PASSPHRASE) as card:
        HpkiCard(card).sign(CardApplication.SIGNING, b"letter", pin=Secret("246802"))


def test_two_entries_that_differ_change_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hpki.cli.main", *change_pin(tmp_path / "hanako.card")]
    code, screen = converse(command, (*ASKED[:3], ("Again: ", "246803")))
    assert code == 1
    assert "The two entries differ." in screen
    with VirtualCard.open(tmp_path / "hanako.card", cards.PASSPHRASE) as card:
        HpkiCard(card).sign(CardApplication.SIGNING, b"letter", pin=cards.SIGNING_PIN)


def test_without_a_terminal_the_option_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hpki.cli.main", *change_pin(tmp_path / "hanako.card")]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "name a file with --passphrase-file" in done.stderr


def test_a_card_file_that_is_not_there_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    command = [
        str(Path(sys.executable).with_name("hpki")),
        "card",
        "show",
        "--card",
        str(tmp_path / "none.card"),
    ]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (done.returncode, "none.card: No such file" in done.stderr) == (1, True)
