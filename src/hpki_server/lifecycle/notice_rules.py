"""Which notice is due today: a dated table (data/notices.csv), one notice at a time.  Pure."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from hpki_server.lifecycle.events import LetterKind, rows_of


class Channel(StrEnum):
    PAGE = "page"
    MAIL = "mail"
    LETTER = "letter"


@dataclass(frozen=True)
class NoticeStep:
    """So many days before the end, and how it reaches the holder."""

    days_before: int
    channels: tuple[Channel, ...]


@cache
def steps(kind: LetterKind, on: dt.date) -> tuple[NoticeStep, ...]:
    """The steps in force on a day, the earliest notice first."""
    rows = [
        row
        for row in rows_of("notices.csv")
        if row["kind"] == kind and dt.date.fromisoformat(row["from_day"]) <= on
    ]
    newest = {int(row["days_before"]): row for row in sorted(rows, key=lambda row: row["from_day"])}
    return tuple(
        NoticeStep(days, tuple(Channel(word) for word in newest[days]["channels"].split()))
        for days in sorted(newest, reverse=True)
    )


def due_step(kind: LetterKind, *, ends_on: dt.date, on: dt.date, sent: Collection[int]) -> NoticeStep | None:
    """The one notice that is due: after an outage of weeks the holder hears the newest, not all that were missed."""
    days_left = (ends_on - on).days
    if days_left < 0:
        return None
    reached = [step for step in steps(kind, on) if days_left <= step.days_before]
    return reached[-1] if reached and reached[-1].days_before not in sent else None


def window(kind: LetterKind, step: NoticeStep, on: dt.date) -> tuple[dt.date, dt.date]:
    """First and last end for which `step` is the one that is due on a day."""
    later = [other.days_before for other in steps(kind, on) if other.days_before < step.days_before]
    nearest = max(later) + 1 if later else 0
    return on + dt.timedelta(days=nearest), on + dt.timedelta(days=step.days_before)
