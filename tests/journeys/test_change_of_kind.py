"""花子 leaves the association: her card carries no member's number any more, and she pays what a non-member pays."""

import datetime as dt

import pytest

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application, MemberKind
from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.fees import fee_of
from hpki_server.lifecycle.services import renewing
from hpki_server.people.denial import Denied
from tests import cast
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
    assert (new.member_kind, new.member_id) == ("non-member", "")
    assert stage.reasons(card)["SIGNING"] == "affiliationChanged"


def test_becoming_a_member_costs_nothing() -> None:
    card = stage.hanakos_card()
    became = fee_of(card, LifeEvent.MEMBERSHIP_BEGAN, on=LEFT.date())
    left = fee_of(card, LifeEvent.MEMBERSHIP_ENDED, on=LEFT.date())
    assert became is not None
    assert left is not None
    assert (became.gross, left.gross > 0) == (0, True)
