"""Money that goes back: one officer proposes, another confirms, and only then it stands in the books."""

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hpki_server.fees.models import Invoice, Payment, Refund
from hpki_server.fees.services.books import (
    day_of,
    locked_invoice,
    locked_payment,
    require_cashier,
    settle,
)
from hpki_server.fees.states import RefundReason
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.services import proposals
from hpki_server.people.shown_dates import shown_in_both

ACT: Final = "payment:refund"
NO_AMOUNT: Final = Denial("no_amount", _("金額は 1 円以上です。"))
MORE_THAN_KEPT: Final = Denial("more_than_kept", _("この入金のうち、手元にある額より多くは返金できません。"))
STILL_DUE: Final = Denial(
    "still_due",
    _("この額を返すと請求の額に足りなくなります。請求を取り消すか、消し込みを外してから返金してください。"),
)
MOVED: Final = Denial("moved", _("この入金の消し込みが変わりました。もう一度ご確認ください。"))
SENT_WHEN: Final = Denial("sent_when", _("送金日は、返金が確定した日から今日までの日付です。"))
ALREADY_SENT: Final = Denial("already_sent", _("この返金は、すでに送金済みです。"))


@transaction.atomic
def propose_refund(
    *, payment_id: UUID, amount: int, reason: RefundReason, by: Officer, at: dt.datetime
) -> Proposal:
    """Raises `Denied`: `duty_missing`, `no_amount`, `more_than_kept`, `still_due`."""
    require_cashier(by)
    invoice, payment = _locked(payment_id)
    if found := _denials(payment, invoice, amount):
        raise Denied(found)
    details: dict[str, audit.Detail] = {"amount": amount, "reason": reason.value}
    return proposals.propose(proposals.Proposed(ACT, "payment", str(payment.id), details), by=by, at=at)


def in_words(proposal: Proposal) -> str:
    """What the second officer reads before the yes: how much, why, of whose payment, for which invoice."""
    facts = proposal.facts()
    payment = Payment.objects.select_related("invoice").get(id=proposal.subject_id)
    return gettext("%(yen)s 円（%(why)s）　%(day)s の入金 %(amount)s 円　%(payer)s　%(invoice)s") % {
        "yen": f"{facts['amount']:,}",
        "why": RefundReason(str(facts["reason"])).label,
        "day": shown_in_both(payment.received_on),
        "amount": f"{payment.amount:,}",
        "payer": payment.payer_text,
        "invoice": payment.invoice.spaced_number if payment.invoice else "",
    }


def carry_out(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    """Book a confirmed refund, inside the confirmation.  Raises `Denied` as the proposal does: the books may have moved."""
    facts = proposal.facts()
    amount, reason = int(facts["amount"] or 0), RefundReason(str(facts["reason"]))
    invoice, payment = _locked(UUID(proposal.subject_id))
    if found := _denials(payment, invoice, amount):
        raise Denied(found)
    refund = Refund.objects.create(
        payment=payment,
        amount=amount,
        reason=reason.value,
        proposed_by_id=proposal.proposed_by_id,
        confirmed_by_id=by.account_id,
        confirmed_at=at,
        confirmed_on=day_of(at),
    )
    payment.refunded = payment.refunds.aggregate(total=Sum("amount"))["total"] or 0
    payment.save(update_fields=["refunded"])
    if invoice:
        settle(invoice)
    details: dict[str, audit.Detail] = {"amount": amount, "reason": reason.value, "payment": str(payment.id)}
    audit.record(ACT, by=by, subject_kind="refund", subject_id=refund.id, at=at, details=details)


@transaction.atomic
def record_sent(*, refund_id: UUID, sent_on: dt.date, by: Officer, at: dt.datetime) -> Refund:
    """The bank was told to send it.  Raises `Denied`: `duty_missing`, `already_sent`, `sent_when`."""
    require_cashier(by)
    refund = Refund.objects.select_for_update().get(id=refund_id)
    if refund.sent_on is not None:
        raise Denied([ALREADY_SENT])
    if not refund.confirmed_on <= sent_on <= day_of(at):
        raise Denied([SENT_WHEN])
    refund.sent_on = sent_on
    refund.save(update_fields=["sent_on"])
    details: dict[str, audit.Detail] = {"amount": refund.amount, "sent_on": sent_on.isoformat()}
    audit.record("refund:send", by=by, subject_kind="refund", subject_id=refund.id, at=at, details=details)
    return refund


def _locked(payment_id: UUID) -> tuple[Invoice | None, Payment]:
    """Invoices are locked before payments everywhere."""
    named: UUID | None = Payment.objects.values_list("invoice_id", flat=True).get(id=payment_id)
    invoice = locked_invoice(named) if named is not None else None
    payment = locked_payment(payment_id)
    if payment.invoice_id != named:
        # Matched or unmatched in this very moment by somebody else.
        raise Denied([MOVED])
    return invoice, payment


def _denials(payment: Payment, invoice: Invoice | None, amount: int) -> list[Denial]:
    if amount <= 0:
        return [NO_AMOUNT]
    if amount > payment.kept:
        return [MORE_THAN_KEPT]
    if invoice is not None and amount > invoice.standing.excess:
        return [STILL_DUE]
    return []
