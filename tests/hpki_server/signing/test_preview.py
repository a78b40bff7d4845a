"""What you see is what you sign: every document can be looked at, or is said not to be; hostile ones harm nobody."""

import ctypes
import io
import subprocess
import sys
import uuid
import zlib
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import FloatObject, NameObject, RectangleObject, StreamObject

from hpki.signatures.pdf.making import sign_pdf
from hpki.signatures.prescription import Content, prescription_document
from hpki_server.people.denial import Denied
from hpki_server.signing.preview import pdf, pdf_process
from hpki_server.signing.preview.looking import EMPTY, UNKNOWN, look_at
from hpki_server.signing.preview.pdf import LOCKED, NO_SUCH_PAGE, UNREADABLE, PdfView, Trait, picture_of_page
from hpki_server.signing.preview.text import TextView
from tests import signing_scene
from tests.signed_pdfs import an_action, letter, meddled
from tests.signing_scene import CLAIMS


def pdf_of(octets: bytes, *, first: int = 1) -> PdfView:
    found = look_at(octets, first=first)
    assert found.pdf is not None, found.why_not
    return found.pdf


def text_of(octets: bytes) -> TextView:
    found = look_at(octets)
    assert found.text is not None, found.why_not
    return found.text


def written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def sheet(wide: float = 595, high: float = 842) -> PdfWriter:
    writer = PdfWriter()
    writer.add_blank_page(width=wide, height=high)
    return writer


def test_the_pages_of_a_pdf_are_pictures_with_their_text() -> None:
    seen = pdf_of(letter(7), first=6)
    assert (seen.pages, seen.signatures) == (7, 0)
    assert [page.number for page in seen.shown] == [6, 7]
    assert seen.shown[1].text == "Letter, page 7"
    picture = Image.open(io.BytesIO(picture_of_page(letter(7), 7)))
    assert picture.size == pytest.approx((seen.shown[1].width, seen.shown[1].height), abs=2)
    assert picture.convert("L").getextrema() == (0, 255)


def test_what_a_pdf_has_besides_its_pages_is_said() -> None:
    writer = sheet()
    writer.add_attachment("other.txt", b"more")
    seen = pdf_of(meddled(written(writer), an_action))
    assert {Trait.SCRIPT, Trait.FILES} <= set(seen.traits)
    assert len(seen.warnings) == len(seen.traits)
    plain = pdf_of(written(sheet()))
    assert plain.traits == ()


def test_names_in_packed_objects_and_behind_escapes_are_found() -> None:
    hidden = zlib.compress(b"1 0 <</S/Java#53cript>>")
    tail = b"\n9 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%s\nendstream endobj\n"
    assert Trait.SCRIPT in pdf_of(written(sheet()) + tail % (len(hidden), hidden)).traits


def test_a_signature_that_is_there_already_is_counted() -> None:
    signed = sign_pdf(letter(), signing_scene.scene().unit(), CLAIMS)
    seen = pdf_of(signed)
    assert seen.signatures == 1
    assert Trait.FORM not in seen.traits


@pytest.mark.parametrize(("wide", "high"), [(14_400_000, 14_400_000), (10, 2_000_000), (0.01, 0.01)])
def test_a_monstrous_page_becomes_a_picture_of_fair_size(wide: float, high: float) -> None:
    writer = sheet()
    writer.pages[0][NameObject("/MediaBox")] = RectangleObject(
        (FloatObject(0), FloatObject(0), FloatObject(wide), FloatObject(high))
    )
    octets = written(writer)
    shown = pdf_of(octets).shown[0]
    assert shown.width * shown.height <= pdf_process.PIXELS_MOST * 1.01
    picture = Image.open(io.BytesIO(picture_of_page(octets, 1)))
    assert picture.width * picture.height <= pdf_process.PIXELS_MOST * 1.01


def test_of_a_book_only_the_asked_pages_are_read() -> None:
    writer = sheet()
    for _page in range(1500):
        writer.add_blank_page(width=595, height=842)
    octets = written(writer)
    assert (pdf_of(octets).pages, len(pdf_of(octets).shown)) == (1501, pdf.PAGES_AT_ONCE)
    assert look_at(octets, first=1502).why_not == NO_SUCH_PAGE


