"""What each time-stamp of XAdES is a stamp of, octet for octet.

TS 101 903 7.2.9 – 7.2.10, 7.3, 7.5, 7.7 and 8.2.1; EN 319 132-1 5.2.8, 5.3, 5.5.2, A.1.5; TS 119 132-3.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache

from lxml import etree

from hpki.signatures.algorithms import HashKind
from hpki.signatures.content import Content
from hpki.signatures.evidence_record import Hashed
from hpki.signatures.facts import TimeStampKind
from hpki.signatures.xml import names
from hpki.signatures.xml.canonical import Method, canonical_element
from hpki.signatures.xml.names import xades
from hpki.signatures.xml.references import Data, NodeSet, Resolution, octets_after
from hpki.signatures.xml.structure import XmlSignature
from hpki.signatures.xml.unsigned import XmlTimeStamp
from hpki.signatures.xml.values import children, local_name
from hpki.signatures.xml.work import Work

# In the order in which version 1.3.2 puts them together, whatever their order in the document.
_REFERENCES = (
    "SignatureTimeStamp",
    "CompleteCertificateRefs",
    "CompleteRevocationRefs",
    "AttributeCertificateRefs",
    "AttributeRevocationRefs",
)

Resolved = Sequence[Resolution]


class NotComputable(Exception):
    """Something under the time-stamp is not at hand, or its way of naming it is not known here."""


def digest_of(pieces: Iterator[bytes | Content], kind: HashKind, work: Work | None = None) -> bytes:
    """The hash of pieces one after the other; files chunk by chunk.  Raises MalformedInput when it is too much `work`."""
    made = hashlib.new(kind.name, usedforsecurity=False)
    for piece in pieces:
        for chunk in (piece,) if isinstance(piece, bytes) else piece.chunks():
            if work is not None:
                work.spend(chunk)
            made.update(chunk)
    return made.digest()


def stamped_pieces(
    stamp: XmlTimeStamp, signature: XmlSignature, resolved: Resolved, unsigned: Sequence[etree._Element]
) -> Iterator[bytes | Content]:
    """The octets under a time-stamp of the unsigned properties.  Raises NotComputable."""
    method = stamp.method
    if method is None or stamp.has_includes:
        raise NotComputable
    before = unsigned[: stamp.position]
    if stamp.kind is TimeStampKind.ARCHIVE:
        yield from archive_pieces(signature, resolved, before, method, profile=stamp.profile)
        return
    if "RefsOnly" not in local_name(stamp.element):
        yield canonical_element(signature.value_element, method)
    if stamp.kind is TimeStampKind.REFERENCES:
        for element in _referring(stamp, before):
            yield canonical_element(element, method)


def _referring(stamp: XmlTimeStamp, before: Sequence[etree._Element]) -> list[etree._Element]:
    wanted = _REFERENCES[1:] if "RefsOnly" in local_name(stamp.element) else _REFERENCES
    if stamp.profile == "1.4.1":
        return [each for each in before if local_name(each).removesuffix("V2") in wanted]
    return [each for name in wanted for each in before if local_name(each) == name]


def archive_pieces(
    signature: XmlSignature,
    resolved: Resolved,
    before: Sequence[etree._Element],
    method: Method,
    *,
    profile: str,
) -> Iterator[bytes | Content]:
    """The octets under an archive time-stamp behind the properties `before`.  Raises NotComputable."""
    for each in resolved:
        yield piece_of(each.data, method)
    yield canonical_element(signature.signed_info, method)
    yield canonical_element(signature.value_element, method)
    if signature.key_info is not None:
        yield canonical_element(signature.key_info, method)
    for element in before:
        yield canonical_element(element, method)
    referenced = [each.apex for each in resolved]
    for element in signature.objects:
        if element.find(xades("QualifyingProperties")) is not None:
            continue
        if profile == "1.3.2" and any(element is apex for apex in referenced):
            continue
        yield canonical_element(element, method)


def content_pieces(stamp: XmlTimeStamp, resolved: Resolved) -> Iterator[bytes | Content]:
    """The octets under a time-stamp of the signed data objects, made before the signature.  Raises NotComputable."""
    if stamp.method is None:
        raise NotComputable
    included = {
        str(each.get("URI", "")).removeprefix("#")
        for each in children(stamp.element)
        if str(each.tag) == xades("Include")
    }
    for each in resolved:
        if each.reference.type in names.SIGNED_PROPERTIES_TYPES:
            continue
        if not stamp.has_includes or each.reference.identifier in included:
            yield piece_of(each.data, stamp.method)


def piece_of(data: Data | None, method: Method) -> bytes | Content:
    """Octets as they are, nodes in canonical form.  Raises NotComputable for what is not at hand."""
    if data is None:
        raise NotComputable
    return octets_after(data, method) if isinstance(data, bytes | NodeSet) else data


def group_of(
    signature: XmlSignature, resolved: Resolved, listed: Resolved, before: Sequence[etree._Element]
) -> Hashed | None:
    """The way to the hash of the group that an evidence record behind the properties `before` is of (TS 119 132-3).

    listed: what the signed manifests list.  None when something of it is not at hand.
    """
    method = signature.method
    if method is None:
        return None
    try:
        pieces = [
            *archive_pieces(signature, resolved, before, method, profile="1.4.1"),
            *(piece_of(each.data, method) for each in listed),
        ]
    except NotComputable:
        return None

    @cache
    def hashed(kind: HashKind) -> tuple[bytes, ...]:
        return (kind.digest(b"".join(sorted(_hashes(pieces, kind)))),)

    return hashed


def _hashes(pieces: Sequence[bytes | Content], kind: HashKind) -> Iterator[bytes]:
    for piece in pieces:
        yield kind.digest(piece) if isinstance(piece, bytes) else piece.digest(kind.name)
