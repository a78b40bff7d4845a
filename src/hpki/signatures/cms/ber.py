"""BER made DER in its lengths: what foreign software writes with indefinite lengths and strings in pieces.

Only what stands *around* values changes: indefinite and long-winded lengths, and strings in pieces (X.690 8.1.3, 8.7.3).
Nothing is sorted and no value is touched, so certificates and signed attributes inside keep the octets they were signed
with.  Work and depth are bounded; nothing recurses.
"""

from collections.abc import Collection, Mapping
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


def without_attributes(message: bytes, gone: Mapping[int, Collection[int]]) -> bytes:
    """A ContentInfo with SignedData less some unsigned attributes, everything else encoded as it is.

    gone: the place of a signer → the places of its attributes.  Lengths around them are the shortest, indefinite ones stay.
    Raises MalformedInput.
    """
    info = _Span.at(message, 0)
    wrapped = info.parts()[-1]
    data = wrapped.parts()[0]
    signers = data.parts()[-1]
    written = [
        _signer_without(each, gone[number]) if number in gone else each.octets
        for number, each in enumerate(signers.parts())
    ]
    for holder in (signers, data, wrapped, info):
        kept = [] if holder is signers else [each.octets for each in holder.parts()[:-1]]
        written = [holder.with_content(b"".join((*kept, *written)))]
    return written[0]


def _signer_without(signer: "_Span", gone: Collection[int]) -> bytes:
    *before, unsigned = signer.parts()
    kept = [each.octets for place, each in enumerate(unsigned.parts()) if place not in gone]
    rest = unsigned.with_content(b"".join(kept)) if kept else b""
    return signer.with_content(b"".join((*(each.octets for each in before), rest)))


@dataclass(frozen=True)
class _Span:
    """An element where it stands."""

    source: bytes
    start: int
    content: int
    content_end: int
    end: int

    @classmethod
    def at(cls, source: bytes, start: int) -> "_Span":
        _, length, content = _heading(source, start, [])
        if length is not None:
            return cls(source, start, content, content + length, content + length)
        at = content
        for _ in range(MOST_ELEMENTS):
            if source[at : at + 2] == b"\x00\x00":
                return cls(source, start, content, at, at + 2)
            at = _end_of(source, at)
        raise MalformedInput(_WHAT, f"more than {MOST_ELEMENTS} elements")

    @property
    def octets(self) -> bytes:
        return self.source[self.start : self.end]

    def parts(self) -> list["_Span"]:
        found: list[_Span] = []
        at = self.content
        while at < self.content_end:
            if len(found) >= MOST_ELEMENTS:
                raise MalformedInput(_WHAT, f"more than {MOST_ELEMENTS} elements")
            found.append(_Span.at(self.source, at))
            at = found[-1].end
        if not found:
            raise MalformedInput(_WHAT, f"nothing is in the element at {self.start}")
        return found

    def with_content(self, content: bytes) -> bytes:
        tag = self.source[self.start]
        if self.source[self.start + 1] == _INDEFINITE:
            return bytes((tag, _INDEFINITE)) + content + b"\x00\x00"
        return der.tlv(tag, content)


def _end_of(source: bytes, at: int) -> int:
    """Where an element ends; those of indefinite length inside are gone through one by one."""
    open_ones = 0
    for _ in range(MOST_ELEMENTS):
        if open_ones and source[at : at + 2] == b"\x00\x00":
            at, open_ones = at + 2, open_ones - 1
        else:
            _, length, content = _heading(source, at, [])
            at, open_ones = (content, open_ones + 1) if length is None else (content + length, open_ones)
        if not open_ones:
            return at
    raise MalformedInput(_WHAT, f"more than {MOST_ELEMENTS} elements")
