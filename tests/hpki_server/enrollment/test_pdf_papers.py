"""A PDF is pages; what runs, fetches, hides or locks is refused wherever in the file it stands."""

import io

import pypdf
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, NumberObject

from hpki_server.enrollment import papers, pdf_papers
from hpki_server.enrollment.papers import PaperRefused
from tests.hpki_server.enrollment.pdf_making import CATALOGUE, packed, scanned

# A made-up number whose last digit checks; it is nobody's.
NUMBER = "123456789018"
DANGERS = {
    "script": b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>",
    "launch": b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/Launch/F(calc.exe)>>>>",
    "a form that sends itself": b"<</Type/Catalog/Pages 2 0 R/AA<</WC<</S/SubmitForm/F(http://x.example)>>>>>>",
    "files inside": b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a)5 0 R]>>>>>>",
    "a form in XML": b"<</Type/Catalog/Pages 2 0 R/AcroForm<</XFA[(template)5 0 R]>>>>",
    "spelt with an escape": b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/#4aavaScript/#4a#53(1)>>>>",
}


def refused(content: bytes) -> str:
    with pytest.raises(PaperRefused) as refusal:
        papers.read_paper(content)
    return refusal.value.code


def test_a_scanned_sheet_is_kept_as_given() -> None:
    sheet = scanned()
    assert papers.read_paper(sheet).content == sheet
    assert papers.read_paper(packed()).media_type == "application/pdf"


@pytest.mark.parametrize("danger", DANGERS.values(), ids=DANGERS)
def test_what_is_more_than_pages_is_refused_inside_a_compressed_stream(danger: bytes) -> None:
    content = packed({1: danger})
    assert danger not in content
    assert refused(content) == "pdf_refused"


@pytest.mark.parametrize("danger", DANGERS.values(), ids=DANGERS)
def test_and_in_the_open(danger: bytes) -> None:
    assert refused(packed({}, loose={7: danger})) == "pdf_refused"


def test_all_sheets_of_a_file_together_have_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_papers, "SECONDS_A_FILE", 0)
    assert refused(scanned()) == "image_unseen"


def test_an_object_that_nothing_refers_to_is_looked_at_too() -> None:
    assert refused(packed({8: b"<</S/JavaScript/JS(1)>>"})) == "pdf_refused"


def test_a_compressed_stream_that_no_table_names_is_refused() -> None:
    """A forgiving viewer would rebuild the table and find it."""
    assert refused(packed({8: b"<</S/JavaScript/JS(1)>>"}, named=False)) == "pdf_refused"


def test_a_locked_file_is_refused() -> None:
    writer = pypdf.PdfWriter()
    writer.append(io.BytesIO(scanned()))
    writer.encrypt("secret")
    stream = io.BytesIO()
    writer.write(stream)
    assert refused(stream.getvalue()) == "pdf_refused"


def test_a_book_is_no_paper() -> None:
    writer = pypdf.PdfWriter()
    for _ in range(21):
        writer.add_blank_page(595, 842)
    stream = io.BytesIO()
    writer.write(stream)
    assert refused(stream.getvalue()) == "pdf_refused"


def test_a_stream_that_grows_without_end_is_refused() -> None:
    assert refused(packed({1: CATALOGUE, 8: b"(" + b"A" * 8_000_000 + b")"})) == "pdf_refused"


def test_many_streams_together_are_measured_before_they_are_read() -> None:
    one = packed({8: b"(" + b"A" * 400_000 + b")"})
    assert papers.read_paper(one).content == one
    assert refused(one.replace(b"%%EOF\n", b"") * 8 + b"%%EOF\n") == "pdf_refused"


def test_a_packed_stream_in_disguise_is_refused() -> None:
    assert refused(packed().replace(b"/ObjStm", b"/Obj#53tm")) == "pdf_refused"


