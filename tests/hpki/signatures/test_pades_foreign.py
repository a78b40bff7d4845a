"""PDF as other programs write it and sign it: valid documents, which have to pass, and what is made to look like them."""

import io
import re
import struct
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from hpki.errors import MalformedInput
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.content import OctetContent
from hpki.signatures.formats import Format, format_of, read_signed_document
from hpki.signatures.judge import judge_document
from hpki.signatures.pdf.appearance import Appearance
from hpki.signatures.pdf.making import PdfWishes, sign_pdf
from hpki.signatures.pdf.reader import read_pdf_signatures
from tests import signing_scene
from tests.hpki.signatures.test_pades_shadows import FORGED, HONEST, LETTER, codes, judged, saved, stream
from tests.signed_pdfs import letter, meddled, other_text
from tests.signing_scene import CLAIMS, DAY, SIGNED_AT

SCENE = signing_scene.scene()


# --- cross-references ---------------------------------------------------------------------------------------------


def as_word_writes(plain: bytes, **elsewhere: int) -> bytes:
    """The document with an empty table behind it, which names a stream of cross-references too (ISO 32000-1 7.5.8.4).

    So do files of Microsoft Word end.  The stream says again where everything is; `elsewhere` makes it say otherwise.
    """
    places = {int(found[1]): found.start() for found in re.finditer(rb"(?m)^(\d+) 0 obj", plain)}
    places |= {int(name.removeprefix("object_")): place for name, place in elsewhere.items()}
    number = int(re.findall(rb"/Size (\d+)", plain)[-1])
    places[number] = len(plain)
    rows = [(1, places[each], 0) if each in places else (0, 0, 65535) for each in range(number + 1)]
    octets = b"".join(struct.pack(">BIH", *row) for row in rows)
    entries = b"/Type/XRef/Size %d/W[1 4 2]/Root 1 0 R" % (number + 1)
    written = b"%d 0 obj\n%b\nendobj\n" % (number, stream(octets, entries))
    table = b"xref\n0 0\ntrailer\n<</Size %d/Root 1 0 R/Prev %b/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n"
    previous = re.findall(rb"startxref\s+(\d+)", plain)[-1]
    return plain + written + table % (number + 1, previous, len(plain), len(plain) + len(written))


def test_a_letter_that_word_wrote_is_signed_and_passes() -> None:
    first = sign_pdf(as_word_writes(saved(b"", LETTER)), SCENE.unit(), CLAIMS)
    both = sign_pdf(first, SCENE.unit("taro"), CLAIMS)
    for signed in (first, both):
        assert judged(signed)["indication"] == "TOTAL_PASSED", judged(signed)
    changed = meddled(first, other_text)
    assert codes(judged(changed)) == {"pdf_changed_since"}


def test_tables_and_streams_of_cross_references_say_the_same() -> None:
    forged = b"4 0 obj\n%b\nendobj\n" % stream(FORGED)
    plain = saved(b"", LETTER | {6: b"(%b)" % forged.replace(b"(", b"\\(").replace(b")", b"\\)")})
    hidden = as_word_writes(plain, object_4=plain.rindex(b"4 0 obj"))
    honest = b"xref\n4 1\n%010d 00000 n \n" % plain.index(b"4 0 obj")
    contradicting = hidden.replace(b"xref\n0 0\n", honest)
    signed = sign_pdf(contradicting, SCENE.unit(), CLAIMS)
    assert codes(judged(signed)) == {"pdf_two_readings"}
    # Put behind the signature, it is not what was signed.
    later = as_word_writes(sign_pdf(saved(b"", LETTER), SCENE.unit(), CLAIMS))
    assert judged(later)["indication"] == "TOTAL_FAILED"


def test_another_program_keeps_the_old_stream_of_cross_references() -> None:
    word = as_word_writes(saved(b"", LETTER))
    beside = re.findall(rb"/XRefStm \d+", word)[-1]
    newer = saved(word, {4: stream(FORGED)}, root=1)
    kept = newer[: len(word)] + newer[len(word) :].replace(b"/Size 200", b"/Size 200" + beside)
    assert judged(sign_pdf(kept, SCENE.unit(), CLAIMS))["indication"] == "TOTAL_PASSED"


