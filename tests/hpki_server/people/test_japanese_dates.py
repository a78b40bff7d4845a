"""Dates in both calendars, and dates as they are typed."""

import datetime as dt

import pytest
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from hpki_server.people.japanese_dates import era_in_english, japanese_date
from hpki_server.people.typed_dates import NotADate, read_typed_date


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-04", "令和8年11月4日"),
        ("2019-05-01", "令和元年5月1日"),
        ("2019-04-30", "平成31年4月30日"),
        ("1989-01-08", "平成元年1月8日"),
        ("1989-01-07", "昭和64年1月7日"),
        ("1926-12-25", "昭和元年12月25日"),
        ("1926-12-24", "大正15年12月24日"),
        ("1912-07-30", "大正元年7月30日"),
        ("1912-07-29", "明治45年7月29日"),
        ("1873-01-01", "明治6年1月1日"),
        ("1872-12-31", "1872年12月31日"),
    ],
)
def test_an_era_begins_on_its_first_day(day: str, words: str) -> None:
    assert japanese_date(dt.date.fromisoformat(day)) == words


@given(st.dates(dt.date(1873, 1, 1), dt.date(2116, 12, 31)))
def test_what_is_written_is_read_back(day: dt.date) -> None:
    assert read_typed_date(japanese_date(day)) == day
    assert read_typed_date(day.isoformat()) == day


@pytest.mark.parametrize(
    "typed", ["昭和64年2月1日", "2026-02-30", "令和0年1月1日", "yesterday", "", "1" * 400]
)
def test_what_names_no_day_is_refused(typed: str) -> None:
    with pytest.raises(NotADate):
        read_typed_date(typed)


def shown(expression: str, value: object) -> str:
    return Template("{% load pieces %}{{ value|" + expression + " }}").render(Context({"value": value}))


def test_pages_show_the_date_in_the_readers_way() -> None:
    day = dt.date(2026, 11, 4)
    moment = dt.datetime(2026, 11, 3, 15, 30, tzinfo=dt.UTC)
    assert shown("wareki", day) == "令和8年11月4日"
    assert shown("wareki_western", day) == "令和8年11月4日（2026-11-04）"
    assert shown("wareki_time", moment) == "令和8年11月4日 00:30"  # Japan's day, not UTC's
    with translation.override("en"):
        assert shown("wareki_western", day) == "4 November 2026 (Reiwa 8)"
    assert shown("wareki", None) == ""
    assert era_in_english(dt.date(1989, 1, 7)) == "Shōwa 64"
