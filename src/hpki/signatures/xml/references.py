"""What a ds:Reference points at and what its transforms make of it (XMLDSig 4.4.3).

What a Reference declares is what is digested, nothing else and nothing added.  No address is opened: a file outside the
document is taken from what the caller gave, by its name, or is not at hand.  Filters that would need an XPath or XSLT
engine are refused; three ways of writing "without the signatures" are understood.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final
from urllib.parse import unquote

from lxml import etree

from hpki.errors import MalformedInput
from hpki.signatures.algorithms import HashKind
from hpki.signatures.content import Content, octets_up_to
from hpki.signatures.xml import names
from hpki.signatures.xml.canonical import INCLUSIVE, Method, canonical_document, canonical_element, method_of
from hpki.signatures.xml.reading import LIMITS, XmlDocument, read_xml
from hpki.signatures.xml.values import children, octets_of, only_child, text_of
from hpki.signatures.xml.work import Work

MOST_TRANSFORMS: Final = 8
_WHOLE: Final = frozenset({"", "#xpointer(/)"})
_POINTER: Final = re.compile(r"""#xpointer\(id\((['"])([^'"()]{1,256})\1\)\)""")
_WITHOUT_SIGNATURES: Final = re.compile(
    r"not\(\s*ancestor-or-self::(?P<prefix>[A-Za-z_][\w.-]*):Signature\s*\)"
)
_SUBTRACTED: Final = re.compile(
    r"(?:/descendant::|//|(?P<below_root>/\*/))(?P<prefix>[A-Za-z_][\w.-]*):Signature"
)
_FILTERS: Final = frozenset({names.XPATH, names.XPATH_FILTER_2})


class _Filter(Enum):
    """Which signatures a filter leaves out."""

    ALL = auto()
    BELOW_ROOT = auto()


@dataclass(frozen=True)
class NodeSet:
    """A document (`apex` None) or a subtree, less whole subtrees; without comments unless they were asked for."""

    root: etree._Element
    apex: etree._Element | None = None
    without: tuple[etree._Element, ...] = ()
    comments: bool = False

    def canonical(self, method: Method) -> bytes:
        """Its canonical form; a node set without comments has none to show."""
        if method.comments and not self.comments:
            method = replace(method, comments=False)
        if self.apex is None:
            return canonical_document(self.root, method, without=self.without)
        return canonical_element(self.apex, method, without=self.without)


# Octets that are in memory, octets outside that are hashed chunk by chunk, or nodes.
Data = bytes | Content | NodeSet


@dataclass(frozen=True)
class Transform:
    """One ds:Transform: its identifier, and the element for those that have parameters."""

    uri: str
    element: etree._Element | None = None


@dataclass(frozen=True)
class Reference:
    """One ds:Reference as it stands.  `digest` is what it states."""

    uri: str | None
    type: str
    identifier: str
    transforms: tuple[Transform, ...]
    algorithm: HashKind | None
    digest: bytes
    element: etree._Element = field(repr=False)

    @property
    def place(self) -> str:
        """How people are told which one it is."""
        return self.uri or ("(document)" if self.uri == "" else "(no URI)")


def read_reference(element: etree._Element) -> Reference:
    """The Reference in an element.  Raises MalformedInput."""
    found = children(element)
    named = [str(child.tag) for child in found]
    transforms: tuple[Transform, ...] = ()
    if named[:1] == [names.ds("Transforms")]:
        transforms = _transforms(found[0])
        named = named[1:]
    if named != [names.ds("DigestMethod"), names.ds("DigestValue")]:
        raise MalformedInput(
            "Reference", "needs DigestMethod and DigestValue, in this order and nothing else"
        )
    method = only_child(element, names.ds("DigestMethod"))
    uri = element.get("URI")
    return Reference(
        uri=None if uri is None else str(uri),
        type=str(element.get("Type", "")),
        identifier=str(element.get("Id", "")),
        transforms=transforms,
        algorithm=names.digest_of(str(method.get("Algorithm", ""))),
        digest=octets_of(only_child(element, names.ds("DigestValue")), most=4096),
        element=element,
    )


