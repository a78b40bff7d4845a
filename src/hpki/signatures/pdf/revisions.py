"""What changed in a PDF after a signature: additions that a signature survives, and everything else by page.

The quick way knows what extending and signing again write: new objects, the DSS dictionary, new signature fields, and the
annotations of the page that shows them.  Whatever it does not know goes to pyHanko's analysis, which knows forms.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel, SuspiciousModification
from pyhanko.sign.fields import MDPPerm

from hpki.errors import MalformedInput
from hpki.signatures.pdf.fields import spelled
from hpki.signatures.pdf.forms import is_signature_field, painted_since, values_changed
from hpki.signatures.pdf.holes import hole_in, may_have_holes, new_objects, pointed_at_once
from hpki.signatures.pdf.opening import OpenPdf, bounded, entry_of

MOST_REVISIONS: Final = 512
_MOST_PAGES: Final = 2000
_MOST_NAMED: Final = 12
_DEEPEST: Final = 32
_OF_ANALYSIS: Final = 1000
_ROOT_MAY: Final = frozenset({"/DSS", "/AcroForm", "/Extensions"})
_INFO: Final = frozenset(
    {"/Producer", "/ModDate", "/CreationDate", "/Creator", "/Title", "/Author", "/Subject", "/Keywords"}
)
_FORM_MAY: Final = frozenset({"/Fields", "/SigFlags"})


@dataclass(frozen=True)
class Changes:
    """What happened since a revision.  `forbidden` are words for what no signature allows; `allowed` for what one may."""

    forbidden: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


NO_CHANGES: Final = Changes()


def changes_since(pdf: OpenPdf, revision: int, end: int) -> Changes:
    """What changed after a revision, which ends at an octet.  Raises MalformedInput when it cannot be compared."""
    with bounded("PDF revisions"):
        last = pdf.reader.total_revisions - 1
        if last > MOST_REVISIONS:
            raise MalformedInput("PDF revisions", f"over {MOST_REVISIONS}")
        if revision >= last:
            return NO_CHANGES
        if painted := painted_since(pdf, revision):
            return Changes(forbidden=painted)
        new = new_objects(pdf, revision, last)
        is_plain = _is_plain_addition(pdf, revision, last, end)
        if not may_have_holes(pdf, revision, new, end):
            return NO_CHANGES if is_plain else _analysed(pdf, revision)
        if hole := hole_in(pdf, revision, new):
            told = f"object {hole} was pointed at before it was there"
            return Changes(forbidden=(told, *_pages_touched(pdf, revision)))
        return _analysed(pdf, revision)


def _is_plain_addition(pdf: OpenPdf, revision: int, last: int, end: int) -> bool:
    """Whether nothing but validation data and signature fields was added."""
    reader = pdf.reader
    old = reader.get_historical_resolver(revision)
    # A trailer may name another catalog, and with it another document; then no old object has to be written again.
    if reader.get_historical_root(revision).container_ref != reader.root.container_ref:
        return False
    known = _Known(pdf, old)
    written: set[generic.Reference] = set()
    for later in range(revision + 1, last + 1):
        if reader.xrefs.refs_freed_in_revision(later):
            return False
        written.update(reader.xrefs.explicit_refs_in_revision(later))
    for reference in written:
        if reader.xrefs.get_introducing_revision(reference) <= revision and not known.allows(reference):
            return False
    return known.new_fields_are_signatures() and pointed_at_once(pdf, end, known.validation_data)


class _Known:
    """The objects of the signed revision that may have been written again, and in what they may differ."""

    def __init__(self, pdf: OpenPdf, old: HistoricalResolver) -> None:
        self._pdf = pdf
        self._old = old
        self._old_root, self._root = old.root, pdf.reader.root
        self._may_hold_fields = self._field_containers()
        self._fields = _numbers(entry_of(entry_of(self._root, "/AcroForm"), "/Fields"))
        # Those that were written again as parts of the DSS dictionary: nothing else may have led to them.
        self.validation_data: set[int] = set()

    def allows(self, reference: generic.Reference) -> bool:
        before = self._old.get_object(reference)
        after = self._pdf.reader.get_object(reference)
        if reference.idnum == self._pdf.reader.root_ref.idnum:
            return _same_but(before, after, _ROOT_MAY) and self._form_is_kept()
        if reference.idnum in self._may_hold_fields:
            return True
        if isinstance(before, generic.DictionaryObject) and isinstance(after, generic.DictionaryObject):
            if str(entry_of(before, "/Type", "")) == "/Page":
                return _same_but(before, after, {"/Annots"}) and _appended(
                    before, after, "/Annots", self._is_signature
                )
            if self._is_dss(reference):
                return True
        if isinstance(before, generic.ArrayObject) and isinstance(after, generic.ArrayObject):
            return self._is_dss(reference) or _appended_list(before, after, self._is_signature)
        return _is_info(before) and _is_info(after)

    def _is_signature(self, entry: object) -> bool:
        """Whether an entry is a signature field of the form: one that is signed is judged, another shows nothing."""
        if not isinstance(entry, generic.IndirectObject) or entry.idnum not in self._fields:
            return False
        known = self._pdf.signature_fields
        if entry.idnum not in known:
            known[entry.idnum] = is_signature_field(entry)
        return known[entry.idnum]

    def _field_containers(self) -> frozenset[int]:
        """AcroForm and its Fields where they are objects of their own; compared as part of the form."""
        found = set()
        for holder, key in (
            (self._old_root, "/AcroForm"),
            (entry_of(self._old_root, "/AcroForm"), "/Fields"),
        ):
            raw = (
                holder.raw_get(key)
                if isinstance(holder, generic.DictionaryObject) and key in holder
                else None
            )
            if isinstance(raw, generic.IndirectObject):
                found.add(raw.idnum)
        return frozenset(found)

    def _form_is_kept(self) -> bool:
        before, after = entry_of(self._old_root, "/AcroForm"), entry_of(self._root, "/AcroForm")
        if before is None:
            return after is None or set(after) <= _FORM_MAY
        return after is not None and _same_but(before, after, _FORM_MAY)

    def new_fields_are_signatures(self) -> bool:
        before, after = entry_of(self._old_root, "/AcroForm"), entry_of(self._root, "/AcroForm")
        if not self._form_is_kept():
            return False
        if after is None:
            return before is None
        return _appended(
            before if before is not None else generic.DictionaryObject(), after, "/Fields", self._is_signature
        )

    def _is_dss(self, reference: generic.Reference) -> bool:
        """Whether an object belongs to the validation data: those speak for themselves."""
        dss = entry_of(self._old_root, "/DSS")
        if not isinstance(dss, generic.DictionaryObject):
            return False
        raw = [self._old_root.raw_get("/DSS"), *(dss.raw_get(key) for key in dss)]
        if any(isinstance(each, generic.IndirectObject) and each.idnum == reference.idnum for each in raw):
            self.validation_data.add(reference.idnum)
            return True
        return False


def _same_but(before: object, after: object, but: Collection[str]) -> bool:
    if not isinstance(before, generic.DictionaryObject) or not isinstance(after, generic.DictionaryObject):
        return False
    keys = (before.keys() | after.keys()) - set(but)
    return all(
        key in before and key in after and _same(before.raw_get(key), after.raw_get(key), 0) for key in keys
    )


def _same(before: object, after: object, depth: int) -> bool:
    """Whether two objects are spelled alike; what they point at is judged where it stands."""
    if depth > _DEEPEST or type(before) is not type(after):
        return False
    if isinstance(before, generic.IndirectObject) and isinstance(after, generic.IndirectObject):
        return (before.idnum, before.generation) == (after.idnum, after.generation)
    if isinstance(before, generic.StreamObject) or isinstance(after, generic.StreamObject):
        return False
    if isinstance(before, generic.DictionaryObject) and isinstance(after, generic.DictionaryObject):
        return before.keys() == after.keys() and all(
            _same(before.raw_get(key), after.raw_get(key), depth + 1) for key in before
        )
    if isinstance(before, generic.ArrayObject) and isinstance(after, generic.ArrayObject):
        return len(before) == len(after) and all(
            _same(one, other, depth + 1) for one, other in zip(_raw(before), _raw(after), strict=True)
        )
    return bool(before == after)


def _raw(listed: generic.ArrayObject) -> list[generic.PdfObject]:
    """The entries as they are spelled."""
    return [listed.raw_get(place) for place in range(len(listed))]


def _appended(
    before: generic.DictionaryObject,
    after: generic.DictionaryObject,
    key: str,
    is_good: Callable[[object], bool],
) -> bool:
    return _appended_list(
        entry_of(before, key, generic.ArrayObject()), entry_of(after, key, generic.ArrayObject()), is_good
    )


def _appended_list(before: object, after: object, is_good: Callable[[object], bool]) -> bool:
    """Whether a list only grew, and only by what `is_good` accepts."""
    if not isinstance(before, generic.ArrayObject) or not isinstance(after, generic.ArrayObject):
        return False
    old, new = _raw(before), _raw(after)
    if len(new) < len(old):
        return False
    kept = all(_same(one, other, 0) for one, other in zip(old, new, strict=False))
    return kept and all(is_good(each) for each in new[len(old) :])


def _numbers(listed: object) -> frozenset[int]:
    """The numbers of the objects that a list points at."""
    return frozenset(each.idnum for each in spelled(listed) if isinstance(each, generic.IndirectObject))


def _is_info(found: object) -> bool:
    """The document information dictionary: who wrote the file with what and when, in texts and nothing else."""
    return (
        isinstance(found, generic.DictionaryObject)
        and not isinstance(found, generic.StreamObject)
        and bool(found)
        and _INFO.issuperset(found)
        and all(isinstance(found.raw_get(key), str | generic.ByteStringObject) for key in found)
    )


def _analysed(pdf: OpenPdf, revision: int) -> Changes:
    # It goes through each later revision, and through a form in each of them.
    pdf.pointers.spend(_OF_ANALYSIS * (pdf.reader.total_revisions - revision))
    result = DEFAULT_DIFF_POLICY.review_file(pdf.reader, revision, doc_mdp=_permission(pdf))
    if isinstance(result, SuspiciousModification):
        pages = _pages_touched(pdf, revision)
        return Changes(forbidden=(str(result)[:200], *pages))
    if changed := values_changed(pdf, revision):
        return Changes(forbidden=(*changed, *_pages_touched(pdf, revision)))
    if result.modification_level is ModificationLevel.FORM_FILLING:
        return Changes(allowed=("form fields", *_pages_touched(pdf, revision)))
    if result.modification_level is ModificationLevel.ANNOTATIONS:
        return Changes(forbidden=("annotations", *_pages_touched(pdf, revision)))
    return NO_CHANGES


def _permission(pdf: OpenPdf) -> MDPPerm | None:
    """What a certifying signature allows (ISO 32000-1 12.8.2.2); without one there is no such limit, and `_analysed` sets it."""
    perms = entry_of(pdf.root(), "/Perms")
    if not isinstance(perms, generic.DictionaryObject) or "/DocMDP" not in perms:
        return None
    for each in spelled(entry_of(entry_of(perms, "/DocMDP"), "/Reference")):
        found = each.get_object() if isinstance(each, generic.IndirectObject) else each
        if str(entry_of(found, "/TransformMethod", "")) == "/DocMDP":
            return MDPPerm(int(entry_of(entry_of(found, "/TransformParams"), "/P", 2)))
    return MDPPerm.FILL_FORMS


def _pages_touched(pdf: OpenPdf, revision: int) -> tuple[str, ...]:
    """The pages of which some object was written again, by number from 1."""
    reader = pdf.reader
    changed = set()
    for later in range(revision + 1, reader.total_revisions):
        changed |= {each.idnum for each in reader.xrefs.explicit_refs_in_revision(later)}
    named = []
    for number, page in enumerate(_pages(pdf), 1):
        if page.idnum in changed or _reaches(reader.get_object(page.reference), changed):
            named.append(f"page {number}")
        if len(named) >= _MOST_NAMED:
            break
    return tuple(named)


def _pages(pdf: OpenPdf) -> list[generic.IndirectObject]:
    found: list[generic.IndirectObject] = []
    waiting = [pdf.root().raw_get("/Pages")]
    seen = 0
    while waiting and len(found) < _MOST_PAGES:
        each = waiting.pop()
        seen += 1
        if seen > 2 * _MOST_PAGES or not isinstance(each, generic.IndirectObject):
            break
        entry = each.get_object()
        kids = entry_of(entry, "/Kids")
        if isinstance(kids, generic.ArrayObject):
            waiting += spelled(kids)[::-1]
        else:
            found.append(each)
    return found


def _reaches(entry: object, changed: set[int]) -> bool:
    """Whether what a page shows leads to a changed object that was there before, a few steps deep."""
    waiting: list[tuple[object, int]] = [(entry, 0)]
    seen: set[int] = set()
    while waiting:
        each, depth = waiting.pop()
        if isinstance(each, generic.IndirectObject):
            if each.idnum in seen or depth > 6:
                continue
            seen.add(each.idnum)
            if each.idnum in changed:
                return True
            each = each.get_object()
        if isinstance(each, generic.DictionaryObject):
            waiting += [(each.raw_get(key), depth + 1) for key in each if key not in {"/Parent", "/P"}]
        elif isinstance(each, list):
            waiting += [(one, depth + 1) for one in each]
    return False
