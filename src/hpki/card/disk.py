"""The four things that a card's file asks of a disk, and how to replace a file so that power may fail at any time.

Not `hpki.keys`' way of writing a key file: that one leaves a second file of a new name behind whenever the process
is killed, and cards are pulled often.  Here the second file always has the same name and is never read.
"""

import os
from pathlib import Path
from typing import Final, Protocol

from hpki.errors import CardStateCorrupt

FILE_MAX: Final = 1 << 20


class Disk(Protocol):
    """A file system with a cache: what was not flushed may be lost, a part of it too, when power fails."""

    def read(self, path: Path) -> bytes:
        """The whole file.  Raises OSError, CardStateCorrupt when it is longer than a card can be."""

    def write(self, path: Path, content: bytes) -> None:
        """A new file, or a new content of an old one, readable by its owner only.  Raises OSError."""

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another's name, atomically (POSIX rename).  Raises OSError."""

    def flush(self, path: Path) -> None:
        """Wait until a file's content, or a folder's names, would outlive a power cut.  Raises OSError."""


class PosixDisk:
    """The disk of this machine."""

    def read(self, path: Path) -> bytes:
        """The whole file, read no further than a card can be long."""
        with path.open("rb") as file:
            content = file.read(FILE_MAX + 1)
        if len(content) > FILE_MAX:
            raise CardStateCorrupt("the card's file is too long")
        return content

    def write(self, path: Path, content: bytes) -> None:
        """All of it, however many calls that takes."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(descriptor, left) :]
        finally:
            os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        """POSIX rename."""
        old.replace(new)

    def flush(self, path: Path) -> None:
        """Fsync of a file or folder."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def replace_durably(disk: Disk, path: Path, content: bytes) -> None:
    """Write aside, flush, rename over the old file, flush the folder; whoever reads later finds old or new whole."""
    aside = path.with_name(f"{path.name}.new")
    disk.write(aside, content)
    disk.flush(aside)
    disk.rename(aside, path)
    disk.flush(path.parent)
