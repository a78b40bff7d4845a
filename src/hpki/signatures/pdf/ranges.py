"""The octets that a PDF signature is over: everything but the room of the signature itself (ISO 32000-1 12.8.1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from hpki.signatures.content import CHUNK, HashedContent

_HEX: Final = frozenset(b"0123456789abcdefABCDEF")


class Seekable(Protocol):
    """A file that is read from wherever it is asked."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to an octet."""
        ...

    def read(self, size: int = -1, /) -> bytes:
        """At most so many octets."""
        ...


@dataclass
class RangeContent(HashedContent):
    """Parts of a file as one content: (start, length) each, read chunk by chunk."""

    stream: Seekable = field(repr=False)
    parts: Sequence[tuple[int, int]]
    _digests: dict[str, bytes] = field(default_factory=dict, repr=False)

    def chunks(self) -> Iterator[bytes]:
        """The octets, in order."""
        for start, length in self.parts:
            self.stream.seek(start)
            left = length
            while left and (chunk := self.stream.read(min(left, CHUNK))):
                left -= len(chunk)
                yield chunk


@dataclass(frozen=True)
class ByteRange:
    """Two parts of a file and the gap between them.  `end` is behind the last covered octet."""

    first: int
    gap_end: int
    last: int

    @property
    def end(self) -> int:
        return self.gap_end + self.last

    @property
    def parts(self) -> tuple[tuple[int, int], tuple[int, int]]:
        return (0, self.first), (self.gap_end, self.last)


def byte_range_of(numbers: Sequence[object], size: int) -> ByteRange | str:
    """The range, or why these numbers are none that covers a document from its first octet but for one gap."""
    if len(numbers) != 4 or not all(isinstance(each, int) for each in numbers):
        return "it is not four numbers"
    start, first, gap_end, last = (int(str(each)) for each in numbers)
    if start != 0:
        return "it does not begin with the first octet"
    if first <= 0 or last <= 0 or gap_end <= first:
        return "its parts are empty or overlap"
    if gap_end + last > size:
        return "it reaches beyond the end of the file"
    return ByteRange(first, gap_end, last)


def contents_in(gap: bytes) -> bytes | str:
    """The octets that stand in the gap, or why it holds something else than one hexadecimal string."""
    if len(gap) < 4 or gap[:1] != b"<" or gap[-1:] != b">":
        return "the gap is not exactly the signature's Contents"
    inside = gap[1:-1]
    if len(inside) % 2 or not _HEX.issuperset(inside):
        return "the gap is not exactly the signature's Contents"
    return bytes.fromhex(inside.decode("ascii"))
