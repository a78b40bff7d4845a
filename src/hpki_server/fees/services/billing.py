"""Invoices: made once for each thing that costs something, cancelled when the reason falls away."""

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.fees import rules
from hpki_server.fees.bank_names import folded
from hpki_server.fees.invoice_numbers import invoice_number
from hpki_server.fees.models import Invoice, InvoiceLine, InvoiceSequence
from hpki_server.fees.occasions import Demanded, FeeOccasion
from hpki_server.fees.services.billers import biller_on
from hpki_server.fees.services.books import day_of, locked_invoice, require_cashier, settle
from hpki_server.fees.states import CancelReason
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import Account
from hpki_server.people.officer import Officer

ALREADY_ENDED: Final = Denial("already_ended", _("この請求は、すでに取り消されています。"))

Actor = Officer | Account | str


@dataclass(frozen=True)
class PayerFacts:
    """To whom an invoice goes."""

    name: str
    kana: str
    postal_code: str = ""
    address: str = ""


@dataclass(frozen=True)
class Charge:
    """What is to be paid for: once for each `reference`, `occasion` and `period`."""

    reference: str
    payer: PayerFacts
    occasion: FeeOccasion
    member_kind: MemberKind
    table_day: dt.date
    """The day whose table of fees counts (`rules.table_day`)."""
    period: str = ""


@transaction.atomic
def charge(asked: Charge, *, by: Actor, at: dt.datetime) -> Invoice | None:
    """The invoice, the one made before if there is one, or None where nothing costs anything.

    Called by other rooms inside their own act, which decided that it is due.
    Raises `Denied`: `no_fee_rule`, `no_tax_rate`, `biller_missing`.
    """
    today = day_of(at)
    fee = rules.fee(asked.occasion, asked.member_kind, asked.table_day, taxed_on=today)
    if not fee.gross:
        return None
    # The sequence's row is the lock: two who charge the same thing at once come one after the other.
    sequence, _made = InvoiceSequence.objects.select_for_update().get_or_create(year=today.year)
    if known := _standing(asked.reference, asked.occasion, asked.period):
        return known
    sequence.last += 1
    sequence.save(update_fields=["last"])
    invoice = _write(asked, fee, number=invoice_number(today.year, sequence.last), at=at)
    details: dict[str, audit.Detail] = {
        "number": invoice.number,
        "reference": invoice.reference,
        "occasion": invoice.occasion,
        "gross": invoice.gross,
        "table": invoice.table_name,
    }
    audit.record(
        "invoice:charge", by=by, subject_kind="invoice", subject_id=invoice.id, at=at, details=details
    )
    return invoice


def _standing(reference: str, occasion: FeeOccasion, period: str) -> Invoice | None:
    """The invoice for this that was not cancelled."""
    return Invoice.objects.filter(
        reference=reference, occasion=occasion.value, period=period, cancelled_at__isnull=True
    ).first()


def _write(asked: Charge, fee: rules.Fee, *, number: str, at: dt.datetime) -> Invoice:
    today = day_of(at)
    invoice = Invoice.objects.create(
        number=number,
        reference=asked.reference,
        occasion=asked.occasion.value,
        period=asked.period,
        member_kind=asked.member_kind.value,
        table_name=fee.table,
        table_day=asked.table_day,
        source=fee.source,
        before_issue=fee.demanded is Demanded.BEFORE_ISSUE,
        payer_name=asked.payer.name,
        payer_kana=asked.payer.kana,
        payer_key=folded(asked.payer.kana),
        payer_postal_code=asked.payer.postal_code,
        payer_address=asked.payer.address,
        biller=biller_on(today),
        includes_tax=fee.includes_tax,
        tax_percent=fee.tax_rate,
        net=fee.net,
        tax=fee.tax,
        gross=fee.gross,
        issued_on=today,
        due_on=rules.due_day(today),
        charged_at=at,
    )
    InvoiceLine.objects.bulk_create(
        InvoiceLine(invoice=invoice, position=position, item=line.item.value, yen=line.yen)
        for position, line in enumerate(fee.lines, start=1)
    )
    return invoice


@transaction.atomic
def recharge(asked: Charge, *, by: Actor, at: dt.datetime) -> Invoice | None:
    """The kind of member changed before anything was made: the invoice is cancelled and a new one takes its money.

    What the new one does not ask for waits at the cashier's to go back; what it asks more is owed.
    Called by other rooms inside their own act.  Raises `Denied` as `charge` does.
    """
    standing = Invoice.objects.select_for_update().filter(
        reference=asked.reference,
        occasion=asked.occasion.value,
        period=asked.period,
        cancelled_at__isnull=True,
    )
    old = standing.first()
    # As `charge` does, before the cancellation's audit line.
    InvoiceSequence.objects.select_for_update().get_or_create(year=day_of(at).year)
    if old is not None:
        _cancel(old, CancelReason.MEMBER_CHANGE, by=by, at=at)
    new = charge(asked, by=by, at=at)
    if old is not None and new is not None:
        _carry_over(old, new, by=by, at=at)
    return new


def _carry_over(old: Invoice, new: Invoice, *, by: Actor, at: dt.datetime) -> None:
    """Money that nobody refunded yet goes from one invoice to the other."""
    moved = list(old.payments.select_for_update().filter(refunded=0).order_by("received_on", "identity"))
    for payment in moved:
        payment.invoice, payment.matched_at = new, at
        payment.save(update_fields=["invoice", "matched_at"])
    settle(old)
    settle(new)
    for payment in moved:
        details: dict[str, audit.Detail] = {
            "amount": payment.amount,
            "from": old.number,
            "invoice": new.number,
        }
        audit.record(
            "payment:match", by=by, subject_kind="payment", subject_id=payment.id, at=at, details=details
        )


@transaction.atomic
def cancel_invoice(*, invoice_id: UUID, reason: CancelReason, by: Officer | str, at: dt.datetime) -> Invoice:
    """A cashier takes an invoice back; what was paid on it waits to be refunded.

    Raises `Denied`: `duty_missing`, `already_ended`.
    """
    require_cashier(by)
    invoice = locked_invoice(invoice_id)
    if invoice.cancelled_at is not None:
        raise Denied([ALREADY_ENDED])
    _cancel(invoice, reason, by=by, at=at)
    return invoice


@transaction.atomic
def end_charge(*, reference: str, reason: CancelReason, by: Actor, at: dt.datetime) -> list[Invoice]:
    """The reason to pay fell away: every invoice of the reference is cancelled, paid or not.

    Called by other rooms inside their own act, which decided.
    """
    found = Invoice.objects.select_for_update().filter(reference=reference, cancelled_at__isnull=True)
    ended = list(found.order_by("number"))
    for invoice in ended:
        _cancel(invoice, reason, by=by, at=at)
    return ended


def _cancel(invoice: Invoice, reason: CancelReason, *, by: Actor, at: dt.datetime) -> None:
    invoice.cancelled_at, invoice.cancel_reason = at, reason.value
    settle(invoice)
    details: dict[str, audit.Detail] = {
        "number": invoice.number,
        "reason": reason.value,
        "to_refund": invoice.standing.excess,
    }
    audit.record(
        "invoice:cancel", by=by, subject_kind="invoice", subject_id=invoice.id, at=at, details=details
    )
