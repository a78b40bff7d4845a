"""Extending a signed document of any format: one door, as `formats` is for reading."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from hpki.errors import NotExtended
from hpki.signatures.algorithms import SHA_256, HashKind
from hpki.signatures.cms.extending import Extension, extend
from hpki.signatures.content import Content
from hpki.signatures.facts import Level
from hpki.signatures.formats import (
    Format,
    format_of,
    format_of_source,
    read_signed_document,
    require,
    whole_of,
)
from hpki.signatures.freshness import Doubt, Extended, doubts_about
from hpki.signatures.judge import judge_document
from hpki.signatures.policy import SignaturePolicy
from hpki.signatures.report import DocumentReport
from hpki.signatures.time_stamping import TimeStamper
from hpki.validation.evidence import Evidence
from hpki.validation.policy import TrustAnchor

# The levels that promise revocation data: those below need the world's lists anyway.
_SELF_CONTAINED: Final = frozenset({Level.LT, Level.LTA, Level.ES_XL, Level.ES_A})


@dataclass(frozen=True)
class DocumentExtension:
    """Who stamps, with which hash, what is at hand, and the files beside the document by name.

    `by_manifest`: a container's archive time-stamps stand beside its signatures (ASiCArchiveManifest).
    `target`: a new file to be written and read, where the result goes; None returns its octets.
    """

    stamper: TimeStamper
    evidence: Evidence = field(default_factory=Evidence)
    detached: Mapping[str, Content] = field(default_factory=dict)
    kind: HashKind = SHA_256
    by_manifest: bool = False
    target: BinaryIO | None = field(default=None, repr=False)


def extend_document(source: bytes | BinaryIO, level: Level, how: DocumentExtension) -> bytes:
    """The document with its signatures at a level, or with one archive time-stamp more where they are there already.

    source: the octets, or a seekable file, of which containers and PDFs are read in pieces.
    Raises MalformedInput when it cannot be read, NotExtended when a signature in it is broken or what it needs is not at
    hand; what the stamper raises passes through.
    """
    found = format_of_source(source)
    if how.by_manifest and found is not Format.CONTAINER:
        raise NotExtended("archive manifests are for containers (ASiC-E)")
    match found:
        case Format.PDF:
            require("pyhanko", "PDF signatures")
            from hpki.signatures.pdf.extending import PdfExtension, extend_pdf

            return extend_pdf(source, level, PdfExtension(how.stamper, how.evidence, how.kind), how.target)
        case Format.CONTAINER:
            require("lxml", "containers")
            from hpki.signatures.asic.making import ContainerExtension, extend_container

            beside = ContainerExtension(how.stamper, how.evidence, how.kind, how.by_manifest)
            return extend_container(source, level, beside, how.target)
        case _:
            made = _extended_whole(whole_of(source), level, how)
    if how.target is None:
        return made
    how.target.write(made)
    return b""


def _extended_whole(octets: bytes, level: Level, how: DocumentExtension) -> bytes:
    """Formats that are held in memory."""
    if format_of(octets) is Format.XML:
        require("lxml", "XML signatures")
        from hpki.signatures.xml.extending import XmlExtension, extend_xml

        return extend_xml(octets, level, XmlExtension(how.stamper, how.evidence, how.detached, how.kind))
    content = next(iter(how.detached.values()), None)
    return extend(octets, level, Extension(how.stamper, how.evidence, content, how.kind))


@dataclass(frozen=True)
class ExtendedDocument:
    """A document after extension: its octets (none where they went to a file), our judgement of it (None without anchors),
    and what is to be feared.
    """

    octets: bytes = field(repr=False)
    report: DocumentReport | None
    doubts: tuple[Doubt, ...] = ()


def extend_and_judge(
    source: bytes | BinaryIO,
    level: Level,
    how: DocumentExtension,
    policy: SignaturePolicy,
    anchors: Sequence[TrustAnchor],
    at: dt.datetime,
) -> ExtendedDocument:
    """The document extended as by `extend_document`, judged at a moment with what is at hand then.

    Its doubts say what would make it INDETERMINATE in later years; below LT there are none, for nothing is promised.
    Raises as `extend_document`.
    """
    made = extend_document(source, level, how)
    if level not in _SELF_CONTAINED:
        return ExtendedDocument(made, None)
    before, after = (
        read_signed_document(each, how.detached)
        for each in (source, made if how.target is None else how.target)
    )
    report = judge_document(after, how.evidence, policy, anchors, at) if anchors else None
    doubts = doubts_about(Extended(before, after, how.evidence, report), policy, anchors, at)
    return ExtendedDocument(made, report, tuple(doubts))
