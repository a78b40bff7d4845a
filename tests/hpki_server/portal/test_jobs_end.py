"""`hpki-server jobs` ends when it is asked to, whatever it is doing at that moment."""

import os
import signal
import subprocess
import sys
import time

import pytest

ENDS_WITHIN_SECONDS = 30


COMMAND = [sys.executable, "-m", "hpki_server.config.command"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of an installation with empty tables."""
    folder = tmp_path_factory.mktemp("jobs")
    surroundings = os.environ | {
        "HPKI_VAR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'jobs.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings",
    }
    subprocess.run([*COMMAND, "migrate", "-v0"], env=surroundings, check=True)
    return surroundings


def test_whoever_was_killed_before_it_began_leaves_nobody_behind(environment: dict[str, str]) -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    left_over = [*COMMAND, "jobs", "--with-parent", str(gone.pid)]
    subprocess.run(left_over, env=environment, check=True, timeout=ENDS_WITHIN_SECONDS)


def test_a_signal_at_any_moment_ends_the_recurring_work(environment: dict[str, str]) -> None:
    running = [
        subprocess.Popen([*COMMAND, "jobs"], env=environment, stdout=subprocess.DEVNULL) for _ in range(3)
    ]
    time.sleep(3)
    for delay, process in enumerate(running):
        time.sleep(0.17 * delay)
        # Several signals in a row: the second may strike while the first is being handled.
        for _ in range(20):
            process.send_signal(signal.SIGTERM)
    for process in running:
        assert process.wait(timeout=ENDS_WITHIN_SECONDS) in {0, -signal.SIGTERM}
