"""The bank's file into the books: repeatable, in steps that each stand by themselves.

First the file is kept as it came, sealed (one transaction).  Then its rows are taken over, a few hundred in each
transaction, which also says how far it got.  A process that dies leaves whole steps; whoever goes on (the page, the job,
the same file sent again) begins behind the last of them.  A movement of money has one identity in whatever file it
stands, and the table of payments takes each identity once.
"""

import datetime as dt
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final
from uuid import UUID

from django.db import transaction

from hpki_server.fees.bank_csv import BankDeposit, BankStatement, OtherRow, read_statement
from hpki_server.fees.bank_names import folded
from hpki_server.fees.invoice_numbers import invoice_numbers_in
from hpki_server.fees.models import BankFile, BankRow, Biller, Invoice, Payment
from hpki_server.fees.services.billers import BILLER_MISSING
from hpki_server.fees.services.books import account_of, day_of, require_cashier, settle
from hpki_server.fees.states import Channel, RowOutcome
from hpki_server.people import audit, sealing
from hpki_server.people.audit import Act
from hpki_server.people.csv_file import file_sha256
from hpki_server.people.denial import Denied
from hpki_server.people.officer import Officer

STEP_ROWS: Final = 200
_PURPOSE: Final = "bank file"
# So long the page that received a file may take; then the job goes on with it.
PATIENCE: Final = dt.timedelta(minutes=2)


@dataclass(frozen=True)
class ImportReport:
    """What became of a file's rows, over all its steps."""

    file: BankFile
    counts: Counter[RowOutcome]

    @property
    def is_finished(self) -> bool:
        return self.file.finished_at is not None


def import_payments(stream: BinaryIO, *, by: Officer | str, at: dt.datetime, name: str = "") -> ImportReport:
    """Take over a whole file; begun before, it goes on where it stopped; taken over before, nothing changes.

    Raises `Denied` when the file as a whole cannot be read (`bank_csv.read_statement`), and `duty_missing`,
    `biller_missing`.
    """
    file = receive_file(stream, name=name, by=by, at=at)
    while file.finished_at is None:
        file = continue_file(file_id=file.id, by=by, at=at)
    return report_of(file)


@transaction.atomic
def receive_file(stream: BinaryIO, *, name: str = "", by: Officer | str, at: dt.datetime) -> BankFile:
    """Keep a file that can be read.  The same octets again give the same file."""
    require_cashier(by)
    statement = _statement(stream, at=at)
    digest = file_sha256(stream)
    file, made = BankFile.objects.get_or_create(
        sha256=digest,
        defaults={
            "name": name[:120],
            "account_number": statement.account_number,
            "sealed": sealing.seal(stream.read(), purpose=_PURPOSE),
            "rows_total": len(statement.rows),
            "received_at": at,
            "received_by_id": account_of(by),
        },
    )
    if made:
        details: dict[str, audit.Detail] = {"rows": file.rows_total}
        audit.record(
            "bank-file:receive", by=by, subject_kind="bank-file", subject_id=digest, at=at, details=details
        )
    return file


def _statement(stream: BinaryIO, *, at: dt.datetime) -> BankStatement:
    accounts = tuple(Biller.objects.order_by("-valid_from").values_list("account_number", flat=True))
    if not accounts:
        raise Denied([BILLER_MISSING])
    return read_statement(stream, accounts=accounts, today=day_of(at))


@transaction.atomic
def continue_file(*, file_id: UUID, by: Officer | str, at: dt.datetime) -> BankFile:
    """The next rows of a file that waits; nothing when it is finished.  Raises `Denied`: `duty_missing`."""
    require_cashier(by)
    # Two who go on with the same file come one after the other.
    file = BankFile.objects.select_for_update().get(id=file_id)
    if file.finished_at is not None or file.sealed is None:
        return file
    content = sealing.open_sealed(bytes(file.sealed), purpose=_PURPOSE)
    # Read with the day on which it came: a row must not change its meaning between two steps.
    statement = read_statement(
        io.BytesIO(content), accounts=(file.account_number,), today=day_of(file.received_at)
    )
    rows = statement.rows[file.rows_done : file.rows_done + STEP_ROWS]
    acts = _take_over(file, rows, by=by, at=at)
    file.rows_done += len(rows)
    if file.rows_done == file.rows_total:
        file.finished_at, file.sealed = at, None
        acts.append(_finished(file, by))
    file.save(update_fields=["rows_done", "finished_at", "sealed"])
    if acts:
        audit.record_many(acts, at=at)
    return file


