"""Secrets of this installation, one file each, made on first use and readable by the owner only."""

import contextlib
import secrets
from pathlib import Path

from hpki.keys.key_file import write_durably
from hpki.keys.secret import Secret


def secret_file(path: Path) -> Secret:
    """The secret in `path`; made with 256 random bits when the file does not exist.

    Two processes that start at once agree: the file is linked into place, and the loser reads the winner's.
    """
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            write_durably(path, secrets.token_hex(32).encode())
    return Secret(path.read_text(encoding="ascii").strip())