def test_a_page_that_unpacks_without_end_is_not_shown_and_harms_nobody() -> None:
    """Two gibibytes of blanks."""
    packer = zlib.compressobj(9)
    head = packer.compress(b" " * (1 << 22)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b" " * (1 << 22)) + packer.flush(zlib.Z_FULL_FLUSH)
    stream = StreamObject()
    stream._data = head + again * 512
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    writer = sheet()
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)
    octets = written(writer)
    assert len(octets) < 4_000_000
    with pytest.raises(Denied):
        picture_of_page(octets, 1)


ESCAPES = """
import sys; sys.path.insert(0, sys.argv[1])
import pdf_process, socket
pdf_process.confine() or sys.exit(9)
ways = [lambda: open('/etc/passwd'), lambda: open('/tmp/escape', 'w')]
if int(sys.argv[2]) >= 4: ways.append(lambda: socket.create_connection(('127.0.0.1', 9)))
for way in ways:
    try: way()
    except PermissionError: continue
    sys.exit(1)
"""


def version_of_landlock() -> int:
    """What this kernel says itself (landlock_create_ruleset asked for its version); -1 without; 4 knows of TCP."""
    version: int = ctypes.CDLL(None).syscall(444, None, 0, 1)
    return version


def test_whoever_takes_the_process_over_finds_no_file_and_nobody_to_call() -> None:
    """On a kernel without Landlock the process has to know that it is not confined."""
    folder, version = str(Path(pdf_process.__file__).parent), version_of_landlock()
    words = [sys.executable, "-I", "-c", ESCAPES, folder, str(version)]
    done = subprocess.run(words, capture_output=True, check=False)
    assert done.returncode == (0 if version > 0 else 9), done.stderr


def test_a_pdf_hidden_in_a_comment_of_xml_is_shown_as_what_is_signed() -> None:
    """The signature would be over the element alone."""
    both = (
        b"<?xml version='1.0'?><!--"
        + letter(with_streams=False).replace(b"--", b"  ")
        + b"--><order>100</order>"
    )
    found = look_at(both)
    assert found.pdf is None
    assert found.text is None or "order" in found.text.text


def test_a_pdf_behind_a_password_says_so() -> None:
    writer = sheet()
    writer.encrypt("secret", algorithm="AES-256")
    assert look_at(written(writer)).why_not == LOCKED


@pytest.mark.parametrize("octets", [b"%PDF-1.7\n%%EOF", b"%PDF-1.4\n" + b"A" * 5000])
def test_a_broken_pdf_says_so(octets: bytes) -> None:
    assert look_at(octets).why_not == UNREADABLE


def test_text_in_the_encodings_of_japan_is_read() -> None:
    for encoding in ("utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16"):
        assert text_of("診療情報提供書\r\n花子".encode(encoding)).text == "診療情報提供書\n花子"


def test_signs_that_hide_or_turn_others_are_written_out() -> None:
    assert text_of("金\u202e100\u200b円\u3000".encode()).text == "金⟨U+202E⟩100⟨U+200B⟩円\u3000"


def test_xml_is_text_broken_between_tags_and_never_parsed_for_showing() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "x">]><a>' + b"<c>&b;</c>" * 100 + b"</a>"
    seen = text_of(bomb)
    assert seen.is_xml
    assert "<c>&b;</c>\n<c>" in seen.text
    assert text_of(b'<?xml version="1.0" encoding="zip"?><a/>').encoding == "utf-8"


def test_an_electronic_prescription_is_unpacked() -> None:
    csv = "SJ1\n花子,アムロジピン\n"
    seen = text_of(prescription_document(Content(uuid.UUID(int=1), csv.encode())))
    assert seen.record == csv


def test_a_long_text_is_cut_and_says_so() -> None:
    assert text_of(b"a\n" * 50_000).is_cut
    assert look_at(b"a" * (5 << 20)).why_not == UNKNOWN


def test_what_cannot_be_shown_is_never_a_blank() -> None:
    assert look_at(b"").why_not == EMPTY
    assert look_at(b"PK\x03\x04\x00\x00").why_not == UNKNOWN
