"""How long a case has been waiting, in words and with a colour."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import ngettext

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.services.record import day_of
from hpki_server.people.pieces import Chip, Tone

# From three days on an officer should look, from seven on somebody should ask why.
WARN_DAYS, LATE_DAYS = 3, 7


@dataclass(frozen=True)
class Waiting:
    case: Application
    age: Chip


def age_of(case: Application, *, at: dt.datetime) -> Chip:
    """1 日目 on the day it came."""
    days = (day_of(at) - day_of(case.state_since)).days + 1
    tone = Tone.BAD if days > LATE_DAYS else Tone.WARN if days > WARN_DAYS else Tone.QUIET
    return Chip(ngettext("%(days)d 日目", "%(days)d 日目", days) % {"days": days}, tone)
