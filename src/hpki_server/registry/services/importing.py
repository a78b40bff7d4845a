"""Importing the registry: repeatable, whole or not at all, told row by row, in memory that does not grow with the file."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import BinaryIO
from uuid import UUID

from django.db import IntegrityError, transaction
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
from hpki_server.registry.bulk import (
    Changes,
    Inserts,
    SeenNumbers,
    known_entries,
    look_at_tables,
    names_beside,
    names_of,
    roomy_cache,
)
from hpki_server.registry.csv_rows import RefusedRow, RegistryRow, read_rows
from hpki_server.registry.models import NameKind, PersonName, RegistryEntry

_BATCH_ROWS = 5000
_BATCHES_A_LOOK = 20
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

    A row that is refused keeps no other row out.  Raises `Denied` when the file as a whole cannot be read, or another
    import was quicker (`import_running`); then nothing was written.
    """
    if isinstance(by, Officer) and not at_centre(by, Duty.REGISTRY):
        raise Denied([Denial("duty_missing", _("資格管理簿を取り込む権限がありません。"))])
    try:
        with roomy_cache(), transaction.atomic():
            return _import(stream, by=by, at=at, sink=sink)
    except IntegrityError as error:
        sentence = _("同じ登録番号を、別の取込が同時に登録しました。もう一度取り込んでください。")
        raise Denied([Denial("import_running", sentence)]) from error


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
    if report.counts[Outcome.IMPORTED] or report.counts[Outcome.CHANGED]:
        look_at_tables()
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
        self._batches = 0
        self._changes = Changes(self._inserts)
        # Of the batch in hand: the entries that stand, and the names beside each.
        self._known: dict[tuple[str, str], RegistryEntry] = {}
        self._names: dict[UUID, list[PersonName]] = {}

    def take_over(self, batch: list[RegistryRow | RefusedRow]) -> list[RowResult]:
        if not self._was_empty:
            if self._batches % _BATCHES_A_LOOK == 0:
                look_at_tables()
            self._batches += 1
            self._known = known_entries(row for row in batch if isinstance(row, RegistryRow))
            self._names = names_of(self._known.values())
        results = [self._take(row) for row in batch]
        self._changes.write()
        self._inserts.write()
        return results

    def _take(self, row: RegistryRow | RefusedRow) -> RowResult:
        if isinstance(row, RefusedRow):
            return RowResult(row.line, row.number, Outcome.REFUSED, row.reasons)
        if (line := self._seen.first_line(row)) is not None:
            reason = format_lazy(_("同じ登録番号が {line} 行目にもあります。"), line=line)
            return RowResult(row.line, row.number, Outcome.REFUSED, (reason,))
        entry = self._known.get((row.qualification, row.number))
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
            if self._standing(entry, kind, family, given) is None:
                self._add_name(entry, row, kind, family, given)
                yield format_lazy(_("{item}: 追加"), item=kind.label)

    def _standing(self, entry: RegistryEntry, kind: NameKind, family: str, given: str) -> PersonName | None:
        names = self._names.get(entry.id, ())
        asked = (kind.value, family, given)
        return next((name for name in names if (name.kind, name.family_name, name.given_name) == asked), None)

    def _add_name(
        self, entry: RegistryEntry, row: RegistryRow, kind: NameKind, family: str, given: str
    ) -> PersonName:
        name = PersonName(
            entry=entry,
            kind=kind.value,
            family_name=family,
            given_name=given,
            source=self._source(row),
            recorded_at=self._at,
            recorded_by=self._by,
        )
        self._names.setdefault(entry.id, []).append(name)
        self._changes.add_name(name)
        return name

    def _change(self, entry: RegistryEntry, row: RegistryRow) -> None:
        if (entry.family_name, entry.given_name) != (row.family_name, row.given_name):
            self._keep_name(entry, row)
            entry.named_on, entry.name_source = None, self._source(row)
        for name in _TAKEN:
            if (said := getattr(row, name)) is not None:
                setattr(entry, name, said)
        entry.changed_at = self._at
        self._changes.add(entry, self._names.get(entry.id, []))

    def _keep_name(self, entry: RegistryEntry, row: RegistryRow) -> None:
        """The name until now becomes history."""
        was = (NameKind.LEGAL, entry.family_name, entry.given_name)
        once_before = self._standing(entry, *was)
        name = once_before or self._add_name(entry, row, *was)
        name.from_on, name.to_on = entry.named_on, timezone.localdate(self._at)
        name.source = entry.name_source or "registry"
        name.recorded_at, name.recorded_by = self._at, self._by
        if once_before:
            once_before.save()


def _changes(entry: RegistryEntry, row: RegistryRow) -> Iterator[Promise]:
    for name, label in _TAKEN.items():
        before, after = getattr(entry, name), getattr(row, name)
        if after is not None and before != after:
            yield format_lazy(_("{item}: {before} → {after}"), item=label, before=before, after=after)
