"""Which format a signed document has, and its reader: one door for everything that is judged."""

import base64
import binascii
import importlib.util
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import BinaryIO, Final

from hpki import oids
from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.certs.printing import printable
from hpki.errors import MalformedInput
from hpki.signatures.algorithms import SHA_256
from hpki.signatures.cms.octets import read_signed_data
from hpki.signatures.cms.reading import document_facts
from hpki.signatures.cms.token import read_token, time_stamp_facts
from hpki.signatures.content import Content
from hpki.signatures.facts import DocumentFacts, TimeStampKind
from hpki.signatures.finding import SignatureFinding
from hpki.signatures.records_beside import is_record, is_xml_record, record_alone
from hpki.validation.evidence import Evidence

MOST_OCTETS: Final = 256 * 1024 * 1024
_PEM: Final = re.compile(
    rb"\s*-----BEGIN (CMS|PKCS7)-----\s+([A-Za-z0-9+/=\s]*?)-----END \1-----\s*", re.ASCII
)
_PDF: Final = re.compile(rb"%PDF-\d\.\d")
_ZIP: Final = b"PK\x03\x04"
_XML: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<", re.ASCII)
_HEAD: Final = 4096
_MOST_RESPONSE: Final = 1 << 20
_INDEFINITE: Final = b"\x80"
_SEQUENCE: Final = b"\x30"
_PEM_BEGINS: Final = b"-----BEGIN "
# RFC 3161 2.4.2: granted, grantedWithMods.
_GRANTED: Final = frozenset({0, 1})
_WIDE_XML: Final = (b"\xff\xfe<\x00", b"\xfe\xff\x00<")
_NOTHING: Final[Mapping[str, Content]] = {}


class Format(StrEnum):
    """What a signed document is written in."""

    CMS = "cms"
    XML = "xml"
    PDF = "pdf"
    CONTAINER = "asic"


def format_of(octets: bytes) -> Format:
    """The format that the first octets announce; what announces none is taken for CMS."""
    if _XML.match(octets) or octets.startswith(_WIDE_XML):
        return Format.XML
    if octets.startswith((_SEQUENCE, _PEM_BEGINS)):
        # A message that carries a PDF names it among its first octets.
        return Format.CMS
    if _PDF.search(octets, 0, 1024):
        return Format.PDF
    return Format.CONTAINER if octets.startswith(_ZIP) else Format.CMS


def read_signed_document(
    source: bytes | BinaryIO, detached: Mapping[str, Content] = _NOTHING
) -> DocumentFacts:
    """All signatures of a document, whatever its format; `detached` are the files beside it by name.

    source: the octets, or a seekable file, of which PDFs and containers are read in pieces and anything else whole.
    Raises MalformedInput when it is a signed document of no format that is read.
    """
    if not isinstance(source, bytes):
        match format_of_source(source):
            case Format.PDF:
                return _told_unused(_pdf(source), detached)
            case Format.CONTAINER:
                return _told_unused(_container(source), detached)
            case _:
                pass
    octets = whole_of(source)
    asked = {name: _Asked(content) for name, content in detached.items()}
    found = _read(octets, asked)
    return _told_unused(found, [name for name, content in asked.items() if not content.is_read])


def format_of_source(source: bytes | BinaryIO) -> Format:
    """The same of octets or a seekable file, which then stands at its beginning."""
    if isinstance(source, bytes):
        return format_of(source)
    source.seek(0)
    head = source.read(_HEAD)
    source.seek(0)
    return format_of(head)


def whole_of(source: bytes | BinaryIO) -> bytes:
    """All octets of a document that is read whole.  Raises MalformedInput for more than are."""
    if not isinstance(source, bytes):
        source.seek(0)
        source = source.read(MOST_OCTETS + 1)
    if len(source) > MOST_OCTETS:
        raise MalformedInput("document", f"more than {MOST_OCTETS} octets are not read")
    return source


def _told_unused(found: DocumentFacts, unused: Iterable[str]) -> DocumentFacts:
    told = tuple(SignatureFinding("detached_unused", printable(name)[:200]) for name in unused)
    return replace(found, troubles=(*found.troubles, *told)) if told else found


@dataclass
class _Asked:
    """A file beside the document that knows whether any signature asked for it."""

    content: Content
    is_read: bool = False

    def chunks(self) -> Iterator[bytes]:
        """All octets, in order."""
        self.is_read = True
        return self.content.chunks()

    def digest(self, name: str) -> bytes:
        """The hash of all octets."""
        self.is_read = True
        return self.content.digest(name)


