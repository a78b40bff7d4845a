"""What changed since an answer was signed: every process looks twice a second."""

import logging
import threading
import time
from collections.abc import Callable, Iterable

from hpki_server.authority.ocsp.records import renew_connection
from hpki_server.authority.ocsp.shelf import AnswerShelf

logger = logging.getLogger(__name__)
EVERY_SECONDS = 0.4
# (id, issuer as hexadecimal, serial) of changes later than an id, oldest first.
ChangesAfter = Callable[[int], Iterable[tuple[int, str, str]]]


class StatusWatch:
    """The changes of status that answers on the shelf may not know.

    `changes_after` reads the records and `latest` their newest change.  While they cannot be read, shelved answers go on as they
    are: each is true for its moment and ends at its nextUpdate.
    """

    def __init__(self, shelf: AnswerShelf, changes_after: ChangesAfter, latest: Callable[[], int]) -> None:
        self._shelf = shelf
        self._changes_after = changes_after
        self._latest = latest
        self._changed: dict[tuple[str, str], int] = {}
        self._seen: int | None = None
        self._is_shelf_ahead = False
        self._is_blind = False
        self._looked = 0.0
        # Grows when the records turn out to be older than what was seen: what was remembered until then is void.
        self.generation = 0
        self._lock = threading.Lock()

    @property
    def seen(self) -> int:
        """The id of the latest change that was seen."""
        return self._seen or 0

    def is_current(self, issuer: str, serial_hex: str, known_change: int) -> bool:
        """Whether an answer with this knowledge may still be given."""
        if self._seen is None or self._is_shelf_ahead:
            return False
        return self._changed.get((issuer, serial_hex), 0) <= known_change

    def look_if_due(self) -> None:
        """Look again when the last look is too old; one thread does, the others wait for it."""
        if time.monotonic() - self._looked < EVERY_SECONDS:
            return
        with self._lock:
            if time.monotonic() - self._looked >= EVERY_SECONDS:
                self.look()

    def look(self) -> None:
        """Read the changes since the last look; never raises."""
        try:
            # The shelf first: what it knows was in the records before.
            known = self._shelf.known_changes()
            latest = self._latest()
            # Records restored from an older copy give the same ids to other changes: then the shelf proves nothing.
            self._is_shelf_ahead = known is not None and known[1] > latest
            seen = self._seen
            if seen is None or seen > latest:
                self.generation += 1
                self._changed.clear()
                seen = latest if known is None else min(known[0], latest)
            for identifier, issuer, serial_hex in self._changes_after(seen):
                self._changed[issuer, serial_hex] = seen = identifier
            self._seen = seen
            if self._is_blind:
                logger.warning("The changes of status can be read again")
            self._is_blind = False
        except Exception:
            # Whatever broke, shelf or records: certificates must go on being answered for.  One trace is kept, not one
            # for every look.
            if not self._is_blind:
                logger.exception("The changes of status could not be read; answers on the shelf go on")
            self._is_blind = True
            renew_connection()
        self._looked = time.monotonic()
