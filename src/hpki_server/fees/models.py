"""Invoices, payments, refunds and the bank's files: tables and the constraints of one row.  Money is whole yen."""

import uuid

from django.db import models
from django.db.models import F, Q

from hpki_server.fees.invoice_numbers import spaced
from hpki_server.fees.occasions import FeeItem, FeeOccasion
from hpki_server.fees.rules import Standing
from hpki_server.fees.states import CancelReason, Channel, InvoiceState, RefundReason, RowOutcome
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import Account

ENDED = (InvoiceState.CANCELLED, InvoiceState.REFUNDED)


class Biller(models.Model):
    """Who sends invoices from a day on: name, 登録番号, address, and the account to which the money goes."""

    id = models.BigAutoField(primary_key=True)
    valid_from = models.DateField(unique=True)
    name = models.CharField(max_length=120)
    # 適格請求書発行事業者の登録番号: T and 13 digits.
    registration_number = models.CharField(max_length=14)
    postal_code = models.CharField(max_length=8)
    address = models.CharField(max_length=200)
    phone = models.CharField(max_length=20, blank=True)
    bank = models.CharField(max_length=60)
    branch = models.CharField(max_length=60)
    account_kind = models.CharField(max_length=10)
    account_number = models.CharField(max_length=10)
    account_holder = models.CharField(max_length=60)
    # Where the registration number and the account were taken from.
    source = models.CharField(max_length=200)
    # A demonstration's biller: its invoices say 見本.
    is_specimen = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()


class Invoice(models.Model):
    """One invoice: what it says is frozen; what happens to it stands in its payments and refunds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Ten digits with two check digits; a payer writes it before the name.
    number = models.CharField(max_length=10, unique=True)
    # What it is for: the number of an application.
    reference = models.CharField(max_length=32)
    occasion = models.CharField(max_length=16, choices=[(o.value, o.label) for o in FeeOccasion])
    # "" or the first day of the year that a yearly fee pays for.
    period = models.CharField(max_length=10, blank=True)
    member_kind = models.CharField(max_length=16, choices=MemberKind.choices)
    # Which row of which table.
    table_name = models.CharField(max_length=16)
    table_day = models.DateField()
    source = models.CharField(max_length=200)
    before_issue = models.BooleanField()

    payer_name = models.CharField(max_length=120)
    payer_kana = models.CharField(max_length=120, blank=True)
    # The kana as a bank's line may write them, folded.
    payer_key = models.CharField(max_length=120, blank=True)
    payer_postal_code = models.CharField(max_length=8, blank=True)
    payer_address = models.CharField(max_length=200, blank=True)
    biller = models.ForeignKey(Biller, on_delete=models.PROTECT, related_name="invoices")

    includes_tax = models.BooleanField()
    tax_percent = models.PositiveSmallIntegerField()
    net = models.PositiveIntegerField()
    tax = models.PositiveIntegerField()
    gross = models.PositiveIntegerField()
    issued_on = models.DateField()
    due_on = models.DateField()
    charged_at = models.DateTimeField()

    # Sums of the payments matched to it and of what went back of them; written under the invoice's lock.
    paid = models.PositiveIntegerField(default=0)
    refunded = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=InvoiceState.choices, default=InvoiceState.OPEN)
    settled_on = models.DateField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=16, choices=CancelReason.choices, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(gross=F("net") + F("tax")), name="invoice_adds_up"),
            models.CheckConstraint(condition=Q(gross__gt=0), name="invoice_asks_for_something"),
            models.CheckConstraint(condition=Q(refunded__lte=F("paid")), name="invoice_refunded_from_paid"),
            models.CheckConstraint(condition=Q(state__in=InvoiceState.values), name="invoice_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in ENDED], cancelled_at__isnull=False)
                | (~Q(state__in=[state.value for state in ENDED]) & Q(cancelled_at__isnull=True)),
                name="invoice_ended_at_a_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state="settled")
                | Q(paid__gte=F("gross") + F("refunded"), settled_on__isnull=False),
                name="invoice_settled_by_money",
            ),
            models.CheckConstraint(
                condition=~Q(state="open") | Q(paid__lt=F("gross") + F("refunded")),
                name="invoice_open_while_owed",
            ),
            models.UniqueConstraint(
                fields=["reference", "occasion", "period"],
                condition=Q(cancelled_at__isnull=True),
                name="invoice_once",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "issued_on"], name="invoice_state_issued"),
            models.Index(fields=["reference"], name="invoice_reference"),
            models.Index(fields=["payer_key"], name="invoice_payer_key"),
        ]

    @property
    def spaced_number(self) -> str:
        return spaced(self.number)

    @property
    def occasion_word(self) -> str:
        return str(FeeOccasion(self.occasion).label)

    @property
    def standing(self) -> Standing:
        return Standing(0 if self.cancelled_at else self.gross, self.paid, self.refunded)


class InvoiceLine(models.Model):
    """One line, frozen; with or without tax as its invoice says."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    item = models.CharField(max_length=16)
    yen = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_position"),
            models.CheckConstraint(condition=Q(yen__gt=0), name="invoice_line_costs"),
        ]

    @property
    def word(self) -> str:
        return str(FeeItem(self.item).label)


