"""What was decided about a registration (医師法 7条) or ended it, and when that is in force."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class DispositionKind(StrEnum):
    DEATH = "death"
    LICENCE_REVOKED = "licence-revoked"
    LICENCE_SUSPENDED = "licence-suspended"


# While one of these is in force nobody gets a card for the registration.
BARRING: Final = frozenset({DispositionKind.LICENCE_REVOKED, DispositionKind.LICENCE_SUSPENDED})


@dataclass(frozen=True)
class InForce:
    """From the first day to the last, both counted; without a last day it does not end."""

    from_on: dt.date
    until_on: dt.date | None = None

    def on(self, day: dt.date) -> bool:
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)
