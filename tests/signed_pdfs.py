"""Small PDF documents to sign, and the same ones meddled with afterwards."""

import io
import re
from collections.abc import Callable
from typing import IO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter


def letter(pages: int = 1, *, with_streams: bool = True) -> bytes:
    """A letter of some pages; with cross-reference streams or with a table."""
    writer = PdfFileWriter(stream_xrefs=with_streams)
    for number in range(pages):
        text = b"BT /F1 12 Tf 100 700 Td (Letter, page %d) Tj ET" % (number + 1)
        content = writer.add_object(generic.StreamObject(stream_data=text))
        writer.insert_page(PageObject(contents=content, media_box=(0, 0, 595, 842)))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def meddled(signed: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """The document with something changed behind the signature, as any editor would save it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def other_text(writer: IncrementalPdfFileWriter) -> None:
    """The first page shows something else."""
    page = writer.root["/Pages"]["/Kids"][0]
    page[pdf_name("/Contents")] = writer.add_object(
        generic.StreamObject(stream_data=b"BT /F1 12 Tf 100 700 Td (Another letter) Tj ET")
    )
    writer.update_container(page)


def a_note(writer: IncrementalPdfFileWriter) -> None:
    """A note is put over the text."""
    page = writer.root["/Pages"]["/Kids"][0]
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (90, 690, 300, 720)]),
            pdf_name("/Contents"): generic.pdf_string("Something else"),
        }
    )
    notes = page.raw_get("/Annots") if "/Annots" in page else generic.ArrayObject()
    kept = [notes.raw_get(place) for place in range(len(notes))]
    page[pdf_name("/Annots")] = generic.ArrayObject([*kept, writer.add_object(note)])
    writer.update_container(page)


def a_page_more(writer: IncrementalPdfFileWriter) -> None:
    """A page is added in front."""
    content = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
    writer.insert_page(PageObject(contents=content, media_box=(0, 0, 595, 842)), after=-1)


def an_action(writer: IncrementalPdfFileWriter) -> None:
    """Something runs when the document is opened."""
    action = {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): generic.pdf_string("app.alert(1)")}
    writer.root[pdf_name("/OpenAction")] = generic.DictionaryObject(action)
    writer.update_root()


MEDDLING = {
    "another text": other_text,
    "a note over it": a_note,
    "a page more": a_page_more,
    "an action": an_action,
}


class _Spelled(generic.PdfObject):
    """Octets as they are, where this library's writer would spell an object its own way."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def write_to_stream(self, stream: IO[bytes], *_: object, **__: object) -> None:
        stream.write(self._octets)


def with_a_hole() -> bytes:
    """A letter prepared by an attacker: its page also points at an object that is not there yet."""
    plain = letter(with_streams=False)
    return meddled(plain, _point_ahead)


def _point_ahead(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    contents = generic.ArrayObject([page.raw_get("/Contents"), generic.IndirectObject(40, 0, writer)])
    page[pdf_name("/Contents")] = contents
    writer.update_container(page)


def with_a_disguised_hole(pointer: bytes) -> bytes:
    """The same with the pointer at object 40 spelled oddly, in the page's resources."""

    def point_ahead(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"][0]
        later = generic.DictionaryObject({pdf_name("/Later"): _Spelled(pointer)})
        resources = generic.DictionaryObject({pdf_name("/XObject"): later})
        page[pdf_name("/Resources")] = writer.add_object(resources)
        writer.update_container(page)

    return meddled(letter(with_streams=False), point_ahead)


def with_the_hole_filled(signed: bytes) -> bytes:
    """The document with its missing object 40 behind it: a picture, in a revision that writes nothing again."""
    hidden = b"\n40 0 obj\n<< /Length 5 >>\nstream\nBT ET\nendstream\nendobj\n"
    previous = signed.rpartition(b"startxref")[2].split()[0]
    size = max(int(re.findall(rb"/Size (\d+)", signed)[-1]), 41)
    tail = (
        b"xref\n40 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root 1 0 R /Prev %s >>\nstartxref\n%d\n%%%%EOF\n"
    )
    return signed + hidden + tail % (len(signed) + 1, size, previous, len(signed) + len(hidden))
