"""A non-member's card waits for the money; a member's does not; what falls away is given back."""

import datetime as dt

import pytest
from django.urls import reverse

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application, MemberKind
from hpki_server.enrollment.rules import CaseKind, State
from hpki_server.enrollment.services import applying, charging, issuing, pickup
from hpki_server.fees.models import Invoice, Payment
from hpki_server.fees.services import unmatch_payment
from hpki_server.lifecycle.services import registry_events
from hpki_server.lifecycle.services.registry_events import Disposition, RegisteredFact
from hpki_server.people.denial import Denied
from tests import cast
from tests.hpki_server.authority import stage as authority
from tests.hpki_server.enrollment import charged, desk
from tests.hpki_server.enrollment.charged import approved
from tests.hpki_server.fees import stage
from tests.hpki_server.lifecycle import walking

pytestmark = pytest.mark.django_db
NOON = desk.NOON


def ordered(application: Application) -> Application:
    return issuing.order_card(application_id=application.id, by=cast.officer(cast.TANAKA), at=NOON)


def test_unpaid_no_card_paid_a_card() -> None:
    stage.billing()
    application = approved()
    invoice = Invoice.objects.get()
    assert (invoice.reference, invoice.gross, invoice.payer_name) == (application.number, 5_500, "渡邉　花子")
    with pytest.raises(Denied) as denied:
        ordered(application)
    assert denied.value.codes == ("fee_unpaid",)
    assert not Card.objects.exists()

    stage.pay(application)
    assert ordered(application).card is not None


def test_a_part_of_the_money_is_not_enough() -> None:
    stage.billing()
    application = approved()
    stage.paid(Invoice.objects.get(), 5_499)
    with pytest.raises(Denied) as denied:
        ordered(application)
    assert denied.value.codes == ("fee_unpaid",)


def test_a_member_is_never_asked_for_money() -> None:
    authority.hierarchy()
    application = desk.approved()
    assert not Invoice.objects.exists()
    assert ordered(application).card is not None


def test_without_an_issuer_of_invoices_no_non_member_is_approved() -> None:
    with pytest.raises(Denied) as denied:
        approved()
    assert denied.value.codes == ("biller_missing",)


def test_an_emergency_is_charged_and_does_not_wait() -> None:
    """M5: issued within the hour; the money may come later."""
    stage.billing()
    application = approved(kind=CaseKind.EMERGENCY)
    assert Invoice.objects.get().gross == 5_500
    assert ordered(application).card is not None


def test_whoever_withdraws_unpaid_owes_nothing() -> None:
    stage.billing()
    application = approved()
    applying.withdraw_application(application_id=application.id, by=cast.account(cast.HANAKO), at=NOON)
    invoice = Invoice.objects.get()
    assert (invoice.state, invoice.standing.owed, invoice.standing.excess) == ("cancelled", 0, 0)


def test_whoever_withdraws_after_paying_gets_the_money_back() -> None:
    stage.billing()
    application = approved()
    stage.pay(application)
    applying.withdraw_application(application_id=application.id, by=cast.account(cast.HANAKO), at=NOON)
    assert Invoice.objects.get().standing.excess == Payment.objects.get().amount == 5_500


def test_the_day_of_handing_in_decides_the_table_and_the_day_of_the_invoice_the_tax() -> None:
    """Handed in under 8 %, approved under 10 %: the old fee, the new tax."""
    stage.billing()
    application = approved(handed_in_at=dt.datetime(2019, 9, 20, 3, 0, tzinfo=dt.UTC))
    invoice = Invoice.objects.get()
    assert application.fee_day == dt.date(2019, 9, 20)
    assert (invoice.table_name, invoice.net, invoice.tax, invoice.gross) == ("2021", 11_000, 1_100, 12_100)
    assert [line.yen for line in invoice.lines.all()] == [5_000, 6_000]


def active(*, issued_at: dt.datetime, member_kind: MemberKind = MemberKind.NON_MEMBER) -> Application:
    """A card that has been in use since then."""
    stage.billing()
    application = approved()
    stage.pay(application)
    ordered(application)
    Card.objects.update(
        state=Card.State.ACTIVE, issued_at=issued_at, activated_at=issued_at, member_kind=member_kind.value
    )
    Application.objects.update(state="active")
    application.refresh_from_db()
    return application


def test_each_of_the_years_2_to_5_is_charged_once_under_the_table_of_2021() -> None:
    application = active(issued_at=dt.datetime(2017, 3, 10, 3, 0, tzinfo=dt.UTC))
    for year in range(2018, 2023):
        at = dt.datetime(year, 3, 20, 3, 0, tzinfo=dt.UTC)
        charging.charge_years(at=at)
        charging.charge_years(at=at)
    yearly = Invoice.objects.filter(occasion="yearly").order_by("period")
    assert [(each.period, each.net, each.gross) for each in yearly] == [
        ("2018-03-10", 6_000, 6_480),
        ("2019-03-10", 6_000, 6_480),
        ("2020-03-10", 6_000, 6_600),
        ("2021-03-10", 6_000, 6_600),
    ]
    assert {each.reference for each in yearly} == {application.number}


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        (dt.datetime(2026, 6, 1, 3, 0, tzinfo=dt.UTC), MemberKind.NON_MEMBER),
        (dt.datetime(2022, 6, 1, 3, 0, tzinfo=dt.UTC), MemberKind.MEMBER),
        (dt.datetime(2022, 9, 1, 3, 0, tzinfo=dt.UTC), MemberKind.NON_MEMBER),
    ],
)
def test_no_year_is_charged(at: dt.datetime, kind: MemberKind) -> None:
    """Not under the table of 2024, not to members, not long after the day."""
    active(issued_at=at.replace(year=at.year - 1, month=6, day=1), member_kind=kind)
    assert charging.charge_years(at=at) == []


