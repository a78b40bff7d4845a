"""What a document is, and how it can be shown: never a blank, never the file itself."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from hpki.signatures.formats import Format, format_of
from hpki_server.people.denial import Denial, Denied
from hpki_server.signing.preview.pdf import PdfView, view_of_pdf
from hpki_server.signing.preview.text import TextView, view_of_text

# ISO 32000-1 Annex H.3, note 13: a reader finds the header within the first 1024 octets.
_HEADER: Final = (b"%PDF-", 1024)
# More text is a file to open, not a page to read.
_TEXT_OCTETS_MOST: Final = 4 * 1024 * 1024

UNKNOWN: Final = Denial(
    "unknown_kind",
    _("この種類のファイルは、ここには映せません。ファイルを保存し、お手元のソフトで中身をお確かめください。"),
)
EMPTY: Final = Denial("empty", _("中身のないファイルです。"))


@dataclass(frozen=True)
class Look:
    """One of the two is there, or `why_not` says why nothing can be shown."""

    pdf: PdfView | None = None
    text: TextView | None = None
    why_not: Denial | None = None


def is_pdf(octets: bytes) -> bool:
    """Does it say of itself that it is a PDF?

    What begins like XML is signed and shown as XML: a PDF in a comment of it would be seen and not signed.
    """
    mark, within = _HEADER
    return mark in octets[: within + len(mark)] and format_of(octets) is not Format.XML


def look_at(octets: bytes, *, first: int = 1) -> Look:
    """The document to be looked at; of a PDF the pages from `first` on."""
    if not octets:
        return Look(why_not=EMPTY)
    if is_pdf(octets):
        try:
            return Look(pdf=view_of_pdf(octets, first=first))
        except Denied as denied:
            return Look(why_not=denied.denials[0])
    text = view_of_text(octets) if len(octets) <= _TEXT_OCTETS_MOST else None
    return Look(text=text) if text else Look(why_not=UNKNOWN)
