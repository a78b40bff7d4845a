"""Makes containers, and extends the signatures in them (EN 319 162-1 4.3, 4.4)."""

import mimetypes
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, Final
from urllib.parse import quote

from lxml import etree

from hpki.errors import MalformedInput, NotExtended
from hpki.signatures.algorithms import SHA_256, HashKind
from hpki.signatures.asic.archiving import archived, under_lists
from hpki.signatures.asic.container import META, Container, Kind, is_meta, read_container
from hpki.signatures.asic.manifest import ASIC, listing_of, manifest_of, read_manifest
from hpki.signatures.asic.packing import write_container
from hpki.signatures.asic.reader import read_container_signatures
from hpki.signatures.claims import Claims, SigningUnit
from hpki.signatures.cms.extending import Extension, extend
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.content import Content, OctetContent, content_of
from hpki.signatures.facts import DocumentFacts, Level, TimeStampFacts
from hpki.signatures.time_stamping import TimeStamper
from hpki.signatures.xml.extending import XmlExtension, extend_xml
from hpki.signatures.xml.making import sign_detached
from hpki.validation.evidence import Evidence

_SIGNATURES: Final = "META-INF/signatures{}.xml"
_CMS: Final = "META-INF/signature{}.p7s"
_MANIFEST: Final = "META-INF/ASiCManifest{}.xml"
_LISTING: Final = "META-INF/manifest.xml"
_CMS_MEDIA: Final = "application/pkcs7-signature"


class Inside(StrEnum):
    """What kind of signature stands in the container."""

    XADES = "xades"
    CADES = "cades"


@dataclass(frozen=True)
class ContainerExtension:
    """What an extension goes by: who stamps, with which hash, and the revocation data at hand.

    `by_manifest`: archive time-stamps stand beside the signatures, over an ASiCArchiveManifest, and not inside them.
    """

    stamper: TimeStamper
    evidence: Evidence = field(default_factory=Evidence)
    kind: HashKind = SHA_256
    by_manifest: bool = False


def sign_container(
    files: Mapping[str, bytes | Content],
    unit: SigningUnit,
    claims: Claims,
    *,
    kind: Kind,
    inside: Inside,
    target: BinaryIO | None = None,
) -> bytes:
    """A container of the files with one signature over all of them, written to `target` or returned.

    files: by name; exactly one for ASiC-S.  Raises MalformedInput for names that a container may not have, or the
    wrong number of files; what the key raises passes through.
    """
    if not files or (kind is Kind.SIMPLE and len(files) != 1):
        raise MalformedInput("container", f"{kind.name.lower()} containers do not hold {len(files)} files")
    if any(is_meta(name) or name.startswith("/") or ".." in name.split("/") for name in files):
        raise MalformedInput("container", "a file's name is the container's own, or leads outside")
    contents = {name: content_of(each) for name, each in files.items()}
    signed: dict[str, bytes | Content] = {**contents, **_signed(contents, unit, claims, kind, inside, "")}
    return write_container(kind, signed, target, signed_with=unit.digest)


def add_signature(
    source: bytes | BinaryIO,
    unit: SigningUnit,
    claims: Claims,
    *,
    inside: Inside,
    target: BinaryIO | None = None,
) -> bytes:
    """The container with one signature more, beside those that are there; written to `target` or returned."""
    container = read_container(source)
    if container.kind is None:
        raise MalformedInput("container", "its mimetype is none of ASiC")
    taken = set(container.files)
    number = next(
        f"{n:03d}"
        for n in range(1, 1000)
        if not {_SIGNATURES.format(f"{n:03d}"), _CMS.format(f"{n:03d}")} & taken
    )
    if container.kind is Kind.SIMPLE and inside is Inside.CADES:
        raise MalformedInput("container", "a simple container has one CAdES file; sign it again as a whole")
    added = _signed(container.documents, unit, claims, container.kind, inside, number)
    return write_container(container.kind, {**container.entries, **added}, target)


