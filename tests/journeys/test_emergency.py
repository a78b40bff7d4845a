"""A disaster: 花子 has a card within the hour with a photo ID only; the rest follows within six months, or it ends."""

import datetime as dt
import io

import pytest
from pypdf import PdfReader

from hpki_server.authority.models import Card
from hpki_server.enrollment import printing
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import CaseKind
from hpki_server.enrollment.services import applying
from hpki_server.lifecycle.events import LifePaper
from hpki_server.lifecycle.models import LifeCase, Notice
from hpki_server.lifecycle.services import lapsing, noticing, settling
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.authority import stage as authority_stage
from tests.hpki_server.enrollment import desk
from tests.hpki_server.lifecycle import stage, walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
QUAKE = stage.NOON
BOTH = [LifePaper.LICENCE_COPY, LifePaper.RESIDENCE_RECORD]


def noon_of(year: int, month: int, day: int) -> dt.datetime:
    return dt.datetime(year, month, day, 3, tzinfo=dt.UTC)


def applied() -> Application:
    authority_stage.hierarchy()
    desk.offices()
    desk.registered()
    application = applying.start_application(by=cast.account(cast.HANAKO), at=QUAKE, kind=CaseKind.EMERGENCY)
    return walking.handed_in(application, at=QUAKE)


@pytest.fixture
def card() -> Card:
    """Step after step with ten minutes between: in her hands before the hour is over."""
    minutes = [QUAKE + dt.timedelta(minutes=10 * step) for step in range(1, 5)]
    approved = walking.approved(applied(), at=minutes[0])
    made = walking.issued(approved, at=minutes[1])
    return walking.fetched(made, at=minutes[2])


def test_within_the_hour_and_marked_so(card: Card) -> None:
    assert card.state == Card.State.ACTIVE
    assert card.activated_at is not None
    assert card.activated_at - QUAKE < dt.timedelta(hours=1)
    case = LifeCase.objects.get(card=card)
    assert (case.event, case.state, case.due_on) == ("emergency", "papers", dt.date(2027, 5, 4))
    assert case.awaited == BOTH
    page = cast.signed_in(cast.HANAKO).get("/home/").text
    assert "緊急発行" in page
    front = PdfReader(io.BytesIO(printing.card_face(card, at=QUAKE).front_pdf)).pages[0]
    assert "緊急発行" in front.extract_text().replace(" ", "")


def test_four_eyes_and_the_register_are_asked_all_the_same() -> None:
    authority_stage.hierarchy()
    desk.offices()
    application = applying.start_application(by=cast.account(cast.HANAKO), at=QUAKE, kind=CaseKind.EMERGENCY)
    sent = walking.handed_in(application, at=QUAKE)
    with pytest.raises(Denied, match="registry_disagrees"):
        walking.approved(sent, at=QUAKE)


def test_completed_when_the_last_paper_is_seen(card: Card) -> None:
    case = LifeCase.objects.get(card=card)
    for month, paper in ((12, LifePaper.LICENCE_COPY), (12, LifePaper.RESIDENCE_RECORD)):
        at = noon_of(2026, month, 10)
        settling.receive_papers(
            case_id=case.id, papers=[paper], by=cast.officer(cast.TAKAHASHI, at=at), at=at
        )
    case.refresh_from_db()
    assert case.state == "closed"
    assert lapsing.lapse_overdue(at=noon_of(2027, 5, 5)) == ()
    assert stage.reasons(card) == stage.LIVING


def test_lapsed_on_the_day_after_by_itself(card: Card) -> None:
    case = LifeCase.objects.get(card=card)
    for day in range(182):
        noticing.make_notices(at=QUAKE + dt.timedelta(days=day, hours=1))
    reminded = Notice.objects.filter(card=card, kind="emergency-papers", channel="page")
    assert reminded.count() == 6
    at = noon_of(2027, 3, 1)
    settling.receive_papers(
        case_id=case.id, papers=[LifePaper.LICENCE_COPY], by=cast.officer(cast.TAKAHASHI, at=at), at=at
    )
    assert lapsing.lapse_overdue(at=noon_of(2027, 5, 4)) == ()
    assert stage.reasons(card) == stage.LIVING
    assert lapsing.lapse_overdue(at=noon_of(2027, 5, 5)) == (case.id,)
    assert lapsing.lapse_overdue(at=noon_of(2027, 5, 6)) == ()
    assert set(stage.reasons(card).values()) == {"cessationOfOperation"}
    case.refresh_from_db()
    assert (case.state, case.awaited) == ("lapsed", [LifePaper.RESIDENCE_RECORD])
    assert AuditLine.objects.filter(act="life:lapse", by="system").count() == 1
    assert Notice.objects.filter(card=card, kind="revoked", channel="letter").exists()
