"""Secrets of this installation, one file each, made on first use and readable by the owner only."""

import contextlib
import re
import secrets
from pathlib import Path

from hpki.keys.key_file import write_durably
from hpki.keys.secret import DrawnSecret, Secret

_DRAWN = re.compile(r"[0-9a-f]{64}", re.ASCII)


def secret_file(path: Path) -> Secret:
    """The secret in `path`; made with 256 random bits when the file does not exist.

    What an operator wrote there instead is taken for a passphrase that somebody chose.  Two processes that start at once agree: the file is linked into place, and the loser reads the winner's.
    """
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            write_durably(path, secrets.token_hex(32).encode())
    text = path.read_text(encoding="ascii").strip()
    return DrawnSecret(text) if _DRAWN.fullmatch(text) else Secret(text)


def signing_key(path: Path) -> str:
    """The web server's signing key.  Raises SystemExit with a sentence when the file is empty or no text."""
    try:
        key = secret_file(path).reveal()
    except UnicodeDecodeError as error:
        raise SystemExit(f"HPKI_SECRET_KEY_FILE: {_SENTENCE}") from error
    if not key:
        raise SystemExit(f"HPKI_SECRET_KEY_FILE: {_SENTENCE}")
    return key


_SENTENCE = "the file is empty or no text; `openssl rand -hex 32` writes a good key, and a file that is not there is made."