def _signed(
    files: Mapping[str, Content], unit: SigningUnit, claims: Claims, kind: Kind, inside: Inside, number: str
) -> dict[str, bytes]:
    media = {name: mimetypes.guess_type(name)[0] or "application/octet-stream" for name in files}
    if inside is Inside.XADES:
        detached: dict[str, tuple[Content, str]] = {
            quote(name): (content, media[name]) for name, content in files.items()
        }
        made = {_SIGNATURES.format(number): _wrapped(sign_detached(detached, unit, claims))}
        return made if kind is Kind.SIMPLE else {_LISTING: listing_of(media), **made}
    name = _CMS.format(number)
    if kind is Kind.SIMPLE:
        [content] = files.values()
        return {name: sign_cms(content, unit, claims)}
    listed = manifest_of(name, _CMS_MEDIA, files, unit.digest, media)
    return {_MANIFEST.format(number): listed, name: sign_cms(OctetContent(listed), unit, claims)}


def _wrapped(signature: bytes) -> bytes:
    """EN 319 162-1 A.5: the signatures under one root."""
    root = etree.Element(f"{{{ASIC}}}XAdESSignatures", nsmap={"asic": ASIC})
    root.append(etree.fromstring(signature))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def extend_container(
    source: bytes | BinaryIO, level: Level, extension: ContainerExtension, target: BinaryIO | None = None
) -> bytes:
    """The container with its signatures at a level, written to `target` or returned.

    One with archive manifests is renewed by another one, whatever `by_manifest` says: what they name must not change.
    Raises MalformedInput when it cannot be read, NotExtended as the extenders of the formats inside do.
    """
    container = read_container(source)
    if container.kind is None:
        raise NotExtended("its mimetype is none of ASiC")
    facts = read_container_signatures(source)
    if any(digest.is_broken for each in facts.signatures for digest in each.digests):
        raise NotExtended("a signature in it is broken")
    if any(not _holds(each) for each in facts.time_stamps):
        raise NotExtended("what an archive time-stamp in it is of has changed")
    settled = under_lists(container.entries)
    is_listed = extension.by_manifest or bool(settled)
    if not is_listed:
        return write_container(container.kind, _extended(container, level, extension, frozenset()), target)
    _require_listable(container, facts, level)
    files = _extended(container, Level.LT, extension, settled)
    known = facts.evidence.joined(extension.evidence)
    return write_container(
        container.kind, archived(files, Extension(extension.stamper, known, kind=extension.kind)), target
    )


def _holds(stamp: TimeStampFacts) -> bool:
    is_refused = any(each.sub_indication is not None for each in stamp.troubles)
    return not is_refused and stamp.imprint is not None and not stamp.imprint.is_broken


def _require_listable(container: Container, facts: DocumentFacts, level: Level) -> None:
    """EN 319 162-1 4.4.4.2: archive manifests belong to extended containers with CAdES."""
    if container.kind is not Kind.EXTENDED or any(each.format != "CAdES" for each in facts.signatures):
        raise NotExtended("archive manifests are for extended containers (ASiC-E) with CAdES signatures")
    if level is not Level.LTA:
        raise NotExtended(f"an archive manifest brings a container to LTA and not to {level}")


def _extended(
    container: Container, level: Level, extension: ContainerExtension, settled: Collection[str]
) -> dict[str, bytes | Content]:
    """The files with each signature at a level, but for those that an archive manifest names."""
    files: dict[str, bytes | Content] = {**container.entries}
    detached = container.documents
    over = {
        read_manifest(container.files[name]).signature: name
        for name in container.files
        if name.startswith("META-INF/ASiCManifest") and name.endswith(".xml")
    }
    for name in container.files:
        if name in settled or not name.startswith(META):
            continue
        if name.lower().endswith(".p7s"):
            content = container.entries[over[name]] if name in over else next(iter(detached.values()))
            how = Extension(extension.stamper, extension.evidence, content, extension.kind)
            files[name] = extend(container.files[name], level, how)
        elif name.startswith("META-INF/signatures") and name.endswith(".xml"):
            beside = XmlExtension(extension.stamper, extension.evidence, detached, extension.kind)
            files[name] = extend_xml(container.files[name], level, beside)
    return files
