"""What changes the books: every act is one function, one transaction and its audit lines."""

from hpki_server.fees.services.billers import BillerLines, write_biller
from hpki_server.fees.services.billing import (
    Charge,
    PayerFacts,
    cancel_invoice,
    charge,
    end_charge,
    recharge,
)
from hpki_server.fees.services.importing import ImportReport, continue_file, import_payments, receive_file
from hpki_server.fees.services.receiving import Received, match_payment, record_payment, unmatch_payment
from hpki_server.fees.services.refunding import propose_refund, record_sent

__all__ = [
    "BillerLines",
    "Charge",
    "ImportReport",
    "PayerFacts",
    "Received",
    "cancel_invoice",
    "charge",
    "continue_file",
    "end_charge",
    "import_payments",
    "match_payment",
    "propose_refund",
    "receive_file",
    "recharge",
    "record_payment",
    "record_sent",
    "unmatch_payment",
    "write_biller",
]
