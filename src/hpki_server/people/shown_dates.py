"""A day in the language of whoever reads: for sentences as for pages."""

import datetime as dt

from django.utils.functional import lazy
from django.utils.translation import get_language

from hpki_server.people.japanese_dates import english_date, era_in_english, japanese_date


def speaks_japanese() -> bool:
    return (get_language() or "ja").startswith("ja")


def shown_date(day: dt.date) -> str:
    """令和8年11月4日; in English 4 November 2026."""
    return japanese_date(day) if speaks_japanese() else english_date(day)


def shown_in_both(day: dt.date) -> str:
    """令和8年11月4日（2026-11-04）, where people compare; in English 4 November 2026 (Reiwa 8)."""
    if speaks_japanese():
        return f"{japanese_date(day)}（{day.isoformat()}）"
    return f"{english_date(day)} ({era_in_english(day)})"


# Read in the language of whoever reads the sentence.
shown_in_both_lazy = lazy(shown_in_both, str)
