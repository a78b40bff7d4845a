"""Importing the registry: repeatable, whole or not at all, told row by row, in memory that does not grow with the file."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hpki_server.people import audit
from hpki_server.people.csv_file import file_sha256
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.queries import at_centre
from hpki_server.registry.bulk import Inserts, SeenNumbers, batched, names_beside, roomy_cache
from hpki_server.registry.csv_rows import RefusedRow, RegistryRow, read_rows
from hpki_server.registry.indexing import index_entry
from hpki_server.registry.models import NameKind, PersonName, RegistryEntry

_BATCH_ROWS = 5000
_NUMBERS_ASKED = 500
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
    Outcome.CHANGED: _("内容の変更"),
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


def import_entries(
    stream: BinaryIO, *, by: Officer | str, at: dt.datetime, sink: Callable[[RowResult], None] = _drop
) -> ImportReport:
    """Takes over every row that can be read and tells what became of each.

    A row that is refused keeps no other row out.  Raises `Denied` when the file as a whole cannot be read; then
    nothing was written.
    """
    if isinstance(by, Officer) and not at_centre(by, Duty.REGISTRY):
        raise Denied([Denial("duty_missing", _("資格管理簿を取り込む権限がありません。"))])
    with roomy_cache(), transaction.atomic():
        return _import(stream, by=by, at=at, sink=sink)


def _import(
    stream: BinaryIO, *, by: Officer | str, at: dt.datetime, sink: Callable[[RowResult], None]
) -> ImportReport:
    report = ImportReport(file_sha256(stream))
    with SeenNumbers() as seen:
        taking = _Taking(report.sha256, seen, by=by, at=at)
        for batch in _batches(read_rows(stream)):
            for result in taking.take_over(batch):
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


def _batches(rows: Iterable[RegistryRow | RefusedRow]) -> Iterator[list[RegistryRow | RefusedRow]]:
    pending = iter(rows)
    while batch := list(islice(pending, _BATCH_ROWS)):
        yield batch


_TAKEN: dict[str, Promise] = {
    "family_name": _("姓"),
    "given_name": _("名"),
    "kana": _("フリガナ"),
    "born_on": _("生年月日"),
    "registered_on": _("登録年月日"),
}


class _Taking:
    """One file on its way into the registry."""

    def __init__(self, sha256: str, seen: SeenNumbers, *, by: Officer | str, at: dt.datetime) -> None:
        self._at, self._seen, self._file = at, seen, f"取込ファイル {sha256[:12]}"
        self._by = str(by.account_id) if isinstance(by, Officer) else by
        self._inserts = Inserts(at=at, file_name=self._file, by=self._by)
        # The first file of an installation meets nobody: a million questions less.
        self._was_empty = not RegistryEntry.objects.exists()

    def take_over(self, batch: list[RegistryRow | RefusedRow]) -> list[RowResult]:
        known = {} if self._was_empty else _known(batch)
        results = [self._take(row, known) for row in batch]
        self._inserts.write()
        return results

    def _take(self, row: RegistryRow | RefusedRow, known: dict[tuple[str, str], RegistryEntry]) -> RowResult:
        if isinstance(row, RefusedRow):
            return RowResult(row.line, row.number, Outcome.REFUSED, row.reasons)
        if (line := self._seen.first_line(row)) is not None:
            reason = format_lazy(_("同じ登録番号が {line} 行目にもあります。"), line=line)
            return RowResult(row.line, row.number, Outcome.REFUSED, (reason,))
        entry = known.get((row.qualification, row.number))
        if entry is None:
            self._inserts.add(row)
            return RowResult(row.line, row.number, Outcome.IMPORTED)
        reasons = (*_changes(entry, row), *self._fresh_names(entry, row))
        if not reasons:
            return RowResult(row.line, row.number, Outcome.UNCHANGED)
        self._change(entry, row)
        return RowResult(row.line, row.number, Outcome.CHANGED, reasons)

    def _source(self, row: RegistryRow) -> str:
        return f"{self._file} {row.line} 行目"

    def _fresh_names(self, entry: RegistryEntry, row: RegistryRow) -> Iterator[Promise]:
        """旧姓, 通称 and ローマ字 are added and never taken away: a later file may not know them."""
        for kind, family, given in names_beside(row):
            _name, fresh = PersonName.objects.get_or_create(
                entry=entry,
                kind=kind.value,
                family_name=family,
                given_name=given,
                defaults={
                    "source": self._source(row),
                    "recorded_at": self._at,
                    "recorded_by": self._by,
                },
            )
            if fresh:
                yield format_lazy(_("{item}: 追加"), item=kind.label)

    def _change(self, entry: RegistryEntry, row: RegistryRow) -> None:
        if (entry.family_name, entry.given_name) != (row.family_name, row.given_name):
            self._keep_name(entry)
            entry.named_on, entry.name_source = None, self._source(row)
        for name in _TAKEN:
            setattr(entry, name, getattr(row, name))
        entry.changed_at = self._at
        entry.save()
        index_entry(entry)

    def _keep_name(self, entry: RegistryEntry) -> None:
        """The name until now becomes history."""
        PersonName.objects.update_or_create(
            entry=entry,
            kind=NameKind.LEGAL.value,
            family_name=entry.family_name,
            given_name=entry.given_name,
            defaults={
                "from_on": entry.named_on,
                "to_on": timezone.localdate(self._at),
                "source": entry.name_source or "registry",
                "recorded_at": self._at,
                "recorded_by": self._by,
            },
        )


def _changes(entry: RegistryEntry, row: RegistryRow) -> Iterator[Promise]:
    for name, label in _TAKEN.items():
        before, after = getattr(entry, name), getattr(row, name)
        if before != after:
            yield format_lazy(_("{item}: {before} → {after}"), item=label, before=before, after=after)


def _known(batch: list[RegistryRow | RefusedRow]) -> dict[tuple[str, str], RegistryEntry]:
    numbers = sorted({row.number for row in batch if isinstance(row, RegistryRow)})
    return {
        (entry.qualification, entry.number): entry
        for some in batched(numbers, _NUMBERS_ASKED)
        for entry in RegistryEntry.objects.select_for_update().filter(number__in=some)
    }
