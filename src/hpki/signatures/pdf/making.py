"""Signs a PDF: PAdES-B, or PAdES-T with the time-stamp inside (EN 319 142-1 6.3), by one incremental update."""

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string

from hpki.errors import MalformedInput, NotExtended
from hpki.signatures.claims import Claims, SigningUnit
from hpki.signatures.cms.extending import Extension, extend
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.facts import Level
from hpki.signatures.pdf.appearance import Appearance
from hpki.signatures.pdf.fields import spelled
from hpki.signatures.pdf.opening import OpenPdf, bounded, entry_of, open_pdf
from hpki.signatures.pdf.ranges import RangeContent
from hpki.signatures.pdf.reader import PADES_FILTER, TIME_STAMP_FILTER
from hpki.signatures.pdf.writing import Update, copied
from hpki.signatures.time_stamping import TimeStamper

_NUMBER: Final = 10
_ROOM_FOR_TOKEN: Final = 12_288
_ROOM_BESIDE_CERTIFICATES: Final = 3_072
# Printed, and locked: a widget that shows, or hides, the signature (ISO 32000-1 12.5.3).
_FLAGS: Final = 132


@dataclass(frozen=True)
class PdfWishes:
    """What stands in the PDF beside the signature.

    name, reason, place: as people read them in a viewer.  field: of the form; "" takes the next free name.
    appearance: what is shown on a page; None shows nothing.
    """

    name: str = ""
    reason: str = ""
    place: str = ""
    field: str = ""
    appearance: Appearance | None = None


PLAIN: Final = PdfWishes()


def sign_pdf(
    source: BinaryIO | bytes,
    unit: SigningUnit,
    claims: Claims,
    *,
    wishes: PdfWishes = PLAIN,
    stamper: TimeStamper | None = None,
    target: BinaryIO | None = None,
) -> bytes:
    """The PDF with one signature more; every octet that was there stays.

    source: the octets or a seekable file; target: where the result goes (`source` itself: it grows), else it is returned.  With a stamper the
    signature is at level T at once.
    Raises MalformedInput for a PDF that cannot be read or is encrypted; what key and stamper raise passes through.
    """
    pdf = open_pdf(source)
    room = _ROOM_BESIDE_CERTIFICATES + len(unit.certificate.der) + sum(len(each.der) for each in unit.chain)
    room += _ROOM_FOR_TOKEN if stamper is not None else 0
    # EN 319 142-1 5.3: the time stands in the dictionary, not among the signed attributes.
    inside = replace(claims, signed_at=None)

    def made(content: RangeContent) -> bytes:
        message = sign_cms(content, unit, inside)
        if stamper is None:
            return message
        return extend(message, Level.T, Extension(stamper, detached=content))

    beside = _entries(claims.signed_at, wishes)
    return _appended(pdf, _Slot(PADES_FILTER, b"/Sig", beside, room, wishes), made, target)


def stamp_pdf(
    source: BinaryIO | bytes,
    stamper: TimeStamper,
    *,
    kind_name: str = "sha256",
    target: BinaryIO | None = None,
) -> bytes:
    """The PDF with a document time-stamp over all of it (EN 319 142-1 5.4.3)."""
    return append_stamp(open_pdf(source), stamper, kind_name=kind_name, target=target)


def append_stamp(
    pdf: OpenPdf,
    stamper: TimeStamper,
    *,
    kind_name: str = "sha256",
    target: BinaryIO | None = None,
    update: Update | None = None,
) -> bytes:
    """The same for a document that is open, together with an update that waits to be written."""
    from hpki.signatures.algorithms import HASHES

    kind = HASHES[kind_name]

    def made(content: RangeContent) -> bytes:
        return stamper.stamp(kind, content.digest(kind.name))

    slot = _Slot(TIME_STAMP_FILTER, b"/DocTimeStamp", b"", _ROOM_FOR_TOKEN, PLAIN)
    return _appended(pdf, slot, made, target, update)


