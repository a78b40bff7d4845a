"""A PDF as a paper: pages and nothing that runs, fetches, hides files or is locked.

Every object of the file is looked at, also those inside compressed object streams, whether the document refers to it
or not, and each page once more as it is drawn.  What cannot be looked at for a code is refused too (`image_unseen`).  The file itself is kept as given; a browser
that shows it is told to run nothing (views.documents).
"""

import io
import re
import struct
import time
import zlib
from collections.abc import Iterator

import pypdf
from PIL import Image
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

from hpki_server.enrollment.documents.sheets import PAGES_MOST as PAGES_DRAWN
from hpki_server.enrollment.documents.sheets import SheetsBusy, SheetUnreadable, sheet_png
from hpki_server.enrollment.refusals import PaperRefused
from hpki_server.enrollment.scanned_codes import codes_on, holds_individual_number

PAGES_MOST = 20
OBJECTS_MOST = 5_000
IMAGES_MOST = 20
# Structure is small; only images are large, and those are decoded only to look for a code.  All object and
# cross-reference streams of a file together: a reader needs up to five seconds for a million octets of it.
STRUCTURE_OCTETS_MOST = 600_000
# A sheet of A4 at 300 dots per inch has nine million.
IMAGE_PIXELS_MOST = 24_000_000
# Six pages of A4 as they are drawn have ten million; a page may be a long one.
SHEET_PIXELS_MOST = 80_000_000
# A sheet takes half a second; whoever sends it waits, and a file made to be slow keeps nobody else waiting for long.
SECONDS_A_SHEET = 10
# All sheets of a file together.
SECONDS_A_FILE = 20
# Pages, forms and fonts unpacked, each and together: where an image within the text (ISO 32000-1: 8.9.7) is looked for.
TEXT_OCTETS_MOST = 16_000_000
# ISO 32000-1: 12.6.4 actions that do more than turn pages, 7.11 embedded files, 12.7.8 XFA, 13 multimedia, 7.6 encryption.
REFUSED = frozenset(
    {
        "/AA",
        "/EmbeddedFile",
        "/EmbeddedFiles",
        "/Encrypt",
        "/GoToE",
        "/GoToR",
        "/ImportData",
        "/JS",
        "/JavaScript",
        "/Launch",
        "/Movie",
        "/Rendition",
        "/RichMedia",
        "/Sound",
        "/SubmitForm",
        "/XFA",
    }
)
_NAME = re.compile(rb"/[^\x00\t\n\x0c\r ()<>\[\]{}/%]+")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_STRUCTURE = re.compile(rb"/(?:ObjStm|XRef)(?![A-Za-z])")
_STREAM = re.compile(rb"stream\r?\n")
_INLINE_IMAGE = re.compile(rb"(?:^|[\x00\s\])>}])BI[\x00\s]*/[A-Za-z].{1,1000}?[\x00\s]ID[\x00\s]", re.DOTALL)
# A dictionary before its stream is short.
_DICTIONARY_OCTETS_MOST = 2048
# What a reader of hostile input may stumble over, besides its own errors.
STUMBLES = (
    PyPdfError,
    DependencyError,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    AssertionError,
    # What pypdf raises for filters that it does not know.
    NotImplementedError,
    RecursionError,
    OverflowError,
    MemoryError,
    struct.error,
)


def check_pdf(content: bytes) -> None:
    """Raises `PaperRefused`: `pdf_refused`, `individual_number`, `image_unseen`, `busy`."""
    pages = _check_inside(content)
    ends = time.monotonic() + SECONDS_A_FILE
    for first in range(1, pages + 1, PAGES_DRAWN):
        _check_drawn(content, first, seconds=min(SECONDS_A_SHEET, ends - time.monotonic()))


def _check_drawn(content: bytes, first: int, *, seconds: float) -> None:
    """Some pages as an officer sees them: a scanner's strips, each a picture of its own, make one square together."""
    try:
        with Image.open(
            io.BytesIO(sheet_png(content, first=first, seconds=seconds)), formats=("PNG",)
        ) as drawn:
            if drawn.width * drawn.height > SHEET_PIXELS_MOST:
                raise PaperRefused("image_unseen")
            codes = codes_on(drawn)
    except (SheetUnreadable, Image.DecompressionBombError) as unseen:
        raise PaperRefused("image_unseen") from unseen
    except SheetsBusy as busy:
        raise PaperRefused("busy") from busy
    if any(holds_individual_number(code) for code in codes):
        raise PaperRefused("individual_number")


def _check_inside(content: bytes) -> int:
    """What the file is made of; how many pages it has."""
    if b"%%EOF" not in content[-2048:] or REFUSED & names_in(content) or not _structure_fits(content):
        raise PaperRefused("pdf_refused")
    bounds = pypdf.Configuration(
        zlib_maximum_output_length=STRUCTURE_OCTETS_MOST,
        lzw_maximum_output_length=STRUCTURE_OCTETS_MOST,
        page_tree_maximum_entries=OBJECTS_MOST,
        # It would start another program.
        jbig2dec_binary=None,
    )
    try:
        with pypdf.apply_configuration(bounds):
            reader = pypdf.PdfReader(io.BytesIO(content), strict=True)
            objects = list(_objects(reader))
            is_paper = _is_paper(reader, objects, content)
            pages = len(reader.pages)
    except STUMBLES as broken:
        raise PaperRefused("pdf_refused") from broken
    if not is_paper:
        raise PaperRefused("pdf_refused")
    if any(holds_individual_number(code) for image in _images(objects) for code in codes_on(image)):
        raise PaperRefused("individual_number")
    if _draws_within_text(objects):
        raise PaperRefused("image_unseen")
    return pages


