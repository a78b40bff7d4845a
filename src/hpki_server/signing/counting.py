"""How often an asker came in this minute, over all processes and hosts: one row for each asker and minute.

A process adds what it has counted in steps, so a cheap answer is not preceded by a write each time; once it knows that
an asker has had its share, it refuses for the rest of the minute without asking the database.
"""

import datetime as dt
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, cast

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from hpki_server.signing.models import AskerCount

_MINUTE: Final = 60
# Clocks of hosts differ; a row is kept until no clock says its minute any more.
_KEPT: Final = dt.timedelta(minutes=5)
# Forgetting costs writes and, of a step, what was not added yet.
_MOST_REMEMBERED: Final = 10_000
_ADD: Final = (
    "INSERT INTO signing_askercount (key, ends_at, count) VALUES (%s, %s, %s)"
    " ON CONFLICT (key) DO UPDATE SET count = signing_askercount.count + excluded.count"
)


@dataclass
class _Known:
    """Of one asker: the sum in the database when it was last seen, and what was counted here since then."""

    everywhere: int = 0
    here: int = 0


@dataclass
class Counts:
    """What one process knows of this minute's counts."""

    _lock: Lock = field(default_factory=Lock, repr=False)
    _minute: int = 0
    _known: dict[str, _Known] = field(default_factory=dict, repr=False)

    def forget(self) -> None:
        """As after a start; what is in the database stays."""
        with self._lock:
            self._known.clear()

    def is_over(self, asker: str, *, most: int, step: int, at: dt.datetime) -> bool:
        """Whether `asker` has had `most` in this minute; asking counts.

        No more than `most` pass when `step` is 1; otherwise each process may let `step` - 1 more in.
        """
        minute = int(at.timestamp()) // _MINUTE
        with self._lock:
            if minute != self._minute or len(self._known) >= _MOST_REMEMBERED:
                self._minute = minute
                self._known.clear()
            known = self._known.setdefault(asker, _Known())
            if known.everywhere >= most:
                return True
            known.here += 1
            if known.here < step and known.everywhere + known.here <= most:
                return False
            added, known.here = known.here, 0
        total = _add(asker, minute, added)
        with self._lock:
            known.everywhere = max(known.everywhere, total)
        return total > most


@transaction.atomic
def _add(asker: str, minute: int, added: int) -> int:
    """The sum with what was added; askers of one row wait for each other no longer than that."""
    # As with failed logins, the table lists nobody.
    key = salted_hmac("signing.asker", f"{minute}:{asker}", algorithm="sha256").hexdigest()
    ends_at = dt.datetime.fromtimestamp((minute + 1) * _MINUTE, dt.UTC)
    with connection.cursor() as cursor:
        moment = cast("str | dt.datetime", connection.ops.adapt_datetimefield_value(ends_at))
        cursor.execute(_ADD, [key, moment, added])
    return AskerCount.objects.values_list("count", flat=True).get(key=key)


def forget_counts(*, at: dt.datetime) -> int:
    """Deletes the counts of minutes that are over; how many."""
    deleted, _each = AskerCount.objects.filter(ends_at__lte=at - _KEPT).delete()
    return deleted
