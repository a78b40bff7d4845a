"""Invoices, payments by hand, refunds by two officers: what each does to the books."""

import dataclasses
import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from hpki_server.fees import queries
from hpki_server.fees.invoice_numbers import is_invoice_number
from hpki_server.fees.models import Biller, Invoice, Payment, Refund
from hpki_server.fees.occasions import FeeOccasion
from hpki_server.fees.services import (
    Charge,
    Received,
    cancel_invoice,
    charge,
    end_charge,
    match_payment,
    propose_refund,
    record_payment,
    record_sent,
    unmatch_payment,
    write_biller,
)
from hpki_server.fees.states import CancelReason, Channel, InvoiceState, RefundReason
from hpki_server.people.denial import Denied
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import AuditLine
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.fees import stage

pytestmark = pytest.mark.django_db
NOON = stage.NOON


def acts() -> list[str]:
    return list(AuditLine.objects.order_by("sequence").values_list("act", flat=True))


def codes(denied: pytest.ExceptionInfo[Denied]) -> tuple[str, ...]:
    return denied.value.codes


def test_an_invoice_says_everything_and_freezes_it() -> None:
    invoice = stage.an_invoice()
    assert is_invoice_number(invoice.number)
    assert (invoice.net, invoice.tax, invoice.gross, invoice.tax_percent) == (5_000, 500, 5_500, 10)
    assert invoice.biller.registration_number == stage.REGISTRATION
    assert (invoice.issued_on, invoice.due_on) == (stage.TODAY, dt.date(2026, 12, 4))
    assert [(line.item, line.yen) for line in invoice.lines.all()] == [("issue", 5_500)]
    assert acts() == ["biller:write", "invoice:charge"]


def test_under_the_table_of_2021_the_first_invoice_is_12100_with_tax() -> None:
    invoice = stage.an_invoice(at=dt.datetime(2021, 6, 1, 3, 0, tzinfo=dt.UTC))
    assert (invoice.net, invoice.tax, invoice.gross) == (11_000, 1_100, 12_100)
    assert sum(line.yen for line in invoice.lines.all()) == invoice.net


def test_the_same_thing_is_charged_once() -> None:
    first, second = stage.an_invoice(), stage.an_invoice()
    assert first == second
    assert acts().count("invoice:charge") == 1
    assert stage.an_invoice("33-2026-000002").number != first.number


def test_a_member_is_sent_no_invoice() -> None:
    asked = Charge("33-2026-000009", stage.KEN, FeeOccasion.FIRST, MemberKind.MEMBER, stage.TODAY)
    assert charge(asked, by="system", at=NOON) is None
    assert not Invoice.objects.exists()


def test_without_a_registered_issuer_nothing_is_charged() -> None:
    asked = Charge("33-2026-000009", stage.KEN, FeeOccasion.FIRST, MemberKind.NON_MEMBER, stage.TODAY)
    with pytest.raises(Denied) as denied:
        charge(asked, by="system", at=NOON)
    assert codes(denied) == ("biller_missing",)


def test_an_issuer_whose_invoices_are_out_is_not_rewritten() -> None:
    stage.an_invoice()
    with pytest.raises(Denied) as denied:
        stage.billing()
    assert codes(denied) == ("biller_already_used",)
    later = dataclasses.replace(stage.LINES, account_number="7654321")
    write_biller(later, valid_from=stage.TODAY, by="system", at=NOON)
    assert Biller.objects.count() == 2


def test_the_whole_sum_settles_an_invoice_and_a_part_does_not() -> None:
    invoice = stage.an_invoice()
    stage.paid(invoice, 5_000)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.standing.owed) == (InvoiceState.OPEN, 500)
    assert not queries.settled(invoice.reference)
    stage.paid(invoice, 500, at=NOON + dt.timedelta(days=1))
    invoice.refresh_from_db()
    assert (invoice.state, invoice.standing.owed) == (InvoiceState.SETTLED, 0)
    assert invoice.settled_on == dt.date(2026, 11, 5)
    assert queries.settled(invoice.reference)


def test_nothing_charged_is_not_settled() -> None:
    assert not queries.settled("33-2026-000001")


def test_a_form_sent_twice_is_one_payment() -> None:
    invoice = stage.an_invoice()
    assert stage.paid(invoice, token="once") == stage.paid(invoice, token="once")
    with pytest.raises(Denied, match="other_payment"):
        stage.paid(invoice, 5_000, token="once")
    assert Payment.objects.get().amount == 5_500
    assert acts().count("payment:record") == 1


