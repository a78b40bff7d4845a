"""Published heads beside the database, one JSON line each: what a restored or rewritten database cannot know.

The file is only ever added to.  An operator copies it elsewhere with every backup of the machine, not of the database.
"""

import json
import os
from pathlib import Path

from django.conf import settings

from hpki.audit.tree_head import SignedHead, read_head
from hpki.errors import MalformedInput

MOST_LINE_OCTETS = 64 * 1024


def head_file() -> Path:
    return Path(settings.VAR) / "audit" / "heads.jsonl"


def append_head(signed: SignedHead) -> None:
    """Durably, before the head is handed to anybody."""
    path = head_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        # One write, with a line feed in front as well: a line that a power cut left half ends there.
        os.write(fd, b"\n" + json.dumps(signed.as_json(), separators=(",", ":")).encode() + b"\n")
        os.fsync(fd)
    finally:
        os.close(fd)


def heads_in_file() -> list[SignedHead]:
    """Every readable head; half a line, left by a power cut, was never handed to anybody."""
    heads = []
    try:
        with head_file().open("rb") as file:
            while line := file.readline(MOST_LINE_OCTETS):
                try:
                    heads.append(read_head(json.loads(line)))
                except (MalformedInput, ValueError, RecursionError):
                    continue
    except FileNotFoundError:
        return []
    return heads
