"""Importing the registry: repeatable, whole or not at all, and told row by row."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import BinaryIO

from django.db import transaction
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.registry.csv_rows import RefusedRow, RegistryRow, read_rows
from hpki_server.registry.matching import name_key
from hpki_server.registry.models import RegistryEntry

_BATCH_ROWS = 500
_CHUNK_OCTETS = 1024 * 1024
# A report keeps every row that needs a reader's eye, up to here; a sink gets all of them.
MOST_ROWS_KEPT = 5000


class Outcome(StrEnum):
    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    REFUSED = "refused"

    @property
    def label(self) -> Promise:
        return _LABELS[self]


_LABELS: dict[Outcome, Promise] = {
    Outcome.IMPORTED: _("新しく取り込み"),
    Outcome.UNCHANGED: _("変更なし"),
    Outcome.CHANGED: _("更新"),
    Outcome.REFUSED: _("取り込めません"),
}


@dataclass(frozen=True)
class RowResult:
    """What became of one row; `reasons` say why it was refused or what changed."""

    line: int
    number: str
    outcome: Outcome
    reasons: tuple[str | Promise, ...] = ()


@dataclass
class ImportReport:
    sha256: str
    counts: Counter[Outcome] = field(default_factory=Counter)
    rows: list[RowResult] = field(default_factory=list)
    """The rows that are not unchanged, at most `MOST_ROWS_KEPT`."""

    @property
    def rows_left_out(self) -> int:
        return self.counts.total() - self.counts[Outcome.UNCHANGED] - len(self.rows)


def _drop(_row: RowResult) -> None:
    """The sink of those who want no more than the report."""


@transaction.atomic
def import_entries(
    stream: BinaryIO, *, by: Officer | str, at: dt.datetime, sink: Callable[[RowResult], None] = _drop
) -> ImportReport:
    """Takes over every row that can be read and tells what became of each.

    A row that is refused keeps no other row out.  Raises `Denied` when the file as a whole cannot be read; then
    nothing was written.
    """
    if isinstance(by, Officer) and not by.may(Duty.REGISTRY):
        raise Denied([Denial("duty_missing", _("資格管理簿を取り込む権限がありません。"))])
    report = ImportReport(_sha256(stream))
    seen: dict[tuple[str, str], int] = {}
    for batch in _batches(read_rows(stream)):
        for result in _take_over(batch, seen, at=at):
            report.counts[result.outcome] += 1
            if result.outcome is not Outcome.UNCHANGED and len(report.rows) < MOST_ROWS_KEPT:
                report.rows.append(result)
            sink(result)
    audit.record(
        "registry:import",
        by=by,
        subject_kind="registry-file",
        subject_id=report.sha256,
        at=at,
        details={outcome.value: report.counts[outcome] for outcome in Outcome},
    )
    return report


def _sha256(stream: BinaryIO) -> str:
    stream.seek(0)
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK_OCTETS):
        digest.update(chunk)
    return digest.hexdigest()


def _batches(rows: Iterable[RegistryRow | RefusedRow]) -> Iterator[list[RegistryRow | RefusedRow]]:
    pending = iter(rows)
    while batch := list(islice(pending, _BATCH_ROWS)):
        yield batch


def _take_over(
    batch: list[RegistryRow | RefusedRow], seen: dict[tuple[str, str], int], *, at: dt.datetime
) -> list[RowResult]:
    """One batch: one read, one insert, one update."""
    known = _known([row for row in batch if isinstance(row, RegistryRow)])
    fresh: list[RegistryEntry] = []
    changed: list[RegistryEntry] = []
    results = []
    for row in batch:
        if isinstance(row, RefusedRow):
            results.append(RowResult(row.line, row.number, Outcome.REFUSED, row.reasons))
            continue
        key = (row.qualification, row.number)
        if key in seen:
            reason = format_lazy(_("同じ登録番号が {line} 行目にもあります。"), line=seen[key])
            results.append(RowResult(row.line, row.number, Outcome.REFUSED, (reason,)))
            continue
        seen[key] = row.line
        results.append(_place(row, known.get(key), fresh, changed, at=at))
    RegistryEntry.objects.bulk_create(fresh)
    RegistryEntry.objects.bulk_update(changed, [*_TAKEN, "name_key", "changed_at"])
    return results


def _known(rows: list[RegistryRow]) -> dict[tuple[str, str], RegistryEntry]:
    entries = RegistryEntry.objects.select_for_update().filter(number__in={row.number for row in rows})
    return {(entry.qualification, entry.number): entry for entry in entries}


_TAKEN: dict[str, Promise] = {
    "family_name": _("姓"),
    "given_name": _("名"),
    "kana": _("フリガナ"),
    "born_on": _("生年月日"),
    "registered_on": _("登録年月日"),
}


def _place(
    row: RegistryRow,
    entry: RegistryEntry | None,
    fresh: list[RegistryEntry],
    changed: list[RegistryEntry],
    *,
    at: dt.datetime,
) -> RowResult:
    if entry is None:
        entry = RegistryEntry(
            qualification=row.qualification, number=row.number, imported_at=at, changed_at=at
        )
        fresh.append(entry)
        reasons: tuple[str | Promise, ...] = ()
        outcome = Outcome.IMPORTED
    else:
        reasons = tuple(
            format_lazy(
                _("{item}: {before} → {after}"),
                item=label,
                before=getattr(entry, name),
                after=getattr(row, name),
            )
            for name, label in _TAKEN.items()
            if getattr(entry, name) != getattr(row, name)
        )
        if not reasons:
            return RowResult(row.line, row.number, Outcome.UNCHANGED)
        entry.changed_at = at
        changed.append(entry)
        outcome = Outcome.CHANGED
    for name in _TAKEN:
        setattr(entry, name, getattr(row, name))
    entry.name_key = name_key(row.family_name, row.given_name)
    return RowResult(row.line, row.number, outcome, reasons)
