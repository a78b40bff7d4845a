"""Opens a PDF from outside with pyHanko's reader, bounded; whatever that reader stumbles over is one refusal."""

import io
import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from hpki.certs.printing import printable
from hpki.errors import MalformedInput

MOST_OCTETS: Final = 512 << 20
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


@dataclass(frozen=True)
class OpenPdf:
    """A document whose structure could be read.  `size` is in octets."""

    stream: BinaryIO = field(repr=False)
    reader: PdfFileReader = field(repr=False)
    size: int
    # Of the last revision, by object number: whether it is a signature field that hides nothing; asked by each signature.
    signature_fields: dict[int, bool] = field(default_factory=dict, repr=False)

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
        reader = PdfFileReader(stream)
        if reader.encrypted:
            raise MalformedInput("PDF", "it is encrypted; decrypt it first")
        return OpenPdf(stream, reader, size)
