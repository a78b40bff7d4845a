"""A reader daemon with a virtual reader, in network and mount namespaces of its own.

vpcd listens on every address of its machine: here that machine is an empty network.  pcscd's socket lies in a folder
of ours, so neither another worker's daemon nor the machine's own is touched; programs outside find it by
PCSCLITE_CSOCK_NAME.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

START = """
ip link set lo up
mount -t tmpfs tmpfs /run
mkdir /run/pcscd
mount --bind "$1" /run/pcscd
exec setpriv --pdeathsig KILL pcscd --foreground --critical
"""
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")  # a killed test run leaves no daemon behind
PATIENCE_SECONDS = 60


class ReaderDaemon:
    """A running pcscd; `environment` lets a program outside the namespaces find it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pcscd-"))  # short: a socket's path has at most 107 bytes
        self.as_root = os.geteuid() == 0
        namespaces = [
            "--net",
            "--mount",
            "--propagation=private",
            *([] if self.as_root else ["--map-root-user"]),
        ]
        self._log = (self.folder / "log").open("wb")
        self._process = subprocess.Popen(
            ["unshare", *namespaces, "sh", "-e", "-c", START, "sh", str(self.folder)],
            stdout=self._log,
            stderr=self._log,
        )
        self.environment: Mapping[str, str] = {
            **os.environ,
            "PCSCLITE_CSOCK_NAME": str(self.folder / "pcscd.comm"),
            "LC_ALL": "C.UTF-8",
        }
        wait_until(self._is_up, lambda: f"pcscd did not start: {self.log()}")

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def close(self) -> None:
        stop(self._process)
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *command: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program outside, as anybody on the machine would; its output is text."""
        return subprocess.run(
            command,
            env=self.environment,
            capture_output=True,
            text=True,
            input=given,
            timeout=60,
            check=False,
        )

    @contextmanager
    def card(self, *serve: str) -> Iterator[subprocess.Popen[bytes]]:
        """The card that the command `serve` puts into the reader, pulled at the end of the block."""
        user = [] if self.as_root else ["--user", "--preserve-credentials"]
        inside = ["nsenter", "--target", str(self._process.pid), "--net", *user, *DIES_WITH_US]
        process = subprocess.Popen([*inside, *serve], stdout=self._log, stderr=self._log)
        try:
            wait_until(
                self.has_card,
                lambda: f"no card came into the reader (exit {process.poll()}): {self.log()}",
            )
            yield process
        finally:
            stop(process)
            wait_until(lambda: not self.has_card(), lambda: "the card did not leave the reader")

    def has_card(self) -> bool:
        # one line per reader: number, "Yes" if there is a card, features, name
        return "  Yes  " in self.run("opensc-tool", "--list-readers").stdout

    def _is_up(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError(f"pcscd ended at once: {self.log()}")
        return "Virtual PCD" in self.run("opensc-tool", "--list-readers").stdout


def wait_until(condition: Callable[[], bool], complaint: Callable[[], str]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, complaint()
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