@pytest.mark.parametrize(
    ("amount", "day", "code"),
    [(0, 0, "no_amount"), (-5, 0, "no_amount"), (20_000_000, 0, "too_much"), (5_500, 1, "not_yet")],
)
def test_impossible_money_is_refused(amount: int, day: int, code: str) -> None:
    received = Received(amount, stage.TODAY + dt.timedelta(days=day), Channel.COUNTER, "t")
    with pytest.raises(Denied) as denied:
        record_payment(received, invoice_id=None, by=cast.officer(cast.OGAWA), at=NOON)
    assert codes(denied) == (code,)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("role", [cast.SATO, cast.TAKAHASHI, cast.KOBAYASHI, cast.IDLE])
def test_only_cashiers_touch_the_books(role: cast.Role) -> None:
    invoice, by = stage.an_invoice(), cast.officer(role)
    payment = stage.paid(invoice)
    for act in (
        lambda: record_payment(
            Received(1, stage.TODAY, Channel.COUNTER, "x"), invoice_id=None, by=by, at=NOON
        ),
        lambda: cancel_invoice(invoice_id=invoice.id, reason=CancelReason.MISTAKE, by=by, at=NOON),
        lambda: unmatch_payment(payment_id=payment.id, by=by, at=NOON),
        lambda: match_payment(payment_id=payment.id, invoice_id=invoice.id, by=by, at=NOON),
        lambda: propose_refund(payment_id=payment.id, amount=1, reason=RefundReason.OVERPAID, by=by, at=NOON),
    ):
        with pytest.raises(Denied) as denied:
            act()
        assert codes(denied) == ("duty_missing",)


def test_unmatched_money_finds_its_invoice_by_hand_and_leaves_it_again() -> None:
    invoice, ogawa = stage.an_invoice(), cast.officer(cast.OGAWA)
    received = Received(5_500, stage.TODAY, Channel.POST, "slip", "ﾀｶﾊｼ ｹﾝ")
    payment = record_payment(received, invoice_id=None, by=ogawa, at=NOON)
    assert list(queries.unmatched(ogawa)) == [payment]
    [likely] = queries.likely_invoices(payment)
    assert likely.invoice == invoice
    assert [str(reason) for reason in likely.reasons] == ["金額が同じです", "カナ氏名が同じです"]

    match_payment(payment_id=payment.id, invoice_id=invoice.id, by=ogawa, at=NOON)
    invoice.refresh_from_db()
    assert invoice.state == InvoiceState.SETTLED
    with pytest.raises(Denied) as denied:
        match_payment(payment_id=payment.id, invoice_id=invoice.id, by=ogawa, at=NOON)
    assert codes(denied) == ("already_matched",)

    unmatch_payment(payment_id=payment.id, by=ogawa, at=NOON)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.paid) == (InvoiceState.OPEN, 0)


def refunded(payment: Payment, amount: int, reason: RefundReason = RefundReason.OVERPAID) -> Refund:
    """小川 proposes, 加藤 confirms."""
    proposal = propose_refund(
        payment_id=payment.id, amount=amount, reason=reason, by=cast.officer(cast.OGAWA), at=NOON
    )
    proposals.confirm(proposal.id, by=cast.officer(cast.KATO), at=NOON)
    return Refund.objects.filter(payment=payment).latest("confirmed_at")


def test_what_was_paid_too_much_goes_back_by_two_officers() -> None:
    invoice = stage.an_invoice()
    payment = stage.paid(invoice, 6_000)
    assert list(queries.invoices(cast.officer(cast.OGAWA), state="to-refund")) == [invoice]
    refund = refunded(payment, 500)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.standing.excess) == (InvoiceState.SETTLED, 0)
    assert list(queries.unsent(cast.officer(cast.KATO))) == [refund]
    for day in (-1, 1):
        with pytest.raises(Denied, match="sent_when"):
            record_sent(
                refund_id=refund.id,
                sent_on=stage.TODAY + dt.timedelta(days=day),
                by=cast.officer(cast.KATO),
                at=NOON,
            )
    record_sent(refund_id=refund.id, sent_on=stage.TODAY, by=cast.officer(cast.KATO), at=NOON)
    assert not queries.unsent(cast.officer(cast.KATO))