@dataclass(frozen=True)
class _Slot:
    """What is written before the signature is known."""

    sub_filter: str
    type: bytes
    entries: bytes
    room: int
    wishes: PdfWishes


def _appended(
    pdf: OpenPdf,
    slot: _Slot,
    made: Callable[[RangeContent], bytes],
    target: BinaryIO | None,
    update: Update | None = None,
) -> bytes:
    update = update or Update(pdf)
    number = update.number()
    before, after = _dictionary(slot)
    hollow = b"<" + b"0" * (2 * slot.room) + b">"
    update.add_text(number, before + hollow + after)
    _add_field(update, number, slot)
    written = update.written()
    tail = bytearray(written.octets)
    body = written.bodies[number] - pdf.size
    gap = body + len(before)
    first, gap_end = pdf.size + gap, pdf.size + gap + len(hollow)
    last = pdf.size + len(tail) - gap_end
    numbers = b"[0 %d %d %d]" % (first, gap_end, last)
    at = body + before.index(b"[0")
    tail[at : at + _BYTE_RANGE] = numbers.ljust(_BYTE_RANGE)
    out = target if target is not None else io.BytesIO()
    start = 0 if out is pdf.stream else out.tell()
    if out is pdf.stream:
        out.seek(pdf.size)
    else:
        copied(pdf.stream, out, pdf.size)
    out.write(tail)
    signature = made(RangeContent(_Joined(pdf.stream, pdf.size, bytes(tail)), ((0, first), (gap_end, last))))
    if len(signature) > slot.room:
        raise NotExtended(f"the signature has {len(signature)} octets, {slot.room} were reserved")
    out.seek(start + first + 1)
    out.write(signature.hex().encode("ascii"))
    out.seek(0, io.SEEK_END)
    return out.getvalue() if isinstance(out, io.BytesIO) and target is None else b""


_BYTE_RANGE: Final = len(b"[0  ]") + 3 * _NUMBER


class _Joined:
    """A file and what is appended to it, read as one."""

    def __init__(self, stream: BinaryIO, size: int, tail: bytes) -> None:
        self._stream, self._size, self._tail, self._at = stream, size, tail, 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset if whence == io.SEEK_SET else self._size + len(self._tail) + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        if self._at >= self._size:
            found = self._tail[self._at - self._size :][: size if size >= 0 else None]
        else:
            self._stream.seek(self._at)
            found = self._stream.read(
                min(size, self._size - self._at) if size >= 0 else self._size - self._at
            )
        self._at += len(found)
        return found


def _dictionary(slot: _Slot) -> tuple[bytes, bytes]:
    """The signature dictionary up to its Contents, and what follows them."""
    before = b"<< /Type %s /Filter /Adobe.PPKLite /SubFilter /%s /ByteRange %s /Contents " % (
        slot.type,
        slot.sub_filter.encode(),
        b"[0".ljust(_BYTE_RANGE - 1) + b"]",
    )
    return before, slot.entries + b" >>"


def _entries(signed_at: dt.datetime | None, wishes: PdfWishes) -> bytes:
    found = generic.DictionaryObject()
    if signed_at is not None:
        found[pdf_name("/M")] = generic.TextStringObject(
            signed_at.astimezone(dt.UTC).strftime("D:%Y%m%d%H%M%SZ")
        )
    for key, text in (("/Name", wishes.name), ("/Reason", wishes.reason), ("/Location", wishes.place)):
        if text:
            found[pdf_name(key)] = pdf_string(text)
    out = io.BytesIO()
    found.write_to_stream(out, None)
    return b" " + out.getvalue().strip().removeprefix(b"<<").removesuffix(b">>")


