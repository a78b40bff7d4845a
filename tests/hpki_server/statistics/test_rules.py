"""What counts and who stands where: ranks are shared, 海外 has none, and the day is the day in Japan."""

import csv
import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpki_server.people.member_kind import MemberKind
from hpki_server.statistics import rules
from hpki_server.statistics.prefectures import prefecture_code, prefectures
from hpki_server.statistics.rules import Count, ranks_of, series_of, table_of

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "cards-issued-by-prefecture.csv"
PRODUCT = Path(rules.__file__).parent / "data" / "cards-issued-2021-01-31.csv"
DAY = dt.date(2021, 1, 31)
NUMBERS = st.dictionaries(st.sampled_from([place.code for place in prefectures()]), st.integers(0, 40))


def test_the_rows_are_the_47_prefectures_and_overseas_each_with_a_square_of_its_own() -> None:
    places = prefectures()
    assert [place.code for place in places] == [f"{number:02d}" for number in range(1, 49)]
    assert [place.name for place in places if not place.is_ranked] == ["海外"]
    assert len({(place.column, place.row) for place in places}) == 48


@pytest.mark.parametrize(
    ("organisation", "row"),
    [
        ("33", "33"),
        ("33-01", "33"),
        ("1310000001", "13"),
        ("48", "48"),
        ("99", "48"),
        ("centre", None),
        ("00", None),
        ("", None),
    ],
)
def test_the_row_of_an_organisation_is_the_prefecture_its_code_begins_with(
    organisation: str, row: str | None
) -> None:
    assert prefecture_code(organisation) == row


def test_equal_numbers_share_a_rank_and_the_next_ones_stay_empty() -> None:
    assert ranks_of({"a": 5, "b": 9, "c": 5, "d": 1}) == {"b": 1, "a": 2, "c": 2, "d": 4}


@pytest.mark.skipif(not SHARED.exists(), reason="the table of the reference lies beside the project only")
def test_the_product_carries_the_table_of_the_reference() -> None:
    assert PRODUCT.read_bytes() == SHARED.read_bytes()


def test_the_ranks_of_the_reference_come_out_of_its_numbers() -> None:
    with PRODUCT.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    kinds = {"member": MemberKind.MEMBER, "non_member": MemberKind.NON_MEMBER}
    counts = [
        Count(f"{int(row['code']):02d}", kind, int(row[column]))
        for row in rows
        for column, kind in kinds.items()
    ]
    table = table_of(counts, on=DAY)
    assert [str(line.rank or "") for line in table.lines] == [row["rank"] for row in rows]
    assert (table.issued, table.member, table.non_member) == (17_861, 16_408, 1_453)


def test_cards_in_no_prefecture_are_shown_and_not_lost() -> None:
    table = table_of([Count("centre", "member", 3), Count("33", "member", 2)], on=DAY)
    assert (table.issued, table.elsewhere) == (2, 3)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NUMBERS)
def test_a_rank_is_one_more_than_the_number_of_those_with_more(numbers: dict[str, int]) -> None:
    table = table_of([Count(code, "member", cards) for code, cards in numbers.items()], on=DAY)
    ranked = [line for line in table.lines if line.prefecture.is_ranked]
    for line in ranked:
        assert line.rank == 1 + sum(other.issued > line.issued for other in ranked)
    assert [line.rank for line in table.lines if not line.prefecture.is_ranked] == [None]
    assert table.issued == sum(numbers.values())


def test_the_day_ends_at_midnight_in_japan() -> None:
    assert rules.end_of(DAY) == dt.datetime(2021, 1, 31, 15, tzinfo=dt.UTC)
    assert rules.day_of(dt.datetime(2021, 1, 31, 15, tzinfo=dt.UTC)) == dt.date(2021, 2, 1)


def test_the_series_has_every_month_the_empty_ones_too() -> None:
    issued = {(dt.date(2020, 11, 1), "member"): 3, (dt.date(2021, 1, 1), "non-member"): 2}
    months = series_of(issued, until=dt.date(2021, 2, 15))
    assert [(f"{month.first_day:%y-%m}", month.issued, month.issued_so_far) for month in months] == [
        ("20-11", 3, 3),
        ("20-12", 0, 3),
        ("21-01", 2, 5),
        ("21-02", 0, 5),
    ]
    assert series_of({}, until=DAY) == ()


def test_one_series_serves_every_day() -> None:
    whole = series_of(
        {(dt.date(2020, 11, 1), "member"): 3, (dt.date(2021, 1, 1), "member"): 9}, until=dt.date(2021, 2, 3)
    )
    table = table_of([Count("33", "member", 4), Count("centre", "non-member", 1)], on=dt.date(2021, 1, 10))
    cut = rules.months_up_to(table, whole)
    assert [(f"{month.first_day:%y-%m}", month.issued, month.issued_so_far) for month in cut] == [
        ("20-11", 3, 3),
        ("20-12", 0, 3),
        ("21-01", 2, 5),
    ]
    assert rules.months_up_to(table_of([], on=dt.date(2020, 1, 1)), whole) == ()
    assert rules.months_up_to(table_of([Count("33", "member", 4)], on=DAY), ())[-1].issued == 4
