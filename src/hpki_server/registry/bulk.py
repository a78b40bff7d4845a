"""Many entries at once: rows written by statements of their own, several times as fast as the ORM's bulk insert."""

import datetime as dt
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import randbits
from types import TracebackType
from typing import Self, cast

from django.db import connection

from hpki_server.people.rows import Row, execute_many
from hpki_server.registry.csv_rows import RegistryRow
from hpki_server.registry.indexing import KeyRow, own_keys
from hpki_server.registry.models import NameKind

_ENTRY = (
    "id",
    "qualification",
    "number",
    "family_name",
    "given_name",
    "kana",
    "named_on",
    "name_source",
    "born_on",
    "registered_on",
    "imported_at",
    "changed_at",
)
_KEY = ("key", "born_on", "entry_id", "kind", "name_id")
_NAME = (
    "id",
    "entry_id",
    "kind",
    "family_name",
    "given_name",
    "source",
    "recorded_at",
    "recorded_by",
)
_SQLITE_CACHE_KIB = 64 * 1024


class Inserts:
    """Entries of one file, gathered and written in batches."""

    def __init__(self, *, at: dt.datetime, file_name: str, by: str) -> None:
        self._at = cast("str | dt.datetime", connection.ops.adapt_datetimefield_value(at))
        self._source, self._by = file_name, by
        self._ids = ids(at)
        self._entries: list[Row] = []
        self._names: list[Row] = []
        self._keys: list[Row] = []

    def add(self, row: RegistryRow) -> None:
        entry, born_on = _stored_id(next(self._ids)), row.born_on.isoformat()
        self._entries.append(
            (
                entry,
                row.qualification,
                row.number,
                row.family_name,
                row.given_name,
                row.kana,
                None,
                f"{self._source} {row.line} 行目",
                born_on,
                row.registered_on.isoformat(),
                self._at,
                self._at,
            )
        )
        for key in own_keys(row.family_name + row.given_name, row.kana):
            self._add_key(key, entry, born_on, None)
        for kind, family, given in names_beside(row):
            name = _stored_id(next(self._ids))
            source = f"{self._source} {row.line} 行目"
            self._names.append((name, entry, kind.value, family, given, source, self._at, self._by))
            searched = family + (row.given_name if kind is NameKind.FORMER else given)
            for key in own_keys(searched, ""):
                self._add_key(KeyRow(key.key, kind), entry, born_on, name)

    def _add_key(self, key: KeyRow, entry: str, born_on: str, name: str | None) -> None:
        self._keys.append((key.key, born_on, entry, key.kind.value, name))

    def write(self) -> None:
        """Keys in their own order, so that an index page is visited once a batch."""
        _insert("registry_registryentry", _ENTRY, self._entries)
        _insert("registry_personname", _NAME, self._names)
        self._keys.sort(key=_by_key)
        _insert("registry_namekey", _KEY, self._keys)
        self._entries, self._names, self._keys = [], [], []


def _insert(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """In the transaction that runs; PostgreSQL takes rows by COPY, thrice as fast as by statements."""
    names = ", ".join(f'"{name}"' for name in columns)
    if connection.vendor == "postgresql":
        import psycopg  # needed by this database only

        with (
            psycopg.Cursor(connection.connection) as beside,
            beside.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
        return
    places = ", ".join(["%s"] * len(columns))
    execute_many(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608 - constants only


def names_beside(row: RegistryRow) -> Iterator[tuple[NameKind, str, str]]:
    """Kind, family name and given name of what a row gives beside the present name."""
    if row.former_name:
        yield NameKind.FORMER, row.former_name, ""
    if row.alias:
        family, *given = row.alias.split()
        yield NameKind.ALIAS, family, " ".join(given)
    if row.romaji:
        yield NameKind.ROMAJI, row.romaji, ""


def ids(at: dt.datetime) -> Iterator[uuid.UUID]:
    """Identifiers that grow (RFC 9562 version 7, counting on): an index takes them at its end."""
    first = (int(at.timestamp() * 1000) & ((1 << 48) - 1)) << 80 | 7 << 76 | 2 << 62
    for number in range(1 << 34):
        high, low = divmod(number, 1 << 22)
        yield uuid.UUID(int=first | high << 64 | low << 40 | randbits(40))


def _stored_id(identifier: uuid.UUID) -> str:
    return str(identifier) if connection.features.has_native_uuid_field else identifier.hex


def _by_key(row: Row) -> bytes:
    return cast("bytes", row[0])


@contextmanager
def roomy_cache() -> Iterator[None]:
    """SQLite gets 64 MiB of cache while an index of a million keys is filled; other databases have their own."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        [before] = cursor.execute("PRAGMA cache_size").fetchone()
        cursor.execute(f"PRAGMA cache_size = -{_SQLITE_CACHE_KIB}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA cache_size = {int(before)}")


class SeenNumbers:
    """Which numbers a file has had, and in which line; on disk, so a million of them take no memory."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="openhpki-import-")
        self._file = sqlite3.connect(Path(self._folder.name) / "seen.sqlite3", isolation_level=None)

    def __enter__(self) -> Self:
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute("CREATE TABLE seen (number TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")
        self._file.execute("BEGIN")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._folder.cleanup()

    def first_line(self, row: RegistryRow) -> int | None:
        """The line of the same number before this one; None, and remembered, when there is none."""
        number = f"{row.qualification}:{row.number}"
        fresh = self._file.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (number, row.line))
        if fresh.rowcount:
            return None
        [line] = self._file.execute("SELECT line FROM seen WHERE number = ?", (number,)).fetchone()
        return int(line)


def batched(rows: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for begin in range(0, len(rows), size):
        yield rows[begin : begin + size]
