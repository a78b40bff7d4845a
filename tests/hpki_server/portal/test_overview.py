"""An association at a glance: its own numbers, with its districts, and nobody else's."""

import datetime as dt
from pathlib import Path

import pytest
from django.urls import reverse
from pytest_django import Settings

from hpki_server.authority.models import Card
from hpki_server.lifecycle.models import CardTerm
from hpki_server.people.models import Organisation
from hpki_server.portal.overview import Overview, overview
from tests import cast
from tests.hpki_server.enrollment import desk
from tests.hpki_server.enrollment.appointments import TOMORROW_NINE, booked, opened

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_place(settings: Settings, tmp_path: Path) -> None:
    """Card numbers begin anew in every test, so every test has a box of cards of its own."""
    settings.VAR = tmp_path


def seen(role: cast.Role = cast.TAKAHASHI, code: str = "", *, at: dt.datetime = desk.NOON) -> Overview:
    return overview(cast.officer(role), code, at=at)


def test_states_and_cards_that_wait_are_counted_where_the_clerk_serves() -> None:
    desk.notified()
    shown = seen()
    assert (shown.open_cases, shown.waiting_total, shown.returned_total) == (1, 1, 0)
    assert [bar.count for bar in shown.states] == [0, 0, 0, 0, 0, 0, 0, 1]
    assert shown.states[-1].share == 100
    assert seen(cast.OSAKA_CLERK).open_cases == 0


def test_a_district_is_counted_with_its_prefecture_and_by_itself() -> None:
    okayama = cast.organisation("okayama")
    under = Organisation.objects.create(
        kind=Organisation.Kind.DISTRICT, code="33-01", name="岡山市医師会", parent=okayama
    )
    desk.submitted()
    desk.submitted(cast.KEN, association_id=under.pk)
    assert seen().open_cases == 2
    assert seen(code="33-01").open_cases == 1


def test_cards_count_by_their_real_end_not_by_the_printed_day() -> None:
    application = desk.notified()
    card = application.card
    assert card is not None
    Card.objects.filter(id=card.id).update(state=Card.State.ACTIVE, activated_at=desk.NOON)
    CardTerm.objects.update_or_create(
        card=card,
        defaults={
            "natural_on": dt.date(2031, 11, 4),
            "natural_limit": "card",
            "effective_on": dt.date(2026, 12, 31),
            "limit": "algorithm",
            "reckoned_at": desk.NOON,
        },
    )
    ending = {str(bar.label): bar.count for bar in seen().ending}
    assert ending["2026-12-01"] == 1
    assert sum(ending.values()) == 1


def test_who_is_expected_today() -> None:
    application, slots = desk.submitted(), opened()
    booked(application, slots[0])
    assert seen().expected_today == 0
    assert seen(at=TOMORROW_NINE - dt.timedelta(hours=1)).expected_today == 1


def test_the_page_says_every_number_in_words_too() -> None:
    desk.notified()
    page = cast.signed_in(cast.TAKAHASHI).get(reverse("portal:overview")).content.decode()
    assert "<svg" in page
    assert "受取待ち" in page
    assert "33-2026-000001" in page
