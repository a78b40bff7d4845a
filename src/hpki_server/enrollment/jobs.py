"""What runs by itself in enrollment."""

import time
from typing import Final

from django.utils import timezone

from hpki_server.enrollment.services import not_fetched, production

# The other recurring work waits so long at most.
_TURN_SECONDS: Final = 15.0


def make_cards(*, seconds: float = _TURN_SECONDS) -> tuple[int, str]:
    """Cards of the batches that run, for a while; how many were made, and the code of what stopped the last one."""
    ends, made = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        worked = production.make_next(at=timezone.now())  # noqa: TID251 - a job reads the clock, once a card
        if not worked.made:
            return made, worked.obstacle
        made += 1
    return made, ""


def make_pickup_reminders() -> int:
    """Reminders whose term has passed."""
    return not_fetched.make_reminders(at=timezone.now())  # noqa: TID251 - a job reads the clock, once
