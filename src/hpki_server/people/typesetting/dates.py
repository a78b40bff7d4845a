"""Dates where both calendars are wanted."""

import datetime as dt

from hpki_server.people.japanese_dates import japanese_date


def japanese_date_and_western(on: dt.date) -> str:
    """`令和8年11月4日（2026-11-04）`: forms that people compare, and a card that is also read abroad."""
    return f"{japanese_date(on)}（{on.isoformat()}）"
