"""A PDF reaches the examiner's eyes as a picture; the file itself is never opened in the browser."""

import io

import pytest
from PIL import Image
from pypdf import PdfWriter

from hpki_server.enrollment.documents import sheets
from hpki_server.enrollment.documents.sheets import PAGES_MOST, SheetsBusy, SheetUnreadable, sheet_png
from hpki_server.enrollment.pdf_papers import check_pdf
from hpki_server.enrollment.refusals import PaperRefused
from tests.hpki_server.enrollment import desk


def test_the_pages_stand_below_each_other() -> None:
    picture = Image.open(io.BytesIO(sheet_png(desk.pdf_sheet())))
    width, height = picture.size
    assert width == pytest.approx(1075, abs=2)
    assert height == pytest.approx(2 * width * 877 / 620, rel=0.01)


def test_a_book_shows_its_first_pages_only() -> None:
    writer = PdfWriter()
    for _page in range(PAGES_MOST + 30):
        writer.add_blank_page(width=595, height=842)
    stream = io.BytesIO()
    writer.write(stream)
    picture = Image.open(io.BytesIO(sheet_png(stream.getvalue())))
    assert picture.size[1] == pytest.approx(PAGES_MOST * picture.size[0] * 842 / 595, rel=0.01)


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7\n%%EOF", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4\n" + b"A" * 5000]
)
def test_what_is_no_pdf_is_unreadable_and_nothing_else(content: bytes) -> None:
    with pytest.raises(SheetUnreadable):
        sheet_png(content)


def test_no_more_are_drawn_at_once_than_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_WAIT_SECONDS", 0.05)
    with sheets.PLACES, sheets.PLACES:
        with pytest.raises(PaperRefused, match="busy"):
            check_pdf(desk.pdf_sheet())
        with pytest.raises(SheetsBusy):
            sheet_png(desk.pdf_sheet())
    # Each place is free again, also after what could not be drawn.
    for _again in range(3):
        with pytest.raises(SheetUnreadable):
            sheet_png(b"%PDF-1.7\n%%EOF")
    check_pdf(desk.pdf_sheet())