def _transforms(element: etree._Element) -> tuple[Transform, ...]:
    found = children(element)
    if len(found) > MOST_TRANSFORMS:
        raise MalformedInput("Transforms", f"over {MOST_TRANSFORMS}")
    if any(str(child.tag) != names.ds("Transform") for child in found):
        raise MalformedInput("Transforms", "holds something else than Transform")
    return tuple(Transform(str(child.get("Algorithm", "")), child) for child in found)


@dataclass(frozen=True, eq=False)
class Resolution:
    """A Reference, the nodes it points at (None: a file, or nothing), and what its transforms left (None: not at hand)."""

    reference: Reference
    target: NodeSet | None
    data: Data | None

    @property
    def apex(self) -> etree._Element | None:
        """The element that it points at; None for the whole document, a file, or nothing."""
        return None if self.target is None else self.target.apex


class NotAtHand(Exception):
    """What a Reference points at is not in the document and was not given."""


class Refused(Exception):
    """A Reference asks for something that is never done: another program's transform, an ambiguous identifier."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Surroundings:
    """Where references are looked up: the document, and the files that were given beside it by name."""

    document: XmlDocument
    detached: Mapping[str, Content] = field(default_factory=dict)
    work: Work = field(default_factory=Work)

    def target(self, uri: str | None) -> Data:
        """What an address means.  Raises NotAtHand, Refused."""
        root = self.document.root
        if uri is None:
            return self._only_file()
        if uri in _WHOLE:
            return NodeSet(root, comments=uri != "")
        if pointed := _POINTER.fullmatch(uri):
            return replace(self._element(pointed[2]), comments=True)
        if uri.startswith("#"):
            return self._element(uri[1:])
        return self._file(uri)

    def _element(self, identifier: str) -> NodeSet:
        found = self.document.with_identifier(identifier)
        if len(found) > 1:
            raise Refused("xml_identifier_doubled", f"#{identifier}")
        if not found:
            raise NotAtHand
        (element,) = found
        return NodeSet(self.document.root, None if element is self.document.root else element)

    def _file(self, uri: str) -> Content:
        for name in (uri, unquote(uri), unquote(uri).rpartition("/")[2]):
            if name in self.detached:
                return self.detached[name]
        raise NotAtHand

    def _only_file(self) -> Content:
        if len(self.detached) != 1:
            raise NotAtHand
        return next(iter(self.detached.values()))


def resolve(reference: Reference, around: Surroundings) -> Resolution:
    """What a Reference points at and what is left after its transforms: what is digested, nodes still as nodes.

    Raises NotAtHand, Refused, MalformedInput (a transform meets data it cannot take).
    """
    data = target = around.target(reference.uri)
    for transform in reference.transforms:
        data = _transformed(data, transform, reference)
    return Resolution(reference, target if isinstance(target, NodeSet) else None, data)


def octets_after(data: Data, method: Method = INCLUSIVE) -> bytes:
    """The data as octets; nodes in canonical form (XMLDSig 4.4.3.2: inclusive 1.0 unless somebody says otherwise)."""
    if isinstance(data, NodeSet):
        return data.canonical(method)
    return data if isinstance(data, bytes) else b"".join(data.chunks())


def digest_of_data(data: Data, kind: HashKind) -> bytes:
    """The hash of the data; a file is read chunk by chunk."""
    if isinstance(data, bytes | NodeSet):
        return kind.digest(octets_after(data))
    return data.digest(kind.name)


def _transformed(data: Data, transform: Transform, reference: Reference) -> Data:
    method = canonicalisation(transform)
    if method is not None:
        return _nodes(data).canonical(method)
    if transform.uri == names.ENVELOPED:
        return _without_own_signature(data, reference)
    if transform.uri == names.BASE64:
        return _decoded(data)
    if transform.uri in _FILTERS:
        return _filtered(data, transform)
    raise Refused("xml_transform_refused", transform.uri[:200])


def canonicalisation(transform: Transform) -> Method | None:
    """The canonicalisation that a transform (or a CanonicalizationMethod) names, with its PrefixList."""
    prefixes = ""
    if transform.element is not None:
        listed = transform.element.find(f"{{{names.EXC_C14N}}}InclusiveNamespaces")
        prefixes = "" if listed is None else str(listed.get("PrefixList", ""))
    return method_of(transform.uri, prefixes)


def _nodes(data: Data) -> NodeSet:
    if isinstance(data, NodeSet):
        return data
    # XMLDSig 4.4.3.2: octets are parsed before a transform that wants nodes.
    return NodeSet(read_xml(octets_up_to(data, LIMITS.octets)).root, comments=True)


def _without_own_signature(data: Data, reference: Reference) -> NodeSet:
    if not isinstance(data, NodeSet):
        raise Refused("xml_transform_refused", names.ENVELOPED)
    signature = next(reference.element.iterancestors(names.ds("Signature")), None)
    if signature is None or (data.apex is not None and data.apex not in signature.iterancestors()):
        raise Refused("xml_transform_refused", f"{names.ENVELOPED}: the signature is not inside")
    return replace(data, without=(*data.without, signature))


def _decoded(data: Data) -> bytes:
    if isinstance(data, NodeSet):
        inside = data.root if data.apex is None else data.apex
        if children(inside):
            # XMLDSig 6.6.2 passes over tags; programs read the text up to the first one.
            raise Refused("xml_transform_refused", f"{names.BASE64}: there are elements in it")
        octets = "".join(str(part) for part in inside.itertext(etree.Element)).encode()
    else:
        octets = octets_after(data)
    try:
        return base64.b64decode(b"".join(octets.split()), validate=True)
    except binascii.Error as error:
        raise MalformedInput(names.BASE64, "what it should decode is not base64") from error


def _filtered(data: Data, transform: Transform) -> NodeSet:
    """Without all signatures, or those right below the root; anything else that XPath could say is refused."""
    nodes, filtered = _nodes(data), _filter_of(transform)
    if filtered is None:
        raise Refused("xml_transform_refused", transform.uri)
    start = nodes.root if nodes.apex is None else nodes.apex
    signature = names.ds("Signature")
    left_out = nodes.root.findall(signature) if filtered is _Filter.BELOW_ROOT else start.iter(signature)
    return replace(nodes, without=(*nodes.without, *left_out))


def is_filtered(reference: Reference) -> bool:
    """Whether a Reference may leave out a part of what it points at."""
    return any(each.uri in _FILTERS for each in reference.transforms)


def leaves_out(reference: Reference, signature: etree._Element) -> bool:
    """Whether a filter of a Reference leaves out a signature, wherever the Reference points."""
    found = {_filter_of(each) for each in reference.transforms if each.uri in _FILTERS}
    is_below_root = signature.getparent() is signature.getroottree().getroot()
    return _Filter.ALL in found or (is_below_root and _Filter.BELOW_ROOT in found)


def _filter_of(transform: Transform) -> _Filter | None:
    """Which signatures a filter leaves out; None for one that says something else."""
    inside = [] if transform.element is None else children(transform.element)
    if len(inside) != 1:
        return None
    is_second = transform.uri == names.XPATH_FILTER_2
    expression = " ".join(text_of(inside[0]).split())
    found = (_SUBTRACTED if is_second else _WITHOUT_SIGNATURES).fullmatch(expression)
    if found is None or inside[0].nsmap.get(found["prefix"]) != names.DS:
        return None
    if is_second and inside[0].get("Filter") != "subtract":
        return None
    return _Filter.BELOW_ROOT if is_second and found["below_root"] else _Filter.ALL
