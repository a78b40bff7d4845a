"""Whether the octets under a PDF signature are one whole revision of the document (ISO 32000-1 12.8.1).

A revision is a chain of cross-reference sections.  A linearised file has two of them in its first revision, the one of the
first page being read last (ISO 32000-1 annex F); a file of Microsoft Word has a table with a stream beside it, and so
has what other programs add to it (7.5.8.4).
"""

import re
from typing import Final

from pyhanko.pdf_utils.xref import XRefCache, XRefSectionData

from hpki.errors import MalformedInput
from hpki.signatures.pdf.opening import OpenPdf, bounded
from hpki.signatures.pdf.ranges import ByteRange

_SPACES: Final = b"\x00\t\n\x0c\r "
_TAIL: Final = 64
_ENDED: Final = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF\s*\Z")


def covered_revision(pdf: OpenPdf, revision: int, covered: ByteRange) -> int | None:
    """The last revision that lies under a signature whose dictionary came with `revision`; None: no whole one does.

    Raises MalformedInput where two readers may take the cross-references for two documents.
    """
    with bounded("PDF revisions"):
        xrefs = pdf.reader.xrefs
        total = pdf.reader.total_revisions
        if revision == total - 1 and covered.end != pdf.size:
            # Behind the last revision that this reader sees, something follows that another reader may see.
            if pdf.octets(covered.end, pdf.size - covered.end).strip(b"\r\n\x00 "):
                return None
            _refuse_two_readings(xrefs, revision)
            return revision
        tail = _ENDED.search(pdf.octets(max(covered.end - _TAIL, 0), min(_TAIL, covered.end)))
        starts = [xrefs.get_xref_container_info(each).start_location for each in range(total)]
        last = max((each for each in range(total) if starts[each] < covered.end), default=-1)
        if tail is None or last < revision:
            return None
        if any(_end_of(xrefs, each) > covered.end for each in range(last + 1)):
            return None
        if _first_octet(pdf, int(tail[1])) != _first_octet(pdf, xrefs.get_startxref_for_revision(last)):
            # What follows goes back to other cross-references than those with which the signed octets end.
            return None
        _refuse_two_readings(xrefs, last)
        return last


def _end_of(xrefs: XRefCache, revision: int) -> int:
    """Behind the table or stream of a revision, and the stream beside a table."""
    beside = xrefs.get_xref_data(revision).hybrid
    end = xrefs.get_xref_container_info(revision).end_location
    return end if beside is None else max(end, beside.meta_info.end_location)


def _first_octet(pdf: OpenPdf, at: int) -> int:
    """Where a cross-reference section begins that is pointed at there or at white space before it."""
    found = pdf.octets(at, _TAIL)
    return at + len(found) - len(found.lstrip(_SPACES))


def _refuse_two_readings(xrefs: XRefCache, last: int) -> None:
    """ISO 32000-1 7.5.8.4: an object is looked up in the table of a section, then in its stream, then in older sections.

    Where table and stream of a section say different places, some readers may take the other one.  A stream of an older
    section is older than the table, as programs leave it that copy a trailer and know nothing of streams.
    """
    known: set[int] = set()
    for revision in range(xrefs.total_revisions):
        section = xrefs.get_xref_data(revision)
        if section.hybrid is None:
            continue
        if revision > last:
            # Objects that a table hides were not compared: no addition that is known here needs it.
            raise MalformedInput(
                "PDF revisions", "a stream of cross-references beside a table, behind the signature"
            )
        place = section.hybrid.meta_info.start_location
        if place not in known and _contradict(section.hybrid.xref_data, section):
            raise MalformedInput(
                "PDF revisions", "a table and a stream of cross-references contradict each other"
            )
        known.add(place)


def _contradict(stream: XRefSectionData, table: XRefSectionData) -> bool:
    """Whether both say where an object is, or that it is gone, and not the same."""
    return any(
        table.standard_xrefs.get(number, place) != place or table.freed.get(number) == place[0] + 1
        for number, place in stream.standard_xrefs.items()
    ) or any(
        number in table.standard_xrefs or table.freed.get(number) == 1 for number in stream.xrefs_in_objstm
    )
