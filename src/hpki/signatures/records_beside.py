"""Evidence records in files of their own: of a signed document beside them, or of any files (RFC 4998, RFC 6283)."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.errors import MalformedInput
from hpki.signatures.algorithms import SHA_256
from hpki.signatures.cms.evidence import identities
from hpki.signatures.cms.token import unreadable_time_stamp
from hpki.signatures.content import Content
from hpki.signatures.evidence_record import Proven, Record, RecordReader
from hpki.signatures.evidence_record_asn1 import read_evidence_record
from hpki.signatures.facts import DocumentFacts, TimeStampFacts, TimeStampKind
from hpki.validation.evidence import Evidence

MOST_OCTETS: Final = 16 << 20
MOST_RECORDS: Final = 16
_XML: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<", re.ASCII)
_NOT_GIVEN: Final[Mapping[str, Content | None]] = {"document": None}


def is_record(octets: bytes) -> bool:
    """Whether octets begin as an evidence record in ASN.1 does, and no signed message."""
    try:
        return DerCursor(octets, "evidence record").enter(der.SEQUENCE).is_next(der.INTEGER)
    except MalformedInput:
        return False


def is_xml_record(octets: bytes) -> bool:
    """Whether a document is one in XML by its root."""
    from hpki.signatures.evidence_record_xml import ers
    from hpki.signatures.xml.reading import read_xml

    return str(read_xml(octets).root.tag) == ers("EvidenceRecord")


def record_alone(octets: bytes, files: Mapping[str, Content]) -> DocumentFacts:
    """A record by itself, of the files that were given.  Raises MalformedInput when it is none."""
    record = _read(octets)
    stamps, evidence = _stamps(record, "evidence record", files or _NOT_GIVEN, _of_files(files))
    return DocumentFacts("evidence record", (), evidence, tuple(stamps))


def with_records(document: DocumentFacts, content: Content, records: Mapping[str, bytes]) -> DocumentFacts:
    """A document with the time-stamps of the records beside it, each of which has to hold the hash of all its octets.

    content: the document's octets.  records: file name → octets.  What cannot be read is a time-stamp that cannot be read.
    Raises MalformedInput for more records than are judged.
    """
    if len(records) > MOST_RECORDS:
        raise MalformedInput("evidence records", f"over {MOST_RECORDS}")
    if not records:
        return document
    inside = frozenset(_inside(document)) | {content.digest(SHA_256.name)}
    for name, each in records.items():
        try:
            record = _read(each)
        except MalformedInput as error:
            refused = unreadable_time_stamp(TimeStampKind.ARCHIVE, name, f"{error.what}: {error.why}"[:200])
            document = replace(document, time_stamps=(*document.time_stamps, refused))
            continue
        found, evidence = _stamps(record, name, {"document": content}, lambda _: inside)
        document = replace(
            document,
            time_stamps=(*document.time_stamps, *found),
            evidence=document.evidence.joined(evidence),
        )
    return document


def _read(octets: bytes) -> Record:
    if len(octets) > MOST_OCTETS:
        raise MalformedInput("evidence record", f"over {MOST_OCTETS} octets")
    if not _XML.match(octets):
        return read_evidence_record(octets)
    # The library for XML is an extra, and only needed here.
    from hpki.signatures.evidence_record_xml import read_xml_evidence_record

    return read_xml_evidence_record(octets)


def _stamps(
    record: Record, place: str, objects: Mapping[str, Content | None], proven: Proven
) -> tuple[list[TimeStampFacts], Evidence]:
    reader = RecordReader(record, place, objects, proven)
    stamps = list(reader.time_stamps())
    evidence = Evidence()
    for each in reader.evidence():
        evidence = evidence.joined(each)
    return stamps, evidence


def _of_files(files: Mapping[str, Content]) -> Proven:
    def proven(found: Collection[str]) -> frozenset[bytes]:
        return frozenset(files[name].digest("sha256") for name in found)

    return proven


def _inside(document: DocumentFacts) -> Iterator[bytes]:
    """Everything that exists when the document does."""
    yield from identities(document.evidence)
    for signature in document.signatures:
        for each in signature.with_counter_signatures():
            yield each.identity
            yield from (one.sha256 for one in each.certificates)
    for stamp in document.all_time_stamps():
        if stamp.token is not None:
            yield stamp.token.identity
