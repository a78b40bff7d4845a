"""Opens a PDF from outside with pyHanko's reader, bounded; whatever that reader stumbles over is one refusal."""

import errno
import hashlib
import io
import logging
import struct
import zlib
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, TypeVar

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget, StreamDecodeLimits
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

from hpki.certs.printing import printable
from hpki.errors import MalformedInput
from hpki.signatures.content import CHUNK

MOST_OCTETS: Final = 512 << 20
_MOST_KEPT: Final = 16 << 20
_MOST_PASSED: Final = 4
# What is judged is unpacked: cross-references, objects, validation data, pictures of fields; never the pages themselves.
_UNPACKED: Final = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=64 << 20),
    document_budget=DocumentDecodeBudget(base_allowance=64 << 20, max_ratio=8),
)
# Objects that are looked at when revisions are compared, all signatures together; some ten seconds.
_MOST_COMPARED: Final = 1_000_000
_Key = TypeVar("_Key", bound=Hashable)
# pyHanko tells of oddities in a log; here they are findings or refusals.
logging.getLogger("pyhanko").setLevel(logging.ERROR)

# What a reader written for good documents raises over bad ones (of 134 foreign PDFs it met five of these).
_STUMBLES: Final = (
    PdfError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
    ArithmeticError,
    # What pyHanko raises for filters and encryptions that it does not know.
    NotImplementedError,
    struct.error,
    zlib.error,
)


@contextmanager
def bounded(what: str) -> Iterator[None]:
    """Turns whatever the PDF reader stumbles over into MalformedInput."""
    try:
        yield
    except MalformedInput:
        raise
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        # It went to before the first octet; in a document that is held in memory that is a ValueError.
        raise MalformedInput(what, "it points before its beginning") from error
    except _STUMBLES as error:
        raise MalformedInput(what, printable(f"{type(error).__name__}: {error}")[:200]) from error


def entry_of(holder: object, key: str, otherwise: object = None) -> Any:  # noqa: ANN401 - whatever a PDF holds there; callers look
    """What a dictionary's entry means, pointers followed; `otherwise` where there is none, or no dictionary.

    (pyHanko's own `get` gives the pointer.)
    """
    found = holder.get_object() if isinstance(holder, generic.IndirectObject) else holder
    if not isinstance(found, generic.DictionaryObject) or key not in found:
        return otherwise
    return found[key]


class Unheld(bytes):
    """What stands for the octets of a stream that is too large to be held: their hash, so that two alike are alike."""


class _Pieces(io.RawIOBase):
    """A large document for pyHanko, which would hold a stream of any length that it meets on its way."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        super().__init__()
        self._stream = stream
        # Cross-references are read as they are, before anything else.
        self.is_whole = True
        # What was passed over by place and length, with where it ended; the streams of a document lie side by side.
        self._passed: dict[tuple[int, int], tuple[Unheld, int]] = {}
        self._left = _MOST_PASSED * size

    def read(self, size: int = -1) -> bytes:
        """Octets; more than are kept are passed over, and `Unheld` stands for them.

        Raises MalformedInput when so many are that they must overlap.
        """
        if self.is_whole or size <= _MOST_KEPT:
            return self._stream.read(size)
        begin = self._stream.tell()
        if (begin, size) not in self._passed:
            self._passed[begin, size] = self._hashed(size), self._stream.tell()
        found, end = self._passed[begin, size]
        self._stream.seek(end)
        return found

    def _hashed(self, size: int) -> Unheld:
        seen = hashlib.sha256()
        while size and (chunk := self._stream.read(min(size, CHUNK))):
            seen.update(chunk)
            size -= len(chunk)
            self._left -= len(chunk)
            if self._left < 0:
                raise MalformedInput("PDF", "its streams overlap")
        # No number and no word of a PDF: nobody takes it for a content.
        return Unheld(b")" + seen.digest())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to an octet."""
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """At which octet."""
        return self._stream.tell()


def data_of(found: generic.StreamObject) -> bytes:
    """What a stream holds, unpacked.  Raises MalformedInput for one that is too large to be held."""
    if isinstance(found.encoded_data, Unheld):
        raise MalformedInput("PDF stream", f"over {_MOST_KEPT} octets")
    return bytes(found.data)


