"""Fees sum up: whatever is charged, paid, matched, cancelled, refunded and imported in any order, the books balance."""

import datetime as dt
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from hpki_server.fees import queries
from hpki_server.fees.models import Invoice, Payment, Refund
from hpki_server.fees.occasions import FeeOccasion
from hpki_server.fees.services import (
    Charge,
    Received,
    cancel_invoice,
    charge,
    import_payments,
    match_payment,
    propose_refund,
    recharge,
    record_payment,
    unmatch_payment,
)
from hpki_server.fees.states import CancelReason, Channel, RefundReason
from hpki_server.people.denial import Denied
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import Proposal
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.fees import stage

NOON = stage.NOON
DAYS = [dt.date(2019, 9, 1), dt.date(2021, 6, 1), dt.date(2026, 11, 4)]
OCCASIONS = [FeeOccasion.FIRST, FeeOccasion.RENEWAL]
YEN = st.sampled_from([1, 500, 5_500, 6_000, 12_100])


class Books(RuleBasedStateMachine):
    """Two cashiers at work.  What the rules refuse changes nothing, and is no mistake."""

    invoices = Bundle("invoices")
    payments = Bundle("payments")
    proposed = Bundle("proposed")

    def __init__(self) -> None:
        super().__init__()
        stage.billing()
        self.ogawa, self.kato = cast.officer(cast.OGAWA), cast.officer(cast.KATO)
        self.received = self.given_back = 0
        self.balance = 1_000_000
        self.rows: list[tuple[str, ...]] = []
        self.forms = 0

    @rule(
        target=invoices,
        case=st.integers(1, 3),
        occasion=st.sampled_from(OCCASIONS),
        kind=st.sampled_from(list(MemberKind)),
        day=st.sampled_from(DAYS),
        anew=st.booleans(),
    )
    def charge_something(
        self, case: int, occasion: FeeOccasion, kind: MemberKind, day: dt.date, *, anew: bool
    ) -> object:
        asked = Charge(f"33-2026-{case:06d}", stage.KEN, occasion, kind, day)
        made = (recharge if anew else charge)(asked, by="system", at=NOON)
        return multiple() if made is None else made.id

    @rule(target=payments, amount=YEN, invoice=st.one_of(st.none(), invoices))
    def money_comes(self, amount: int, invoice: UUID | None) -> UUID:
        self.forms += 1
        received = Received(amount, stage.TODAY, Channel.COUNTER, str(self.forms))
        payment = record_payment(received, invoice_id=invoice, by=self.ogawa, at=NOON)
        assert record_payment(received, invoice_id=None, by=self.kato, at=NOON) == payment
        self.received += amount
        return payment.id

    @rule(amount=YEN, invoice=st.one_of(st.none(), invoices), again=st.integers(0, 3))
    def the_bank_sends_a_file(self, amount: int, invoice: UUID | None, again: int) -> None:
        """One new movement, and some of the old ones once more."""
        text = Invoice.objects.get(id=invoice).number if invoice else "ﾀﾚｶ"
        [row] = stage.statement_rows([("2026/11/02", amount, text)], opening=self.balance)
        self.balance += amount
        self.rows.append(row)
        import_payments(stage.bank_file(self.rows[-1 - again :]), by="system", at=NOON)
        self.received += amount

    @rule(payment=payments, invoice=invoices)
    def match(self, payment: UUID, invoice: UUID) -> None:
        self.try_to(match_payment, payment_id=payment, invoice_id=invoice)

    @rule(payment=payments)
    def unmatch(self, payment: UUID) -> None:
        self.try_to(unmatch_payment, payment_id=payment)

    @rule(invoice=invoices)
    def cancel(self, invoice: UUID) -> None:
        self.try_to(cancel_invoice, invoice_id=invoice, reason=CancelReason.MISTAKE)

    @rule(target=proposed, payment=payments, amount=YEN)
    def propose(self, payment: UUID, amount: int) -> object:
        made = self.try_to(propose_refund, payment_id=payment, amount=amount, reason=RefundReason.OVERPAID)
        return made.id if isinstance(made, Proposal) else multiple()

    @rule(proposal=consumes(proposed))
    def confirm(self, proposal: UUID) -> None:
        amount = Proposal.objects.get(id=proposal).facts()["amount"]
        try:
            proposals.confirm(proposal, by=self.kato, at=NOON)
        except Denied:
            return
        assert isinstance(amount, int)
        self.given_back += amount

    @rule(invoice=invoices, extra=YEN)
    def too_much_comes_and_goes_back(self, invoice: UUID, extra: int) -> None:
        owed = Invoice.objects.get(id=invoice).standing.owed
        paid = self.money_comes(owed + extra, invoice)
        made = self.try_to(propose_refund, payment_id=paid, amount=extra, reason=RefundReason.OVERPAID)
        assert isinstance(made, Proposal)
        self.confirm(made.id)

    @rule(invoice=invoices, amount=YEN)
    def the_kind_of_member_changes_after_a_payment(self, invoice: UUID, amount: int) -> None:
        self.money_comes(amount, invoice)
        old = Invoice.objects.get(id=invoice)
        kind = MemberKind.MEMBER if old.member_kind == MemberKind.NON_MEMBER else MemberKind.NON_MEMBER
        asked = Charge(old.reference, stage.KEN, FeeOccasion(old.occasion), kind, old.table_day)
        recharge(asked, by="system", at=NOON)

    def try_to(self, act: object, **facts: object) -> object:
        try:
            return act(**facts, by=self.ogawa, at=NOON)  # type: ignore[operator]  # one of the services
        except Denied:
            return None

    @invariant()
    def every_invoice_is_the_sum_of_its_lines(self) -> None:
        for invoice in Invoice.objects.prefetch_related("lines"):
            lines = sum(line.yen for line in invoice.lines.all())
            assert lines == (invoice.gross if invoice.includes_tax else invoice.net)
            assert invoice.gross == invoice.net + invoice.tax

    @invariant()
    def every_invoice_says_what_its_payments_say(self) -> None:
        for invoice in Invoice.objects.prefetch_related("payments"):
            rows = invoice.payments.all()
            assert invoice.paid == sum(row.amount for row in rows)
            assert invoice.refunded == sum(row.refunded for row in rows)
            asked = 0 if invoice.cancelled_at else invoice.gross
            balance = invoice.paid - invoice.refunded
            assert balance + invoice.standing.owed - invoice.standing.excess == asked
            assert (invoice.state == "settled") == (not invoice.cancelled_at and balance >= invoice.gross)

    @invariant()
    def every_payment_says_what_its_refunds_say(self) -> None:
        for payment in Payment.objects.prefetch_related("refunds"):
            assert payment.refunded == sum(row.amount for row in payment.refunds.all())

    @invariant()
    def no_yen_came_or_went_unseen(self) -> None:
        assert sum(Payment.objects.values_list("amount", flat=True)) == self.received
        assert sum(Refund.objects.values_list("amount", flat=True)) == self.given_back
        held = sum(invoice.paid - invoice.refunded for invoice in Invoice.objects.all())
        stray = sum(payment.kept for payment in queries.unmatched(self.ogawa))
        assert held + stray == self.received - self.given_back

    @invariant()
    def nothing_is_charged_twice(self) -> None:
        standing = Invoice.objects.filter(cancelled_at=None).values_list("reference", "occasion", "period")
        assert len(set(standing)) == len(standing)


class Apart(Books):
    """Every run in a transaction that is undone."""

    def __init__(self) -> None:
        self.apart = transaction.atomic()
        self.apart.__enter__()
        super().__init__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.apart.__exit__(None, None, None)


@pytest.mark.django_db
def test_the_books_balance_whatever_is_done() -> None:
    run_state_machine_as_test(
        Apart,
        settings=settings(
            max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
