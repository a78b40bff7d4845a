"""花子 dies: told at the desk, or found in the register.  Nobody is dunned, and the family get one quiet letter."""

import datetime as dt
import io

import pytest
from pypdf import PdfReader

from hpki_server.authority.models import Card
from hpki_server.lifecycle.events import LifePaper
from hpki_server.lifecycle.models import Notice
from hpki_server.lifecycle.services import noticing, posting, reckoning, registry_events, reporting, settling
from hpki_server.lifecycle.services.registry_events import Disposition, RegisteredFact
from hpki_server.people.denial import Denied
from tests import cast
from tests.hpki_server.lifecycle import stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
DIED = stage.NOON + dt.timedelta(days=700)


@pytest.fixture
def card() -> Card:
    held = stage.hanakos_card()
    Card.objects.filter(id=held.id).update(expires_on=(DIED + dt.timedelta(days=80)).date())
    reckoning.reckon(at=stage.NOON)
    return held


def printed(at: dt.datetime) -> str:
    content = posting.print_letters(by=cast.officer(cast.TANAKA, at=at), at=at)
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_told_at_the_desk_it_pauses_and_ends_with_the_paper(card: Card) -> None:
    clerk = cast.officer(cast.TAKAHASHI, at=DIED)
    noticing.make_notices(at=DIED - dt.timedelta(days=5))
    told = reporting.report_death(card_id=card.id, by=clerk, at=DIED)
    assert stage.reasons(card) == stage.HELD
    with pytest.raises(Denied, match="no_letters"):
        printed(DIED)
    seen = DIED + dt.timedelta(days=20)
    assert noticing.make_notices(at=seen) == 0
    settling.receive_papers(
        case_id=told.case.id,
        papers=[LifePaper.DEATH_RECORD],
        by=cast.officer(cast.TAKAHASHI, at=seen),
        at=seen,
    )
    assert set(stage.reasons(card).values()) == {"cessationOfOperation"}
    letter = printed(seen)
    assert "故" in letter
    assert "ご遺族様" in letter
    assert not [word for word in ("ますます", "死亡", "。", "、", "再", "重ね") if word in letter]


def test_from_the_register_it_ends_at_once_and_the_family_file_nothing(card: Card) -> None:
    fact = Disposition(RegisteredFact.DEATH, "physician", "470123", DIED.date())
    [case] = stage.disposed(fact, at=DIED)
    assert case.state == "closed"
    assert case.papers_missing == []
    assert set(stage.reasons(card).values()) == {"cessationOfOperation"}
    assert [notice.channel for notice in Notice.objects.filter(card=card, kind="condolence")] == ["letter"]
    card.refresh_from_db()
    assert card.state == Card.State.STOPPED


def test_a_suspension_that_begins_later_begins_by_itself(card: Card) -> None:
    begins = DIED + dt.timedelta(days=10)
    fact = Disposition(
        RegisteredFact.LICENCE_SUSPENDED,
        "physician",
        "470123",
        begins.date(),
        begins.date() + dt.timedelta(days=30),
    )
    stage.disposed(fact, at=DIED)
    assert registry_events.begin_planned(at=begins - dt.timedelta(days=1)) == 0
    assert stage.reasons(card) == stage.LIVING
    assert registry_events.begin_planned(at=begins) == 1
    assert stage.reasons(card) == stage.HELD
