"""Somebody opens an entry of the register, or takes a file of requests away: who, which – one audit line before it is shown.

Searching leaves none: a list shows what the ministry's own search shows everybody.  Whoever reloads is still at the same
reading and adds no line.
"""

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction

from hpki_server.people import audit
from hpki_server.people.models import AuditLine
from hpki_server.people.officer import Officer
from hpki_server.registry import queries, searching
from hpki_server.registry.models import MatchRequest
from hpki_server.registry.searching import EntryWithNames

OPEN_ENTRY: Final = "registry:open-entry"
OPEN_BATCH: Final = "registry:open-batch"
ONE_READING: Final = dt.timedelta(minutes=30)


def open_entry(entry_id: UUID, *, by: Officer, at: dt.datetime) -> EntryWithNames:
    """Raises `RegistryEntry.DoesNotExist`, also for who lacks the duty."""
    found = searching.entry_with_names(by, entry_id)
    _record_once(OPEN_ENTRY, "registry-entry", found.entry.pk, by=by, at=at)
    return found


def open_batch(sequence: int, *, by: Officer, at: dt.datetime) -> list[MatchRequest]:
    """The requests of a batch, which leave the house as a file.  Raises `MatchBatch.DoesNotExist`."""
    rows = queries.batch_rows(by, sequence)
    batch = queries.batches(by).get(sequence=sequence)
    _record_once(OPEN_BATCH, "match-batch", batch.pk, by=by, at=at)
    return rows


@transaction.atomic
def _record_once(act: str, kind: str, subject: UUID, *, by: Officer, at: dt.datetime) -> None:
    before = AuditLine.objects.filter(
        act=act,
        by=str(by.account_id),
        subject_kind=kind,
        subject_id=str(subject),
        at__gt=at - ONE_READING,
    )
    if not before.exists():
        audit.record(act, by=by, subject_kind=kind, subject_id=subject, at=at)
