"""Whether the octets under a PDF signature are one whole revision of the document (ISO 32000-1 12.8.1).

A revision is a chain of cross-reference sections.  A linearised file has two of them in its first revision, the one of the
first page being read last (ISO 32000-1 annex F); a file that Microsoft Word writes has a table and a stream (7.5.8.4).
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
            _refuse_two_readings(xrefs, revision, covered.end)
            return revision
        tail = _ENDED.search(pdf.octets(max(covered.end - _TAIL, 0), min(_TAIL, covered.end)))
        starts = [xrefs.get_xref_container_info(each).start_location for each in range(total)]
        last = max((each for each in range(total) if starts[each] < covered.end), default=-1)
        if tail is None or last < revision:
            return None
        if any(xrefs.get_xref_container_info(each).end_location > covered.end for each in range(last + 1)):
            return None
        if _first_octet(pdf, int(tail[1])) != _first_octet(pdf, xrefs.get_startxref_for_revision(last)):
            # What follows goes back to other cross-references than those with which the signed octets end.
            return None
        _refuse_two_readings(xrefs, last, covered.end)
        return last


def _first_octet(pdf: OpenPdf, at: int) -> int:
    """Where a cross-reference section begins that is pointed at there or at white space before it."""
    found = pdf.octets(at, _TAIL)
    return at + len(found) - len(found.lstrip(_SPACES))


def _refuse_two_readings(xrefs: XRefCache, last: int, end: int) -> None:
    """ISO 32000-1 7.5.8.4: readers may pass over the stream of a hybrid section, so it has to say the same as the tables.

    Objects that it alone knows are hidden from such a reader, as the standard has it: it shows less, and nothing else.
    """
    for revision in range(xrefs.total_revisions):
        hybrid = xrefs.get_xref_data(revision).hybrid
        if hybrid is None:
            continue
        if revision > last or hybrid.meta_info.end_location > end:
            raise MalformedInput(
                "PDF revisions", "a stream of cross-references beside a table, not under the signature"
            )
        tables = [xrefs.get_xref_data(each) for each in range(revision + 1)]
        if any(_contradict(hybrid.xref_data, each) for each in tables):
            raise MalformedInput(
                "PDF revisions", "a table and a stream of cross-references that contradict each other"
            )


def _contradict(stream: XRefSectionData, table: XRefSectionData) -> bool:
    """Whether both say where an object is, and not the same."""
    return any(
        number in table.xrefs_in_objstm or table.standard_xrefs.get(number, place) != place
        for number, place in stream.standard_xrefs.items()
    ) or any(
        number in table.standard_xrefs or table.xrefs_in_objstm.get(number, place) != place
        for number, place in stream.xrefs_in_objstm.items()
    )
