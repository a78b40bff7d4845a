"""Canonical XML, exactly: inclusive 1.0 and 1.1 and exclusive 1.0, with and without comments.

The node set is a document or the subtree of one element, less whole subtrees (an enveloped signature).  That is what
signatures digest; an arbitrary XPath node set is refused elsewhere.

Written out here because lxml's own inclusive form of a sub-element is wrong in two ways: it undeclares an inherited
default namespace, and it drops inherited `xml:` attributes.  Its exclusive form and its form of a whole document are
right and much faster, so those are taken where they apply; the tests hold both against a foreign canonicaliser.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from hpki.errors import MalformedInput
from hpki.signatures.xml.base_uri import joined

XML = "http://www.w3.org/XML/1998/namespace"
_WITH_COMMENTS = "#WithComments"
# libxml2 refuses documents deeper than this, so the recursion below ends here too.
_DEEPEST = 256


class Form(StrEnum):
    """The three families, by the identifier of the member without comments."""

    INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    INCLUSIVE_11 = "http://www.w3.org/2006/12/xml-c14n11"
    EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


@dataclass(frozen=True)
class Method:
    """One canonicalisation as a signature names it."""

    form: Form
    comments: bool = False
    # InclusiveNamespaces PrefixList of the exclusive form; "" stands for #default.
    prefixes: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        if not self.comments:
            return self.form.value
        return self.form.value.removesuffix("#") + _WITH_COMMENTS


INCLUSIVE = Method(Form.INCLUSIVE)
INCLUSIVE_11 = Method(Form.INCLUSIVE_11)
EXCLUSIVE = Method(Form.EXCLUSIVE)
_METHODS = {
    method.uri: method for form in Form for comments in (False, True) for method in (Method(form, comments),)
}


def method_of(uri: str, prefix_list: str = "") -> Method | None:
    """The canonicalisation with an identifier, or None for one that is not known here.

    prefix_list: the PrefixList attribute as it stands (W3C xml-exc-c14n, 3); only the exclusive form has one.
    """
    method = _METHODS.get(uri)
    if method is None or method.form is not Form.EXCLUSIVE or not prefix_list.split():
        return method
    prefixes = tuple("" if prefix == "#default" else prefix for prefix in prefix_list.split())
    return Method(method.form, method.comments, prefixes)


def canonical_document(
    root: etree._Element, method: Method, *, without: Sequence[etree._Element] = ()
) -> bytes:
    """The whole document that `root` is the root of, less the subtrees `without`, as octets (W3C xml-c14n, 2).

    Raises MalformedInput for a document that has no canonical form.
    """
    if not without and method.form is not Form.INCLUSIVE_11:
        return _by_lxml(root.getroottree(), method)
    writer = _Writer(method, frozenset(without))
    before = [writer.outside(node) for node in reversed(list(root.itersiblings(preceding=True)))]
    after = [writer.outside(node) for node in root.itersiblings()]
    body = writer.subtree(root)
    lines = [*(text + "\n" for text in before if text), body, *("\n" + text for text in after if text)]
    return "".join(lines).encode()


def canonical_element(
    apex: etree._Element, method: Method, *, without: Sequence[etree._Element] = ()
) -> bytes:
    """The subtree of one element, less the subtrees `without`, as octets (W3C xml-c14n, 2; xml-exc-c14n, 3)."""
    if method.form is Form.EXCLUSIVE and not without and not method.prefixes:
        return _by_lxml(apex, method)
    return _Writer(method, frozenset(without)).subtree(apex).encode()


def _by_lxml(tree: "etree._Element | etree._ElementTree", method: Method) -> bytes:
    try:
        return etree.tostring(
            tree,
            method="c14n",
            exclusive=method.form is Form.EXCLUSIVE,
            with_comments=method.comments,
            inclusive_ns_prefixes=[prefix or "#default" for prefix in method.prefixes] or None,
        )
    except etree.C14NError as error:
        # W3C xml-c14n, 1.3: "implementations of XML canonicalization MUST report an operation failure on documents
        # containing relative namespace URIs."
        raise MalformedInput("XML", "it has no canonical form, as with a relative namespace") from error


# --- written out ----------------------------------------------------------------------------------------------

_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})
_VALUE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}
)
_CARRIAGE = str.maketrans({"\r": "&#xD;"})


class _Writer:
    def __init__(self, method: Method, without: frozenset[etree._Element]) -> None:
        self._exclusive = method.form is Form.EXCLUSIVE
        self._form = method.form
        self._comments = method.comments
        self._prefixes = frozenset(method.prefixes)
        self._without = without
        self._out: list[str] = []

    def subtree(self, apex: etree._Element) -> str:
        inherited = {} if self._exclusive else _inherited(apex, self._form)
        self._element(apex, {"": ""}, inherited, depth=0)
        return "".join(self._out)

    def outside(self, node: etree._Element) -> str:
        """A comment or processing instruction beside the root, "" where it does not count."""
        return self._other(node)

    def _element(
        self,
        element: etree._Element,
        rendered: Mapping[str, str],
        inherited: Mapping[str, str],
        *,
        depth: int,
    ) -> None:
        if depth > _DEEPEST:
            raise MalformedInput("XML", f"nested deeper than {_DEEPEST}")
        in_scope = {prefix or "": uri or "" for prefix, uri in element.nsmap.items()}
        attributes = _attributes(element, in_scope, inherited)
        name = _name(element)
        declared = self._declarations(element, in_scope, attributes, rendered)
        out = self._out
        out.append(f"<{name}")
        for prefix, uri in sorted(declared.items()):
            out.append(f' xmlns{":" if prefix else ""}{prefix}="{uri.translate(_VALUE)}"')
        for _uri, _local, qualified, value in attributes:
            out.append(f' {qualified}="{value.translate(_VALUE)}"')
        out.append(">")
        if element.text:
            out.append(element.text.translate(_TEXT))
        known = {**rendered, **declared} if declared else rendered
        for child in element:
            tag: object = child.tag
            if isinstance(tag, str):
                if child not in self._without:
                    self._element(child, known, {}, depth=depth + 1)
            else:
                out.append(self._other(child))
            if child.tail:
                out.append(child.tail.translate(_TEXT))
        out.append(f"</{name}>")

    def _declarations(
        self,
        element: etree._Element,
        in_scope: Mapping[str, str],
        attributes: "Sequence[_Attribute]",
        rendered: Mapping[str, str],
    ) -> dict[str, str]:
        """The declarations that this element has to write: what counts here and is not written above already."""
        if self._exclusive:
            used = {element.prefix or ""} | {
                qualified.partition(":")[0] for uri, _local, qualified, _value in attributes if uri
            }
            used |= self._prefixes & (in_scope.keys() | {""})
            counting = {prefix: in_scope.get(prefix, "") for prefix in used}
        else:
            counting = {**in_scope, "": in_scope.get("", "")}
        return {
            prefix: uri
            for prefix, uri in counting.items()
            if rendered.get(prefix) != uri and not (prefix == "xml" and uri == XML) and (uri or not prefix)
        }

    def _other(self, node: etree._Element) -> str:
        tag: object = node.tag
        if tag is etree.Comment:
            return f"<!--{(node.text or '').translate(_CARRIAGE)}-->" if self._comments else ""
        if tag is etree.ProcessingInstruction:
            # lxml gives "target data" as one; the canonical form keeps a single space between.
            target, text = str(getattr(node, "target")), (node.text or "").translate(_CARRIAGE)  # noqa: B009 - only this kind of node has one, and its type is private
            return f"<?{target} {text}?>" if text else f"<?{target}?>"
        raise MalformedInput("XML", "an entity reference is not accepted")


# namespace name, local name, name as written, value; the first two are the order of the canonical form
_Attribute = tuple[str, str, str, str]


def _attributes(
    element: etree._Element, in_scope: Mapping[str, str], inherited: Mapping[str, str]
) -> list[_Attribute]:
    found = [_attribute(element, str(key), str(value), in_scope) for key, value in element.attrib.items()]
    if inherited:
        own = {local for uri, local, _qualified, _value in found if uri == XML}
        # xml:base is joined over all that was left out, the own one included (xml-c14n11, 2.4).
        found = [one for one in found if not (one[0] == XML and one[1] == "base" and "base" in inherited)]
        found += [
            (XML, local, f"xml:{local}", value)
            for local, value in inherited.items()
            if (local not in own or local == "base") and not (local == "base" and not value)
        ]
    found.sort()
    return found


def _attribute(element: etree._Element, key: str, value: str, in_scope: Mapping[str, str]) -> _Attribute:
    if not key.startswith("{"):
        return "", key, key, value
    uri, _, local = key[1:].rpartition("}")
    if uri == XML:
        return uri, local, f"xml:{local}", value
    prefixes = [prefix for prefix, name in in_scope.items() if name == uri and prefix]
    if len(prefixes) == 1:
        return uri, local, f"{prefixes[0]}:{local}", value
    # Two prefixes for one namespace: only the parser's own tree still knows which one was written.
    written = element.xpath(
        "name(@*[namespace-uri() = $uri and local-name() = $local])", uri=uri, local=local
    )
    return uri, local, str(written), value


def _name(element: etree._Element) -> str:
    local = str(element.tag).rpartition("}")[2]
    return f"{element.prefix}:{local}" if element.prefix else local


def _inherited(apex: etree._Element, form: Form) -> dict[str, str]:
    """The `xml:` attributes of the ancestors that the node set leaves out, as the apex has to bear them.

    1.0: every one of them, the nearest wins (xml-c14n, 2.4).  1.1: `lang` and `space` likewise, never `id`, and `base`
    joined from the outermost inwards (xml-c14n11, 2.4).
    """
    above = list(apex.iterancestors())
    if not above:
        return {}
    found: dict[str, str] = {}
    bases: list[str] = []
    prefix = f"{{{XML}}}"
    for element in reversed(above):
        for key, value in element.attrib.items():
            local = str(key).removeprefix(prefix)
            if not str(key).startswith(prefix):
                continue
            if form is Form.INCLUSIVE or local in {"lang", "space"}:
                found[local] = str(value)
            elif local == "base":
                bases.append(str(value))
    if form is Form.INCLUSIVE:
        own = {str(key).removeprefix(prefix) for key in apex.attrib if str(key).startswith(prefix)}
        return {local: value for local, value in found.items() if local not in own}
    if bases:
        own_base = apex.get(f"{prefix}base")
        found["base"] = joined([*bases, *([str(own_base)] if own_base is not None else [])])
    return found
