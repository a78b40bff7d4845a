"""What every test stands on: no socket beyond loopback, and a database that may be emptied."""

import socket

import pytest
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

# No test asserts a time: a busy machine would fail it.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")

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


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Tests with real transactions empty every table afterwards, which the audit chain's triggers refuse."""
    from django.db import connection

    from hpki_server.people import audit_triggers

    with django_db_blocker.unblock():
        audit_triggers.drop(connection)
