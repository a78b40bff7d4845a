"""What was fetched, by address, for as long as it is in force."""

import datetime as dt
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

# A new list may appear long before the old one ends (every 24 hours against 96), so nothing is kept for longer.
LONGEST: Final = dt.timedelta(hours=1)


@dataclass(frozen=True)
class _Kept:
    octets: bytes
    until: dt.datetime


class Shelf:
    """A small store in memory, for many threads; the longest unused goes first when it is full."""

    def __init__(self, *, most_things: int = 256, most_octets: int = 256 * 1024 * 1024) -> None:
        """A shelf for so many things and octets."""
        self._most_things = most_things
        self._most_octets = most_octets
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._octets = 0
        self._lock = threading.Lock()

    def find(self, key: str, at: dt.datetime) -> bytes | None:
        """What is kept under a key and in force."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            if at > kept.until:
                self._drop(key)
                return None
            self._kept.move_to_end(key)
            return kept.octets

    def keep(self, key: str, octets: bytes, until: dt.datetime, at: dt.datetime) -> None:
        """Keep octets until a moment, at most `LONGEST`; what is there in force stays as it is."""
        until = min(until, at + LONGEST)
        with self._lock:
            kept = self._kept.get(key)
            if until <= at or len(octets) > self._most_octets or (kept and kept.octets == octets):
                return
            if kept is not None:
                self._drop(key)
            self._kept[key] = _Kept(octets, until)
            self._octets += len(octets)
            while len(self._kept) > self._most_things or self._octets > self._most_octets:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: str) -> None:
        self._octets -= len(self._kept.pop(key).octets)