def test_no_invoice_goes_to_whoever_is_said_to_have_died() -> None:
    application = active(issued_at=dt.datetime(2017, 3, 10, 3, 0, tzinfo=dt.UTC))
    at = dt.datetime(2018, 3, 20, 3, 0, tzinfo=dt.UTC)
    fact = Disposition(RegisteredFact.DEATH, "physician", application.registration_number, NOON.date())
    # Told by one officer: the card is on hold until another confirms it.
    registry_events.propose_disposition(fact, by=cast.officer(cast.NAKAMURA), at=NOON)
    assert Card.objects.get().state == Card.State.ACTIVE
    assert charging.charge_years(at=at) == []


def progress_page(application: Application) -> str:
    response = cast.signed_in(cast.HANAKO).get(reverse("enrollment:progress", args=[application.id]))
    assert response.status_code == 200
    return response.content.decode()


def test_the_applicant_sees_what_to_pay_how_and_until_when_and_then_the_receipt() -> None:
    stage.billing()
    application = approved()
    invoice = Invoice.objects.get()
    page = progress_page(application)
    for part in (
        "手数料をお支払いください",
        "5,500",
        "令和8年12月4日",
        invoice.number,
        "見本銀行",
        "ご本人のお支払い",
    ):
        assert part in page, part
    stage.pay(application)
    page = progress_page(application)
    assert "手数料をお支払いください" not in page
    assert "領収書（PDF）" in page


def test_before_the_approval_a_non_member_is_told_what_it_will_cost() -> None:
    application = desk.submitted(member_kind=MemberKind.NON_MEMBER, member_id="")
    assert "5,500 円" in progress_page(application)


def test_a_member_reads_nothing_of_money() -> None:
    assert "手数料" not in progress_page(desk.submitted())


def test_nobody_else_gets_the_invoice() -> None:
    kwargs = dict(charged.own_invoice())
    url = reverse("enrollment:own-invoice", kwargs=kwargs)
    answer = cast.signed_in(cast.HANAKO).get(url)
    assert answer.content.startswith(b"%PDF")
    assert cast.signed_in(cast.MALLORY).get(url).status_code == 404
    other = reverse("enrollment:own-invoice", kwargs={**kwargs, "number": "2600000223"})
    assert cast.signed_in(cast.HANAKO).get(other).status_code == 404


def taken_back() -> None:
    """The cashier finds that the money was somebody else's."""
    for payment in Payment.objects.exclude(invoice=None):
        unmatch_payment(payment_id=payment.id, by="system", at=NOON)


def test_money_taken_back_after_the_issue_holds_the_card_wherever_it_lies() -> None:
    stage.billing()
    desk.offices()
    application = approved()
    stage.pay(application)
    made = walking.issued(application, at=NOON)
    taken_back()
    tanaka, later = cast.officer(cast.TANAKA), NOON + desk.LETTERS_APART
    issuing.print_pin_letter(application_id=made.id, by=tanaka, at=NOON)
    issuing.print_postcard(application_id=made.id, by=tanaka, at=later)
    desk.post_both(made, NOON, later)
    with pytest.raises(Denied) as denied:
        issuing.record_notified(application_id=made.id, by=tanaka, at=later)
    assert denied.value.codes == ("fee_unpaid",)

    stage.paid(Invoice.objects.get(), token="right")
    issuing.record_notified(application_id=made.id, by=tanaka, at=later)
    taken_back()
    clerk = cast.officer(cast.TAKAHASHI)
    with pytest.raises(Denied) as denied:
        pickup.hand_over_card(application_id=made.id, shown=desk.SHOWN, by=clerk, at=later)
    assert denied.value.codes == ("fee_unpaid",)

    stage.paid(Invoice.objects.get(), token="right again")
    handed = pickup.hand_over_card(application_id=made.id, shown=desk.SHOWN, by=clerk, at=later)
    assert handed.state == State.ACTIVE


def test_an_emergency_card_is_handed_over_before_its_fee_is_paid() -> None:
    stage.billing()
    desk.offices()
    made = walking.issued(approved(kind=CaseKind.EMERGENCY), at=NOON)
    card = walking.fetched(made, at=NOON)
    assert card.state == Card.State.ACTIVE
    assert Invoice.objects.get().state == "open"


def test_the_price_is_told_before_anything_is_sent() -> None:
    applicant = cast.signed_in(cast.HANAKO)
    assert "5,500 円" in applicant.get("/applications/").text
    draft = desk.draft(member_kind=MemberKind.NON_MEMBER, member_id="")
    assert "5,500 円" in applicant.get(f"/applications/{draft.pk}/confirm/").text
    confirm = f"/applications/{draft.pk}/confirm/"
    assert "ご入金を確認してから、カードを作ります" in applicant.get(confirm).text
    Application.objects.filter(pk=draft.pk).update(kind="emergency")
    assert "カードの発行はご入金を待ちません" in applicant.get(confirm).text
    for_member = desk.draft()
    assert "手数料はかかりません" in applicant.get(f"/applications/{for_member.pk}/confirm/").text