def test_a_second_signature_that_is_seen_passes_after_metadata_were_written_again() -> None:
    """As programs save that note what they did; no certifying signature forbids it."""
    first = sign_pdf(saved(b"", LETTER), SCENE.unit(), CLAIMS)

    def note(writer: IncrementalPdfFileWriter) -> None:
        entries = {pdf_name("/Type"): pdf_name("/Metadata"), pdf_name("/Subtype"): pdf_name("/XML")}
        noted = writer.add_object(
            generic.StreamObject(entries, stream_data=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
        )
        writer.root[pdf_name("/Metadata")] = noted
        writer.update_root()

    drawn = PdfWishes(appearance=Appearance(letter(with_streams=False), (300, 40, 560, 110), page=0))
    both = sign_pdf(meddled(first, note), SCENE.unit("taro"), CLAIMS, wishes=drawn)
    report = judged(both)
    assert report["indication"] == "TOTAL_PASSED", report["signatures"][0]["findings"]


def test_what_is_put_behind_goes_back_to_what_was_signed() -> None:
    """Whoever prepared the letter put cross-references into it that lead to an older page."""
    older = saved(b"", LETTER)
    room = 900

    def prepared(attached: bytes) -> bytes:
        newer = saved(older, {4: stream(FORGED)})
        return sign_pdf(saved(newer, {6: stream(attached.ljust(room))}), SCENE.unit(), CLAIMS)

    places = {int(found[1]): found.start(1) for found in re.finditer(rb"(?m)^(\d+) 0 obj", prepared(b""))}
    places[4] = older.index(b"4 0 obj")
    rows = b"".join(b"%d 1\n%010d 00000 n \n" % each for each in sorted(places.items()))
    table = b"xref\n%btrailer\n<</Size 300/Root 1 0 R>>\n" % rows
    signed = prepared(table)
    assert judged(signed)["indication"] == "TOTAL_PASSED"
    tail = b"xref\n0 0\ntrailer\n<</Size 300/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    attacked = signed + tail % (signed.index(table), len(signed))
    assert HONEST in shown_by_a_viewer(attacked)
    assert FORGED in shown_by_a_viewer(signed)
    assert codes(judged(attacked)) == {"pdf_partial"}


def shown_by_a_viewer(content: bytes) -> bytes:
    return bytes(PdfFileReader(io.BytesIO(content)).root["/Pages"]["/Kids"][0]["/Contents"].data)


def signed_in_place(*, is_linearised: bool, is_ber: bool = False) -> bytes:
    """A document whose first revision has the signature, as programs write it that save and sign at once.

    Linearised: the table of the first page stands in front and is read last (ISO 32000-1 annex F).
    """
    room = b"<%b>" % (b"0" * 12000)
    later = {
        5: b"<</FT/Sig/T(Physician)/V 6 0 R>>",
        6: b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 %b]/Contents %b>>"
        % (b"0000000000 0000000000 0000000000", room),
    }
    first = {number: LETTER[number] for number in (1, 2, 3, 4)} | {
        1: b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/SigFlags 3>>>>"
    }
    end = b"startxref\n%d\n%%%%EOF\n"
    front = b"xref\n1 4\n%btrailer\n<</Size 7/Root 1 0 R/Prev %010d>>\n" + end % 0
    out = bytearray(b"%PDF-1.7\n")
    begin = len(out)
    if is_linearised:
        out += front % (b"0" * 80, 0)
    rows = {}
    for number, written in (first | later).items():
        rows[number] = b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, written)
    main = len(out)
    told = (b"5 2\n", *(rows[each] for each in later)) if is_linearised else (b"1 6\n", *rows.values())
    out += b"xref\n0 1\n0000000000 65535 f \n%btrailer\n<</Size 7%b>>\n" % (
        b"".join(told),
        b"" if is_linearised else b"/Root 1 0 R",
    )
    out += end % (begin if is_linearised else main)
    if is_linearised:
        filled = front % (b"".join(rows[each] for each in first), main)
        out[begin : begin + len(filled)] = filled
    gap = out.index(room)
    after = gap + len(room)
    numbers = b"%010d %010d %010d" % (gap, after, len(out) - after)
    whole = bytes(out).replace(b"0000000000 0000000000 0000000000", numbers)
    message = sign_cms(OctetContent(whole[:gap] + whole[after:]), SCENE.unit(), CLAIMS)
    written = (loosened(message) if is_ber else message).hex().encode()
    return whole[: gap + 1] + written + whole[gap + 1 + len(written) :]


def loosened(message: bytes) -> bytes:
    """The message with lengths that are not told before, as much software writes it."""
    outer = 2 + (message[1] & 0x7F)
    wrapped = message.index(b"\xa0", outer)
    inner = message[wrapped + 2 + (message[wrapped + 1] & 0x7F) :]
    content = inner[2 + (inner[1] & 0x7F) :]
    return b"\x30\x80%b\xa0\x80\x30\x80%b%b" % (message[outer:wrapped], content, b"\x00" * 6)


@pytest.mark.parametrize("is_linearised", [True, False])
def test_a_document_signed_when_it_was_saved_passes(*, is_linearised: bool) -> None:
    signed = signed_in_place(is_linearised=is_linearised)
    assert judged(signed)["indication"] == "TOTAL_PASSED", judged(signed)
    both = sign_pdf(signed, SCENE.unit("taro"), CLAIMS)
    assert judged(both)["indication"] == "TOTAL_PASSED", judged(both)
    assert codes(judged(meddled(signed, other_text))) == {"pdf_changed_since"}


# --- what stands in Contents --------------------------------------------------------------------------------------


def test_a_signature_in_ber_passes_and_its_padding_is_looked_at() -> None:
    signed = signed_in_place(is_linearised=False, is_ber=True)
    report = judged(signed)
    assert report["indication"] == "TOTAL_PASSED", report
    assert report["signatures"][0]["format"] == "PAdES"
    assert codes(report) == {"ber"}
    room = signed.rindex(b"000000>")
    stuffed = signed[:room] + b"00c0de>" + signed[room + 7 :]
    assert "pdf_padding" in codes(judged(stuffed))
    cut = signed.replace(b"3080", b"3090", 1)
    assert judged(cut)["indication"] == "TOTAL_FAILED"


# --- a PDF within -------------------------------------------------------------------------------------------------


def test_a_message_that_carries_a_pdf_is_a_message() -> None:
    message = sign_cms(OctetContent(letter()), SCENE.unit(), CLAIMS, attached=True)
    assert message.index(b"%PDF-") < 1024
    assert format_of(message) is Format.CMS
    at = SIGNED_AT + DAY
    facts = read_signed_document(message)
    report: Any = judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at)
    assert str(report.indication) == "TOTAL_PASSED"
    assert format_of(b"\n%some words before\n" + letter()) is Format.PDF


def test_a_document_that_points_before_its_beginning_is_refused_in_words(tmp_path: Any) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(re.sub(rb"startxref\s+\d+", b"startxref\n3", saved(b"", LETTER)))
    with broken.open("rb") as opened, pytest.raises(MalformedInput, match="PDF"):
        read_pdf_signatures(opened)
