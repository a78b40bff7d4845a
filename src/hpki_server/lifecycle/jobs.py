"""What runs by itself in the life of cards."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from hpki_server.lifecycle.services import (
    calling,
    lapsing,
    mailing,
    noticing,
    reckoning,
    regaining,
    registry_events,
)
from hpki_server.lifecycle.services.each import each
from hpki_server.lifecycle.services.mailing import Mailed


@dataclass(frozen=True)
class DayOfCards:
    """What one round did."""

    lapsed: int
    begun: int
    noticed: int


def keep_cards() -> DayOfCards:
    """Ends are reckoned, emergency cards lapse, what was planned begins, notices are made; safe to run at any time."""
    return keep_cards_at(timezone.now())  # noqa: TID251 - a job reads the clock, once


def keep_cards_at(at: dt.datetime) -> DayOfCards:
    """Raises `SomeFailed`, naming each case that could not be kept, when everything else is done."""
    work: dict[str, Callable[[], int]] = {
        "ends": lambda: reckoning.reckon(at=at),
        "lapses": lambda: len(lapsing.lapse_overdue(at=at)),
        "planned": lambda: registry_events.begin_planned(at=at),
        "notices": lambda: noticing.make_notices(at=at),
    }
    _, lapsed, begun, noticed = each(work, lambda name: work[name]())
    return DayOfCards(lapsed, begun, noticed)


def send_mails() -> Mailed:
    """Mails that wait leave."""
    return mailing.send_mails(at=timezone.now())  # noqa: TID251 - a job reads the clock, once


def call_applicants() -> Mailed:
    """Whose turn it is in an application is told."""
    return calling.call_applicants(at=timezone.now())  # noqa: TID251 - a job reads the clock, once


def send_links() -> Mailed:
    """Whoever forgot the password and told enough gets a link."""
    return regaining.send_links(at=timezone.now())  # noqa: TID251 - a job reads the clock, once
