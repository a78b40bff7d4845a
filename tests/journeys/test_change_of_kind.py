"""花子 leaves the association: her card carries no member's number any more, and she pays what a non-member pays."""

import datetime as dt

import pytest

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application, MemberKind
from hpki_server.fees.queries import invoices_of
from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.fees import fee_of
from hpki_server.lifecycle.services import renewing
from hpki_server.people.denial import Denied
from tests import cast
from tests.hpki_server.authority import stage as authority
from tests.hpki_server.enrollment import desk, membership
from tests.hpki_server.fees import stage as fees
from tests.hpki_server.lifecycle import stage, walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
LEFT = stage.NOON + dt.timedelta(days=150)


def begun(card: Card, event: LifeEvent) -> Application:
    return renewing.begin_replacement(card_id=card.id, event=event, by=cast.account(cast.HANAKO), at=LEFT)


def test_a_member_becomes_a_non_member_and_pays_before_the_card_is_made() -> None:
    card = stage.hanakos_card()
    fees.billing()
    sent = walking.handed_in(
        begun(card, LifeEvent.MEMBERSHIP_ENDED), at=LEFT, member_kind=MemberKind.NON_MEMBER, member_id=""
    )
    approved = walking.approved(sent, at=LEFT)
    with pytest.raises(Denied, match="fee_unpaid"):
        walking.issued(approved, at=LEFT)
    fees.pay(approved)
    approved.refresh_from_db()
    new = walking.fetched(walking.issued(approved, at=LEFT), at=LEFT + dt.timedelta(days=3))
    assert (card.member_kind, card.member_id) == ("member", "3300012345")
    assert (new.state, new.member_kind, new.member_id) == (Card.State.ACTIVE, "non-member", "")
    assert stage.reasons(card)["SIGNING"] == "affiliationChanged"


def test_an_application_that_still_names_the_old_membership_is_not_sent() -> None:
    """It would give a member's card, free, to whoever left."""
    application = begun(stage.hanakos_card(), LifeEvent.MEMBERSHIP_ENDED)
    assert (application.typed["member_kind"], application.typed["member_id"]) == ("non-member", "")
    with pytest.raises(Denied) as denied:
        walking.handed_in(application, at=LEFT)
    assert denied.value.codes == ("membership_unchanged",)


def non_members_card() -> Card:
    """花子 before she joined: she paid as a non-member."""
    authority.hierarchy()
    desk.offices()
    desk.registered()
    fees.billing()
    sent = desk.submitted(member_kind=MemberKind.NON_MEMBER, member_id="")
    return walking.fetched(
        walking.issued(walking.paid(walking.approved(sent, at=stage.NOON), at=stage.NOON), at=stage.NOON),
        at=stage.NOON + desk.LETTERS_APART,
    )


def test_a_non_member_becomes_a_member_and_pays_nothing_for_the_new_card() -> None:
    card = non_members_card()
    application = begun(card, LifeEvent.MEMBERSHIP_BEGAN)
    new = walking.through(application, at=LEFT)
    application.refresh_from_db()
    assert not invoices_of([application.number or ""]).exists()
    assert (card.member_kind, card.member_id) == ("non-member", "")
    assert (new.state, new.member_kind, new.member_id) == (Card.State.ACTIVE, "member", "3300012345")
    card.refresh_from_db()
    assert card.state == Card.State.STOPPED
    assert stage.reasons(card)["SIGNING"] == "affiliationChanged"


def test_whoever_leaves_between_approval_and_order_pays_first_and_carries_no_members_number() -> None:
    authority.hierarchy()
    desk.offices()
    desk.registered()
    fees.billing()
    agreed = walking.approved(desk.submitted(), at=stage.NOON)
    agreed = membership.changed(agreed, MemberKind.NON_MEMBER)
    with pytest.raises(Denied, match="fee_unpaid"):
        walking.issued(agreed, at=stage.NOON)
    made = walking.issued(walking.paid(agreed, at=stage.NOON), at=stage.NOON)
    card = walking.fetched(made, at=stage.NOON + desk.LETTERS_APART)
    assert (card.state, card.member_kind, card.member_id) == (Card.State.ACTIVE, "non-member", "")


def test_becoming_a_member_costs_nothing() -> None:
    card = stage.hanakos_card()
    became = fee_of(card, LifeEvent.MEMBERSHIP_BEGAN, on=LEFT.date())
    left = fee_of(card, LifeEvent.MEMBERSHIP_ENDED, on=LEFT.date())
    assert became is not None
    assert left is not None
    assert (became.gross, left.gross > 0) == (0, True)
