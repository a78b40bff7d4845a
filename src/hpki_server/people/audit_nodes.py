"""Complete subtrees of the audit chain's tree, cached from 64 lines upward, so that a proof reads little.

The cache is filled when a head is published.  What is missing in it is computed from the lines themselves.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from operator import or_
from typing import TypeVar

from django.db.models import Q

from hpki.audit.merkle import node_hash
from hpki.audit.proofs import Nodes
from hpki_server.people.head_models import AuditNode
from hpki_server.people.models import AuditLine

# Subtrees of 2^6 lines and more are kept; below that one short read of leaves is cheaper than a row each.
LOWEST_LEVEL = 6
T = TypeVar("T")
_WIDTH = 1 << LOWEST_LEVEL
_BATCH = 500


class LineMissing(Exception):
    """The chain does not hold a line that its length promises."""


class StoredNodes:
    """The tree of the stored lines (`hpki.audit.proofs.Nodes`)."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], bytes] = {}
        self._blocks: dict[int, dict[int, bytes]] = {}

    def fetch(self, wanted: Iterable[tuple[int, int]]) -> None:
        """Read what a proof will ask for, in one statement for the cached subtrees."""
        high = [Q(level=level, position=index) for level, index in wanted if level >= LOWEST_LEVEL]
        if high:
            rows = AuditNode.objects.filter(reduce(or_, high)).values_list("level", "position", "node_hash")
            self._known |= {(level, index): bytes(node) for level, index, node in rows}

    def node(self, level: int, index: int) -> bytes:
        if level <= LOWEST_LEVEL:
            return self._known.get((level, index)) or self._of_leaves(level, index)
        known = self._known.get((level, index)) or _cached(level, index)
        return known or node_hash(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))

    def _of_leaves(self, level: int, index: int) -> bytes:
        begin = index << level
        block = begin >> LOWEST_LEVEL
        if block not in self._blocks:
            self._blocks[block] = _leaves(block << LOWEST_LEVEL, _WIDTH)
        leaves = self._blocks[block]
        try:
            return _folded([leaves[place] for place in range(begin, begin + (1 << level))])
        except KeyError as missing:
            raise LineMissing(f"line {missing.args[0] + 1} is missing") from missing


class _Wanted:
    """Asked like a tree, it only remembers for what."""

    def __init__(self) -> None:
        self.nodes: list[tuple[int, int]] = []

    def node(self, level: int, index: int) -> bytes:
        self.nodes.append((level, index))
        return bytes(32)


def from_stored(make: Callable[[Nodes], T]) -> T:
    """What `make` makes of the stored tree.  It is run twice: first to learn what it reads.  Raises LineMissing."""
    wanted, stored = _Wanted(), StoredNodes()
    make(wanted)
    stored.fetch(wanted.nodes)
    return make(stored)


def extend_nodes(size: int) -> int:
    """Cache every complete subtree of the first `size` lines that is not cached yet; how many were added."""
    begin = AuditNode.objects.filter(level=LOWEST_LEVEL).count()
    added = 0
    batch: list[AuditNode] = []
    for node in _new_nodes(begin, size >> LOWEST_LEVEL):
        batch.append(node)
        added += 1
        if len(batch) >= _BATCH:
            _write(batch)
            batch = []
    _write(batch)
    return added


def forget_nodes() -> None:
    """After a restore: what was cached may belong to lines that are no more."""
    AuditNode.objects.all().delete()


def _new_nodes(begin: int, end: int) -> Iterator[AuditNode]:
    stored = StoredNodes()
    fresh: dict[tuple[int, int], bytes] = {}
    for position in range(begin, end):
        level, index = LOWEST_LEVEL, position
        computed = StoredNodes().node(LOWEST_LEVEL, position)
        while True:
            fresh[level, index] = computed
            yield AuditNode(level=level, position=index, node_hash=computed)
            if not index & 1:
                break
            left = fresh.pop((level, index - 1), None) or stored.node(level, index - 1)
            del fresh[level, index]
            computed = node_hash(left, computed)
            level, index = level + 1, index >> 1


def _write(batch: list[AuditNode]) -> None:
    # Two publishers at once compute the same nodes.
    AuditNode.objects.bulk_create(batch, ignore_conflicts=True)


def _cached(level: int, index: int) -> bytes | None:
    row = AuditNode.objects.filter(level=level, position=index).values_list("node_hash", flat=True).first()
    return None if row is None else bytes(row)


def _leaves(begin: int, count: int) -> dict[int, bytes]:
    """The leaf hashes from place `begin`, which counts from 0 while lines count from 1."""
    lines = AuditLine.objects.filter(sequence__gt=begin, sequence__lte=begin + count)
    return {
        sequence - 1: bytes.fromhex(leaf) for sequence, leaf in lines.values_list("sequence", "leaf_hash")
    }


def _folded(nodes: list[bytes]) -> bytes:
    while len(nodes) > 1:
        nodes = [node_hash(left, right) for left, right in zip(nodes[::2], nodes[1::2], strict=True)]
    return nodes[0]
