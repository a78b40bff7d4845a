"""The signature fields of a PDF and the dictionaries in them (ISO 32000-1 12.7.4.5, 12.8.1)."""

import datetime as dt
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pyhanko.pdf_utils import generic

from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.errors import MalformedInput
from hpki.signatures.cms.ber import normalised
from hpki.signatures.pdf.opening import OpenPdf, bounded, entry_of
from hpki.signatures.pdf.ranges import ByteRange, byte_range_of, contents_in

MOST_FIELDS: Final = 4096
MOST_SIGNATURES: Final = 256
_DEEPEST: Final = 16
_MOST_DICTIONARY: Final = 8 << 20
_MOST_BESIDE: Final = 1 << 16
_OBJECT: Final = re.compile(rb"\s*\d{1,10}\s+\d{1,5}\s+obj\s*")
# The first one: where a comment or another string holds these words, the signature is told of and not judged.
_CONTENTS: Final = re.compile(rb"/Contents\s*(<[0-9A-Fa-f]*>)")
# A sequence of indefinite length (X.690 8.1.3.6).
_OPEN_ENDED: Final = b"\x30\x80"
_MOMENT: Final = re.compile(r"D:(\d{14})(?:Z|([+-])(\d\d)'?(\d\d)?'?)?(?:00'?00'?)?")


@dataclass(frozen=True, eq=False)
class SignatureField:
    """A filled signature field.  `trouble` says why its range or contents cannot be used; then they are None.

    `is_dictionary_bad` is True where already its dictionary cannot be read.  `revision` is the one in which its dictionary last changed, 0 the first.
    """

    name: str
    sub_filter: str
    revision: int
    range: ByteRange | None
    contents: bytes | None = field(repr=False)
    trouble: str = ""
    signed_at: dt.datetime | None = None
    reason: str = ""
    is_dictionary_bad: bool = False

    @property
    def message(self) -> bytes:
        """The message in the contents, without the room left behind it.  Raises MalformedInput.

        In DER, as ISO 32000-1 12.8.3.3 asks; in BER too, which much software writes and every reader takes.
        """
        octets = self.contents or b""
        cursor = DerCursor(octets, "Contents")
        try:
            cursor.enter(der.SEQUENCE)
        except MalformedInput:
            if octets[:2] != _OPEN_ENDED:
                raise
            return octets[: normalised(octets)[1]]
        return octets[: len(octets) - cursor.left()]

    @property
    def padding(self) -> bytes:
        """What stands behind the message.  Raises MalformedInput."""
        return (self.contents or b"")[len(self.message) :]


def signature_fields(pdf: OpenPdf) -> list[SignatureField]:
    """Every filled signature field, in the order of their ranges.  Raises MalformedInput when the form is broken.

    A field whose signature dictionary cannot be read is among them, with its trouble.
    """
    with bounded("PDF form"):
        filled = list(_once(_filled(pdf)))
        if len(filled) > MOST_SIGNATURES:
            raise MalformedInput("PDF form", f"over {MOST_SIGNATURES} signatures")
        found = [_read(pdf, name, entry) for name, entry in filled]
    return sorted(found, key=lambda each: each.range.end if each.range else 0)


def _filled(pdf: OpenPdf) -> Iterator[tuple[str, generic.DictionaryObject]]:
    form = entry_of(pdf.root(), "/AcroForm")
    if not isinstance(form, generic.DictionaryObject):
        return
    count = 0
    waiting = [(each, "", "", 0) for each in _reversed(form, "/Fields")]
    while waiting:
        entry, above, inherited, depth = waiting.pop()
        count += 1
        if count > MOST_FIELDS or depth > _DEEPEST:
            raise MalformedInput("PDF form", "too many fields, or nested too deep")
        entry = entry.get_object() if isinstance(entry, generic.IndirectObject) else entry
        if not isinstance(entry, generic.DictionaryObject):
            continue
        own = str(entry_of(entry, "/T", ""))
        name = f"{above}.{own}" if above and own else above or own
        kind = str(entry_of(entry, "/FT", inherited))
        if kind == "/Sig" and "/V" in entry:
            yield name[:200], entry
        waiting += [(each, name, kind, depth + 1) for each in _reversed(entry, "/Kids")]


