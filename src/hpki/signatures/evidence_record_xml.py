"""Evidence records in XML (RFC 6283): what ASN.1 hashes as it is encoded, a chain hashes in the canonical form it names."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from hpki.errors import MalformedInput
from hpki.signatures.algorithms import HashKind
from hpki.signatures.content import Content, octets_up_to
from hpki.signatures.evidence_record import (
    MOST_HASHES,
    MOST_LISTS,
    MOST_STAMPS,
    ArchiveStamp,
    Tree,
    require_chains,
    require_tree,
)
from hpki.signatures.xml.canonical import Method, canonical_document, canonical_element
from hpki.signatures.xml.names import digest_of
from hpki.signatures.xml.reading import LIMITS, XmlLimits, read_xml
from hpki.signatures.xml.references import Transform, canonicalisation
from hpki.signatures.xml.values import octets_of, only_child
from hpki.validation.evidence import Evidence
from hpki.validation.facts import read_certificate
from hpki.validation.ocsp_answer import read_ocsp_answer
from hpki.validation.revocation_list import read_revocation_list

ERS: Final = "urn:ietf:params:xml:ns:ers"
_WHAT: Final = "evidence record"
_LIMITS: Final = XmlLimits(octets=16 << 20, elements=60_000)
# How much is put into canonical form for one record: each chain hashes all before it, and data each in its own way.
_MOST_WORK: Final = 256 << 20
_MOST_VISITS: Final = 240_000
_MOST_WAYS: Final = 8
_MOST_TOKEN: Final = 1 << 22
_MOST_HELD: Final = 512


def ers(local: str) -> str:
    """A name of RFC 6283 as lxml writes it."""
    return f"{{{ERS}}}{local}"


@dataclass(frozen=True)
class Chain:
    """One ArchiveTimeStampChain: its hash, its canonical form, its TimeStamp elements in their order."""

    element: etree._Element = field(repr=False)
    kind: HashKind
    method: Method
    stamps: tuple[ArchiveStamp, ...]
    elements: tuple[etree._Element, ...] = field(repr=False)


@dataclass(frozen=True)
class XmlEvidenceRecord:
    """The chains in their order, and the element that holds them."""

    sequence: etree._Element = field(repr=False)
    read: tuple[Chain, ...]
    unread: tuple[str, ...] = ()
    profile: str = "RFC 6283"

    @property
    def chains(self) -> Sequence[Sequence[ArchiveStamp]]:
        """The archive time-stamps in their order."""
        return [chain.stamps for chain in self.read]

    def states(self, kind: HashKind) -> bool:
        """4.1.1: each chain names its own."""
        return any(chain.kind is kind for chain in self.read)

    def way(self, number: int) -> Hashable:
        """The canonical form."""
        return self.read[number].method

    def hashes_of(self, content: Content, number: int, kind: HashKind) -> tuple[bytes, ...]:
        """4.1.2: of XML the canonical form, of anything else the octets; some archives take XML for octets too."""
        plain = content.digest(kind.name)
        octets = octets_up_to(content, LIMITS.octets)
        try:
            canonical = canonical_document(read_xml(octets).root, self.read[number].method)
        except MalformedInput:
            return (plain,)
        return tuple(dict.fromkeys((kind.digest(canonical), plain)))

    def renewed(self, number: int, place: int, kind: HashKind) -> bytes:
        """4.2.1: the hash of the TimeStamp element."""
        chain = self.read[number]
        return kind.digest(canonical_element(chain.elements[place], chain.method))

    def chained(self, _number: int, _kind: HashKind) -> Callable[[bytes], bytes]:
        """4.2.2: the data object's hash itself."""
        return lambda value: value

    def beside(self, number: int, kind: HashKind) -> tuple[bytes, ...]:
        """4.2.2: the hash of the ArchiveTimeStampSequence as it was before, in the later chain's canonical form."""
        later = [chain.element for chain in self.read[number:]]
        canonical = canonical_element(self.sequence, self.read[number].method, without=later)
        return (kind.digest(canonical),)


def read_xml_evidence_record(octets: bytes) -> XmlEvidenceRecord:
    """The record in a document of its own.  Raises MalformedInput."""
    return read_record_element(read_xml(octets, limits=_LIMITS).root)


