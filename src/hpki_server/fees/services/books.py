"""What every act on the books does in the same way: who may, which day it is, and sums written anew under the lock."""

import datetime as dt
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from hpki_server.fees.models import Invoice, Payment
from hpki_server.fees.states import InvoiceState
from hpki_server.people import queries
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer

DUTY_MISSING: Final = Denial("duty_missing", _("会計の権限がありません。"))


def require_cashier(by: Officer | str) -> UUID | None:
    """The centre for which the officer acts; None for the system.  Raises `Denied`: `duty_missing`."""
    if isinstance(by, str):
        return None
    places = by.organisations(Duty.CASHIER) & queries.centre_ids()
    if not places:
        raise Denied([DUTY_MISSING])
    return min(places)


def account_of(by: Officer | str) -> UUID | None:
    return by.account_id if isinstance(by, Officer) else None


def day_of(at: dt.datetime) -> dt.date:
    """The day in Japan."""
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def locked_invoice(invoice_id: UUID) -> Invoice:
    """Raises `Invoice.DoesNotExist`."""
    return Invoice.objects.select_for_update().get(id=invoice_id)


def locked_payment(payment_id: UUID) -> Payment:
    """Raises `Payment.DoesNotExist`."""
    return Payment.objects.select_for_update().get(id=payment_id)


def settle(invoice: Invoice) -> None:
    """Write what the invoice's payments add up to.  The invoice is locked; its payments have been written.

    Sums are taken anew, never counted up: whatever happened before, the books say what the rows say.
    """
    sums = invoice.payments.aggregate(paid=Sum("amount"), refunded=Sum("refunded"))
    invoice.paid, invoice.refunded = sums["paid"] or 0, sums["refunded"] or 0
    invoice.state, invoice.settled_on = _state(invoice), _settled_on(invoice)
    invoice.save(update_fields=["paid", "refunded", "state", "settled_on", "cancelled_at", "cancel_reason"])


def _state(invoice: Invoice) -> InvoiceState:
    if invoice.cancelled_at is None:
        return InvoiceState.SETTLED if invoice.standing.is_settled else InvoiceState.OPEN
    all_back = invoice.refunded > 0 and invoice.refunded == invoice.paid
    return InvoiceState.REFUNDED if all_back else InvoiceState.CANCELLED


def _settled_on(invoice: Invoice) -> dt.date | None:
    """The first day on which everything was there, in the order in which the money came."""
    total = 0
    for payment in invoice.payments.order_by("received_on", "identity"):
        total += payment.kept
        if total >= invoice.gross:
            return payment.received_on
    return None
