"""What stands beside the signed parts of a document and could be taken for them ("signature wrapping").

A Reference names an element by its identifier, programs look it up by its name or place.  So an element may be moved with
its identifier and another one of its name be put where people look: every digest holds.  Told here are such decoys, parts
of an electronic prescription that are not in their place, what nobody signed inside a signature, and comments that cut a
signed text in two for programs that read up to the first one.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final

from lxml import etree

from hpki.signatures.finding import SignatureFinding
from hpki.signatures.xml import names
from hpki.signatures.xml.coverage import is_part_of_signature
from hpki.signatures.xml.imprints import Resolved
from hpki.signatures.xml.names import xades
from hpki.signatures.xml.references import NodeSet, is_filtered
from hpki.signatures.xml.values import children, local_name, namespace

_MOST_NAMED: Final = 8
_OF_SIGNATURES: Final = frozenset({names.DS, names.XADES})
_WITH_COMMENTS: Final = "WithComments"
# hpki.md 5.2: the holder of a signature, and the element beside it that the signature is over.
_PLACES: Final = MappingProxyType(
    {"PrescriptionSign": "PrescriptionDocument", "DispensingSign": "Dispensing"}
)


@dataclass(frozen=True, eq=False)
class SignedNodes:
    """One signature of a document and the nodes that its references point at."""

    signature: etree._Element
    objects: Sequence[etree._Element]
    resolved: Resolved

    @property
    def targets(self) -> list[NodeSet]:
        """Whole documents and elements, not files."""
        return [each.target for each in self.resolved if each.target is not None]


@dataclass(eq=False)
class Wrapping:
    """A document and `everyone`, all signatures in it; what is the same for each of them is worked out once."""

    root: etree._Element
    everyone: Sequence[SignedNodes]
    _cuts: dict[etree._Element, frozenset[str]] = field(default_factory=dict)

    def findings(self, one: SignedNodes) -> Iterator[SignatureFinding]:
        """What may deceive a reader of one signature's document."""
        signed = {
            local_name(each.apex)
            for each in one.resolved
            if each.apex is not None
            and not is_part_of_signature(each)
            and namespace(each.apex) not in _OF_SIGNATURES
        }
        for name in sorted(signed & self._outside if signed else ())[:_MOST_NAMED]:
            yield SignatureFinding("xml_decoy", name[:100])
        yield from _displaced(one)
        for part in one.objects:
            if not self._is_covered(part, one):
                yield from _strangers(part, self._covered.keys())
        for name in sorted(self._cut_texts(one))[:_MOST_NAMED]:
            yield SignatureFinding("xml_comment_in_text", name[:100])

    @cached_property
    def _covered(self) -> dict[etree._Element, set[SignedNodes]]:
        """What references point at, each with the signatures that leave out nothing of it."""
        found: dict[etree._Element, set[SignedNodes]] = {}
        for one in self.everyone:
            for each in one.resolved:
                if each.target is not None:
                    whole = found.setdefault(_apex(each.target), set())
                    if not is_filtered(each.reference):
                        whole.add(one)
        return found

    @cached_property
    def _outside(self) -> frozenset[str]:
        """The names of all elements that stand under no signature."""
        found: set[str] = set()
        waiting = [self.root]
        while waiting:
            each = waiting.pop()
            if each in self._covered:
                continue
            if namespace(each) not in _OF_SIGNATURES:
                found.add(local_name(each))
            waiting += children(each)
        return frozenset(found)

    def _is_covered(self, part: etree._Element, one: SignedNodes) -> bool:
        """Whether somebody's reference is to this part, or another's, unfiltered, to what holds the whole signature."""
        if part in self._covered:
            return True
        return any(self._covered.get(each, set()) - {one} for each in part.iterancestors())

    def _cut_texts(self, one: SignedNodes) -> set[str]:
        found: set[str] = set()
        for each in one.resolved:
            if each.target is None or is_part_of_signature(each):
                continue
            digests_them = each.target.comments and any(
                transform.uri.endswith(_WITH_COMMENTS) for transform in each.reference.transforms
            )
            if not digests_them:
                apex = _apex(each.target)
                if apex not in self._cuts:
                    self._cuts[apex] = _cut_in(apex)
                found |= self._cuts[apex]
        return found


def _apex(target: NodeSet) -> etree._Element:
    return target.root if target.apex is None else target.apex


def _displaced(one: SignedNodes) -> Iterator[SignatureFinding]:
    holder = one.signature.getparent()
    if holder is None or (name := _PLACES.get(local_name(holder))) is None:
        return
    around = holder.getparent()
    apexes = [_apex(target) for target in one.targets]
    beside = [] if around is None else [each for each in children(around) if local_name(each) == name]
    is_there = len(beside) == 1 and any(each is beside[0] for each in apexes)
    if not is_there and not any(each in apexes for each in holder.iterancestors()):
        yield SignatureFinding("xml_displaced", name)


def _strangers(part: etree._Element, covered: Collection[etree._Element]) -> Iterator[SignatureFinding]:
    """What stands in a ds:Object and is neither signed nor the signature's own properties."""
    for child in children(part):
        is_known = str(child.tag) == xades("QualifyingProperties") or child in covered
        if not is_known and not any(each in covered for each in child.iterdescendants(etree.Element)):
            yield SignatureFinding("xml_object_not_signed", local_name(child)[:100])
    texts = (part.text, *(child.tail for child in part))
    if any((text or "").strip() for text in texts):
        yield SignatureFinding("xml_object_not_signed", "text")


def _cut_in(apex: etree._Element) -> frozenset[str]:
    """The names of the elements whose text a comment cuts in two."""
    found = set()
    for comment in apex.iter(etree.Comment):
        parent = comment.getparent()
        if parent is not None and (comment.tail or "").strip() and not children(parent):
            found.add(local_name(parent))
    return frozenset(found)