class _Budget:
    """How many octets of streams are kept after they were read, over all that keep some; the oldest go first."""

    def __init__(self) -> None:
        self._kept: deque[tuple[_Kept[Any], Any, int]] = deque()
        self._octets = 0

    def keep(self, where: "_Kept[Any]", key: object, octets: int) -> None:
        """Another one is kept somewhere."""
        self._kept.append((where, key, octets))
        self._octets += octets
        while self._octets > _MOST_KEPT:
            oldest, known, size = self._kept.popleft()
            self._octets -= size
            oldest.pop(known, None)


class _Kept(dict[_Key, generic.PdfObject]):
    """Objects that were read: all of them but for streams, of which a document may have hundreds of megabytes."""

    def __init__(self, budget: _Budget) -> None:
        super().__init__()
        self._budget = budget

    def __setitem__(self, key: _Key, made: generic.PdfObject) -> None:
        super().__setitem__(key, made)
        if isinstance(made, generic.StreamObject):
            self._budget.keep(self, key, len(made.encoded_data))


class _Reader(PdfFileReader):
    """pyHanko's reader, which itself keeps every object that it has read, and again for each revision."""

    def __init__(self, stream: BinaryIO | io.RawIOBase) -> None:
        super().__init__(stream, decode_limits=_UNPACKED)
        self._budget = _Budget()
        self.resolved_objects = _Kept(self._budget)

    def get_historical_resolver(self, revision: int) -> HistoricalResolver:
        """The document as it was in a revision."""
        found = super().get_historical_resolver(revision)
        if not isinstance(found.cache, _Kept):
            found.cache = _Kept(self._budget)
        return found


@dataclass
class Pointers:
    """What the comparisons of a document's revisions share: where objects are pointed at, and how much is left to compare.

    `first` and `second` are where an object number is pointed at first and the second time, as far as `end`.
    """

    end: int = 0
    first: dict[int, int] = field(default_factory=dict)
    second: dict[int, int] = field(default_factory=dict)
    left: int = _MOST_COMPARED

    def add(self, number: int, at: int) -> None:
        """It is pointed at there too; places come in their order."""
        if number not in self.first:
            self.first[number] = at
        else:
            self.second.setdefault(number, at)

    def forget(self) -> None:
        """All places, to look for them from the beginning."""
        self.end = 0
        self.first.clear()
        self.second.clear()

    def spend(self, steps: int) -> None:
        """So many objects are looked at.  Raises MalformedInput when that is too much for one document."""
        self.left -= steps
        if self.left < 0:
            raise MalformedInput("PDF revisions", "more of them than are compared")


@dataclass(frozen=True)
class OpenPdf:
    """A document whose structure could be read.  `size` is in octets."""

    stream: BinaryIO = field(repr=False)
    reader: PdfFileReader = field(repr=False)
    size: int
    # Of the last revision, by object number: whether it is a signature field that hides nothing; asked by each signature.
    signature_fields: dict[int, bool] = field(default_factory=dict, repr=False)
    pointers: Pointers = field(default_factory=Pointers, repr=False)

    def octets(self, start: int, length: int) -> bytes:
        """Some octets of the file."""
        self.stream.seek(start)
        return self.stream.read(length)

    def root(self) -> generic.DictionaryObject:
        """The catalog.  Raises MalformedInput."""
        with bounded("PDF catalog"):
            root = self.reader.root
            if not isinstance(root, generic.DictionaryObject):
                raise MalformedInput("PDF catalog", "is no dictionary")
            return root


def open_pdf(source: BinaryIO | bytes) -> OpenPdf:
    """A PDF document.

    source: the octets, or a seekable file.  Raises MalformedInput when it is none, is encrypted, or is too large.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    size = stream.seek(0, io.SEEK_END)
    if size > MOST_OCTETS:
        raise MalformedInput("PDF", f"over {MOST_OCTETS} octets")
    with bounded("PDF"):
        pieces = _Pieces(stream, size) if size > _MOST_KEPT else None
        reader = _Reader(pieces or stream)
        if pieces is not None:
            pieces.is_whole = False
        if reader.encrypted:
            raise MalformedInput(
                "PDF",
                "it is encrypted and is not judged; taking the encryption off would break its signatures",
            )
        return OpenPdf(stream, reader, size)
