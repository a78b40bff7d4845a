"""A card that two things hold: the end of one lets nothing go on that the other still holds."""

import datetime as dt

import pytest

from hpki_server.authority.models import Card
from hpki_server.lifecycle.models import LifeCase, Notice
from hpki_server.lifecycle.services import registry_events, reporting, resuming
from hpki_server.lifecycle.services.registry_events import Disposition, RegisteredFact
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.lifecycle import stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
NOON = stage.NOON
AFTER = NOON + dt.timedelta(days=31)
KISHI = cast._staff("kishi", "岸　誠", "きし　まこと", (Duty.HOLDING, "centre"))


@pytest.fixture
def card() -> Card:
    return stage.hanakos_card()


def suspended() -> LifeCase:
    """By the register, for thirty days, confirmed."""
    until = NOON.date() + dt.timedelta(days=30)
    told = Disposition(RegisteredFact.LICENCE_SUSPENDED, "physician", "470123", NOON.date(), until)
    asked = registry_events.propose_disposition(told, by=cast.officer(cast.NAKAMURA), at=NOON)
    proposals.confirm(asked.proposal.id, by=cast.officer(cast.MATSUMOTO), at=NOON)
    return LifeCase.objects.get(event="licence-suspended")


def resumed(case: LifeCase, *, at: dt.datetime) -> None:
    asked = resuming.propose_resumption(case_id=case.id, by=cast.officer(cast.ITO, at=at), at=at)
    proposals.confirm(asked.id, by=cast.officer(KISHI, at=at), at=at)


def test_a_card_that_was_found_stays_on_hold_while_the_licence_is_suspended(card: Card) -> None:
    lost = reporting.suspend(card_id=card.id, by=cast.account(cast.HANAKO), at=NOON).case
    suspension = suspended()
    resumed(lost, at=NOON)
    assert stage.reasons(card) == stage.HELD
    # It does not work, so nobody is told that it does.
    assert not Notice.objects.filter(kind="resumed").exists()
    resumed(suspension, at=AFTER)
    assert stage.reasons(card) == stage.LIVING
    assert Notice.objects.filter(kind="resumed").exists()


def test_and_stays_lost_when_the_suspension_is_over(card: Card) -> None:
    lost = reporting.suspend(card_id=card.id, by=cast.account(cast.HANAKO), at=NOON).case
    resumed(suspended(), at=AFTER)
    assert stage.reasons(card) == stage.HELD
    resumed(lost, at=AFTER)
    assert stage.reasons(card) == stage.LIVING


def test_no_two_officers_end_a_suspension_before_its_last_day_is_over(card: Card) -> None:
    suspension = suspended()
    with pytest.raises(Denied, match="still_disposed"):
        resuming.propose_resumption(case_id=suspension.id, by=cast.officer(cast.ITO), at=NOON)
    assert stage.reasons(card) == stage.HELD
