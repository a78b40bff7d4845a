"""花子's card file, put into a reader by the command that a vendor would use."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hpki.card.layouts import Layout
from tests import cards
from tests.interop.pcscd import ReaderDaemon


class CardFile:
    """A personalised card's file with its passphrase and PINs in files beside it."""

    def __init__(self, folder: Path, layout: Layout = Layout.JMA) -> None:
        self.path = folder / "hanako.card"
        cards.made_card(self.path, layout).close()
        self.signing_pin = self._secret("signing.pin", cards.SIGNING_PIN.reveal())
        self.authentication_pin = self._secret("authentication.pin", cards.AUTHENTICATION_PIN.reveal())
        self._secret("passphrase", cards.PASSPHRASE.reveal())

    def _secret(self, suffix: str, text: str) -> Path:
        path = self.path.with_name(f"{self.path.name}.{suffix}")
        path.write_text(text + "\n")
        return path

    @contextmanager
    def in_reader(self, reader: ReaderDaemon, view: str) -> Iterator[subprocess.Popen[bytes]]:
        """`hpki card serve`, until the end of the block."""
        with reader.card(*hpki("card", "serve", "--card", str(self.path), "--view", view)) as process:
            yield process


def hpki(*arguments: str) -> tuple[str, ...]:
    """The command `hpki` of this installation."""
    return (sys.executable, "-m", "hpki.cli.main", *arguments)