def _read(octets: bytes, detached: Mapping[str, _Asked]) -> DocumentFacts:
    match format_of(octets):
        case Format.XML:
            return _xml(octets, detached)
        case Format.PDF:
            return _pdf(octets)
        case Format.CONTAINER:
            return _container(octets)
        case Format.CMS:
            pass
    pem = _PEM.fullmatch(octets)
    if pem is None and not octets.startswith(_SEQUENCE):
        raise MalformedInput("document", "it is no PDF, no XML, no container (ASiC) and no CMS message")
    return _cms(_decoded(pem[2]) if pem else _without_response(octets), detached)


def _xml(octets: bytes, detached: Mapping[str, Content]) -> DocumentFacts:
    require("lxml", "XML signatures")
    from hpki.signatures.xml.reader import read_xml_signatures

    found = read_xml_signatures(octets, detached=detached)
    return record_alone(octets, detached) if not found.signatures and is_xml_record(octets) else found


def _pdf(source: bytes | BinaryIO) -> DocumentFacts:
    require("pyhanko", "PDF signatures")
    from hpki.signatures.pdf.reader import read_pdf_signatures

    return read_pdf_signatures(source)


def _container(source: bytes | BinaryIO) -> DocumentFacts:
    require("lxml", "containers")
    from hpki.signatures.asic.reader import read_container_signatures

    if not isinstance(source, bytes) and source.seek(0, io.SEEK_END) > MOST_OCTETS:
        raise MalformedInput("document", f"more than {MOST_OCTETS} octets are not read")
    return read_container_signatures(source)


def require(library: str, what: str) -> None:
    """An optional library has to be there.  Raises MalformedInput with how to have it."""
    if importlib.util.find_spec(library) is None:
        raise MalformedInput("document", f"{what} need {library}: pip install openhpki[signatures]")


def _cms(octets: bytes, detached: Mapping[str, _Asked]) -> DocumentFacts:
    if is_record(octets):
        return record_alone(octets, detached)
    content = next(iter(detached.values()), None)
    data = read_signed_data(octets)
    if data.content_type == oids.TST_INFO:
        return _time_stamp(octets, content)
    if data.content is not None and detached:
        signed = SHA_256.digest(data.content)
        others = (name for name, each in detached.items() if each.digest(SHA_256.name) != signed)
        told = tuple(SignatureFinding("detached_differs", printable(name)[:200]) for name in others)
        found = document_facts(data)
        return replace(found, troubles=(*found.troubles, *told))
    for each in detached.values():
        found = document_facts(data, each)
        if not any(digest.is_broken for one in found.signatures for digest in one.digests):
            # Of several files the one that was signed: the others are about nothing.
            for other in detached.values():
                other.is_read = other is each
            return found
    return document_facts(data, content)


def _without_response(octets: bytes) -> bytes:
    """The token in what an authority answered (RFC 3161 2.4.2: TimeStampResp), as programs keep it; others as they are.

    Raises MalformedInput when the authority refused.
    """
    if len(octets) > _MOST_RESPONSE or octets[1:2] == _INDEFINITE:
        return octets
    outer = DerCursor(octets, "TimeStampResp")
    try:
        response = outer.enter(der.SEQUENCE)
        if not response.is_next(der.SEQUENCE):
            return octets
        status = response.enter(der.SEQUENCE)
        granted = int.from_bytes(status.octets(der.INTEGER), "big") in _GRANTED
        token = response.element() if response.more() else b""
        response.finish()
        outer.finish()
    except MalformedInput:
        return octets
    if not granted or not token:
        raise MalformedInput("time-stamp", "the authority refused to give one")
    return token


def _time_stamp(octets: bytes, content: Content | None) -> DocumentFacts:
    """A time-stamp token by itself, of a file that stands beside it."""
    token = read_token(octets, "time-stamp")
    known = token.imprint_hash
    computed = None if known is None or content is None else content.digest(known.name)
    facts = time_stamp_facts(token, TimeStampKind.DOCUMENT, computed, frozenset())
    evidence: Evidence = token.evidence
    return DocumentFacts("time-stamp", (), evidence, (facts,))


def _decoded(body: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error as refused:
        raise MalformedInput("PEM", str(refused)) from refused
