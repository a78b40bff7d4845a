"""花子's photo is dark: it comes back by letter, she replaces only that, and the desk is not asked again."""

import datetime as dt
import io

import pytest
from pypdf import PdfReader

from hpki_server.authority.models import Card
from hpki_server.enrollment.documents.return_letter import return_letter, return_mail
from hpki_server.enrollment.models import Application, StateChange
from hpki_server.enrollment.return_notice import notice_of
from hpki_server.enrollment.rules import Part, ReturnReason, State, parts_open
from hpki_server.enrollment.services import applying, deciding
from hpki_server.people.denial import Denied
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.enrollment import desk
from tests.hpki_server.enrollment.desk import NOON
from tests.hpki_server.lifecycle import walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
NEXT_DAY = NOON + dt.timedelta(days=1)


def test_only_the_photo_comes_back_and_the_card_is_made() -> None:
    stage.hierarchy()
    desk.offices()
    desk.registered()
    application = sato_sends_the_photo_back(desk.taken_in())
    the_letter_asks_for_the_photo_alone(application)
    hanako_replaces_the_photo_and_nothing_else(application)
    # The desk has seen her originals: the case is back with the examiner, under the same number.
    application.refresh_from_db()
    assert (application.state, application.number) == (State.TAKEN_IN, "33-2026-000001")
    assert StateChange.objects.filter(step="take-in").count() == 1
    two_officers_agree(application)
    card = walking.fetched(walking.issued(application, at=NEXT_DAY), at=NEXT_DAY + desk.LETTERS_APART)
    assert card.state == Card.State.ACTIVE


def sato_sends_the_photo_back(application: Application) -> Application:
    return deciding.return_application(
        application_id=application.id,
        reasons=frozenset({ReturnReason.PHOTO_UNCLEAR}),
        note="明るい場所で撮影してください。",
        by=cast.officer(cast.SATO),
        at=NOON,
    )


def the_letter_asks_for_the_photo_alone(application: Application) -> None:
    facts = notice_of(application, at=NOON)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(return_letter(facts))).pages)
    assert "顔写真が不鮮明です" in text
    assert "戸籍" not in text
    assert "渡邉" not in "".join(return_mail(facts))


def hanako_replaces_the_photo_and_nothing_else(application: Application) -> None:
    hanako = cast.account(cast.HANAKO)
    assert parts_open(application.facts()) == {Part.PHOTO}
    with pytest.raises(Denied) as denied:
        applying.hand_in_licence(
            application_id=application.id, content=desk.picture((1200, 900)), by=hanako, at=NEXT_DAY
        )
    assert denied.value.codes == ("part_closed",)
    applying.hand_in_photo(
        application_id=application.id, content=desk.picture((1400, 1800)), by=hanako, at=NEXT_DAY
    )
    applying.resubmit_application(application_id=application.id, by=hanako, at=NEXT_DAY)


def two_officers_agree(application: Application) -> None:
    sato, suzuki = cast.officer(cast.SATO), cast.officer(cast.SUZUKI)
    deciding.record_vetting(application_id=application.id, papers=desk.ALL_FIT, by=sato, at=NEXT_DAY)
    deciding.approve_application(application_id=application.id, by=suzuki, at=NEXT_DAY)
    application.refresh_from_db()
    assert application.vetted_by != application.approved_by
