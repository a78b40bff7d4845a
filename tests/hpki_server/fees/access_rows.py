"""The permission table's rows for the cashier's pages."""

from collections.abc import Mapping

from hpki_server.fees.services import propose_refund, receive_file
from hpki_server.fees.states import RefundReason
from hpki_server.people.duties import Duty
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.access_rows import Row, officers
from tests.hpki_server.fees import stage


def an_invoice() -> Mapping[str, object]:
    return {"invoice_id": stage.an_invoice().id}


def a_paid_invoice() -> Mapping[str, object]:
    invoice = stage.an_invoice()
    stage.paid(invoice)
    return {"invoice_id": invoice.id}


def a_payment() -> Mapping[str, object]:
    return {"payment_id": stage.paid(stage.an_invoice(), 6_000).id}


def a_file() -> Mapping[str, object]:
    stage.billing()
    rows = stage.statement_rows([("2026/11/02", 100, "ｱ")])
    return {"file_id": receive_file(stage.bank_file(rows), by="system", at=stage.NOON).id}


def a_refund() -> Mapping[str, object]:
    payment = stage.paid(stage.an_invoice(), 6_000)
    ogawa, kato = cast.officer(cast.OGAWA), cast.officer(cast.KATO)
    proposal = propose_refund(
        payment_id=payment.id, amount=500, reason=RefundReason.OVERPAID, by=ogawa, at=stage.NOON
    )
    proposals.confirm(proposal.id, by=kato, at=stage.NOON)
    return {"refund_id": payment.refunds.get().id}


CASHIER = officers(Duty.CASHIER)
ROWS = [
    Row("fees:invoices", CASHIER),
    Row("fees:invoice", CASHIER, an_invoice),
    Row("fees:pay", CASHIER, an_invoice, get=405, post=422),
    Row("fees:cancel", CASHIER, an_invoice, get=405, post=422),
    Row("fees:invoice-pdf", CASHIER, an_invoice),
    Row("fees:receipt-pdf", CASHIER, a_paid_invoice),
    Row("fees:files", CASHIER, post=422),
    Row("fees:file", CASHIER, a_file),
    Row("fees:continue-file", CASHIER, a_file, get=405, post=302),
    Row("fees:unmatched", CASHIER),
    Row("fees:record-payment", CASHIER, post=422),
    Row("fees:payment", CASHIER, a_payment),
    Row("fees:match", CASHIER, a_payment, get=405, post=404),
    Row("fees:unmatch", CASHIER, a_payment, get=405, post=302),
    Row("fees:refund", CASHIER, a_payment, get=405, post=422),
    Row("fees:refunds", CASHIER),
    Row("fees:sent", CASHIER, a_refund, get=405, post=302),
    Row("fees:months", CASHIER),
    Row("fees:months-csv", CASHIER),
]
