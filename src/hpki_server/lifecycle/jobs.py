"""What runs by itself in the life of cards."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from hpki_server.lifecycle.services import lapsing, mailing, noticing, reckoning, registry_events
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
    reckoning.reckon(at=at)
    lapsed = lapsing.lapse_overdue(at=at)
    begun = registry_events.begin_planned(at=at)
    return DayOfCards(len(lapsed), begun, noticing.make_notices(at=at))


def send_mails() -> Mailed:
    """Mails that wait leave."""
    return mailing.send_mails(at=timezone.now())  # noqa: TID251 - a job reads the clock, once