def read_record_element(root: etree._Element) -> XmlEvidenceRecord:
    """The record in an EvidenceRecord element.

    Raises MalformedInput, also where the data were encrypted first (RFC 6283 5).
    """
    if str(root.tag) != ers("EvidenceRecord"):
        raise MalformedInput(_WHAT, f"its root is {str(root.tag)[:80]}")
    if str(root.get("Version", "")).strip() not in {"1.0", "1"}:
        raise MalformedInput(_WHAT, "its version is not 1.0")
    if root.find(ers("EncryptionInformation")) is not None:
        raise MalformedInput(_WHAT, "it is of encrypted data")
    sequence = only_child(root, ers("ArchiveTimeStampSequence"))
    chains = tuple(_chain(each) for each in _ordered(sequence, "ArchiveTimeStampChain", MOST_STAMPS))
    require_chains(_WHAT, [chain.stamps for chain in chains])
    if len({(chain.kind.name, chain.method) for chain in chains}) > _MOST_WAYS:
        raise MalformedInput(_WHAT, f"over {_MOST_WAYS} hashes and canonical forms")
    visits = len(chains) * sum(1 for _ in sequence.iter())
    if visits > _MOST_VISITS or len(chains) * len(etree.tostring(sequence)) > _MOST_WORK:
        raise MalformedInput(_WHAT, "it has too many chains for its size")
    unread = [name for name in ("SupportingInformationList", "Attributes") if _has(root, name)]
    return XmlEvidenceRecord(sequence, chains, tuple(unread))


def _has(root: etree._Element, name: str) -> bool:
    return next(root.iter(ers(name)), None) is not None


def _ordered(parent: etree._Element, name: str, most: int) -> list[etree._Element]:
    """The children of a name by their Order, which counts from 1 without a gap.  Raises MalformedInput."""
    found = parent.findall(ers(name))
    if len(found) > most:
        raise MalformedInput(_WHAT, f"over {most} {name}")
    by_order = {str(each.get("Order", "")).strip(): each for each in found}
    try:
        return [by_order[str(number)] for number in range(1, len(found) + 1)]
    except KeyError as error:
        raise MalformedInput(_WHAT, f"the Order of {name} does not count from 1") from error


def _chain(element: etree._Element) -> Chain:
    kind = digest_of(str(only_child(element, ers("DigestMethod")).get("Algorithm", "")))
    if kind is None:
        raise MalformedInput(_WHAT, "its hash algorithm is not known")
    named = only_child(element, ers("CanonicalizationMethod"))
    method = canonicalisation(Transform(str(named.get("Algorithm", "")), named))
    if method is None:
        raise MalformedInput(_WHAT, "its canonical form is not known")
    found = _ordered(element, "ArchiveTimeStamp", MOST_STAMPS)
    elements = tuple(only_child(each, ers("TimeStamp")) for each in found)
    stamps = tuple(_stamp(each, stamp, kind) for each, stamp in zip(found, elements, strict=True))
    return Chain(element, kind, method, stamps, elements)


def _stamp(element: etree._Element, stamp: etree._Element, kind: HashKind) -> ArchiveStamp:
    token = only_child(stamp, ers("TimeStampToken"))
    if str(token.get("Type", "")) != "RFC3161":
        raise MalformedInput(_WHAT, "its time-stamp is none of RFC 3161")
    trees = element.findall(ers("HashTree"))
    if len(trees) > 1:
        raise MalformedInput(_WHAT, "an archive time-stamp has two hash trees")
    tree = _tree(trees[0]) if trees else ()
    return ArchiveStamp(kind, tree, octets_of(token, most=_MOST_TOKEN), _held(stamp))


def _tree(element: etree._Element) -> Tree:
    lists: list[tuple[bytes, ...]] = []
    for sequence in _ordered(element, "Sequence", MOST_LISTS):
        found = sequence.findall(ers("DigestValue"))
        if len(found) > MOST_HASHES:
            raise MalformedInput(_WHAT, "its hash tree is too large")
        lists.append(tuple(octets_of(each, most=4096) for each in found))
        require_tree(_WHAT, lists)
    return tuple(lists)


def _held(stamp: etree._Element) -> Evidence:
    """3.1.3: certificates, lists and answers beside the token, each of a Type; what cannot be read is no evidence."""
    found: list[Evidence] = []
    listed = stamp.findall(f"{ers('CryptographicInformationList')}/{ers('CryptographicInformation')}")
    for each in listed[:_MOST_HELD]:
        found += _information(each)
    held = Evidence()
    for one in found:
        held = held.joined(one)
    return held


def _information(element: etree._Element) -> Iterator[Evidence]:
    kind = str(element.get("Type", ""))
    try:
        octets = octets_of(element)
        if kind == "CERT":
            yield Evidence((read_certificate(octets),))
        elif kind == "CRL":
            yield Evidence((), (read_revocation_list(octets),))
        elif kind == "OCSP":
            yield Evidence((), (), (read_ocsp_answer(octets),))
    except MalformedInput:
        return
