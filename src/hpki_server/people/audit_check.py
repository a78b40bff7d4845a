"""Reads the whole audit chain and says what is wrong with it, in bounded memory.

A chain that was rewritten from some line to its end, head included, agrees with itself.  Only a head that was kept
elsewhere tells (`kept`): the tree of its size must still have its root.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Count, Exists, Max, Subquery, Value

from hpki.audit import merkle
from hpki_server.people.audit import FIRST_PREVIOUS, event_of
from hpki_server.people.models import AuditHead, AuditLine

_CHUNK_ROWS = 2000
# Looking for the true place of a moved line reads the table; after so many the report says only that it is wrong.
_PLACES_LOOKED_UP = 50


@dataclass(frozen=True)
class AuditFinding:
    """What is wrong, and at which sequence number it shows."""

    sequence: int
    code: str
    sentence: str


@dataclass(frozen=True)
class KeptHead:
    """The size and root that somebody wrote down earlier."""

    size: int
    root_hash: str


@dataclass
class _Walk:
    """What is known while the chain passes by."""

    kept: dict[int, str]
    expected: int = 1
    previous: str = FIRST_PREVIOUS
    # After a gap the leaves of the tree are not all known any more; roots are judged up to there.
    tree: merkle.CompactRange | None = field(default_factory=merkle.CompactRange)
    looked_up: int = 0


def findings(kept: Sequence[KeptHead] = ()) -> Iterator[AuditFinding]:
    """Every fault of the chain, in order; nothing when it is whole."""
    head = AuditHead.objects.filter(id=1).first()
    if head is None:
        head = _head_of_the_lines()
        if head.size:
            yield AuditFinding(head.size, "head_missing", f"the head is missing beside {head.size} lines")
    walk = _Walk(kept={one.size: one.root_hash for one in kept})
    # Lines beyond this head are either forged or just being written; they are looked at afterwards.
    with transaction.atomic():
        for line in _lines(head.size):
            yield from _line_findings(walk, line)
    yield from _end_findings(walk, head)
    yield from _surplus()
    for size in sorted(walk.kept):
        yield AuditFinding(
            size, "kept_head", f"the chain never had the {size} lines of the head that was kept"
        )


def length_finding() -> AuditFinding | None:
    """The cheap question: are there as many lines as the head counts, and none beyond?  Asked in one statement."""
    lines = AuditLine.objects.order_by().values(all=Value(1))
    counted = AuditHead.objects.filter(id=1).annotate(
        lines=Subquery(lines.annotate(of_all=Count("sequence")).values("of_all")),
        last=Subquery(lines.annotate(of_all=Max("sequence")).values("of_all")),
    )
    told = counted.values_list("size", "lines", "last").first() or (0, _head_of_the_lines().size, None)
    size, count, last = told[0], told[1] or 0, told[2] or 0
    if size == count and size == last:
        return None
    return AuditFinding(
        last, "wrong_length", f"the head counts {size} lines; there are {count}, the last is number {last}"
    )


def findings_since(size: int) -> Iterator[AuditFinding]:
    """Every fault of the lines after the first `size`, up to the head; of those before, their tree was judged."""
    head = AuditHead.objects.filter(id=1).first()
    if head is None:
        return
    before = AuditLine.objects.filter(sequence=size).values_list("leaf_hash", flat=True).first()
    walk = _Walk(kept={}, expected=size + 1, previous=before or FIRST_PREVIOUS, tree=None)
    with transaction.atomic():
        for line in _lines(head.size, after=size):
            yield from _line_findings(walk, line)
    yield from _end_findings(walk, head)


def _head_of_the_lines() -> AuditHead:
    """What the head would say if the last line is right; both tables are read in one statement."""
    lines = AuditLine.objects.exclude(Exists(AuditHead.objects.filter(id=1))).order_by("sequence")
    last = lines.last()
    if last is None:
        return AuditHead(size=0, root_hash=merkle.EMPTY_ROOT.hex(), last_leaf_hash=FIRST_PREVIOUS)
    return AuditHead(size=last.sequence, root_hash=last.root_hash, last_leaf_hash=last.leaf_hash)


def _lines(size: int, *, after: int = 0) -> Iterator[AuditLine]:
    """The lines in order.  SQLite keeps any text as a moment; a line that cannot be read so comes without it."""
    while after < size:
        lines = AuditLine.objects.filter(sequence__gt=after, sequence__lte=size).order_by("sequence")
        try:
            for line in lines.iterator(chunk_size=_CHUNK_ROWS):
                after = line.sequence
                yield line
        except (TypeError, ValueError):
            unreadable = lines.defer("at")[0]
            after = unreadable.sequence
            yield unreadable
        else:
            return


def _line_findings(walk: _Walk, line: AuditLine) -> Iterator[AuditFinding]:
    if line.sequence != walk.expected:
        yield _gap(walk.expected, line.sequence)
        walk.tree, walk.previous = None, line.previous_hash
    if _leaf(line) != line.leaf_hash:
        yield _changed(walk, line)
    elif line.previous_hash != walk.previous:
        yield AuditFinding(
            line.sequence,
            "broken_link",
            f"line {line.sequence} follows another line than number {line.sequence - 1}: one of the two was replaced",
        )
    yield from _root_findings(walk, line)
    walk.previous, walk.expected = line.leaf_hash, line.sequence + 1


def _leaf(line: AuditLine, place: int | None = None) -> str | None:
    """What the line's contents hash to, at another place if told; None: no act can have written them."""
    try:
        return event_of(line)._replace(sequence=place or line.sequence).leaf_hash().hex()
    except (AttributeError, TypeError, ValueError):
        return None


