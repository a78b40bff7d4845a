"""Long lists leave the cards' photographs, a megabyte each, in the database."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hpki_server.enrollment.rules import State
from hpki_server.enrollment.views import returned
from tests import cast
from tests.hpki_server.enrollment import piles

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["/unfetched/", "/letters/posted/postcard/"])
def test_a_long_list_reads_no_photograph(page: str) -> None:
    at = cast.NOON - dt.timedelta(days=100)
    piles.piled(2, State.NOTIFIED, at=at, postcard_printed_at=at)
    client = cast.signed_in(cast.TANAKA)
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(page)
    assert "33-2026-000002" in answer.content.decode()
    assert not [one["sql"][:80] for one in seen if "photo_sealed" in one["sql"]]


def test_every_case_that_went_back_can_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(returned, "ROWS", 2)
    piles.piled(3, State.RETURNED, at=cast.NOON - dt.timedelta(days=9))
    client = cast.signed_in(cast.SATO)
    with CaptureQueriesContext(connection) as seen:
        first = client.get("/returned/").content.decode()
    second = client.get("/returned/?page=2").content.decode()
    numbers = [f"33-2026-00000{number}" for number in (1, 2, 3)]
    assert all((number in first) != (number in second) for number in numbers)
    assert not [one["sql"][:80] for one in seen if "photo_sealed" in one["sql"]]
