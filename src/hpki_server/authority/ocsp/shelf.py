"""Answers signed ahead, in a file of their own beside the records: `var/ocsp/answers.sqlite3`.

The shelf is a store for speed and nothing else.  Everything on it can be signed again, so it is in no backup, it costs the
records' database nothing, and answers go on while that database rests.  One job writes, any number of processes read.
"""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answer (
    cert_id BLOB PRIMARY KEY, issuer TEXT NOT NULL, serial_hex TEXT NOT NULL,
    this_update INTEGER NOT NULL, next_update INTEGER NOT NULL, known_change INTEGER NOT NULL, response BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS answer_known ON answer (known_change);
CREATE INDEX IF NOT EXISTS answer_next ON answer (next_update);
"""
_COLUMNS = "issuer, serial_hex, this_update, next_update, known_change, response"


class ShelvedAnswer(NamedTuple):
    """One signed answer.  Moments are seconds since 1970; `known_change` is the latest change of a status that it knows."""

    issuer: str
    serial_hex: str
    this_update: int
    next_update: int
    known_change: int
    response: bytes


class AnswerShelf:
    """The file, open for reading; it need not exist yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0

    def get(self, cert_id: bytes) -> ShelvedAnswer | None:
        """The answer for a CertID in the octets that clients write."""
        with self._lock:
            if self._connection is None:
                return None
            row = self._connection.execute(
                f"SELECT {_COLUMNS} FROM answer WHERE cert_id = ?",  # noqa: S608 - fixed words
                (cert_id,),
            ).fetchone()
        return None if row is None else ShelvedAnswer(*row)

    def known_changes(self) -> tuple[int, int] | None:
        """The least and the greatest `known_change`; None when nothing is on the shelf.  Opens a file that is new."""
        with self._lock:
            self._open_newest()
            if self._connection is None:
                return None
            low, high = self._connection.execute(
                "SELECT (SELECT min(known_change) FROM answer), (SELECT max(known_change) FROM answer)"
            ).fetchone()
        return None if low is None else (low, high)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open_newest(self) -> None:
        try:
            inode = self._path.stat().st_ino
        except FileNotFoundError:
            inode = 0
        if inode == self._inode:
            return
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if inode:
            self._connection = sqlite3.connect(
                f"file:{self._path}?mode=ro",
                uri=True,
                check_same_thread=False,
                isolation_level=None,
                timeout=1,
            )
        self._inode = inode


class ShelfWriter:
    """The file, open for the job that signs ahead."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=20)
        # An answer lost in a power cut is signed again: no need to wait for the disk.
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        self._connection.close()

    def clear(self) -> None:
        """Take everything away: the records were restored from an older copy."""
        self._connection.execute("DELETE FROM answer")

    def greatest_known_change(self) -> int:
        return self._number("SELECT coalesce(max(known_change), 0) FROM answer")

    def least_known_change(self) -> int:
        return self._number("SELECT coalesce(min(known_change), 0) FROM answer")

    def _number(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0])

    def made_at(self, cert_ids: Sequence[bytes]) -> dict[bytes, tuple[int, int]]:
        """(this_update, known_change) of those that are there."""
        marks = ",".join("?" * len(cert_ids))
        rows = self._connection.execute(
            f"SELECT cert_id, this_update, known_change FROM answer WHERE cert_id IN ({marks})",  # noqa: S608 - question marks only
            list(cert_ids),
        )
        return {cert_id: (this_update, known) for cert_id, this_update, known in rows}

    def put(self, answers: Iterable[tuple[bytes, ShelvedAnswer]]) -> None:
        """Lay answers on the shelf, all or none; an older one for the same CertID goes."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(
                f"INSERT OR REPLACE INTO answer (cert_id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - fixed words
                ((cert_id, *answer) for cert_id, answer in answers),
            )
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def drop_aged(self, moment: int) -> int:
        """Take away what ended before `moment`; how many."""
        return self._connection.execute("DELETE FROM answer WHERE next_update <= ?", (moment,)).rowcount
