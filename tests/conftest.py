"""What every test stands on: no socket beyond loopback, and a database that may be emptied."""

import os
import socket

import pytest
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

# No test asserts a time: a busy machine would fail it.
hypothesis_settings.register_profile("untimed", deadline=None)
# At the gate (.ci/run) the same commit is told the same twice: examples come of each test's own text.  Everywhere else
# they are drawn anew, and find what nobody thought of.
hypothesis_settings.register_profile("repeated", deadline=None, derandomize=True, database=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "untimed"))

LOOPBACK = ("127.", "::1", "localhost")
_DATABASE = {"db", "transactional_db"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Journeys first, since their files are long and a long file at the end keeps everybody waiting.

    The run on PostgreSQL (deploy/test.sh) repeats what can touch a database; the rest was judged on SQLite.
    A test touches one when it asks for it by pytest-django's mark or fixtures, or says `own_database`: it has its
    commands run on a database of the kind that the tests run on.
    """
    items.sort(key=lambda item: "journeys" not in item.path.parts)
    if connection.vendor != "postgresql":
        return
    pure = [item for item in items if not _touches_a_database(item)]
    config.hook.pytest_deselected(items=pure)
    unneeded = set(pure)
    items[:] = [item for item in items if item not in unneeded]


def _touches_a_database(item: pytest.Item) -> bool:
    marked = any(item.get_closest_marker(name) for name in ("django_db", "own_database"))
    of_django = issubclass(getattr(item, "cls", None) or object, TransactionTestCase)
    return marked or of_django or not _DATABASE.isdisjoint(getattr(item, "fixturenames", ()))


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
    from hpki_server.people import audit_triggers

    with django_db_blocker.unblock():
        audit_triggers.drop(connection)
