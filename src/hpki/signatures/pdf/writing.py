"""Appends to a PDF and never changes an octet of it: one incremental update (ISO 32000-1 7.5.6)."""

import io
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from hpki.errors import MalformedInput
from hpki.signatures.content import CHUNK
from hpki.signatures.pdf.opening import OpenPdf, bounded

_TRAILER_KEEPS: Final = ("/Root", "/Info")


@dataclass
class Update:
    """New and changed objects that are written behind a document.

    `texts` are objects already in PDF's spelling, by number; `objects` those that pyHanko spells.
    """

    pdf: OpenPdf
    objects: dict[int, tuple[int, generic.PdfObject]] = field(default_factory=dict)
    texts: dict[int, bytes] = field(default_factory=dict)
    _next: int = 0

    def __post_init__(self) -> None:
        with bounded("PDF trailer"):
            self._next = max(int(self.pdf.reader.trailer["/Size"]), 1)

    def number(self) -> int:
        """A number that no object has."""
        self._next += 1
        return self._next - 1

    def add(self, made: generic.PdfObject) -> generic.IndirectObject:
        """A new object."""
        number = self.number()
        self.objects[number] = (0, made)
        return self.pointer(number)

    def add_text(self, number: int, text: bytes) -> None:
        """A new object as it is to be spelled between `obj` and `endobj`."""
        self.texts[number] = text

    def pointer(self, number: int, generation: int = 0) -> generic.IndirectObject:
        """How others refer to an object."""
        return generic.IndirectObject(number, generation, self.pdf.reader)

    def change(self, reference: generic.Reference, made: generic.PdfObject) -> None:
        """An object that was there, anew."""
        self.objects[reference.idnum] = (reference.generation, made)

    def dictionary(self, reference: generic.Reference) -> generic.DictionaryObject:
        """A dictionary that was there, as a copy to change, which is written."""
        if reference.idnum not in self.objects:
            self.change(reference, generic.DictionaryObject(self.pdf.reader.get_object(reference)))
        made = self.objects[reference.idnum][1]
        if not isinstance(made, generic.DictionaryObject):
            raise MalformedInput("PDF", f"object {reference.idnum} is no dictionary")
        return made

    def array(self, reference: generic.Reference) -> generic.ArrayObject:
        """A list that was there, as a copy to change, which is written."""
        if reference.idnum not in self.objects:
            self.change(reference, generic.ArrayObject(self.pdf.reader.get_object(reference)))
        made = self.objects[reference.idnum][1]
        if not isinstance(made, generic.ArrayObject):
            raise MalformedInput("PDF", f"object {reference.idnum} is no list")
        return made

    def root(self) -> generic.DictionaryObject:
        """The catalog, to be changed."""
        return self.dictionary(self.pdf.reader.root_ref)

    def written(self) -> "Written":
        """The octets to append, and where each object of `texts` begins in the new file."""
        out = io.BytesIO()
        base = self.pdf.size
        if self.pdf.octets(base - 1, 1) not in {b"\n", b"\r"}:
            out.write(b"\n")
        places: dict[int, tuple[int, int]] = {}
        bodies: dict[int, int] = {}
        with bounded("PDF writing"):
            for number, (generation, made) in self.objects.items():
                places[number] = (base + out.tell(), generation)
                out.write(b"%d %d obj\n" % (number, generation))
                made.write_to_stream(out, None)
                out.write(b"\nendobj\n")
            for number, text in self.texts.items():
                places[number] = (base + out.tell(), 0)
                out.write(b"%d 0 obj\n" % number)
                bodies[number] = base + out.tell()
                out.write(text + b"\nendobj\n")
            self._end(out, base, places)
        return Written(out.getvalue(), bodies)

    def _end(self, out: io.BytesIO, base: int, places: dict[int, tuple[int, int]]) -> None:
        trailer = generic.DictionaryObject(
            {
                pdf_name("/Size"): generic.NumberObject(self._next),
                pdf_name("/Prev"): generic.NumberObject(self.pdf.reader.last_startxref),
            }
        )
        for key in _TRAILER_KEEPS:
            if key in self.pdf.reader.trailer:
                trailer[pdf_name(key)] = self.pdf.reader.trailer.raw_get(key)
        trailer[pdf_name("/ID")] = self._identifier()
        start = base + out.tell()
        if self.pdf.reader.has_xref_stream:
            self._xref_stream(out, start, places, trailer)
        else:
            out.write(b"xref\n" + _table(places) + b"trailer\n")
            trailer.write_to_stream(out, None)
        out.write(b"\nstartxref\n%d\n%%%%EOF\n" % start)

    def _identifier(self) -> generic.ArrayObject:
        trailer = self.pdf.reader.trailer
        found = trailer["/ID"] if "/ID" in trailer else []  # noqa: SIM401 - pyHanko's trailer has no get()
        first = (
            found[0]
            if isinstance(found, list) and found
            else generic.ByteStringObject(secrets.token_bytes(16))
        )
        return generic.ArrayObject([first, generic.ByteStringObject(secrets.token_bytes(16))])

    def _xref_stream(
        self,
        out: io.BytesIO,
        start: int,
        places: dict[int, tuple[int, int]],
        trailer: generic.DictionaryObject,
    ) -> None:
        """The same as a stream, where the document has one (ISO 32000-1 7.5.8)."""
        number = self._next
        places = {**places, number: (start, 0)}
        index, rows = [], []
        for first, several in _runs(places):
            index += [generic.NumberObject(first), generic.NumberObject(len(several))]
            rows += [b"\x01" + at.to_bytes(8) + generation.to_bytes(2) for at, generation in several]
        made = generic.StreamObject(trailer, stream_data=b"".join(rows))
        made[pdf_name("/Type")] = pdf_name("/XRef")
        made[pdf_name("/Size")] = generic.NumberObject(number + 1)
        made[pdf_name("/W")] = generic.ArrayObject([generic.NumberObject(width) for width in (1, 8, 2)])
        made[pdf_name("/Index")] = generic.ArrayObject(index)
        out.write(b"%d 0 obj\n" % number)
        made.write_to_stream(out, None)
        out.write(b"\nendobj")


@dataclass(frozen=True)
class Written:
    """What is appended; `bodies` says at which octet of the new file each spelled object begins."""

    octets: bytes = field(repr=False)
    bodies: Mapping[int, int]


def _runs(places: dict[int, tuple[int, int]]) -> list[tuple[int, list[tuple[int, int]]]]:
    """Numbers that follow each other, together."""
    runs: list[tuple[int, list[tuple[int, int]]]] = []
    for number in sorted(places):
        if runs and runs[-1][0] + len(runs[-1][1]) == number:
            runs[-1][1].append(places[number])
        else:
            runs.append((number, [places[number]]))
    return runs


def _table(places: dict[int, tuple[int, int]]) -> bytes:
    lines = []
    for first, several in _runs(places):
        lines.append(b"%d %d\n" % (first, len(several)))
        lines += [b"%010d %05d n \n" % (at, generation) for at, generation in several]
    return b"".join(lines)


def copied(source: BinaryIO, target: BinaryIO, size: int) -> None:
    """The document as it was, chunk by chunk."""
    source.seek(0)
    left = size
    while left and (chunk := source.read(min(left, CHUNK))):
        target.write(chunk)
        left -= len(chunk)
