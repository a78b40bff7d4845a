"""営業日: what the law calls a holiday, and how a deadline moves past it."""

import datetime as dt

import pytest

from hpki_server.people.business_days import (
    add_business_days,
    holidays,
    is_business_day,
    next_business_day,
)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-11-21", "a Saturday"),
        ("2026-11-22", "a Sunday"),
        ("2026-11-23", "勤労感謝の日"),
        ("2026-05-06", "憲法記念日 was a Sunday; the two days after it are holidays themselves"),
        ("2026-09-22", "between 敬老の日 and 秋分の日"),
        ("2026-12-31", "banks rest"),
        ("2027-01-03", "banks rest"),
        ("2019-04-30", "between 昭和の日 and 即位の日"),
        ("2020-07-24", "スポーツの日 in the year of the games"),
    ],
)
def test_no_bank_works(day: str, why: str) -> None:
    assert not is_business_day(dt.date.fromisoformat(day)), why


@pytest.mark.parametrize("day", ["2026-11-20", "2026-12-30", "2027-01-04", "2018-02-23", "2020-10-12"])
def test_banks_work(day: str) -> None:
    assert is_business_day(dt.date.fromisoformat(day))


def test_the_year_2026_has_its_eighteen_holidays() -> None:
    """As the Cabinet Office announced them in the gazette."""
    expected = "01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23"
    assert [day.strftime("%m-%d") for day in sorted(holidays(2026))] == expected.split()


def test_a_deadline_moves_to_the_next_business_day() -> None:
    assert next_business_day(dt.date(2026, 11, 21)) == dt.date(2026, 11, 24)
    assert next_business_day(dt.date(2026, 11, 24)) == dt.date(2026, 11, 24)


def test_three_business_days_over_the_turn_of_the_year() -> None:
    assert add_business_days(dt.date(2026, 12, 29), 3) == dt.date(2027, 1, 5)


def test_a_year_without_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="2007"):
        is_business_day(dt.date(2007, 6, 1))
