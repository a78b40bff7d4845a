"""What the tests with foreign software share."""

from collections.abc import Iterator

import pytest

from tests.interop.pcscd import ReaderDaemon


@pytest.fixture(scope="session")
def reader() -> Iterator[ReaderDaemon]:
    """pcscd with an empty virtual reader."""
    daemon = ReaderDaemon()
    yield daemon
    daemon.close()
