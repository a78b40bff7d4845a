"""Who else has to be asked before a paused card goes on.  A room above offers its guard at start.

A pause that belongs to a case of the card's life is ended in that case, by two officers; not beside it by one.
"""

from collections.abc import Callable

from hpki_server.authority.models import Card
from hpki_server.people.denial import Denial

Guard = Callable[[Card], Denial | None]
_guards: dict[str, Guard] = {}


def offer(name: str, guard: Guard) -> None:
    """Called by a room's AppConfig.ready()."""
    _guards[name] = guard


def release_denials(card: Card) -> list[Denial]:
    return [denial for guard in _guards.values() if (denial := guard(card))]
