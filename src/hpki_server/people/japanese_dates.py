"""Dates as people in Japan write them: 令和8年11月4日.

Source of the first days: the cabinet orders 元号を改める政令 (大正 1912-07-30, 昭和 1926-12-25, 平成 1989-01-08,
令和 2019-05-01); 明治 is used from 1873-01-01 on, the day Japan took the Gregorian calendar.
"""

import datetime as dt

_ERAS = (
    (dt.date(2019, 5, 1), 2019, "令和", "Reiwa"),
    (dt.date(1989, 1, 8), 1989, "平成", "Heisei"),
    (dt.date(1926, 12, 25), 1926, "昭和", "Shōwa"),
    (dt.date(1912, 7, 30), 1912, "大正", "Taishō"),
    (dt.date(1873, 1, 1), 1868, "明治", "Meiji"),
)


def japanese_year(day: dt.date) -> str:
    """「令和8年」; the first year of an era is 元年; before the Gregorian calendar the western year."""
    for first_day, first_year, name, _ in _ERAS:
        if day >= first_day:
            number = day.year - first_year + 1
            return f"{name}{'元' if number == 1 else number}年"
    return f"{day.year}年"


def japanese_date(day: dt.date) -> str:
    """「令和8年11月4日」."""
    return f"{japanese_year(day)}{day.month}月{day.day}日"


def english_date(day: dt.date) -> str:
    """「4 November 2026」, independent of the machine's locale."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def era_in_english(day: dt.date) -> str:
    """「Reiwa 8」, as the papers of the person show it."""
    for first_day, first_year, _, name in _ERAS:
        if day >= first_day:
            return f"{name} {day.year - first_year + 1}"
    return str(day.year)


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
