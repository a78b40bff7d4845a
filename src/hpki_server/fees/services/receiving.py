"""Money that a person records, and payments put to their invoices by hand."""

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.fees.bank_names import folded
from hpki_server.fees.models import Invoice, Payment
from hpki_server.fees.services.books import (
    account_of,
    day_of,
    locked_invoice,
    locked_payment,
    require_cashier,
    settle,
)
from hpki_server.fees.states import Channel
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.officer import Officer

NO_AMOUNT: Final = Denial("no_amount", _("金額は 1 円以上です。"))
MOST_YEN: Final = 10_000_000
TOO_MUCH: Final = Denial("too_much", _("金額が大きすぎます（上限 1,000 万円）。桁をお確かめください。"))
OTHER_PAYMENT: Final = Denial(
    "other_payment", _("この画面では、別の入金がすでに記帳されています。画面を開き直してください。")
)
NOT_YET: Final = Denial("not_yet", _("入金日が先の日付です。"))
ALREADY_MATCHED: Final = Denial("already_matched", _("この入金は、すでに請求に消し込まれています。"))
NOT_MATCHED: Final = Denial("not_matched", _("この入金は、どの請求にも消し込まれていません。"))
PARTLY_REFUNDED: Final = Denial("partly_refunded", _("返金した入金の消し込みは変えられません。"))


@dataclass(frozen=True)
class Received:
    """What a cashier says came in.  `token` is the form's own: the same form sent twice is one payment."""

    amount: int
    received_on: dt.date
    channel: Channel
    token: str
    payer_text: str = ""


@transaction.atomic
def record_payment(
    received: Received, *, invoice_id: UUID | None, by: Officer | str, at: dt.datetime
) -> Payment:
    """Book money that came at the counter, by post, or to the bank; the same token again changes nothing.

    Raises `Denied`: `duty_missing`, `no_amount`, `too_much`, `not_yet`, `other_payment`.
    """
    require_cashier(by)
    if found := _denials(received, day_of(at)):
        raise Denied(found)
    invoice = locked_invoice(invoice_id) if invoice_id else None
    payment, made = Payment.objects.get_or_create(
        identity=f"form:{received.token}"[:64],
        defaults={
            "amount": received.amount,
            "received_on": received.received_on,
            "channel": received.channel.value,
            "payer_text": received.payer_text,
            "payer_key": folded(received.payer_text),
            "invoice": invoice,
            "matched_at": at if invoice else None,
            "matched_by_id": account_of(by) if invoice else None,
            "recorded_at": at,
            "recorded_by_id": account_of(by),
        },
    )
    if not made and (payment.amount, payment.received_on) != (received.amount, received.received_on):
        raise Denied([OTHER_PAYMENT])
    if made:
        if invoice:
            settle(invoice)
        _leave_line("payment:record", payment, invoice, by=by, at=at)
    return payment


def _denials(received: Received, today: dt.date) -> list[Denial]:
    found = []
    if received.amount <= 0:
        found.append(NO_AMOUNT)
    if received.amount > MOST_YEN:
        found.append(TOO_MUCH)
    if received.received_on > today:
        found.append(NOT_YET)
    return found


@transaction.atomic
def match_payment(*, payment_id: UUID, invoice_id: UUID, by: Officer | str, at: dt.datetime) -> Payment:
    """消し込み by hand.  Raises `Denied`: `duty_missing`, `already_matched`, `partly_refunded`."""
    require_cashier(by)
    invoice, payment = locked_invoice(invoice_id), locked_payment(payment_id)
    if payment.invoice_id is not None:
        raise Denied([ALREADY_MATCHED])
    if payment.refunded:
        raise Denied([PARTLY_REFUNDED])
    payment.invoice, payment.matched_at, payment.matched_by_id = invoice, at, account_of(by)
    payment.save(update_fields=["invoice", "matched_at", "matched_by"])
    settle(invoice)
    _leave_line("payment:match", payment, invoice, by=by, at=at)
    return payment


@transaction.atomic
def unmatch_payment(*, payment_id: UUID, by: Officer | str, at: dt.datetime) -> Payment:
    """Take back a wrong match.  Raises `Denied`: `duty_missing`, `not_matched`, `partly_refunded`."""
    require_cashier(by)
    # Invoices are locked before payments everywhere, so that two cashiers never wait for each other.
    named = Payment.objects.values_list("invoice_id", flat=True).get(id=payment_id)
    if named is None:
        raise Denied([NOT_MATCHED])
    invoice, payment = locked_invoice(named), locked_payment(payment_id)
    if payment.invoice_id != invoice.id:
        raise Denied([NOT_MATCHED])
    if payment.refunded:
        raise Denied([PARTLY_REFUNDED])
    payment.invoice = payment.matched_at = payment.matched_by = None
    payment.save(update_fields=["invoice", "matched_at", "matched_by"])
    settle(invoice)
    _leave_line("payment:unmatch", payment, invoice, by=by, at=at)
    return payment


def _leave_line(
    act: str, payment: Payment, invoice: Invoice | None, *, by: Officer | str, at: dt.datetime
) -> None:
    details: dict[str, audit.Detail] = {"amount": payment.amount, "channel": payment.channel}
    if invoice:
        details |= {"invoice": invoice.number, "state": invoice.state}
    audit.record(act, by=by, subject_kind="payment", subject_id=payment.id, at=at, details=details)
