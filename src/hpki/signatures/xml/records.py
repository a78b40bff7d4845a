"""Evidence records inside XAdES (TS 119 132-3: SealingEvidenceRecords); what they are of says `imprints`."""

from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from hpki.errors import MalformedInput
from hpki.signatures.evidence_record import Record
from hpki.signatures.evidence_record_asn1 import read_evidence_record
from hpki.signatures.evidence_record_xml import ers, read_record_element
from hpki.signatures.xml.names import xades_er
from hpki.signatures.xml.values import children, local_name, octets_of

SEALING: Final = xades_er("SealingEvidenceRecords")
MOST_RECORDS: Final = 8
_MOST_OCTETS: Final = 1 << 24


@dataclass(frozen=True, eq=False)
class SealingRecords:
    """One property with records: each, or why it cannot be read; `position` is its place among the unsigned properties."""

    element: etree._Element = field(repr=False)
    position: int
    records: tuple[Record | MalformedInput, ...] = field(repr=False)

    @property
    def place(self) -> str:
        """How people are told which one it is."""
        identifier = str(self.element.get("Id", ""))
        return f"{local_name(self.element)} {self.position + 1}" + (f" #{identifier}" if identifier else "")


def read_sealing_records(element: etree._Element, position: int) -> SealingRecords:
    """The records in a SealingEvidenceRecords element.  Raises MalformedInput for too many."""
    found = children(element)
    if len(found) > MOST_RECORDS:
        raise MalformedInput(local_name(element), f"over {MOST_RECORDS} records")
    return SealingRecords(element, position, tuple(map(_record, found)))


def _record(element: etree._Element) -> Record | MalformedInput:
    try:
        if str(element.tag) == ers("EvidenceRecord"):
            return read_record_element(element)
        if str(element.tag) == xades_er("ASN1EvidenceRecord"):
            return read_evidence_record(octets_of(element, most=_MOST_OCTETS))
    except MalformedInput as error:
        return error
    return MalformedInput(local_name(element), "is no evidence record")
