"""`hpki-server jobs` ends when it is asked to, whatever it is doing at that moment."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ENDS_WITHIN_SECONDS = 30


def test_a_signal_at_any_moment_ends_the_recurring_work(tmp_path: Path) -> None:
    environment = os.environ | {
        "HPKI_VAR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'jobs.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings",
    }
    command = [sys.executable, "-m", "hpki_server.config.command"]
    subprocess.run([*command, "migrate", "-v0"], env=environment, check=True)
    running = [
        subprocess.Popen([*command, "jobs"], env=environment, stdout=subprocess.DEVNULL) for _ in range(3)
    ]
    time.sleep(3)
    for delay, process in enumerate(running):
        time.sleep(0.17 * delay)
        # Several signals in a row: the second may strike while the first is being handled.
        for _ in range(20):
            process.send_signal(signal.SIGTERM)
    for process in running:
        assert process.wait(timeout=ENDS_WITHIN_SECONDS) in {0, -signal.SIGTERM}
