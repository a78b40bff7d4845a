"""岡山県医師会 moves in: 花子's card of before is found at the desk, lost, replaced by one made here, and counted with it."""

import datetime as dt
import io
from zoneinfo import ZoneInfo

import pytest

from hpki_server.authority.models import Card
from hpki_server.authority.rules import printed_number
from hpki_server.authority.services.moving_in import Outcome, import_cards
from hpki_server.enrollment import queries
from hpki_server.enrollment.entries import IdentityClaim
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import How, Need, Part
from hpki_server.enrollment.services import applying, filling_in
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.services import reporting, settling
from hpki_server.statistics import queries as statistics
from hpki_server.statistics.rules import day_of
from tests import cast
from tests.hpki_server.authority import stage as authority
from tests.hpki_server.authority.test_move_in import hanako, sheet
from tests.hpki_server.enrollment import desk
from tests.hpki_server.lifecycle import walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
JAPAN = ZoneInfo("Asia/Tokyo")
MOVED = desk.NOON
LOST = MOVED + dt.timedelta(days=30)


def moved_in() -> Card:
    cast.organisation("okayama")
    row = hanako(発行日="2024-03-02", 有効期限="2029-03-01", カード番号=printed_number("33", 17))
    officer = cast.officer(cast.TANAKA, at=MOVED)
    done = import_cards(io.BytesIO(sheet(row)), environment="test", by=officer, at=MOVED)
    assert done.counts == {Outcome.IMPORTED: 1}
    return Card.objects.get()


def in_okayama(on: dt.date) -> tuple[int, int]:
    table = statistics.cards_by_prefecture(on)
    [line] = [line for line in table.lines if line.prefecture.name == "岡山県"]
    return line.member, line.non_member


def typed_at_the_desk(application: Application, *, at: dt.datetime) -> Application:
    """花子 brings a sheet and her copies; 高橋 types and scans."""
    clerk, number = cast.officer(cast.TAKAHASHI, at=at), application.id
    typed = {**desk.TYPED, "association": str(cast.organisation("okayama").id)}
    filling_in.write_entries(application_id=number, typed=typed, entries=desk.entries(), by=clerk, at=at)
    for item in queries.checklist_of(Application.objects.get(id=number), at.date()):
        if item.need is not Need.NOW or item.how is not How.UPLOAD:
            continue
        if item.part is Part.PHOTO:
            filling_in.hand_in_photo(application_id=number, content=desk.picture(), by=clerk, at=at)
        elif item.part is Part.IDENTITY:
            identity = IdentityClaim(walking.LICENCE, walking.in_term(at))
            filling_in.hand_in_identity(
                application_id=number,
                content=desk.picture((900, 600)),
                identity=identity,
                by=clerk,
                at=at,
            )
        else:
            copy = desk.picture((1200, 900))
            filling_in.hand_in_copy(application_id=number, part=item.part, content=copy, by=clerk, at=at)
    return applying.submit_application(application_id=number, by=clerk, at=at)


def test_a_card_of_before_is_lost_and_replaced_and_both_count() -> None:
    authority.hierarchy()
    desk.offices()
    desk.registered()
    card = moved_in()
    clerk = cast.officer(cast.TAKAHASHI, at=LOST)
    told = reporting.report_loss(card_id=card.id, by=clerk, at=LOST)
    card.refresh_from_db()
    assert card.state == Card.State.STOPPED
    application = settling.apply_for_new_card(case_id=told.case.id, by=clerk, at=LOST)
    # What the file said stands in the form.
    assert application.typed["registration_number"] == "470123"
    agreed = walking.approved(typed_at_the_desk(application, at=LOST), at=LOST)
    made = walking.issued(walking.paid(agreed, at=LOST), at=LOST)
    new = walking.fetched(made, at=LOST + desk.LETTERS_APART)
    # The series goes on above the numbers that came with the file.
    assert new.card_id == printed_number("33", 18)
    assert LifeCase.objects.get(id=told.case.id).is_replaced
    assert in_okayama(dt.date(2024, 3, 1)) == (0, 0)
    assert in_okayama(dt.date(2024, 3, 2)) == (1, 0)
    assert new.issued_at is not None
    assert in_okayama(day_of(new.issued_at)) == (2, 0)
