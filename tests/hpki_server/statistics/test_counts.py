"""Which cards count: those issued up to the day, whatever became of them later; asked of the database itself."""

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hpki_server.authority.models import Card
from hpki_server.people.models import Organisation
from hpki_server.statistics import queries
from tests import cast

pytestmark = pytest.mark.django_db
JAPAN = ZoneInfo("Asia/Tokyo")
DAY = dt.date(2021, 1, 31)
_numbers = itertools.count(1)


def card(at: dt.datetime, **changed: object) -> Card:
    number = next(_numbers)
    facts: dict[str, object] = {
        "card_id": f"TEST-{number:06d}",
        "reference": f"test-{number}",
        "state": "active",
        "environment": "test",
        "organisation": cast.organisation("okayama"),
        "born_on": dt.date(1984, 5, 17),
        "registered_on": dt.date(2010, 4, 20),
        "member_kind": "member",
        "photo_sealed": b"",
        "expires_on": dt.date(2026, 1, 30),
        "ordered_at": at,
        "ordered_by": "system",
        "issued_at": at,
        "activated_at": at,
    }
    return Card.objects.create(**{**facts, **changed})


def issued(on: dt.date = DAY, code: str = "33") -> tuple[int, int]:
    [line] = [line for line in queries.cards_by_prefecture(on).lines if line.prefecture.code == code]
    return line.member, line.non_member


def test_a_card_counts_from_the_day_in_japan_on() -> None:
    card(dt.datetime(2021, 1, 31, 23, 59, tzinfo=JAPAN))
    card(dt.datetime(2021, 2, 1, 0, 0, tzinfo=JAPAN), member_kind="non-member")
    assert issued(DAY - dt.timedelta(days=1)) == (0, 0)
    assert issued(DAY) == (1, 0)
    assert issued(DAY + dt.timedelta(days=1)) == (1, 1)


@pytest.mark.parametrize(
    ("changed", "counts"),
    [
        ({"state": "stopped"}, True),
        ({"state": "issued", "activated_at": None}, True),
        ({"expires_on": dt.date(2020, 12, 31)}, True),
        ({"origin": "imported"}, True),
        ({"state": "scrapped"}, False),
        ({"carrier": "remote", "state": "issued", "activated_at": None}, False),
        ({"state": "ordered", "issued_at": None, "activated_at": None}, False),
        ({"state": "personalising", "issued_at": None, "activated_at": None}, False),
        ({"state": "stopped", "issued_at": None, "activated_at": None}, False),
    ],
)
def test_what_became_of_a_card_does_not_matter_unless_nobody_ever_held_it(
    changed: dict[str, object], *, counts: bool
) -> None:
    card(dt.datetime(2020, 3, 2, 10, tzinfo=JAPAN), **changed)
    assert issued() == (int(counts), 0)


def test_a_desk_below_counts_for_its_prefecture_and_a_card_of_the_centre_for_none() -> None:
    at = dt.datetime(2020, 3, 2, 10, tzinfo=JAPAN)
    hospital = Organisation.objects.create(kind="hospital", code="3310000001", name="岡山の病院")
    card(at, organisation=hospital)
    card(at, organisation=Organisation.objects.create(kind="association", code="99", name="海外"))
    card(at, organisation=cast.organisation("centre"))
    assert issued() == (1, 0)
    assert issued(code="48") == (1, 0)
    assert queries.cards_by_prefecture(DAY).elsewhere == 1


def test_the_series_counts_by_months_of_japan() -> None:
    card(dt.datetime(2020, 12, 31, 23, 59, tzinfo=JAPAN))
    card(dt.datetime(2021, 1, 1, 0, 0, tzinfo=JAPAN), member_kind="non-member")
    card(dt.datetime(2021, 2, 1, 0, 0, tzinfo=JAPAN))
    months = queries.cards_by_month(DAY)
    assert [(f"{month.first_day:%Y-%m}", month.member, month.non_member) for month in months] == [
        ("2020-12", 1, 0),
        ("2021-01", 0, 1),
    ]
    assert months[-1].issued_so_far == queries.cards_by_prefecture(DAY).issued


def test_the_table_is_one_aggregate_and_one_look_at_the_organisations() -> None:
    card(dt.datetime(2020, 3, 2, 10, tzinfo=JAPAN))
    with CaptureQueriesContext(connection) as asked:
        queries.cards_by_prefecture(DAY)
    assert len(asked) == 2
