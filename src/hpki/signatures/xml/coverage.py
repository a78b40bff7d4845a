"""What a signature's references cover of a document, and what a reader might take for signed and is not."""

from collections.abc import Collection
from typing import Final

from lxml import etree

from hpki.signatures.xml import names
from hpki.signatures.xml.imprints import Resolved
from hpki.signatures.xml.references import Resolution
from hpki.signatures.xml.values import children, local_name

_MOST_NAMED: Final = 40
_SIGNATURE_PARTS: Final = frozenset({"KeyInfo", "SignedProperties", "SignatureProperties"})


def is_part_of_signature(resolution: Resolution) -> bool:
    """Whether a reference is to a part of the signature itself rather than to what people signed."""
    if resolution.reference.type in names.SIGNED_PROPERTIES_TYPES:
        return True
    return resolution.apex is not None and local_name(resolution.apex) in _SIGNATURE_PARTS


def covered_words(resolved: Resolved) -> tuple[str, ...]:
    """Each signed thing: how the reference names it, and the element's name."""
    words = []
    for each in resolved:
        if is_part_of_signature(each):
            continue
        name = f" ({local_name(each.apex)})" if each.apex is not None else ""
        words.append(f"{each.reference.place}{name}"[:200])
    return tuple(words[:_MOST_NAMED])


def left_out_words(root: etree._Element, resolved: Resolved, signature: etree._Element) -> tuple[str, ...]:
    """The elements of the document, as high up as can be said, over which this signature says nothing.

    Other signatures are not named: they have a report of their own.
    """
    covered = {
        each.target.root if each.target.apex is None else each.target.apex
        for each in resolved
        if each.target is not None
    }
    if root in covered or signature is root:
        return ()
    above = {ancestor for apex in (*covered, signature) for ancestor in apex.iterancestors()}
    found = _stylesheets(root)
    _walk(root, covered, above, found)
    return tuple(found)


def _stylesheets(root: etree._Element) -> list[str]:
    """Instructions before the root by which a browser shows something else than what stands in the document."""
    before = root.itersiblings(preceding=True)
    found = (each.target for each in before if isinstance(each, etree._ProcessingInstruction))  # noqa: SLF001 - the type has no public name
    return [f"<?{target}?>" for target in found if target == "xml-stylesheet"][:1]


def _walk(
    element: etree._Element,
    covered: Collection[etree._Element],
    above: Collection[etree._Element],
    found: list[str],
) -> None:
    for child in element.iterchildren(etree.Element):
        if len(found) >= _MOST_NAMED:
            return
        if str(child.tag) == names.ds("Signature") or child in covered:
            continue
        if child in above:
            _walk(child, covered, above, found)
        elif not _holds_only_signatures(child):
            found.append(local_name(child)[:100])


def _holds_only_signatures(element: etree._Element) -> bool:
    inside = children(element)
    return bool(inside) and all(str(child.tag) == names.ds("Signature") for child in inside)
