"""Holes in a signed PDF: objects that the signed revision points at and that came only later.

A page prepared with one shows something else once its object is there, though no octet of what was signed has changed
and nothing that was there was written again ("shadow attacks").
"""

import re
from collections.abc import Collection
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.xref import XRefSectionData

from hpki.errors import MalformedInput
from hpki.signatures.pdf.opening import OpenPdf, Pointers

_MOST_SCANNED: Final = 16 << 20
_MOST_WALKED: Final = 200_000
_MOST_DIGITS: Final = 10
# ISO 32000-1 7.5.5; line ends where they must be, so that no comment holds it.
_ENDED: Final = re.compile(rb"[\r\n]startxref[\r\n]+\d+[\r\n]+%%EOF\s*\Z")
# What reading again takes, in objects that are looked at.
_OCTETS_FOR_ONE: Final = 64
_NEVER: Final = -1
# "12 0 R", searched backwards: the letter is rare, while a signature's hexadecimal octets are digits by the thousand.
# ISO 32000-1 7.2.3: a comment, which ends with its line, separates tokens as a space does; some readers take signs and \v.
_BETWEEN: Final = rb"(?:[\x00\t\x0b\x0c ]|[\n\r](?:[^\n\r]*%)?)+"
_BACKWARDS: Final = re.compile(rb"R" + _BETWEEN + rb"\d++[+-]*" + _BETWEEN + rb"(\d++)")


def new_objects(pdf: OpenPdf, revision: int, last: int) -> frozenset[int]:
    """The numbers of the objects that a revision did not have and a later one has."""
    xrefs = pdf.reader.xrefs
    return frozenset(
        reference.idnum
        for later in range(revision + 1, last + 1)
        for reference in xrefs.explicit_refs_in_revision(later)
        if _came_with(pdf, reference) > revision
    )


def may_have_holes(pdf: OpenPdf, revision: int, new: frozenset[int], end: int) -> bool:
    """Whether the signed revision may point at objects that came only later: how a hidden page is prepared for a signature.

    True as well where it cannot be told quickly: objects inside compressed streams, a very large file.
    """
    xrefs = pdf.reader.xrefs
    if end > _MOST_SCANNED or any(
        _uses_object_streams(xrefs.get_xref_data(each)) for each in range(revision + 1)
    ):
        return True
    found = _pointed_until(pdf, end).first
    return any(found.get(number, end) < end for number in new)


def _uses_object_streams(section: XRefSectionData) -> bool:
    return bool(section.obj_streams_used) or (
        section.hybrid is not None and bool(section.hybrid.xref_data.obj_streams_used)
    )


def pointed_at_once(pdf: OpenPdf, end: int, numbers: Collection[int]) -> bool:
    """Whether the signed octets point at each of these objects from one place at most, as far as can be told quickly."""
    if not numbers:
        return True
    if end > _MOST_SCANNED:
        return False
    found = _pointed_until(pdf, end).second
    return all(found.get(number, end) >= end for number in numbers)


def _pointed_until(pdf: OpenPdf, end: int) -> Pointers:
    """Where objects are pointed at, known up to an octet at which a revision ends; what is known is not read again."""
    known = pdf.pointers
    if end > known.end:
        if known.end and not _ENDED.search(pdf.octets(max(known.end - 64, 0), min(64, known.end))):
            # Something may go on across the place: a comment that looks like an end, say.
            known.forget()
            known.spend(end // _OCTETS_FOR_ONE)
        begin = known.end
        for number, at in _pointed_at(pdf.octets(begin, end - begin)):
            known.add(number, begin + at)
        known.end = end
    return known


def _pointed_at(octets: bytes) -> list[tuple[int, int]]:
    """The object numbers of all references and where they stand, from the first to the last."""
    backwards = octets[::-1]
    found = []
    for match in _BACKWARDS.finditer(backwards):
        before = match.start()
        digits = match[1][::-1].lstrip(b"0")
        if len(digits) <= _MOST_DIGITS and not backwards[max(before - 1, 0) : before].isalpha():
            found.append((int(digits or b"0"), len(octets) - match.end()))
    return found[::-1]


def hole_in(pdf: OpenPdf, revision: int, new: frozenset[int]) -> int | None:
    """The first object that the signed revision points at and that came only later, found by reading all it leads to.

    A reference that this reader does not understand and another one may raises MalformedInput, through `bounded`.
    """
    old = pdf.reader.get_historical_resolver(revision)
    waiting: list[object] = [pdf.reader.get_historical_root(revision)]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, generic.IndirectObject):
            if each.idnum in new:
                return each.idnum
            if each.idnum not in seen and _came_with(pdf, each.reference) != _NEVER:
                seen.add(each.idnum)
                waiting.append(old.get_object(each.reference))
        elif isinstance(each, generic.DictionaryObject):
            waiting += [each.raw_get(key) for key in each]
        elif isinstance(each, generic.ArrayObject):
            waiting += [each.raw_get(place) for place in range(len(each))]
        if len(seen) > _MOST_WALKED:
            raise MalformedInput("PDF revisions", f"over {_MOST_WALKED} objects")
        pdf.pointers.spend(1)
    return None


def _came_with(pdf: OpenPdf, reference: generic.Reference) -> int:
    """The revision that first has the object; a pointer at nothing means null (ISO 32000-1 7.3.10)."""
    try:
        return int(pdf.reader.xrefs.get_introducing_revision(reference))
    except KeyError:
        return _NEVER
