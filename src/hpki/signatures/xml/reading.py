"""Reads XML from outside: no DTD, no entity, no network, bounded in size, depth and number of nodes.

Nothing in here resolves an address or expands anything; what a document may not contain ends in `MalformedInput`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from hpki.errors import MalformedInput
from hpki.signatures.xml.prolog import refuse_document_type
from hpki.signatures.xml.work import MOST_WORK

_MEBIBYTE = 1 << 20
# As it stands in octets; a name cannot be written by character references.
_DECLARATION = tuple("xmlns".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
# The names under which documents carry identifiers: XMLDSig's own, what schemas call theirs, and XML's.
ID_ATTRIBUTES = ("Id", "ID", "id", "{http://www.w3.org/XML/1998/namespace}id")
# Two elements of one identifier are an ambiguity; a hundred thousand are no greater one, and take their square to list.
_MOST_NAMESAKES = 8


@dataclass(frozen=True)
class XmlLimits:
    """How large a document may be.  Depth (256) and single text nodes (10 million characters) bound the parser itself."""

    octets: int = 64 * _MEBIBYTE
    elements: int = 400_000
    attributes: int = 256
    """of one element, namespace declarations not counted"""
    namespaces: int = 32
    """in force at one element: libxml2's canonical form takes their cube, again at each element"""
    work: int = MOST_WORK
    """octets that are canonicalised and hashed for all signatures together"""


LIMITS = XmlLimits()


@dataclass(frozen=True, eq=False)
class XmlDocument:
    """A document as it was read, and where its identifiers stand.

    identifiers: each value of `ID_ATTRIBUTES` → the first elements that carry it, in document order; more than one is an
    ambiguity that a signature must not be judged over.  octets: how many it has.
    """

    root: etree._Element
    identifiers: dict[str, tuple[etree._Element, ...]] = field(repr=False)
    octets: int

    def with_identifier(self, identifier: str) -> tuple[etree._Element, ...]:
        return self.identifiers.get(identifier, ())


def read_xml(content: bytes, *, limits: XmlLimits = LIMITS) -> XmlDocument:
    """The document, or MalformedInput with what is wrong (XML 1.0; namespaces in XML 1.0).

    content: the octets of one document in any encoding that it declares.
    """
    if len(content) > limits.octets:
        raise MalformedInput("XML", f"over {limits.octets} octets")
    # Before the parser sees it: libxml2 opens the file that a document type names, even when told not to load any.
    refuse_document_type(content)
    # A fresh parser each time: one parser keeps a lock and its memory between documents.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        collect_ids=False,
        strip_cdata=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedInput("XML", f"not well-formed: {error}") from error
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise MalformedInput("XML", "a document type declaration is not accepted")
    # No element has more in force than the whole document declares, so most documents need no second look.
    if max(content.count(each) for each in _DECLARATION) > limits.namespaces:
        _refuse_namespaces(root, limits)
    return XmlDocument(root, _identifiers(root, limits), len(content))


def elements(root: etree._Element) -> Iterator[etree._Element]:
    """Every element, in document order; comments and processing instructions are left out."""
    return root.iter(etree.Element)


def _refuse_namespaces(root: etree._Element, limits: XmlLimits) -> None:
    for count, element in enumerate(elements(root), 1):
        if count > limits.elements:
            raise MalformedInput("XML", f"over {limits.elements} elements")
        if len(element.nsmap) > limits.namespaces:
            raise MalformedInput("XML", f"over {limits.namespaces} namespaces in force at one element")


def _identifiers(root: etree._Element, limits: XmlLimits) -> dict[str, tuple[etree._Element, ...]]:
    found: dict[str, tuple[etree._Element, ...]] = {}
    for count, element in enumerate(elements(root), 1):
        if count > limits.elements:
            raise MalformedInput("XML", f"over {limits.elements} elements")
        attributes = element.attrib
        if not attributes:
            continue
        if len(attributes) > limits.attributes:
            raise MalformedInput("XML", f"over {limits.attributes} attributes in one element")
        for name in ID_ATTRIBUTES:
            value = attributes.get(name)
            if value is not None:
                known = found.get(key := str(value), ())
                if len(known) < _MOST_NAMESAKES and element not in known:
                    found[key] = (*known, element)
    return found
