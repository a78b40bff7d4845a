"""The keys that names are found by: one usual key a name, few more where a character has two, and one for the kana."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from hpki_server.registry.models import NameKey, NameKind, PersonName, RegistryEntry
from hpki_server.registry.names import folded_keys


@dataclass(frozen=True)
class KeyRow:
    key: bytes
    kind: NameKind
    name_id: UUID | None = None


def own_keys(name: str, kana: str) -> Iterator[KeyRow]:
    """Of an entry's present name and its reading."""
    yield from _keys(name, NameKind.LEGAL, None)
    if kana:
        yield from _keys(kana, NameKind.KANA, None)


def keys_of_name(name: PersonName, given_name: str) -> Iterator[KeyRow]:
    """Of a name beside the present one; a 旧姓 without a given name is found with the present given name."""
    given = name.given_name or (given_name if name.kind == NameKind.FORMER else "")
    yield from _keys(name.family_name + given, NameKind(name.kind), name.id)


def index_entry(entry: RegistryEntry) -> None:
    """Makes all keys of an entry anew; inside the transaction that changed a name."""
    entry.keys.all().delete()
    rows = list(own_keys(entry.family_name + entry.given_name, entry.kana))
    for name in entry.names.all():
        rows += keys_of_name(name, entry.given_name)
    NameKey.objects.bulk_create(stored(entry.id, entry.born_on, rows))


def stored(entry_id: UUID, born_on: dt.date, rows: Iterable[KeyRow]) -> list[NameKey]:
    return [
        NameKey(key=row.key, born_on=born_on, entry_id=entry_id, kind=row.kind.value, name_id=row.name_id)
        for row in rows
    ]


def _keys(name: str, kind: NameKind, name_id: UUID | None) -> Iterator[KeyRow]:
    for key in folded_keys(name):
        if key:
            yield KeyRow(key.encode(), kind, name_id)
