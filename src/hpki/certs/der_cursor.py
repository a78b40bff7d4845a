"""Reading DER by hand where optional elements of any content stand, and where reading must cost little.

Tags of one octet, definite lengths in the fewest octets (X.690 10.1); nothing is copied before it is asked for.
"""

from hpki.errors import MalformedInput

_LONG_FORM = 0x80
_MOST_LENGTH_OCTETS = 4


class DerCursor:
    """A place in the content of one element; every step raises MalformedInput when the next element does not fit."""

    __slots__ = ("_at", "_data", "_end", "_what")

    def __init__(self, data: bytes, what: str, start: int = 0, end: int | None = None) -> None:
        self._data = data
        self._what = what
        self._at = start
        self._end = len(data) if end is None else end

    def more(self) -> bool:
        """Whether anything is left."""
        return self._at < self._end

    def left(self) -> int:
        """How many octets are left."""
        return self._end - self._at

    def finish(self) -> None:
        """Nothing may be left."""
        if self._at != self._end:
            raise MalformedInput(self._what, f"octets are left over at {self._at}")

    def enter(self, tag: int) -> "DerCursor":
        """The content of the next element, which has to have this tag."""
        start, end = self._step(tag)
        return DerCursor(self._data, self._what, start, end)

    def enter_whole(self, tag: int) -> tuple[bytes, "DerCursor"]:
        """The same, and the octets of the whole element."""
        begun = self._at
        start, end = self._step(tag)
        return self._data[begun:end], DerCursor(self._data, self._what, start, end)

    def element(self) -> bytes:
        """The octets of the whole next element, whatever its tag."""
        begun = self._at
        if begun >= self._end:
            raise MalformedInput(self._what, f"an element is missing at {begun}")
        self._step(self._data[begun])
        return self._data[begun : self._at]

    def octets(self, tag: int) -> bytes:
        """The content octets of the next element."""
        start, end = self._step(tag)
        return self._data[start:end]

    def optional(self, tag: int) -> "DerCursor | None":
        """The content of the next element if it has this tag."""
        return self.enter(tag) if self._is_next(tag) else None

    def optional_octets(self, tag: int) -> bytes | None:
        """The content octets of the next element if it has this tag."""
        return self.octets(tag) if self._is_next(tag) else None

    def skip_optional(self, tag: int) -> None:
        """Go over the next element if it has this tag."""
        if self._is_next(tag):
            self._step(tag)

    def skip_rest(self) -> None:
        """Go over everything that is left, whole elements only."""
        while self.more():
            self._step(self._data[self._at])

    def is_next(self, tag: int) -> bool:
        """Whether the next element has this tag."""
        return self._is_next(tag)

    def _is_next(self, tag: int) -> bool:
        return self._at < self._end and self._data[self._at] == tag

    def _step(self, tag: int) -> tuple[int, int]:
        """Where the content of the next element starts and ends; the place is after it then."""
        data, at, limit = self._data, self._at, self._end
        if limit - at < 2 or data[at] != tag:
            raise MalformedInput(self._what, f"no element 0x{tag:02X} at {at}")
        length, start = data[at + 1], at + 2
        if length >= _LONG_FORM:
            start, length = self._long_length(start, length & 0x7F)
        end = start + length
        if end > limit:
            raise MalformedInput(self._what, f"the element at {at} is longer than what holds it")
        self._at = end
        return start, end

    def _long_length(self, start: int, count: int) -> tuple[int, int]:
        octets = self._data[start : min(start + count, self._end)]
        length = int.from_bytes(octets, "big")
        if not 0 < count <= _MOST_LENGTH_OCTETS or len(octets) != count:
            raise MalformedInput(self._what, f"the length before {start} is not definite and whole")
        if length < _LONG_FORM or octets[0] == 0:
            raise MalformedInput(self._what, f"the length before {start} is not in the fewest octets")
        return start + count, length
