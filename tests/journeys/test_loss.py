"""花子 loses her card: revoked at once, the paper follows, a new card takes its place."""

import datetime as dt

import pytest

from hpki.issuance.status import Revoked, status_of
from hpki_server.authority.models import Card, Certificate
from hpki_server.authority.queries import certificate_facts
from hpki_server.lifecycle.events import LifePaper
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.services import reporting, settling
from tests import cast
from tests.hpki_server.lifecycle import stage, walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
LOST = stage.NOON + dt.timedelta(days=400)


@pytest.fixture
def card() -> Card:
    return stage.hanakos_card()


def test_from_the_call_to_the_new_card(card: Card) -> None:
    hanako, clerk = cast.account(cast.HANAKO), cast.officer(cast.TAKAHASHI, at=LOST)
    told = reporting.report_loss(card_id=card.id, by=clerk, at=LOST, note="電車の中")
    # The same second: both certificates and the presence key, in records, status and lists.
    for row in Certificate.objects.filter(card=card):
        facts = certificate_facts(row.issuer_id, int(row.serial_hex, 16))
        assert facts is not None
        status = status_of(facts, LOST + dt.timedelta(seconds=1))
        assert isinstance(status, Revoked)
        assert status.revoked_at == LOST
    assert told.lists_are_out
    # She applies anew while the paper is on its way, and hands it in with the application.
    application = settling.apply_for_new_card(case_id=told.case.id, by=hanako, at=LOST + dt.timedelta(days=1))
    assert (application.kind, application.replaces_id) == ("reissue-loss", card.id)
    new = walking.through(application, at=LOST + dt.timedelta(days=2))
    case = LifeCase.objects.get(id=told.case.id)
    assert (case.state, case.is_replaced, case.papers_missing) == ("closed", True, [])
    assert (new.state, stage.reasons(new)) == ("active", stage.LIVING)
    card.refresh_from_db()
    assert card.state == "stopped"


def test_the_paper_alone_closes_the_case(card: Card) -> None:
    told = reporting.report_loss(card_id=card.id, by=cast.account(cast.HANAKO), at=LOST)
    later = LOST + dt.timedelta(days=5)
    done = settling.receive_papers(
        case_id=told.case.id,
        papers=[LifePaper.LOSS_REPORT],
        by=cast.officer(cast.TAKAHASHI, at=later),
        at=later,
    )
    assert done.case.state == "closed"