def waiting_files(*, at: dt.datetime) -> list[UUID]:
    """Files that were received a while ago and still wait for their last rows."""
    waiting = BankFile.objects.filter(finished_at__isnull=True, received_at__lt=at - PATIENCE)
    return list(waiting.order_by("received_at").values_list("id", flat=True))


def _finished(file: BankFile, by: Officer | str) -> Act:
    counts = report_of(file).counts
    details: dict[str, audit.Detail] = {outcome.value: counts[outcome] for outcome in RowOutcome}
    return Act("bank-file:finish", by, "bank-file", file.sha256, details=details)


def report_of(file: BankFile) -> ImportReport:
    outcomes = file.rows.values_list("outcome", flat=True)
    return ImportReport(file, Counter(RowOutcome(outcome) for outcome in outcomes))


def _take_over(
    file: BankFile, rows: Sequence[BankDeposit | OtherRow], *, by: Officer | str, at: dt.datetime
) -> list[Act]:
    deposits = [row for row in rows if isinstance(row, BankDeposit)]
    invoices = _invoices_named(deposits)
    fresh = {row.identity: _payment(row, invoices.get(row.identity), by=by, at=at) for row in deposits}
    # Whoever writes an identity first books it; the other one finds it there.
    Payment.objects.bulk_create(fresh.values(), ignore_conflicts=True)
    stored = {payment.identity: payment for payment in Payment.objects.filter(identity__in=list(fresh))}
    booked = {p.identity: p for p in fresh.values() if stored[p.identity].pk == p.pk}
    touched = {payment.invoice_id for payment in booked.values() if payment.invoice_id}
    for invoice in invoices.values():
        if invoice.pk in touched:
            touched.discard(invoice.pk)
            settle(invoice)
    BankRow.objects.bulk_create(_told(file, row, stored, booked) for row in rows)
    return [_booked_line(payment, by) for payment in booked.values()]


def _invoices_named(deposits: Sequence[BankDeposit]) -> dict[str, Invoice]:
    """The invoice whose number stands in a row, by the row's identity; rows that name two are left to a person."""
    named = {row.identity: invoice_numbers_in(row.payer_text) for row in deposits}
    wanted = {numbers[0] for numbers in named.values() if len(set(numbers)) == 1}
    # Locked in one order, so that two files never wait for each other.
    found = Invoice.objects.select_for_update().filter(number__in=wanted).order_by("number")
    invoices = {invoice.number: invoice for invoice in found}
    return {
        identity: invoices[numbers[0]]
        for identity, numbers in named.items()
        if len(set(numbers)) == 1 and numbers[0] in invoices
    }


def _payment(row: BankDeposit, invoice: Invoice | None, *, by: Officer | str, at: dt.datetime) -> Payment:
    return Payment(
        amount=row.amount,
        received_on=row.received_on,
        channel=Channel.BANK.value,
        identity=row.identity,
        payer_text=row.payer_text,
        payer_key=folded(row.payer_text),
        invoice=invoice,
        matched_at=at if invoice else None,
        recorded_at=at,
        recorded_by_id=account_of(by),
    )


def _told(
    file: BankFile,
    row: BankDeposit | OtherRow,
    stored: Mapping[str, Payment],
    booked: Mapping[str, Payment],
) -> BankRow:
    if isinstance(row, OtherRow):
        outcome = RowOutcome.REFUSED if row.reasons else RowOutcome.OUTGOING
        return BankRow(file=file, line=row.line, outcome=outcome.value, reasons=list(row.reasons))
    payment = stored[row.identity]
    outcome = RowOutcome.KNOWN
    if row.identity in booked:
        outcome = RowOutcome.MATCHED if payment.invoice_id else RowOutcome.UNMATCHED
    return BankRow(file=file, line=row.line, outcome=outcome.value, payment=payment)


def _booked_line(payment: Payment, by: Officer | str) -> Act:
    details: dict[str, audit.Detail] = {"amount": payment.amount, "channel": payment.channel}
    if payment.invoice:
        details |= {"invoice": payment.invoice.number, "state": payment.invoice.state}
    return Act("payment:record", by, "payment", payment.id, details=details)
