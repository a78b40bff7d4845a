"""May this card be replaced now?  A room above offers its rules at start; enrollment does not know the life of cards.

Whoever begins at a card's own page was asked there; a sheet of paper that names the card is asked here.
"""

import datetime as dt
from collections.abc import Callable

from hpki_server.authority.models import Card
from hpki_server.enrollment.rules import CaseKind
from hpki_server.people.denial import Denial
from hpki_server.people.officer import Officer

# By an officer at whose desk the card is in reach.
Check = Callable[[Card, CaseKind, Officer, dt.datetime], list[Denial]]
_checks: dict[str, Check] = {}


def offer(name: str, check: Check) -> None:
    """Called by a room's AppConfig.ready()."""
    _checks[name] = check


def denials(card: Card, kind: CaseKind, *, by: Officer, at: dt.datetime) -> list[Denial]:
    """Every reason why an application of this kind may not begin for this card."""
    return [denial for check in _checks.values() for denial in check(card, kind, by, at)]
