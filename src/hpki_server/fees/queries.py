"""Reads of the books; the viewer first where a person looks."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.fees import rules
from hpki_server.fees.bank_names import folded
from hpki_server.fees.invoice_numbers import unspaced
from hpki_server.fees.models import BankFile, BankRow, Invoice, Payment, Refund
from hpki_server.fees.occasions import Demanded, FeeOccasion
from hpki_server.fees.states import InvoiceState
from hpki_server.people import queries as people
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer

# Money that is held without a reason: paid on a cancelled invoice, or more than was asked.
TO_REFUND: Final = Q(cancelled_at__isnull=False, paid__gt=F("refunded")) | Q(
    cancelled_at__isnull=True, paid__gt=F("gross") + F("refunded")
)
MOST_LIKELY: Final = 3
# Names as similar as ワタナベハナコ and ワタナベハナエ.
_SIMILAR: Final = 0.8
_MOST_COMPARED: Final = 2000


def may_look(viewer: Officer) -> bool:
    return bool(viewer.organisations(Duty.CASHIER) & people.centre_ids())


def settled(reference: str) -> bool:
    """Was an invoice made for this that has to be paid before the issue, and is every such invoice paid?"""
    standing = Invoice.objects.filter(reference=reference, before_issue=True, cancelled_at__isnull=True)
    return set(standing.values_list("state", flat=True)) == {InvoiceState.SETTLED.value}


def unpaid_before_issue() -> QuerySet[Invoice, str]:
    """The references of what has to be paid before the issue and is not: none of them is `settled`."""
    standing = Invoice.objects.filter(before_issue=True, cancelled_at__isnull=True)
    return standing.exclude(state=InvoiceState.SETTLED.value).values_list("reference", flat=True)


def nothing_due(reference: str, occasion: FeeOccasion, member_kind: MemberKind, table_day: dt.date) -> bool:
    """May the card be made?  It costs nothing, is paid afterwards, or was paid.

    Where no table names a fee, somebody has to look: the answer is no.
    """
    try:
        due = rules.fee(occasion, member_kind, table_day)
    except Denied:
        return False
    return not due.gross or due.demanded is Demanded.AFTERWARDS or settled(reference)


def invoices_of(references: Collection[str]) -> QuerySet[Invoice]:
    """For the rooms above, which know who may see the things that are paid for."""
    found = Invoice.objects.filter(reference__in=references).select_related("biller")
    return found.order_by("issued_on", "number")


def invoices(viewer: Officer, *, words: str = "", state: str = "") -> QuerySet[Invoice]:
    """The oldest first; narrowed by number, reference, name or kana."""
    if not may_look(viewer):
        return Invoice.objects.none()
    found = Invoice.objects.order_by("issued_on", "number")
    if state == "to-refund":
        found = found.filter(TO_REFUND)
    elif state:
        found = found.filter(state=state)
    for word in words.split()[:4]:
        matches = Q(number__startswith=unspaced(word)) | Q(reference=word) | Q(payer_name__contains=word)
        if key := folded(word):
            matches |= Q(payer_key__contains=key)
        found = found.filter(matches)
    return found


def invoice(viewer: Officer, invoice_id: UUID) -> Invoice:
    """Raises `Invoice.DoesNotExist`."""
    return invoices(viewer).select_related("biller").get(id=invoice_id)


def payments_of(invoice: Invoice) -> QuerySet[Payment]:
    """In the order in which the money came."""
    found = invoice.payments.select_related("matched_by").prefetch_related("refunds")
    return found.order_by("received_on", "recorded_at")


def refunds_proposed(payment: Payment) -> QuerySet[Proposal]:
    """Refunds of it that wait for a second officer."""
    open_ones = Proposal.objects.filter(
        act="payment:refund", subject_id=str(payment.id), state=Proposal.State.OPEN.value
    )
    return open_ones.select_related("proposed_by")


def payment(viewer: Officer, payment_id: UUID) -> Payment:
    """Raises `Payment.DoesNotExist`."""
    if not may_look(viewer):
        raise Payment.DoesNotExist
    return Payment.objects.select_related("invoice").get(id=payment_id)


def refund(viewer: Officer, refund_id: UUID) -> Refund:
    """Raises `Refund.DoesNotExist`."""
    if not may_look(viewer):
        raise Refund.DoesNotExist
    return Refund.objects.get(id=refund_id)


def unmatched(viewer: Officer) -> QuerySet[Payment]:
    """Money whose reason nobody knows yet, the oldest first."""
    if not may_look(viewer):
        return Payment.objects.none()
    waiting = Payment.objects.filter(invoice__isnull=True, amount__gt=F("refunded"))
    return waiting.order_by("received_on", "recorded_at", "id")


def unsent(viewer: Officer) -> QuerySet[Refund]:
    """Refunds that two officers decided and the bank was not told of yet."""
    if not may_look(viewer):
        return Refund.objects.none()
    return (
        Refund.objects.filter(sent_on__isnull=True)
        .select_related("payment__invoice")
        .order_by("confirmed_at")
    )


def files(viewer: Officer) -> QuerySet[BankFile]:
    """The newest first."""
    if not may_look(viewer):
        return BankFile.objects.none()
    return BankFile.objects.defer("sealed").select_related("received_by").order_by("-received_at")


def rows(file: BankFile, *, outcome: str = "") -> QuerySet[BankRow]:
    """What became of each row, in the order of the file."""
    found = file.rows.select_related("payment__invoice")
    return found.filter(outcome=outcome) if outcome else found


@dataclass(frozen=True)
class Likely:
    """An open invoice that a payment may be for, and why."""

    invoice: Invoice
    reasons: tuple[str | Promise, ...]
    points: int


def likely_invoices(payment: Payment) -> list[Likely]:
    """Open invoices that agree with the payment in amount, name or all but one digit of the number; best first."""
    open_ones = Invoice.objects.filter(state=InvoiceState.OPEN.value)
    close = open_ones.filter(Q(gross=payment.amount) | Q(payer_key=payment.payer_key, payer_key__gt=""))
    digits = "".join(c for c in unspaced(payment.payer_text) if c.isdigit())
    found = [likely(payment, each, digits) for each in close.order_by("issued_on")[:_MOST_COMPARED]]
    best = sorted(
        (each for each in found if each.points > 1), key=lambda each: (-each.points, each.invoice.issued_on)
    )
    return best[:MOST_LIKELY]


def likely(payment: Payment, invoice: Invoice, digits: str) -> Likely:
    reasons: list[str | Promise] = []
    points = 0
    if invoice.standing.owed == payment.amount:
        reasons.append(_("金額が同じです"))
        points += 1
    if invoice.payer_key and invoice.payer_key == payment.payer_key:
        reasons.append(_("カナ氏名が同じです"))
        points += 3
    elif _are_similar(invoice.payer_key, payment.payer_key):
        reasons.append(_("カナ氏名が似ています"))
        points += 2
    if len(digits) == len(invoice.number) and _differing(digits, invoice.number) == 1:
        reasons.append(_("請求番号が 1 桁だけ違います"))
        points += 3
    return Likely(invoice, tuple(reasons), points)


def _are_similar(one: str, other: str) -> bool:
    if not one or not other:
        return False
    return one in other or other in one or SequenceMatcher(None, one, other).ratio() >= _SIMILAR


def _differing(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


@dataclass(frozen=True)
class Month:
    """One month of the books, in yen."""

    first_day: dt.date
    charged: int
    received: int
    refunded: int

    @property
    def kept(self) -> int:
        return self.received - self.refunded


def months(viewer: Officer, *, since: dt.date, until: dt.date) -> list[Month]:
    """What was charged, received and given back in each month that saw any of it, the newest first.

    Charged counts invoices by the day on them, without those that were cancelled.
    """
    if not may_look(viewer):
        return []
    charged = Invoice.objects.filter(issued_on__range=(since, until), cancelled_at__isnull=True)
    received = Payment.objects.filter(received_on__range=(since, until))
    refunded = Refund.objects.filter(confirmed_on__range=(since, until))
    sums = (
        _by_month(charged, "issued_on", "gross"),
        _by_month(received, "received_on", "amount"),
        _by_month(refunded, "confirmed_on", "amount"),
    )
    days = sorted({day for each in sums for day in each}, reverse=True)
    return [Month(day, *(each.get(day, 0) for each in sums)) for day in days]


def _by_month(
    found: QuerySet[Invoice] | QuerySet[Payment] | QuerySet[Refund], day: str, yen: str
) -> dict[dt.date, int]:
    grouped = found.annotate(month=TruncMonth(day)).values("month").annotate(total=Sum(yen)).order_by("month")
    return {row["month"]: row["total"] for row in grouped}


@dataclass(frozen=True)
class Standings:
    """What waits at the cashier's desk."""

    open_count: int
    open_yen: int
    overdue_count: int
    unmatched_count: int
    to_refund_count: int
    unsent_count: int
    last_received_on: dt.date | None

    @property
    def refund_count(self) -> int:
        return self.to_refund_count + self.unsent_count


def standings(viewer: Officer, *, on: dt.date) -> Standings:
    waiting = invoices(viewer, state=InvoiceState.OPEN.value)
    sums = waiting.aggregate(count=Count("id"), gross=Sum("gross"), paid=Sum("paid"), back=Sum("refunded"))
    newest = Payment.objects.aggregate(day=Max("received_on")) if may_look(viewer) else {"day": None}
    return Standings(
        open_count=sums["count"],
        open_yen=(sums["gross"] or 0) - (sums["paid"] or 0) + (sums["back"] or 0),
        overdue_count=waiting.filter(due_on__lt=on).count(),
        unmatched_count=unmatched(viewer).count(),
        to_refund_count=invoices(viewer, state="to-refund").count(),
        unsent_count=unsent(viewer).count(),
        last_received_on=newest["day"],
    )
