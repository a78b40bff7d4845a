"""A day may be typed in either calendar."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki_server.people.japanese_dates import japanese_date
from hpki_server.people.typed_dates import NoSuchDay, NotADate, OutsideEra, read_typed_date

BIRTHDAY = dt.date(1983, 6, 2)


@pytest.mark.parametrize(
    "typed",
    [
        "昭和58年6月2日",
        "S58.6.2",
        "s58/6/2",
        "昭和５８年６月２日",
        "1983-06-02",
        "1983/6/2",
        "1983年6月2日",
        "19830602",
        " １９８３．６．２ ",
    ],
)
def test_one_birthday_in_many_spellings(typed: str) -> None:
    assert read_typed_date(typed) == BIRTHDAY


def test_the_first_year_of_an_era() -> None:
    assert read_typed_date("平成元年1月8日") == dt.date(1989, 1, 8)


@pytest.mark.parametrize("typed", ["昭和64年1月8日", "平成31年5月1日", "令和元年4月30日", "大正15年12月25日"])
def test_a_day_outside_its_era(typed: str) -> None:
    with pytest.raises(OutsideEra):
        read_typed_date(typed)


@pytest.mark.parametrize("typed", ["", "昭和", "きのう", "2026-02-30", "6/2/1983", "S58.13.1", "1" * 5000])
def test_no_day_at_all(typed: str) -> None:
    with pytest.raises(NotADate):
        read_typed_date(typed)


@pytest.mark.parametrize("typed", ["S26.2.30", "2026-13-01", "平成13年2月29日"])
def test_a_day_that_the_calendar_lacks(typed: str) -> None:
    with pytest.raises(NoSuchDay):
        read_typed_date(typed)


@given(st.dates(min_value=dt.date(1873, 1, 1), max_value=dt.date(2099, 12, 31)))
def test_whatever_a_page_shows_can_be_typed_back(day: dt.date) -> None:
    assert read_typed_date(japanese_date(day)) == day
    assert read_typed_date(day.isoformat()) == day


@given(st.text(max_size=40))
def test_any_text_is_a_day_or_no_day(typed: str) -> None:
    try:
        read_typed_date(typed)
    except NotADate:
        return