def _changed(walk: _Walk, line: AuditLine) -> AuditFinding:
    """The contents do not fit their hash: another line's place was given to it, or it was altered."""
    if walk.looked_up < _PLACES_LOOKED_UP:
        walk.looked_up += 1
        before = (
            AuditLine.objects.filter(leaf_hash=line.previous_hash).values_list("sequence", flat=True).first()
        )
        for place in {1 if line.previous_hash == FIRST_PREVIOUS else 0, (before or 0) + 1} - {
            0,
            line.sequence,
        }:
            if _leaf(line, place) == line.leaf_hash:
                return AuditFinding(
                    line.sequence,
                    "moved",
                    f"at number {line.sequence} stands what was written as line {place}: lines were reordered",
                )
    return AuditFinding(line.sequence, "changed", f"line {line.sequence} was changed after it was written")


def _root_findings(walk: _Walk, line: AuditLine) -> Iterator[AuditFinding]:
    if walk.tree is None:
        return
    try:
        walk.tree.append(bytes.fromhex(line.leaf_hash))
    except (TypeError, ValueError):
        walk.tree = None  # no hash at all; the line is named as changed
        return
    root = walk.tree.root().hex()
    if walk.kept.get(line.sequence) == root:
        del walk.kept[line.sequence]
    elif line.sequence in walk.kept:
        del walk.kept[line.sequence]
        yield AuditFinding(
            line.sequence,
            "kept_head",
            f"the first {line.sequence} lines are not those of the head that was kept",
        )
    if root != line.root_hash:
        yield AuditFinding(
            line.sequence,
            "wrong_root",
            f"from line {line.sequence} on the tree's root is not the recorded one",
        )
        walk.tree = None


def _gap(expected: int, found: int) -> AuditFinding:
    if found == expected + 1:
        return AuditFinding(expected, "missing", f"line {expected} is missing")
    return AuditFinding(expected, "missing", f"lines {expected} to {found - 1} are missing")


def _end_findings(walk: _Walk, head: AuditHead) -> Iterator[AuditFinding]:
    last = walk.expected - 1
    if last < head.size:
        yield AuditFinding(
            walk.expected,
            "truncated",
            f"the head counts {head.size} lines; the chain ends after line {last}",
        )
        return
    if walk.previous != head.last_leaf_hash:
        yield AuditFinding(last, "wrong_head", f"the head knows another last line than number {last}")
    elif walk.tree is not None and walk.tree.root().hex() != head.root_hash:
        yield AuditFinding(last, "wrong_head", "the head's root is not the root of the lines")


def _surplus() -> Iterator[AuditFinding]:
    """Lines beyond the head: both are read in one statement, so lines written meanwhile do not count."""
    size = AuditHead.objects.filter(id=1).values("size")
    beyond = AuditLine.objects.filter(sequence__gt=size[:1]).order_by("sequence")
    for sequence in beyond.values_list("sequence", flat=True)[:_PLACES_LOOKED_UP]:
        yield AuditFinding(
            sequence, "surplus", f"line {sequence} stands beyond the head: it was not written by an act"
        )