def _structure_fits(content: bytes) -> bool:
    """Is all that describes the file small when it is unpacked?  Measured before anything is parsed."""
    if any(b"#" in name and _unescaped(name) in {b"/ObjStm", b"/XRef"} for name in _NAME.findall(content)):
        return False
    left = STRUCTURE_OCTETS_MOST
    for found in _STRUCTURE.finditer(content):
        begins = _STREAM.search(content, found.end(), found.end() + _DICTIONARY_OCTETS_MOST)
        if begins is None:
            return False
        try:
            left -= len(zlib.decompressobj().decompress(content[begins.end() :], left + 1))
        except zlib.error:
            # Not compressed as every scanner does it.
            return False
        if left < 0:
            return False
    return True


def _unescaped(name: bytes) -> bytes:
    return _ESCAPED.sub(lambda code: bytes.fromhex(code[1].decode()), name)


def names_in(content: bytes) -> set[str]:
    """All PDF names in some octets, with their escapes undone: `/J#53` is `/JS`."""
    return {_unescaped(found).decode("latin-1") for found in set(_NAME.findall(content))}


def _objects(reader: pypdf.PdfReader) -> Iterator[object]:
    """Everything that the cross-reference tables name, and the trailer."""
    numbers = [(number, generation) for generation, row in reader.xref.items() for number in row]
    numbers += [(number, 0) for number in reader.xref_objStm]
    if len(numbers) > OBJECTS_MOST:
        raise PaperRefused("pdf_refused")
    yield reader.trailer
    for number, generation in numbers:
        if number:
            yield reader.get_object(IndirectObject(number, generation, reader))


def _is_paper(reader: pypdf.PdfReader, objects: list[object], content: bytes) -> bool:
    packed = [thing for thing in objects if _is_packed(thing)]
    # A packed stream that no table names would be read by a forgiving viewer and by nobody here.
    if len(re.findall(rb"/ObjStm(?![A-Za-z])", content)) > len(packed):
        return False
    if any(REFUSED & names_in(thing.get_data()) for thing in packed if isinstance(thing, StreamObject)):
        return False
    if any(name in REFUSED for thing in objects for name in _names(thing)):
        return False
    return not reader.is_encrypted and 1 <= len(reader.pages) <= PAGES_MOST


def _is_packed(thing: object) -> bool:
    return isinstance(thing, StreamObject) and thing.get("/Type") == "/ObjStm"


def _names(thing: object) -> Iterator[str]:
    """Keys and names of one object, however deep; references are not followed, for each object comes by itself."""
    waiting = [thing]
    while waiting:
        here = waiting.pop()
        if isinstance(here, DictionaryObject):
            yield from (str(key) for key in here)
            waiting.extend(dict.values(here))
        elif isinstance(here, ArrayObject):
            waiting.extend(list.__iter__(here))
        elif isinstance(here, NameObject):
            yield str(here)


def _images(objects: list[object]) -> Iterator[Image.Image]:
    """All pictures of the file.  Raises `PaperRefused`: `image_unseen` for one that we cannot look at."""
    pictures = [thing for thing in objects if isinstance(thing, StreamObject) and _is_picture(thing)]
    for picture in pictures[:IMAGES_MOST]:
        yield _decoded(picture)
    if len(pictures) > IMAGES_MOST:
        raise PaperRefused("image_unseen")


def _is_picture(stream: StreamObject) -> bool:
    return stream.get("/Subtype") == "/Image"


def _decoded(picture: StreamObject) -> Image.Image:
    try:
        # As text first: the file may say anything here.
        if int(str(picture["/Width"])) * int(str(picture["/Height"])) > IMAGE_PIXELS_MOST:
            raise PaperRefused("image_unseen")
        with pypdf.apply_configuration(jbig2dec_binary=None):
            decoded = picture.decode_as_image()
    except STUMBLES as broken:
        raise PaperRefused("image_unseen") from broken
    if not isinstance(decoded, Image.Image) or decoded.width * decoded.height > IMAGE_PIXELS_MOST:
        raise PaperRefused("image_unseen")
    return decoded


def _draws_within_text(objects: list[object]) -> bool:
    """Is there an image within the text of a page or form, or a text that cannot be read to tell?"""
    left = TEXT_OCTETS_MOST
    bounds = pypdf.Configuration(
        zlib_maximum_output_length=TEXT_OCTETS_MOST,
        lzw_maximum_output_length=TEXT_OCTETS_MOST,
        run_length_maximum_output_length=TEXT_OCTETS_MOST,
        jbig2dec_binary=None,
    )
    for thing in objects:
        if not isinstance(thing, StreamObject) or _is_picture(thing) or _is_packed(thing):
            continue
        try:
            with pypdf.apply_configuration(bounds):
                text = thing.get_data()
        except STUMBLES:
            return True
        left -= len(text)
        if left < 0 or _INLINE_IMAGE.search(text):
            return True
    return False