def _once(
    filled: Iterator[tuple[str, generic.DictionaryObject]],
) -> Iterator[tuple[str, generic.DictionaryObject]]:
    """Each signature by the first field that has it; a hundred fields may have the same."""
    seen: set[tuple[int, int]] = set()
    for name, entry in filled:
        value = entry.raw_get("/V")
        if isinstance(value, generic.IndirectObject):
            key = value.idnum, value.generation
            if key in seen:
                continue
            seen.add(key)
        yield name, entry


def _reversed(holder: generic.DictionaryObject, key: str) -> list[generic.PdfObject]:
    """A list's entries, the last first."""
    return spelled(entry_of(holder, key))[::-1]


def _read(pdf: OpenPdf, name: str, entry: generic.DictionaryObject) -> SignatureField:
    try:
        with bounded("signature dictionary"):
            return _read_value(pdf, name, entry)
    except MalformedInput as error:
        return SignatureField(name, "", 0, None, None, error.why, is_dictionary_bad=True)


def _read_value(pdf: OpenPdf, name: str, entry: generic.DictionaryObject) -> SignatureField:
    pointer = entry.raw_get("/V")
    if not isinstance(pointer, generic.IndirectObject):
        return SignatureField(name, "", 0, None, None, "its value is no dictionary of its own")
    revision = pdf.reader.xrefs.get_last_change(pointer.reference)
    value, held = _dictionary(pdf, pointer.reference)
    sub_filter = str(entry_of(value, "/SubFilter", ""))[1:]
    numbers = entry_of(value, "/ByteRange")
    covered = byte_range_of(spelled(numbers), pdf.size)
    if isinstance(covered, str):
        return SignatureField(name, sub_filter, revision, None, None, covered)
    gap = pdf.octets(covered.first, covered.gap_end - covered.first)
    contents = contents_in(gap)
    if isinstance(contents, str):
        return SignatureField(name, sub_filter, revision, None, None, contents)
    if held != (covered.first, covered.gap_end):
        return SignatureField(name, sub_filter, revision, None, None, "the gap is not its own Contents")
    return SignatureField(
        name,
        sub_filter,
        revision,
        covered,
        contents,
        signed_at=_moment(str(entry_of(value, "/M", ""))),
        reason=str(entry_of(value, "/Reason", ""))[:400],
    )


def spelled(listed: object) -> list[generic.PdfObject]:
    """A list's entries as they are spelled, not what they point at; none for anything else."""
    if not isinstance(listed, generic.ArrayObject):
        return []
    return [listed.raw_get(place) for place in range(min(len(listed), MOST_FIELDS))]


def _dictionary(
    pdf: OpenPdf, reference: generic.Reference
) -> tuple[generic.DictionaryObject, tuple[int, int] | None]:
    """A signature dictionary without its Contents, and from where to where in the file those stand.

    The reader would take their thousands of hexadecimal digits one by one, so a mark is put in their place first; that
    the reader meets the mark as the value of Contents shows that they were cut where any reader finds them, and not out
    of a comment, another string or a dictionary within.
    """
    at = pdf.reader.xrefs[reference]
    if not isinstance(at, int):
        # ISO 32000-1 7.5.7: in a compressed stream no ByteRange can point at it.
        raise MalformedInput("signature dictionary", "it lies in an object stream")
    octets = pdf.octets(at, _MOST_DICTIONARY)
    begin = _OBJECT.match(octets)
    found = _CONTENTS.search(octets)
    if begin is None or found is None:
        raise MalformedInput("signature dictionary", "it has no Contents")
    mark = hashlib.sha256(found[1]).digest()
    before = octets[begin.end() : found.start(1)]
    without = b"%b<%b>%b" % (before, mark.hex().encode(), octets[found.end(1) : found.end(1) + _MOST_BESIDE])
    made = generic.DictionaryObject.read_from_stream(io.BytesIO(without), reference)
    held = made.raw_get("/Contents") if "/Contents" in made else None
    if getattr(held, "original_bytes", b"") != mark:
        raise MalformedInput("signature dictionary", "its Contents are not where they are looked for")
    return made, (at + found.start(1), at + found.end(1))


def _moment(text: str) -> dt.datetime | None:
    """A date of ISO 32000-1 7.9.4 that has its zone; None for any other."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    offset = dt.timedelta()
    if found[2]:
        offset = dt.timedelta(hours=int(found[3]), minutes=int(found[4] or 0))
        offset = -offset if found[2] == "-" else offset
    try:
        said = dt.datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=dt.timezone(offset))
        return said.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
