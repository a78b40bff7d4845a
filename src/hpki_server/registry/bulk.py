"""Many entries at once: rows written by statements of their own, several times as fast as the ORM's bulk insert."""

import datetime as dt
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from secrets import randbits
from types import TracebackType
from typing import Self, TypeVar, cast

from django.db import connection

from hpki_server.people.rows import Row, execute_many, update_many
from hpki_server.registry.csv_rows import RegistryRow
from hpki_server.registry.indexing import KeyRow, keys_of_name, own_keys
from hpki_server.registry.models import NameKey, NameKind, PersonName, RegistryEntry

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
_CHANGED = (*_ENTRY[3:10], "changed_at")
_NUMBERS_ASKED = 500
Each = TypeVar("Each")
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
                row.kana or "",
                None,
                f"{self._source} {row.line} 行目",
                born_on,
                row.registered_on.isoformat(),
                self._at,
                self._at,
            )
        )
        for key in own_keys(row.family_name + row.given_name, row.kana or ""):
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

    def add_keys(self, entry: RegistryEntry, keys: Iterable[KeyRow]) -> None:
        """Of an entry that stands."""
        for key in keys:
            name = None if key.name_id is None else _stored_id(key.name_id)
            self._add_key(key, _stored_id(entry.id), entry.born_on.isoformat(), name)

    def write(self) -> None:
        """Keys in their own order, so that an index page is visited once a batch."""
        _insert("registry_registryentry", _ENTRY, self._entries)
        _insert("registry_personname", _NAME, self._names)
        self._keys.sort(key=_by_key)
        _insert("registry_namekey", _KEY, self._keys)
        self._entries, self._names, self._keys = [], [], []


class Changes:
    """Entries of one file that stand and change, gathered and written in batches with all their keys."""

    def __init__(self, inserts: Inserts) -> None:
        self._inserts = inserts
        self._entries: list[RegistryEntry] = []
        self._names: list[PersonName] = []

    def add_name(self, name: PersonName) -> None:
        """A new name; of an entry that is added, too."""
        self._names.append(name)

    def add(self, entry: RegistryEntry, names: Iterable[PersonName]) -> None:
        """An entry as it is now, with all names beside it, new or not."""
        self._entries.append(entry)
        self._inserts.add_keys(entry, own_keys(entry.family_name + entry.given_name, entry.kana))
        for name in names:
            self._inserts.add_keys(entry, keys_of_name(name, entry.given_name))

    def write(self) -> None:
        """Before the inserts, which hold the new keys."""
        for some in batched([entry.id for entry in self._entries], _NUMBERS_ASKED):
            NameKey.objects.filter(entry_id__in=some).delete()
        update_many(RegistryEntry, self._entries, _CHANGED)
        PersonName.objects.bulk_create(self._names, batch_size=1000)
        self._entries, self._names = [], []


def known_entries(rows: Iterable[RegistryRow]) -> dict[tuple[str, str], RegistryEntry]:
    """The entries of a batch that stand already, locked, by qualification and number: as their index has them."""
    numbers: dict[str, set[str]] = {}
    for row in rows:
        numbers.setdefault(row.qualification, set()).add(row.number)
    return {
        (entry.qualification, entry.number): entry
        for qualification, of_it in sorted(numbers.items())
        for some in batched(sorted(of_it), _NUMBERS_ASKED)
        for entry in RegistryEntry.objects.select_for_update().filter(
            qualification=qualification, number__in=some
        )
    }


def names_of(entries: Iterable[RegistryEntry]) -> dict[uuid.UUID, list[PersonName]]:
    """All names beside the present ones, by entry."""
    names: dict[uuid.UUID, list[PersonName]] = {}
    for some in batched([entry.id for entry in entries], _NUMBERS_ASKED):
        for name in PersonName.objects.filter(entry_id__in=some):
            names.setdefault(name.entry_id, []).append(name)
    return names


def _insert(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """In the transaction that runs; PostgreSQL takes rows by COPY, thrice as fast as by statements."""
    names = ", ".join(f'"{name}"' for name in columns)
    if connection.vendor == "postgresql":
        import psycopg  # needed by this database only

        with (
            connection.wrap_database_errors,
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


def look_at_tables() -> None:
    """PostgreSQL chooses its way by what it last saw of a table; one that has grown a thousandfold since then is read whole for every batch.

    SQLite goes by its indexes in any case.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE registry_registryentry, registry_personname, registry_namekey")


class SeenNumbers:
    """Which numbers a file has had, and in which line; on disk, so a million of them take no memory."""

    def __init__(self) -> None:
        # A database without a name is a file that nobody else can open and that a killed import does not leave behind.
        self._file = sqlite3.connect("", isolation_level=None)

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

    def first_line(self, row: RegistryRow) -> int | None:
        """The line of the same number before this one; None, and remembered, when there is none."""
        number = f"{row.qualification}:{row.number}"
        fresh = self._file.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (number, row.line))
        if fresh.rowcount:
            return None
        [line] = self._file.execute("SELECT line FROM seen WHERE number = ?", (number,)).fetchone()
        return int(line)


def batched(rows: Sequence[Each], size: int) -> Iterator[Sequence[Each]]:
    for begin in range(0, len(rows), size):
        yield rows[begin : begin + size]