def _add_field(update: Update, signature: int, slot: _Slot) -> None:
    """A field of the form whose widget stands on a page, with the signature as its value."""
    with bounded("PDF form"):
        form, fields = _form(update)
        page = _page(update.pdf, slot.wishes.appearance)
        names = {
            str(entry_of(each.get_object(), "/T", ""))
            for each in fields
            if isinstance(each, generic.IndirectObject)
        }
        rectangle = slot.wishes.appearance.rectangle if slot.wishes.appearance else (0, 0, 0, 0)
        widget = generic.DictionaryObject(
            {
                pdf_name("/FT"): pdf_name("/Sig"),
                pdf_name("/Type"): pdf_name("/Annot"),
                pdf_name("/Subtype"): pdf_name("/Widget"),
                pdf_name("/T"): pdf_string(_free_name(slot, names)),
                pdf_name("/V"): update.pointer(signature),
                pdf_name("/F"): generic.NumberObject(_FLAGS),
                pdf_name("/Rect"): generic.ArrayObject([generic.FloatObject(each) for each in rectangle]),
                pdf_name("/P"): generic.IndirectObject(page.idnum, page.generation, update.pdf.reader),
            }
        )
        if slot.wishes.appearance is not None:
            normal = slot.wishes.appearance.added_to(update)
            widget[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): normal})
        added = update.add(widget)
        fields.append(added)
        form[pdf_name("/SigFlags")] = generic.NumberObject(3)
        _annotate(update, page, added)


def _form(update: Update) -> tuple[generic.DictionaryObject, generic.ArrayObject]:
    """The form and its list of fields, both ready to be changed."""
    root = update.root()
    raw = root.raw_get("/AcroForm") if "/AcroForm" in root else None
    if raw is None:
        form = generic.DictionaryObject()
        root[pdf_name("/AcroForm")] = form
    elif isinstance(raw, generic.IndirectObject):
        form = update.dictionary(raw.reference)
    else:
        form = generic.DictionaryObject(raw)
        root[pdf_name("/AcroForm")] = form
    listed = form.raw_get("/Fields") if "/Fields" in form else None
    if isinstance(listed, generic.IndirectObject):
        return form, update.array(listed.reference)
    fields = generic.ArrayObject(spelled(listed))
    form[pdf_name("/Fields")] = fields
    return form, fields


def _page(pdf: OpenPdf, appearance: Appearance | None) -> generic.Reference:
    """The page that shows the signature: the first, unless the appearance names another."""
    wanted = appearance.page if appearance is not None else 0
    pages = pdf.root()["/Pages"]
    return _nth_page(pages, pdf.root().raw_get("/Pages"), wanted, depth=0)[0]


def _nth_page(
    entry: generic.DictionaryObject, pointer: generic.IndirectObject, wanted: int, *, depth: int
) -> tuple[generic.Reference, int]:
    if depth > 32:
        raise MalformedInput("PDF pages", "nested too deep")
    if "/Kids" not in entry:
        return pointer.reference, wanted
    for kid in spelled(entry["/Kids"]):
        if not isinstance(kid, generic.IndirectObject):
            raise MalformedInput("PDF pages", "a page is no object of its own")
        child = kid.get_object()
        count = int(entry_of(child, "/Count", 1)) if "/Kids" in child else 1
        if wanted < count:
            return _nth_page(child, kid, wanted, depth=depth + 1)
        wanted -= count
    raise MalformedInput("PDF pages", "there is no such page")


def _annotate(update: Update, page: generic.Reference, widget: generic.IndirectObject) -> None:
    found = update.pdf.reader.get_object(page)
    listed = found.raw_get("/Annots") if "/Annots" in found else None
    if isinstance(listed, generic.IndirectObject):
        update.array(listed.reference).append(widget)
        return
    changed = update.dictionary(page)
    changed[pdf_name("/Annots")] = generic.ArrayObject([*spelled(listed), widget])


def _free_name(slot: _Slot, taken: set[str]) -> str:
    if slot.wishes.field:
        if slot.wishes.field in taken:
            raise MalformedInput("PDF form", f"there is a field {slot.wishes.field} already")
        return slot.wishes.field
    stem = "Timestamp" if slot.sub_filter == TIME_STAMP_FILTER else "Signature"
    return next(name for number in range(1, len(taken) + 2) if (name := f"{stem}{number}") not in taken)
