"""What a form showed when it was signed and shows otherwise now: a filled field is a statement, an empty one an invitation.

ISO 32000-1 12.7 lets fields be filled in after a signature.  What a signer saw written in a field is under the signature,
so another value there, or another picture of the same value, is a change ("shadow attacks" by fields); so is a signature
field that nobody signed and that paints something over the page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pyhanko.pdf_utils import generic

from hpki.errors import MalformedInput
from hpki.signatures.pdf.fields import MOST_FIELDS, spelled
from hpki.signatures.pdf.opening import OpenPdf, data_of, entry_of

_DEEPEST: Final = 16
_MOST_NAMED: Final = 12
_NOTHING: Final = frozenset({b"", b"/Off"})
# By what viewers draw a field, in the form or in the field itself; and whether they show it (ISO 32000-1 tables 164, 218, 222).
_DRAWN_BY: Final = ("/DA", "/DR", "/Q")
_MANNER: Final = ("/F", "/DA", "/Q", "/Ff", "/MaxLen", "/OC")
# What a signature field and its widget may have (ISO 32000-1 tables 164, 188, 220, 232): no action, no content, no kids.
_SIGNATURE_FIELD: Final = frozenset(
    {
        "/Type", "/Subtype", "/FT", "/T", "/TU", "/TM", "/Ff", "/V", "/F", "/Rect", "/P", "/AP", "/MK", "/BS", "/Border",
        "/H", "/DA", "/Q", "/Lock", "/SV", "/NM", "/M", "/StructParent", "/Parent", "/C", "/AS", "/Lang",
    }
)  # fmt: skip
# A string that is shown, or an object that is drawn; the lines and grounds of an empty box are neither.
_SHOWS_TEXT: Final = re.compile(
    rb"\((?!\s*\)).*?\)\s*(?:Tj|'|\")|<\s*[0-9A-Fa-f].*?>\s*Tj|\]\s*TJ|/\S+\s+Do\b", re.DOTALL
)


def is_signature_field(entry: object) -> bool:
    """Whether an entry is a signature field that is signed, or shows nothing."""
    found = entry.get_object() if isinstance(entry, generic.IndirectObject) else entry
    if not isinstance(found, generic.DictionaryObject) or isinstance(found, generic.StreamObject):
        return False
    is_field = (
        str(entry_of(found, "/FT", "")) == "/Sig" and str(entry_of(found, "/Type", "/Annot")) == "/Annot"
    )
    is_plain = _SIGNATURE_FIELD.issuperset(found) and ("/V" in found or not _paints(found))
    return is_field and is_plain


def painted_since(pdf: OpenPdf, revision: int) -> tuple[str, ...]:
    """Signature fields that paint something now, did not so when a revision was signed, and stand for no later signature."""
    old = {each.key: each for each in _fields(pdf.reader.get_historical_root(revision))}
    found = []
    for each in _fields(pdf.root()):
        before = old.get(each.key)
        if not each.is_signature or not _paints(each.held):
            continue
        if before is not None and _pointed(before.value) == _pointed(each.value):
            # As it was; a change of its picture is told where objects are compared.
            continue
        if each.value is None:
            found.append(f"field {each.name}: an empty signature field that shows something")
        elif not _came_later(pdf, each.value, revision):
            found.append(f"field {each.name}: it shows something under a signature that was there before")
    return tuple(found[:_MOST_NAMED])


def _pointed(value: generic.PdfObject | None) -> tuple[int, int] | None:
    return (value.idnum, value.generation) if isinstance(value, generic.IndirectObject) else None


def _came_later(pdf: OpenPdf, value: generic.PdfObject, revision: int) -> bool:
    if not isinstance(value, generic.IndirectObject):
        return False
    return int(pdf.reader.xrefs.get_introducing_revision(value.reference)) > revision


def values_changed(pdf: OpenPdf, revision: int) -> tuple[str, ...]:
    """The fields that said something in a revision and say or show something else now."""
    now = {each.key: each for each in _fields(pdf.root())}
    root = pdf.reader.get_historical_root(revision)
    said = [each for each in _fields(root) if not each.is_signature and each.says_something]
    found = []
    for before in said:
        after = now.get(before.key)
        if after is None or (before.said, before.pictures) != (after.said, after.pictures):
            found.append(f"field {before.name}: another value than was signed")
        elif before.manner != after.manner:
            found.append(f"field {before.name}: not shown as it was signed")
    if said and _is_drawn_anew(root, pdf.root()):
        found.append("NeedAppearances: viewers draw the fields otherwise than was signed")
    return tuple(found[:_MOST_NAMED])


def _is_drawn_anew(before: object, after: object) -> bool:
    """Whether viewers draw the fields by themselves now, and did not when it was signed, or did it by other rules.

    ISO 32000-1 table 218: the pictures that were signed then count for nothing.
    """
    old, new = entry_of(before, "/AcroForm"), entry_of(after, "/AcroForm")
    if _written(entry_of(new, "/NeedAppearances")) != _written(generic.BooleanObject(value=True)):
        return False
    return any(
        _written(entry_of(old, key)) != _written(entry_of(new, key))
        for key in ("/NeedAppearances", *_DRAWN_BY)
    )


@dataclass(frozen=True)
class _Field:
    """A field or a widget of one.  `number` is its object's, 0 where it is none of its own; kind and value may be inherited."""

    number: int
    name: str
    held: generic.DictionaryObject
    is_signature: bool
    value: generic.PdfObject | None

    @property
    def key(self) -> tuple[int, str]:
        """What it is known by in every revision."""
        return self.number, self.name

    @property
    def said(self) -> bytes:
        """The value and the state as they are written."""
        return b"|".join(_written(entry_of(self.held, key)) for key in ("/V", "/AS"))

    @property
    def manner(self) -> list[bytes]:
        """Whether and how it is shown."""
        return [_written(entry_of(self.held, key)) for key in _MANNER]

    @property
    def pictures(self) -> list[bytes]:
        """The octets of the normal appearances, by state."""
        normal = entry_of(entry_of(self.held, "/AP"), "/N")
        if isinstance(normal, generic.StreamObject):
            return [data_of(normal)]
        if not isinstance(normal, generic.DictionaryObject):
            return []
        states = (entry_of(normal, key) for key in sorted(normal))
        return [data_of(each) for each in states if isinstance(each, generic.StreamObject)]

    @property
    def says_something(self) -> bool:
        """Whether a reader of the form saw a value, a ticked box or a text in it."""
        if _written(entry_of(self.held, "/V")) not in _NOTHING:
            return True
        is_ticked = str(entry_of(self.held, "/AS", "/Off")) != "/Off"
        return is_ticked or any(_SHOWS_TEXT.search(each) for each in self.pictures)


