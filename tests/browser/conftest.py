"""A server on loopback, and Debian's Chromium to look at it."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper as SqliteWrapper
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django import Settings

CHROMIUM = "/usr/bin/chromium-headless-shell"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-features=Translate,MediaRouter,OptimizationHints",
]
# How long a page is waited for on a busy machine; a page that is right answers at once.
expect.set_options(timeout=30_000)
# A browser on a machine that others keep busy falls silent now and then.  That, and nothing that a page said or showed,
# has a test run a second time; the summary names it (RERUN).
SILENT = [
    r"TimeoutError: .*Timeout \d+ms exceeded",
    r"Target (page|closed|crashed)|has been closed|Page crashed",
]
WsgiApp = Callable[..., Iterable[bytes]]


def pytest_itemcollected(item: pytest.Item) -> None:
    if "browser" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=SILENT))


class OneAtATime:
    """An in-memory SQLite is one connection for all threads: requests queue here, as they would at its lock."""

    def __init__(self, app: WsgiApp) -> None:
        self.app = app
        self.turn = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self.turn:
            answer = self.app(environ, start_response)
            body = list(answer)
            if close := getattr(answer, "close", None):
                close()
            return body


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Playwright's loop runs in this thread; Django would take us for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def site(transactional_db: None, settings: Settings, tmp_path: Path) -> Iterator[str]:
    """The product's address; its keys and cards live as long as the test."""
    settings.VAR = tmp_path
    shared = {}
    for connection in connections.all():
        if isinstance(connection, SqliteWrapper) and connection.is_in_memory_db():
            connection.inc_thread_sharing()
            shared[connection.alias] = connection
    server = LiveServerThread("127.0.0.1", OneAtATime, connections_override=shared)  # type: ignore[arg-type]  # any WSGI wrapper
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()
    # The sharing is not taken back: a thread that still closes its socket asks the connection once more, and would
    # be told that it is a stranger.
