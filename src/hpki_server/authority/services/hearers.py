"""Who hears that an officer ended or paused a card, or let it go on, outside any case of its life.

A room above offers itself at start, so that the holder is told; it is called within the act's transaction.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from hpki_server.authority.models import Card, StatusChange
from hpki_server.authority.revocation import Case


@dataclass(frozen=True)
class Heard:
    """What became of the card's certificates; `case` says why they ended, and is None for a pause and its end."""

    card: Card
    kind: StatusChange.Kind
    at: dt.datetime
    case: Case | None = None


Hearer = Callable[[Heard], None]
_hearers: dict[str, Hearer] = {}


def offer(name: str, hearer: Hearer) -> None:
    """Called by a room's AppConfig.ready()."""
    _hearers[name] = hearer


def tell(heard: Heard) -> None:
    for hearer in _hearers.values():
        hearer(heard)
