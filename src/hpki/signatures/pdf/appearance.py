"""What a visible signature shows: one typeset page, put on the document's page as it is (ISO 32000-1 8.10, 12.5.5)."""

from dataclasses import dataclass, field

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from hpki.errors import MalformedInput
from hpki.signatures.pdf.opening import bounded, entry_of, open_pdf
from hpki.signatures.pdf.writing import Update

_DEEPEST = 24
_MOST_OBJECTS = 4000


@dataclass(frozen=True)
class Appearance:
    """A picture of the signature.

    picture: a PDF of one page, its fonts inside.  page: from 0.  rectangle: left, bottom, right, top in points (1/72 inch)
    from the page's lower left corner; the picture fills it.
    """

    picture: bytes = field(repr=False)
    rectangle: tuple[float, float, float, float]
    page: int = 0

    def added_to(self, update: Update) -> generic.IndirectObject:
        """The picture as a form object of a document.  Raises MalformedInput when it is no PDF of one page."""
        drawn = open_pdf(self.picture)
        with bounded("appearance"):
            page = drawn.root()["/Pages"]["/Kids"][0].get_object()
            box = entry_of(page, "/MediaBox") or drawn.root()["/Pages"]["/MediaBox"]
            carrier = _Carrier(update)
            content = page["/Contents"]
            streams = content if isinstance(content, list) else [page.raw_get("/Contents")]
            data = b"\n".join(
                (each.get_object() if isinstance(each, generic.IndirectObject) else each).data
                for each in streams
            )
            made = generic.StreamObject(stream_data=data)
            made[pdf_name("/Type")] = pdf_name("/XObject")
            made[pdf_name("/Subtype")] = pdf_name("/Form")
            made[pdf_name("/BBox")] = carrier.carried(box)
            made[pdf_name("/Resources")] = carrier.carried(
                entry_of(page, "/Resources", generic.DictionaryObject())
            )
            made.compress()
            return update.add(made)


class _Carrier:
    """Takes objects over from another document, each once."""

    def __init__(self, update: Update) -> None:
        self._update = update
        self._known: dict[tuple[int, int], generic.IndirectObject] = {}

    def carried(self, found: generic.PdfObject, depth: int = 0) -> generic.PdfObject:
        if depth > _DEEPEST or len(self._known) > _MOST_OBJECTS:
            raise MalformedInput("appearance", "too many objects, or nested too deep")
        if isinstance(found, generic.IndirectObject):
            key = (found.idnum, found.generation)
            if key not in self._known:
                number = self._update.number()
                self._known[key] = self._update.pointer(number)
                self._update.objects[number] = (0, self.carried(found.get_object(), depth + 1))
            return self._known[key]
        if isinstance(found, generic.StreamObject):
            made = generic.StreamObject(encoded_data=found.encoded_data)
            for key in found:
                made[key] = self.carried(found.raw_get(key), depth + 1)
            return made
        if isinstance(found, generic.DictionaryObject):
            return generic.DictionaryObject(
                {key: self.carried(found.raw_get(key), depth + 1) for key in found}
            )
        if isinstance(found, generic.ArrayObject):
            return generic.ArrayObject([self.carried(each, depth + 1) for each in found])
        return found
