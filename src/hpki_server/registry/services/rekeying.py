"""All keys made anew: what names fold to stands in tables, and tables change."""

import datetime as dt
from collections.abc import Iterator
from itertools import islice

from django.db import transaction

from hpki_server.people import audit
from hpki_server.registry.bulk import roomy_cache
from hpki_server.registry.indexing import keys_of_name, own_keys, stored
from hpki_server.registry.models import NameKey, RegistryEntry

_ENTRIES = 2000


def rekey(*, by: str, at: dt.datetime) -> int:
    """How many entries got their keys; all or none."""
    with roomy_cache(), transaction.atomic():
        NameKey.objects.all()._raw_delete("default")  # noqa: SLF001 - one DELETE, no row read
        pending = _keys()
        while rows := list(islice(pending, _ENTRIES)):
            NameKey.objects.bulk_create(rows)
        count = RegistryEntry.objects.count()
        audit.record(
            "registry:rekey", by=by, subject_kind="registry", subject_id="", at=at, details={"entries": count}
        )
    return count


def _keys() -> Iterator[NameKey]:
    entries = RegistryEntry.objects.prefetch_related("names").order_by("id")
    for entry in entries.iterator(chunk_size=_ENTRIES):
        rows = [*own_keys(entry.family_name + entry.given_name, entry.kana)]
        for name in entry.names.all():
            rows += keys_of_name(name, entry.given_name)
        yield from stored(entry.id, entry.born_on, rows)