def _fields(root: object) -> Iterator[_Field]:
    """Each field and widget of a form.  Raises MalformedInput when there are too many."""
    waiting: list[tuple[generic.PdfObject, str, str, generic.PdfObject | None, int]] = [
        (each, "", "", None, 0) for each in spelled(entry_of(entry_of(root, "/AcroForm"), "/Fields"))
    ]
    count = 0
    while waiting:
        entry, above, kind, value, depth = waiting.pop()
        count += 1
        if count > MOST_FIELDS or depth > _DEEPEST:
            raise MalformedInput("PDF form", "too many fields, or nested too deep")
        number = entry.idnum if isinstance(entry, generic.IndirectObject) else 0
        found = entry.get_object() if isinstance(entry, generic.IndirectObject) else entry
        if not isinstance(found, generic.DictionaryObject):
            continue
        own = str(entry_of(found, "/T", ""))
        name = f"{above}.{own}" if above and own else above or own
        kind = str(entry_of(found, "/FT", kind))
        value = found.raw_get("/V") if "/V" in found else value
        yield _Field(number, name[:100], found, kind == "/Sig", value)
        waiting += [(each, name, kind, value, depth + 1) for each in spelled(entry_of(found, "/Kids"))]


def _paints(field: generic.DictionaryObject) -> bool:
    return "/AP" in field or "/MK" in field


def _written(value: object) -> bytes:
    """An object as it is compared: texts by what they say, whatever else by its octets."""
    if value is None or isinstance(value, generic.NullObject):
        return b""
    if isinstance(value, generic.StreamObject):
        return data_of(value)
    if isinstance(value, generic.ArrayObject):
        return b"[" + b" ".join(_written(value[place]) for place in range(len(value))) + b"]"
    return str(value).encode("utf-8", "surrogatepass")
