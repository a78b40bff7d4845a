"""What else happens when a card is handed over.  A room above offers its act at start; enrollment does not know it.

Every act runs in the hand-over's own transaction: a new card that is handed over and an old one that is not stopped
cannot both be true.
"""

import datetime as dt
from collections.abc import Callable

from hpki_server.enrollment.models import Application
from hpki_server.people.officer import Officer

HandedOver = Callable[[Application, Officer, dt.datetime], None]
_acts: dict[str, HandedOver] = {}


def offer(name: str, act: HandedOver) -> None:
    """Called by a room's AppConfig.ready()."""
    _acts[name] = act


def tell(application: Application, *, by: Officer, at: dt.datetime) -> None:
    """The application's card is in its holder's hands."""
    for act in _acts.values():
        act(application, by, at)