class InvoiceSequence(models.Model):
    """The last invoice number of a year."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)


class BankFile(models.Model):
    """A file from the bank, and how far it has been taken over: the rest is taken over when somebody goes on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=120, blank=True)
    account_number = models.CharField(max_length=10)
    # The file itself, sealed, until its last row is taken over.
    sealed = models.BinaryField(null=True)
    rows_total = models.PositiveIntegerField()
    rows_done = models.PositiveIntegerField(default=0)
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rows_done__lte=F("rows_total")), name="bank_file_rows"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, rows_done__lte=F("rows_total"), sealed__isnull=False)
                | Q(finished_at__isnull=False, rows_done=F("rows_total"), sealed__isnull=True),
                name="bank_file_finished_when_done",
            ),
        ]


class Payment(models.Model):
    """Money that came in; without an invoice it is unmatched, and stays visible until somebody decides."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    amount = models.PositiveIntegerField()
    received_on = models.DateField()
    channel = models.CharField(max_length=10, choices=Channel.choices)
    # What makes this one movement of money itself and no other: of the bank's row, or of the form that was sent.
    identity = models.CharField(max_length=64, unique=True)
    payer_text = models.CharField(max_length=200, blank=True)
    payer_key = models.CharField(max_length=200, blank=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, related_name="payments")
    matched_at = models.DateTimeField(null=True)
    # Nobody: the number in the bank's row matched by itself.
    matched_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    refunded = models.PositiveIntegerField(default=0)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_brings_something"),
            models.CheckConstraint(
                condition=Q(refunded__lte=F("amount")), name="payment_refunded_from_itself"
            ),
            models.CheckConstraint(
                condition=Q(invoice__isnull=True, matched_at__isnull=True)
                | Q(invoice__isnull=False, matched_at__isnull=False),
                name="payment_matched_at_a_moment",
            ),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="payment_channel_known"),
        ]
        indexes = [
            models.Index(fields=["received_on"], name="payment_received"),
            models.Index(fields=["received_on"], condition=Q(invoice__isnull=True), name="payment_unmatched"),
        ]

    @property
    def kept(self) -> int:
        """What is still here of it."""
        return self.amount - self.refunded


class Refund(models.Model):
    """Money that goes back the way it came; one officer proposed it, another confirmed it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.PositiveIntegerField()
    reason = models.CharField(max_length=16, choices=RefundReason.choices)
    proposed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField()
    confirmed_on = models.DateField()
    # The day on which the bank was told to send it.
    sent_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_of_something"),
            models.CheckConstraint(
                condition=~Q(confirmed_by=F("proposed_by")), name="refund_confirmed_by_another"
            ),
        ]


class BankRow(models.Model):
    """What became of one row of a file."""

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(BankFile, on_delete=models.PROTECT, related_name="rows")
    line = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=RowOutcome.choices)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="rows")
    # Codes that say why a row could not be read.
    reasons = models.JSONField(default=list)

    class Meta:
        ordering = ["line"]
        constraints = [
            models.UniqueConstraint(fields=["file", "line"], name="bank_row_line"),
            models.CheckConstraint(condition=Q(outcome__in=RowOutcome.values), name="bank_row_outcome_known"),
            models.CheckConstraint(
                condition=Q(outcome__in=["matched", "unmatched", "known"], payment__isnull=False)
                | Q(outcome__in=["outgoing", "refused"], payment__isnull=True),
                name="bank_row_payment",
            ),
        ]
