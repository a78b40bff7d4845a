"""Extending a signed document of any format: one door, as `formats` is for reading."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hpki.signatures.algorithms import SHA_256, HashKind
from hpki.signatures.cms.extending import Extension, extend
from hpki.signatures.content import Content
from hpki.signatures.facts import Level
from hpki.signatures.formats import Format, format_of, require
from hpki.signatures.time_stamping import TimeStamper
from hpki.validation.evidence import Evidence


@dataclass(frozen=True)
class DocumentExtension:
    """Who stamps, with which hash, what is at hand, and the files beside the document by name."""

    stamper: TimeStamper
    evidence: Evidence = field(default_factory=Evidence)
    detached: Mapping[str, Content] = field(default_factory=dict)
    kind: HashKind = SHA_256


def extend_document(octets: bytes, level: Level, how: DocumentExtension) -> bytes:
    """The document with its signatures at a level, or with one archive time-stamp more where they are there already.

    Raises MalformedInput when it cannot be read, NotExtended when a signature in it is broken or what it needs is not at
    hand; what the stamper raises passes through.
    """
    match format_of(octets):
        case Format.XML:
            require("lxml", "XML signatures")
            from hpki.signatures.xml.extending import XmlExtension, extend_xml

            return extend_xml(octets, level, XmlExtension(how.stamper, how.evidence, how.detached, how.kind))
        case Format.PDF:
            require("pyhanko", "PDF signatures")
            from hpki.signatures.pdf.extending import PdfExtension, extend_pdf

            return extend_pdf(octets, level, PdfExtension(how.stamper, how.evidence, how.kind))
        case Format.CONTAINER:
            require("lxml", "containers")
            from hpki.signatures.asic.making import ContainerExtension, extend_container

            return extend_container(octets, level, ContainerExtension(how.stamper, how.evidence, how.kind))
        case Format.CMS:
            content = next(iter(how.detached.values()), None)
            return extend(octets, level, Extension(how.stamper, how.evidence, content, how.kind))
