"""What every test stands on: a folder of its own for data and keys, and no socket beyond loopback."""

import os
import socket
import tempfile

import pytest

# Before Django reads its settings: tests never touch the installation's var/.
os.environ["HPKI_VAR"] = tempfile.mkdtemp(prefix="openhpki-test-")

LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches for another machine fails at once, with the address in the message."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0]) if isinstance(address, tuple) else str(address)
            assert host.startswith(LOOPBACK), f"a test tried to reach {host}"
        connect(self, address)  # type: ignore[arg-type]  # whatever the caller gave goes on unchanged

    monkeypatch.setattr(socket.socket, "connect", guarded)
