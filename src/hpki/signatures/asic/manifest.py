"""ASiCManifest and ASiCArchiveManifest: which files a signature or time-stamp over the list covers (EN 319 162-1 A.4)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote
from xml.sax.saxutils import quoteattr

from lxml import etree

from hpki.errors import MalformedInput
from hpki.signatures.algorithms import HashKind
from hpki.signatures.content import Content, content_of
from hpki.signatures.facts import DigestFact
from hpki.signatures.xml.names import DS, digest_uri
from hpki.signatures.xml.properties import digest_and_value
from hpki.signatures.xml.reading import read_xml
from hpki.signatures.xml.values import only_child

ASIC: Final = "http://uri.etsi.org/02918/v1.2.1#"
MOST_ENTRIES: Final = 1000


@dataclass(frozen=True)
class Entry:
    """One file of the list and the digest that it states."""

    name: str
    algorithm: HashKind | None
    digest: bytes

    def fact(self, files: Mapping[str, Content]) -> DigestFact:
        """What the list states of the file, and what the file is."""
        content = files.get(self.name)
        computed = None if content is None or self.algorithm is None else content.digest(self.algorithm.name)
        return DigestFact(self.name, self.algorithm, self.digest, computed)


@dataclass(frozen=True)
class Manifest:
    """A list: the file with the signature or token over it, and what it lists."""

    signature: str
    entries: tuple[Entry, ...] = field(repr=False)


def read_manifest(octets: bytes) -> Manifest:
    """The list in an ASiCManifest document.  Raises MalformedInput."""
    root = read_xml(octets).root
    if str(root.tag) != f"{{{ASIC}}}ASiCManifest":
        raise MalformedInput("ASiCManifest", f"its root is {str(root.tag)[:80]}")
    over = only_child(root, f"{{{ASIC}}}SigReference")
    listed = root.findall(f"{{{ASIC}}}DataObjectReference")
    if len(listed) > MOST_ENTRIES:
        raise MalformedInput("ASiCManifest", f"over {MOST_ENTRIES} entries")
    return Manifest(unquote(str(over.get("URI", ""))), tuple(_entry(each) for each in listed))


def _entry(element: etree._Element) -> Entry:
    algorithm, digest = digest_and_value(element)
    return Entry(unquote(str(element.get("URI", ""))), algorithm, digest)


def manifest_of(
    signature: str,
    media_type: str,
    files: Mapping[str, bytes | Content],
    kind: HashKind,
    media_types: Mapping[str, str],
    root: str = "",
) -> bytes:
    """The list of some files for a signature or token that is going to be over it; `root` names the list before it."""
    listed = "".join(
        f"<asic:DataObjectReference URI={quoteattr(quote(name))}{_media(media_types.get(name, ''))}{_root(name, root)}>"
        f'<ds:DigestMethod Algorithm="{digest_uri(kind)}"/>'
        f"<ds:DigestValue>{base64.b64encode(content_of(content).digest(kind.name)).decode()}</ds:DigestValue></asic:DataObjectReference>"
        for name, content in files.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<asic:ASiCManifest xmlns:asic="{ASIC}" xmlns:ds="{DS}">'
        f"<asic:SigReference URI={quoteattr(quote(signature))}{_media(media_type)}/>{listed}</asic:ASiCManifest>"
    ).encode()


def listing_of(media_types: Mapping[str, str]) -> bytes:
    """META-INF/manifest.xml as OpenDocument has it, which containers with XAdES carry (EN 319 162-1 4.4.3.1)."""
    entries = "".join(
        f"<manifest:file-entry manifest:full-path={quoteattr(name)} manifest:media-type={quoteattr(media)}/>"
        for name, media in {"/": "application/vnd.etsi.asic-e+zip", **media_types}.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<manifest:manifest manifest:version="1.2" '
        f'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{entries}</manifest:manifest>'
    ).encode()


def _media(media_type: str) -> str:
    return f" MimeType={quoteattr(media_type)}" if media_type else ""


def _root(name: str, root: str) -> str:
    return ' Rootfile="true"' if root and name == root else ""
