"""A day in the language of whoever reads: for sentences as for pages."""

import datetime as dt

from django.utils.translation import get_language

from hpki_server.people.japanese_dates import english_date, japanese_date


def speaks_japanese() -> bool:
    return (get_language() or "ja").startswith("ja")


def shown_date(day: dt.date) -> str:
    """令和8年11月4日; in English 4 November 2026."""
    return japanese_date(day) if speaks_japanese() else english_date(day)
