"""BER made DER in its lengths: what foreign software writes with indefinite lengths and strings in pieces.

Only what stands *around* values changes: indefinite and long-winded lengths, and strings in pieces (X.690 8.1.3, 8.7.3).
Nothing is sorted and no value is touched, so certificates and signed attributes inside keep the octets they were signed
with.  Work and depth are bounded; nothing recurses.
"""

from dataclasses import dataclass, field
from typing import Final

from hpki.certs import der
from hpki.errors import MalformedInput

MOST_DEPTH: Final = 64
MOST_ELEMENTS: Final = 200_000
MOST_OCTETS: Final = 64 * 1024 * 1024
_CONSTRUCTED: Final = 0x20
_HIGH_TAG: Final = 0x1F
_INDEFINITE: Final = 0x80
_MOST_LENGTH_OCTETS: Final = 8
# Universal types whose pieces are joined: BIT STRING (3) is left alone, its pieces have counts of unused bits.
_OCTET_STRING_IN_PIECES: Final = der.OCTET_STRING | _CONSTRUCTED
_WHAT: Final = "BER"


@dataclass
class _Open:
    """A constructed element whose end is not reached; `end` is None while its length is indefinite."""

    tag: int
    end: int | None
    parts: list[bytes] = field(default_factory=list)

    def closed(self) -> bytes:
        """The element in DER."""
        if self.tag == _OCTET_STRING_IN_PIECES:
            return der.tlv(der.OCTET_STRING, b"".join(_content(part) for part in self.parts))
        return der.tlv(self.tag, b"".join(self.parts))


def normalised(octets: bytes) -> tuple[bytes, int]:
    """The first element with definite, shortest lengths, and how many octets it took.

    Raises MalformedInput when it is not BER, or deeper, larger or in more pieces than is read.
    """
    if len(octets) > MOST_OCTETS:
        raise MalformedInput(_WHAT, f"more than {MOST_OCTETS} octets are not made DER")
    stack: list[_Open] = []
    at = 0
    for _ in range(MOST_ELEMENTS):
        if _ends_here(stack, octets, at):
            at += 2 if stack[-1].end is None else 0
            done = stack.pop().closed()
        else:
            tag, length, start = _heading(octets, at, stack)
            if tag & _CONSTRUCTED:
                if len(stack) >= MOST_DEPTH:
                    raise MalformedInput(_WHAT, f"more than {MOST_DEPTH} elements deep")
                stack.append(_Open(tag, None if length is None else start + length))
                at = start
                continue
            if length is None:
                raise MalformedInput(_WHAT, f"a simple value at {at} has no length")
            done = der.tlv(tag, octets[start : start + length])
            at = start + length
        if not stack:
            return done, at
        stack[-1].parts.append(done)
    raise MalformedInput(_WHAT, f"more than {MOST_ELEMENTS} elements")


def _ends_here(stack: list[_Open], octets: bytes, at: int) -> bool:
    if not stack:
        return False
    end = stack[-1].end
    return octets[at : at + 2] == b"\x00\x00" if end is None else at == end


def _heading(octets: bytes, at: int, stack: list[_Open]) -> tuple[int, int | None, int]:
    """Tag, length (None: indefinite) and where the content starts; the content ends within what holds it."""
    limit = next((each.end for each in reversed(stack) if each.end is not None), len(octets))
    if limit - at < 2:
        raise MalformedInput(_WHAT, f"an element is cut off at {at}")
    tag, length, start = octets[at], octets[at + 1], at + 2
    if tag & _HIGH_TAG == _HIGH_TAG:
        raise MalformedInput(_WHAT, f"a tag of several octets at {at}")
    if length == _INDEFINITE:
        return tag, None, start
    if length > _INDEFINITE:
        count = length & 0x7F
        said = octets[start : start + count]
        if count > _MOST_LENGTH_OCTETS or len(said) != count:
            raise MalformedInput(_WHAT, f"the length at {at} cannot be read")
        length, start = int.from_bytes(said, "big"), start + count
    if length > limit - start:
        raise MalformedInput(_WHAT, f"the element at {at} is longer than what holds it")
    return tag, length, start


def _content(octet_string_der: bytes) -> bytes:
    """The content of a primitive OCTET STRING that was just written."""
    if octet_string_der[0] != der.OCTET_STRING:
        raise MalformedInput(_WHAT, "a string in pieces has a piece of another kind")
    head = len(octet_string_der) - _written_length(octet_string_der)
    return octet_string_der[head:]


def _written_length(element_der: bytes) -> int:
    first = element_der[1]
    if first < _INDEFINITE:
        return first
    return int.from_bytes(element_der[2 : 2 + (first & 0x7F)], "big")