def the_reverse(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    stream = io.BytesIO()
    segno.make(NUMBER).save(stream, kind="png", scale=6, border=4)
    sheet = Image.new(mode, size, "white")
    sheet.paste(Image.open(stream).convert(mode), (size[0] // 2, size[1] // 3))
    return sheet


@pytest.mark.parametrize("size", [(1200, 800), (2480, 3508)])
def test_the_reverse_of_a_my_number_card_is_found_in_a_pdf(size: tuple[int, int]) -> None:
    assert refused(scanned(the_reverse(size))) == "individual_number"


def test_an_image_too_large_to_be_looked_at_is_refused() -> None:
    """A sheet of A4 at 600 dots per inch: a code on it would be stored unseen."""
    assert refused(scanned(the_reverse((4960, 7016), "L"))) == "image_unseen"


@pytest.mark.parametrize("filtering", [b"/JBIG2Decode", b"/JPXDecode", b"/DCTDecode", b"/NoSuchDecode"])
def test_an_image_that_cannot_be_decoded_is_refused(filtering: bytes) -> None:
    image = b"<</Type/XObject/Subtype/Image/Width 9/Height 9/ColorSpace/DeviceGray/BitsPerComponent 8/Filter%s/Length 4>>"
    assert refused(packed(loose={7: image % filtering + b"stream\nnone\nendstream"})) == "image_unseen"


def test_an_image_beyond_those_that_are_looked_at_is_refused() -> None:
    image = (
        b"<</Type/XObject/Subtype/Image/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8/Length 4>>"
        b"stream\n\xff\xff\xff\xff\nendstream"
    )
    most = dict.fromkeys(range(7, 27), image)
    assert papers.read_paper(packed(loose=most)).media_type == "application/pdf"
    assert refused(packed(loose=most | {27: image})) == "image_unseen"


@pytest.mark.parametrize(
    "text",
    [
        b"q 90 0 0 90 0 0 cm BI /W 2 /H 2 /CS /G /BPC 8 ID \xff\xff\xff\xff EI Q",
        b"BI/W 1/H 1/IM true ID \x00 EI",
    ],
)
def test_an_image_within_the_text_of_a_page_is_refused(text: bytes) -> None:
    stream = b"<</Length %d>>stream\n%s\nendstream" % (len(text), text)
    assert refused(packed(loose={7: stream})) == "image_unseen"


def test_a_text_that_speaks_of_such_an_image_is_none() -> None:
    text = b"BT /F1 9 Tf (BI and ID are two words) Tj ET"
    stream = b"<</Length %d>>stream\n%s\nendstream" % (len(text), text)
    assert papers.read_paper(packed(loose={7: stream})).media_type == "application/pdf"


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_file_is_kept_or_refused_and_nothing_else(data: st.DataObject) -> None:
    whole = bytearray(packed() if data.draw(st.booleans()) else scanned())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(9, len(whole) - 7))] = data.draw(st.integers(0, 255))
    try:
        papers.read_paper(bytes(whole))
    except PaperRefused as refusal:
        assert refusal.code  # noqa: PT017 - either answer is right; anything else escapes


def drawn(*, pages: int, cut: bool) -> bytes:
    """The square on the last page: drawn as squares, or as a scanner does in two strips, cut through its middle."""
    writer = pypdf.PdfWriter()
    page = [writer.add_blank_page(595, 842) for _ in range(pages)][-1]
    rows = [list(row) for row in segno.make(NUMBER, micro=False, error="m").matrix]
    half = len(rows) // 2
    text = " ".join(
        f"{100 + 4 * column} {600 - 4 * row} 4 4 re f"
        for row, modules in enumerate(rows)
        for column, dark in enumerate(modules)
        if dark
    )
    if cut:
        text, strips = "", DictionaryObject()
        for name, part in (("/A", rows[:half]), ("/B", rows[half:])):
            strips[NameObject(name)] = writer._add_object(strip(part))
            top = 600 if name == "/A" else 600 - 4 * len(rows[half:])
            text += f"q {4 * len(rows)} 0 0 {4 * len(part)} 100 {top} cm {name} Do Q "
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): strips})
    content = DecodedStreamObject()
    content.set_data(text.encode())
    page[NameObject("/Contents")] = writer._add_object(content)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def strip(rows: list[list[int]]) -> DecodedStreamObject:
    picture = DecodedStreamObject()
    picture.set_data(bytes(0 if dark else 255 for row in rows for dark in row))
    facts = {"/Width": len(rows[0]), "/Height": len(rows), "/BitsPerComponent": 8}
    picture.update({NameObject(name): NumberObject(value) for name, value in facts.items()})
    for name, value in (("/Type", "/XObject"), ("/Subtype", "/Image"), ("/ColorSpace", "/DeviceGray")):
        picture[NameObject(name)] = NameObject(value)
    return picture


@pytest.mark.parametrize(("pages", "cut"), [(7, False), (1, True)])
def test_a_square_that_is_no_picture_of_its_own_is_seen_as_it_is_drawn(pages: int, cut: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert refused(drawn(pages=pages, cut=cut)) == "individual_number"
