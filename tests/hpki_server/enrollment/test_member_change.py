"""花子 joins or leaves the association after the approval and before the card is ordered."""

import datetime as dt

import pytest
from django.urls import reverse

from hpki_server.enrollment.models import Application, MemberKind
from hpki_server.enrollment.rules import CaseKind
from hpki_server.enrollment.services import issuing
from hpki_server.enrollment.services.member_change import KindChange, propose_change
from hpki_server.fees.models import Invoice, Payment
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine, Proposal
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.authority import stage as authority
from tests.hpki_server.enrollment import charged, desk
from tests.hpki_server.enrollment.membership import changed, second_approver
from tests.hpki_server.fees import stage

pytestmark = pytest.mark.django_db
NOON = desk.NOON
MEMBER_ID = "3300012345"
IN_2019 = dt.datetime(2019, 11, 1, 3, 0, tzinfo=dt.UTC)


def ordered(application: Application) -> Application:
    return issuing.order_card(application_id=application.id, by=cast.officer(cast.TANAKA), at=NOON)


def test_a_new_member_pays_nothing_and_gets_back_what_was_paid() -> None:
    """users.md: "free on becoming a member"."""
    stage.billing()
    application = charged.approved()
    stage.pay(application)
    application = changed(application, MemberKind.MEMBER, MEMBER_ID)
    invoice = Invoice.objects.get()
    assert (invoice.state, invoice.cancel_reason, invoice.standing.excess) == (
        "cancelled",
        "member-change",
        5_500,
    )
    card = ordered(application).card
    assert card is not None
    assert (card.member_kind, card.member_id) == ("member", MEMBER_ID)


def test_whoever_is_no_member_any_more_pays_before_the_card_is_ordered() -> None:
    stage.billing()
    authority.hierarchy()
    application = changed(desk.approved(), MemberKind.NON_MEMBER)
    assert Invoice.objects.get().gross == 5_500
    assert application.member_id == ""
    with pytest.raises(Denied) as denied:
        ordered(application)
    assert denied.value.codes == ("fee_unpaid",)
    stage.pay(application)
    assert ordered(application).card is not None


def test_under_the_table_of_2021_the_difference_of_a_renewal_comes_back() -> None:
    """A non-member's 11,000 were paid; a member's 5,000 are due (both with 10 %)."""
    stage.billing()
    application = charged.approved(kind=CaseKind.RENEWAL, handed_in_at=IN_2019)
    stage.pay(application)
    changed(application, MemberKind.MEMBER, MEMBER_ID)
    old, new = Invoice.objects.order_by("number")
    assert (old.gross, old.state, old.paid) == (12_100, "cancelled", 0)
    assert (new.gross, new.state, new.paid, new.standing.excess) == (5_500, "settled", 12_100, 6_600)
    assert Payment.objects.get().invoice == new


def test_under_the_table_of_2021_the_difference_of_a_renewal_is_owed() -> None:
    stage.billing()
    application = charged.approved(kind=CaseKind.RENEWAL, handed_in_at=IN_2019)
    changed(application, MemberKind.MEMBER, MEMBER_ID)
    stage.pay(application)
    changed(application, MemberKind.NON_MEMBER)
    assert Invoice.objects.get(state="open").standing.owed == 12_100 - 5_500


@pytest.mark.parametrize(
    ("kind", "member_id", "role", "code"),
    [
        (MemberKind.NON_MEMBER, "", cast.SUZUKI, "kind_unchanged"),
        (MemberKind.MEMBER, "", cast.SUZUKI, "member_id_missing"),
        (MemberKind.MEMBER, MEMBER_ID, cast.SATO, "no_duty"),
        (MemberKind.MEMBER, MEMBER_ID, cast.OGAWA, "no_duty"),
    ],
)
def test_what_is_refused_changes_nothing(
    kind: MemberKind, member_id: str, role: cast.Role, code: str
) -> None:
    stage.billing()
    application = charged.approved()
    with pytest.raises(Denied) as denied:
        changed(application, kind, member_id, role=role)
    assert denied.value.codes == (code,)
    assert Invoice.objects.get().state == "open"


def test_the_page_leads_there_and_the_record_keeps_it() -> None:
    stage.billing()
    application = charged.approved()
    browser = cast.signed_in(cast.SUZUKI)
    assert (application.number or "") in browser.get(
        reverse("enrollment:approved"), {"q": "渡邉"}
    ).content.decode()
    url = reverse("enrollment:change-kind", args=[application.id])
    assert "10 桁" in browser.post(url, {"member_kind": "member", "member_id": "12"}).content.decode()
    assert browser.post(url, {"member_kind": "member", "member_id": MEMBER_ID}).status_code == 302
    proposal = Proposal.objects.get()
    shown = browser.get(reverse("people:proposals")).text
    assert MEMBER_ID in shown
    again = browser.post(url, {"member_kind": "member", "member_id": MEMBER_ID})
    assert (again.status_code, "すでに申し出られています" in again.text) == (422, True)
    proposals.confirm(proposal.id, by=second_approver(), at=proposal.proposed_at)
    application.refresh_from_db()
    assert (application.member_kind, application.member_id) == (MemberKind.MEMBER, MEMBER_ID)
    lines = AuditLine.objects.filter(subject_id=str(application.id))
    assert lines.filter(act="application:change-kind").count() == 1
    # Whose number it is stands on the record and nowhere in the chain.
    assert not lines.filter(details__contains=MEMBER_ID).exists()


def test_one_officer_alone_changes_nothing_that_two_approved() -> None:
    stage.billing()
    application = charged.approved()
    suzuki = cast.officer(cast.SUZUKI)
    proposal = propose_change(KindChange(application.id, MemberKind.MEMBER, MEMBER_ID), by=suzuki, at=NOON)
    with pytest.raises(Denied, match="own_proposal"):
        proposals.confirm(proposal.id, by=suzuki, at=NOON)
    application.refresh_from_db()
    assert (application.member_kind, application.member_id) == (MemberKind.NON_MEMBER, "")
    assert Invoice.objects.get().state == "open"


def test_a_card_that_was_ordered_meanwhile_keeps_the_membership_on_its_face() -> None:
    stage.billing()
    application = charged.approved()
    suzuki = cast.officer(cast.SUZUKI)
    proposal = propose_change(KindChange(application.id, MemberKind.MEMBER, MEMBER_ID), by=suzuki, at=NOON)
    stage.pay(application)
    ordered(application)
    with pytest.raises(Denied, match="wrong_state"):
        proposals.confirm(proposal.id, by=second_approver(), at=NOON)
    application.refresh_from_db()
    assert application.member_kind == MemberKind.NON_MEMBER
