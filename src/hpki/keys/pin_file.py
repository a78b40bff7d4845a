"""A token's PIN in a file that only its owner reads."""

import os
from pathlib import Path

from hpki.errors import KeyUnavailable
from hpki.keys.secret import Secret


def read_pin_file(path: Path) -> Secret:
    """The PIN in a file, without the line's end.

    Raises KeyUnavailable when the file is missing, empty, or open to anyone but its owner.
    """
    try:
        with path.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise KeyUnavailable(f"PIN file {path} can be read by others than its owner: chmod 600 it")
            pin = file.read().rstrip("\r\n")
    except OSError as error:
        raise KeyUnavailable(f"PIN file {path}: {error.strerror}") from error
    if not pin:
        raise KeyUnavailable(f"PIN file {path} is empty")
    return Secret(pin)
