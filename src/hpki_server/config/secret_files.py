"""Secrets of this installation, one file each, made on first use and readable by the owner only."""

import contextlib
import os
import secrets
from pathlib import Path

from hpki.keys.secret import Secret


def secret_file(path: Path) -> Secret:
    """The secret in `path`; made with 256 random bits when the file does not exist.

    Two processes that start at once agree: the file is linked into place, and the loser reads the winner's.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    return Secret(path.read_text(encoding="ascii").strip())
