"""Exchange with the ministry: a batch of requests goes out; its acknowledgement and the answers come back as files."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from django.db import transaction
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hpki_server.people import audit
from hpki_server.people.csv_file import CellRow, file_sha256, read_cells
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.queries import at_centre
from hpki_server.registry.exchange_files import (
    ACKNOWLEDGEMENT_COLUMNS,
    ANSWER_COLUMNS,
    NOTE_COLUMN,
    RequestRow,
    checksum,
)
from hpki_server.registry.exchange_words import ANSWER_IN_FILE
from hpki_server.registry.matching import RegistryClaim
from hpki_server.registry.models import MatchBatch, MatchRequest
from hpki_server.registry.services.importing import Outcome, RowResult

_LONGEST_NOTE = 200
NOTHING_TO_ASK = Denial("nothing_to_ask", _("照会する申請はありません。"))


@dataclass(frozen=True)
class Asked:
    """One open request: under which number of ours, and what is claimed."""

    reference: str
    claim: RegistryClaim


@dataclass
class ReplyReport:
    """What became of each row of a file that came back."""

    sha256: str
    counts: Counter[Outcome] = field(default_factory=Counter)
    rows: list[RowResult] = field(default_factory=list)


def may_exchange(by: Officer | str) -> None:
    """Raises `Denied` for an officer without the duty."""
    if isinstance(by, Officer) and not at_centre(by, Duty.REGISTRY):
        raise Denied([Denial("duty_missing", _("照会ファイルを扱う権限がありません。"))])


@transaction.atomic
def make_batch(asked: Sequence[Asked], *, by: Officer | str, at: dt.datetime) -> MatchBatch:
    """Writes down what is asked; the file is made of these rows, now and whenever it is asked for again."""
    may_exchange(by)
    if not asked:
        raise Denied([NOTHING_TO_ASK])
    last = MatchBatch.objects.select_for_update().aggregate(last=Max("sequence"))["last"] or 0
    batch = MatchBatch(sequence=last + 1, made_at=at, made_by=_actor(by))
    requests = [_request(batch, line, one) for line, one in enumerate(asked, start=1)]
    batch.checksum = checksum(row_of(request) for request in requests)
    batch.save(force_insert=True)
    MatchRequest.objects.bulk_create(requests)
    _leave_line("registry:ask-ministry", batch, by=by, at=at, details={"requests": len(requests)})
    return batch


def row_of(request: MatchRequest) -> RequestRow:
    return RequestRow(
        sequence=request.batch.sequence,
        line=request.line,
        reference=request.reference,
        qualification=request.qualification,
        number=request.number,
        registered_on=request.registered_on,
        family_name=request.family_name,
        given_name=request.given_name,
        born_on=request.born_on,
    )


@transaction.atomic
def record_acknowledgement(stream: BinaryIO, *, by: Officer | str, at: dt.datetime) -> ReplyReport:
    """The ministry has the batch, whole: count and checksum are held against ours.  Raises `Denied`."""

    def acknowledge(row: CellRow) -> RowResult:
        batch = _batch(row)
        if batch is None:
            return _refused(row, _("この照会番号のファイルは送っていません。"))
        if row.cells["件数"] != str(batch.requests.count()) or row.cells["検査値"] != batch.checksum:
            return _refused(row, _("件数または検査値が、送ったファイルと違います。もう一度お送りください。"))
        receipt = row.cells["受領番号"][:60]
        if batch.acknowledged_at is not None and batch.receipt == receipt:
            return RowResult(row.line, row.cells["照会番号"], Outcome.UNCHANGED)
        outcome = Outcome.CHANGED if batch.acknowledged_at else Outcome.IMPORTED
        batch.acknowledged_at, batch.receipt = batch.acknowledged_at or at, receipt
        batch.save(update_fields=["acknowledged_at", "receipt"])
        return RowResult(row.line, row.cells["照会番号"], outcome)

    return _take_in(stream, ACKNOWLEDGEMENT_COLUMNS, acknowledge, "registry:take-receipt", by=by, at=at)


@transaction.atomic
def import_answers(stream: BinaryIO, *, by: Officer | str, at: dt.datetime) -> ReplyReport:
    """What the ministry found for each request.  The same file again changes nothing.  Raises `Denied`."""

    def take(row: CellRow) -> RowResult:
        batch = _batch(row)
        if batch is None:
            return _refused(row, _("この照会番号のファイルは送っていません。"))
        line = row.cells["行"]
        request = batch.requests.filter(line=int(line)).first() if _is_number(line) else None
        if request is None or request.reference != row.cells["受付番号"]:
            return _refused(row, _("行と受付番号が、送ったファイルと合いません。"))
        answer = ANSWER_IN_FILE.get(row.cells["回答"])
        if answer is None:
            words = "、".join(ANSWER_IN_FILE)
            return _refused(row, format_lazy(_("回答は {words} のいずれかです。"), words=words))
        note = row.cells.get(NOTE_COLUMN, "")[:_LONGEST_NOTE]
        if (request.answer, request.answer_note) == (answer.value, note):
            return RowResult(row.line, request.reference, Outcome.UNCHANGED)
        outcome = Outcome.CHANGED if request.answer else Outcome.IMPORTED
        request.answer, request.answer_note, request.answered_at = answer.value, note, at
        request.save(update_fields=["answer", "answer_note", "answered_at"])
        return RowResult(row.line, request.reference, outcome)

    return _take_in(stream, ANSWER_COLUMNS, take, "registry:take-answers", by=by, at=at)


def _take_in(
    stream: BinaryIO,
    columns: Sequence[str],
    take: Callable[[CellRow], RowResult],
    act: str,
    *,
    by: Officer | str,
    at: dt.datetime,
) -> ReplyReport:
    may_exchange(by)
    report = ReplyReport(file_sha256(stream))
    for row in read_cells(stream, required=columns):
        result = RowResult(row.line, "", Outcome.REFUSED, (row.fault,)) if row.fault else take(row)
        report.counts[result.outcome] += 1
        if result.outcome is not Outcome.UNCHANGED:
            report.rows.append(result)
    audit.record(
        act,
        by=by,
        subject_kind="registry-file",
        subject_id=report.sha256,
        at=at,
        details={outcome.value: report.counts[outcome] for outcome in Outcome},
    )
    return report


def _request(batch: MatchBatch, line: int, asked: Asked) -> MatchRequest:
    claim = asked.claim
    return MatchRequest(
        batch=batch,
        line=line,
        reference=asked.reference,
        qualification=claim.qualification,
        number=claim.number,
        family_name=claim.family_name,
        given_name=claim.given_name,
        born_on=claim.born_on,
        registered_on=claim.registered_on,
    )


def _batch(row: CellRow) -> MatchBatch | None:
    sequence = row.cells["照会番号"]
    if not _is_number(sequence):
        return None
    return MatchBatch.objects.select_for_update().filter(sequence=int(sequence)).first()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _refused(row: CellRow, reason: str | Promise) -> RowResult:
    return RowResult(row.line, row.cells.get("受付番号") or row.cells["照会番号"], Outcome.REFUSED, (reason,))


def _actor(by: Officer | str) -> str:
    return str(by.account_id) if isinstance(by, Officer) else by


def _leave_line(
    act: str, batch: MatchBatch, *, by: Officer | str, at: dt.datetime, details: dict[str, audit.Detail]
) -> None:
    audit.record(
        act,
        by=by,
        subject_kind="match-batch",
        subject_id=batch.id,
        at=at,
        details={"sequence": batch.sequence, "checksum": batch.checksum, **details},
    )
