"""A journey: nobody is registered under this number; the ministry is asked, the number was mistyped, and it goes on."""

import datetime as dt
import io

import pytest
from pytest_django import Settings

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.registry_match import registry_says
from hpki_server.enrollment.rules import ReturnReason, State
from hpki_server.enrollment.services import applying, asking, deciding
from hpki_server.people.denial import Denied
from hpki_server.registry.matching import NotFound
from hpki_server.registry.models import MatchRequest
from hpki_server.registry.queries import ministry_answers
from hpki_server.registry.services import Outcome, exchange
from tests import cast
from tests.hpki_server.authority import stage as authority
from tests.hpki_server.enrollment import desk
from tests.hpki_server.lifecycle import walking

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_place(settings: Settings, tmp_path: object) -> None:
    settings.VAR = tmp_path


def test_an_application_that_is_in_no_registry_goes_back_with_the_reason_and_comes_through_once_it_is_right() -> (
    None
):
    authority.hierarchy()
    desk.offices()
    # Somebody else's number, and a birth date under which nobody of this name is registered.
    desk.registered(number="999999", family_name="大西", given_name="忍", born_on=dt.date(1970, 1, 1))
    application = desk.taken_in(registration_number="999999")
    sato, nakamura = cast.officer(cast.SATO), cast.officer(cast.NAKAMURA)
    assert isinstance(registry_says(application).answer, NotFound)
    with pytest.raises(Denied, match="registry_disagrees"):
        deciding.record_vetting(application_id=application.id, papers=desk.ALL_FIT, by=sato, at=desk.NOON)

    asking.ask_ministry(by=nakamura, at=desk.NOON)
    request = MatchRequest.objects.get()
    answers = f"照会番号,行,受付番号,回答,備考\n1,1,{request.reference},該当なし,番号をお確かめください\n"
    report = exchange.import_answers(io.BytesIO(answers.encode()), by=nakamura, at=desk.NOON)
    assert report.counts[Outcome.IMPORTED] == 1
    assert [row.get_answer_display() for row in ministry_answers(request.reference)] == ["該当なし"]

    deciding.return_application(
        application_id=application.id,
        reasons=frozenset({ReturnReason.REGISTRY_DIFFERS}),
        note="登録番号をお確かめください。",
        by=sato,
        at=desk.NOON,
    )
    hanako = cast.account(cast.HANAKO)
    applying.write_entries(
        application_id=application.id, typed=desk.TYPED, entries=desk.entries(), by=hanako, at=desk.NOON
    )
    applying.resubmit_application(application_id=application.id, by=hanako, at=desk.NOON)
    # Meanwhile the register's next delivery has her.
    desk.registered()
    deciding.take_in(
        application_id=application.id,
        originals=desk.ORIGINALS,
        by=cast.officer(cast.TAKAHASHI),
        at=desk.NOON,
    )
    deciding.record_vetting(application_id=application.id, papers=desk.ALL_FIT, by=sato, at=desk.NOON)
    vetted = Application.objects.get(id=application.id)
    assert vetted.state == State.VETTED
    assert vetted.registry_entry is not None
    assert vetted.registry_entry.number == "470123"

    deciding.approve_application(application_id=vetted.id, by=cast.officer(cast.SUZUKI), at=desk.NOON)
    card = walking.fetched(walking.issued(vetted, at=desk.NOON), at=desk.NOON + desk.LETTERS_APART)
    assert (card.state, card.registration_number) == (Card.State.ACTIVE, "470123")


def test_nobody_at_all_is_not_found_and_shows_nothing_of_anybody_else() -> None:
    desk.registered(number="1", family_name="大西", given_name="忍")
    application = desk.taken_in()
    answer = registry_says(application).answer
    assert isinstance(answer, NotFound)
    page = cast.signed_in(cast.SATO).get(f"/vetting/{application.id}/").text
    assert "該当なし" in page
    assert "大西" not in page
