"""How long a case has been waiting, in words and with a colour."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import ngettext

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import CaseKind
from hpki_server.enrollment.services.holding import HELD_FOR
from hpki_server.enrollment.services.record import day_of
from hpki_server.people.pieces import Chip, Tone

# From three days on an officer should look, from seven on somebody should ask why.
WARN_DAYS, LATE_DAYS = 3, 7
# An emergency card is wanted within the hour; from the second day on its age is told in hours.
EMERGENCY_MINUTES, IN_MINUTES = 60, 24 * 60


@dataclass(frozen=True)
class Waiting:
    case: Application
    age: Chip
    # Who has it on the screen now; empty for nobody.
    holder: str = ""
    # 緊急, for an emergency issue only.
    urgent: Chip | None = None


def age_of(case: Application, *, at: dt.datetime) -> Chip:
    """1 日目 on the day it came."""
    days = (day_of(at) - day_of(case.state_since)).days + 1
    tone = Tone.BAD if days > LATE_DAYS else Tone.WARN if days > WARN_DAYS else Tone.QUIET
    return Chip(ngettext("%(days)d 日目", "%(days)d 日目", days) % {"days": days}, tone)


def urgency_of(case: Application, *, at: dt.datetime) -> Chip | None:
    """How long an emergency has been under way since it was sent; None for every other case."""
    if case.kind != CaseKind.EMERGENCY:
        return None
    minutes = max(int((at - (case.submitted_at or case.state_since)).total_seconds()) // 60, 0)
    tone = Tone.WARN if minutes < EMERGENCY_MINUTES else Tone.BAD
    if minutes < IN_MINUTES:
        return Chip(
            ngettext("緊急　%(minutes)d 分", "緊急　%(minutes)d 分", minutes) % {"minutes": minutes}, tone
        )
    hours = minutes // 60
    return Chip(ngettext("緊急　%(hours)d 時間", "緊急　%(hours)d 時間", hours) % {"hours": hours}, tone)


def holder_of(case: Application, *, at: dt.datetime) -> str:
    held = getattr(case, "holder", None)
    return held.account.name if held is not None and held.since >= at - HELD_FOR else ""


def midnight_of(at: dt.datetime) -> dt.datetime:
    """The beginning of the day in Japan."""
    return dt.datetime.combine(day_of(at), dt.time(), ZoneInfo(settings.TIME_ZONE))