def test_one_officer_alone_gives_nothing_back() -> None:
    payment = stage.paid(stage.an_invoice(), 6_000)
    ogawa = cast.officer(cast.OGAWA)
    proposal = propose_refund(
        payment_id=payment.id, amount=500, reason=RefundReason.OVERPAID, by=ogawa, at=NOON
    )
    with pytest.raises(Denied) as denied:
        proposals.confirm(proposal.id, by=ogawa, at=NOON)
    assert "own_proposal" in codes(denied)
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("amount", "code"), [(0, "no_amount"), (6_001, "more_than_kept"), (501, "still_due")]
)
def test_no_more_goes_back_than_is_held_without_reason(amount: int, code: str) -> None:
    payment = stage.paid(stage.an_invoice(), 6_000)
    with pytest.raises(Denied) as denied:
        refunded(payment, amount)
    assert codes(denied) == (code,)


def test_a_refund_proposed_twice_is_paid_once() -> None:
    """The second confirmation meets books that have moved."""
    payment = stage.paid(stage.an_invoice(), 6_000)
    ogawa, kato = cast.officer(cast.OGAWA), cast.officer(cast.KATO)
    both = [
        propose_refund(payment_id=payment.id, amount=500, reason=reason, by=ogawa, at=NOON)
        for reason in (RefundReason.OVERPAID, RefundReason.PAID_TWICE)
    ]
    proposals.confirm(both[0].id, by=kato, at=NOON)
    with pytest.raises(Denied) as denied:
        proposals.confirm(both[1].id, by=kato, at=NOON)
    assert codes(denied) == ("still_due",)
    assert Refund.objects.get().amount == 500


def test_a_withdrawn_application_gets_all_its_money_back() -> None:
    invoice = stage.an_invoice()
    payment = stage.paid(invoice)
    end_charge(reference=invoice.reference, reason=CancelReason.WITHDRAWN, by="system", at=NOON)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.standing.excess) == (InvoiceState.CANCELLED, 5_500)
    refunded(payment, 5_500, RefundReason.WITHDRAWN)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.standing.excess) == (InvoiceState.REFUNDED, 0)


def test_a_cancelled_invoice_makes_room_for_a_new_one() -> None:
    first = stage.an_invoice()
    ogawa = cast.officer(cast.OGAWA)
    cancel_invoice(invoice_id=first.id, reason=CancelReason.MISTAKE, by=ogawa, at=NOON)
    with pytest.raises(Denied) as denied:
        cancel_invoice(invoice_id=first.id, reason=CancelReason.MISTAKE, by=ogawa, at=NOON)
    assert codes(denied) == ("already_ended",)
    assert stage.an_invoice() != first


def test_money_for_a_cancelled_invoice_is_held_for_refund() -> None:
    invoice = stage.an_invoice()
    cancel_invoice(invoice_id=invoice.id, reason=CancelReason.MISTAKE, by="system", at=NOON)
    stage.paid(invoice)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.standing.excess) == (InvoiceState.CANCELLED, 5_500)


def test_a_refunded_payment_keeps_its_invoice() -> None:
    invoice, ogawa = stage.an_invoice(), cast.officer(cast.OGAWA)
    payment = stage.paid(invoice, 6_000)
    refunded(payment, 500)
    with pytest.raises(Denied) as denied:
        unmatch_payment(payment_id=payment.id, by=ogawa, at=NOON)
    assert codes(denied) == ("partly_refunded",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"gross": 5_501},
        {"state": "settled"},
        {"state": "cancelled"},
        {"refunded": 1},
        {"state": "lost"},
    ],
)
def test_the_database_itself_refuses_books_that_do_not_add_up(wrong: dict[str, object]) -> None:
    invoice = stage.an_invoice()
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(id=invoice.id).update(**wrong)


def test_the_months_add_up() -> None:
    invoice = stage.an_invoice()
    refunded(stage.paid(invoice, 6_000), 500)
    [month] = queries.months(cast.officer(cast.OGAWA), since=dt.date(2026, 4, 1), until=dt.date(2027, 3, 31))
    assert (month.charged, month.received, month.refunded, month.kept) == (5_500, 6_000, 500, 5_500)
    assert queries.months(cast.officer(cast.SATO), since=stage.TODAY, until=stage.TODAY) == []
