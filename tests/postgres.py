"""A PostgreSQL of the tests' own: `python -m tests.postgres COMMAND …` runs COMMAND with DATABASE_URL set.

The cluster lives in a temporary folder, listens on a unix socket only, and is gone afterwards.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def binaries() -> Path:
    """Debian keeps the server's programs out of PATH, one folder a version; the newest is taken."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if not found:
        sys.exit("PostgreSQL is not installed: see deploy/packages.txt")
    return found[-1]


def run_with_cluster(command: list[str]) -> int:
    """Runs `command` against a fresh cluster; its exit code."""
    folder = Path(tempfile.mkdtemp(prefix="openhpki-pg-"))
    # The server refuses to run as root.
    user: str | None = None
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        user = owner.pw_name
    data = folder / "data"
    pg = binaries()

    def call(*words: str) -> None:
        subprocess.run(words, check=True, cwd=folder, stdout=subprocess.DEVNULL, user=user)

    # Its power is never cut, so nothing waits for the disk; the tests kill their own processes, not the server.
    careless = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off"
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c max_connections=60 {careless}"
    try:
        call(
            str(pg / "initdb"),
            "-D",
            str(data),
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-U",
            "openhpki",
        )
        call(str(pg / "pg_ctl"), "-D", str(data), "-w", "-o", options, "-l", str(folder / "log"), "start")
        call(str(pg / "createdb"), "-h", str(folder), "-U", "openhpki", "openhpki")
        try:
            url = f"postgres://openhpki@{str(folder).replace('/', '%2F')}/openhpki"
            return subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, check=False).returncode
        finally:
            call(str(pg / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(run_with_cluster(sys.argv[1:]))
