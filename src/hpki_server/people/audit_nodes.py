"""Complete subtrees of the audit chain's tree, cached from 64 lines upward, so that a proof reads little.

The cache is filled when a head is published.  What is missing in it is computed from the lines themselves.
"""

from collections.abc import Iterator

from hpki.audit.merkle import node_hash
from hpki_server.people.head_models import AuditNode
from hpki_server.people.models import AuditLine

# Subtrees of 2^6 lines and more are kept; below that one short read of leaves is cheaper than a row each.
LOWEST_LEVEL = 6
_WIDTH = 1 << LOWEST_LEVEL
_BATCH = 500


class LineMissing(Exception):
    """The chain does not hold a line that its length promises."""


class StoredNodes:
    """The tree of the stored lines (`hpki.audit.proofs.Nodes`)."""

    def node(self, level: int, index: int) -> bytes:
        if level < LOWEST_LEVEL:
            return _folded(_leaves(index << level, 1 << level))
        row = (
            AuditNode.objects.filter(level=level, position=index).values_list("node_hash", flat=True).first()
        )
        if row is not None:
            return bytes(row)
        if level == LOWEST_LEVEL:
            return _folded(_leaves(index << level, 1 << level))
        return node_hash(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))


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
        computed = _folded(_leaves(position << LOWEST_LEVEL, _WIDTH))
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


def _leaves(begin: int, count: int) -> list[bytes]:
    """The leaf hashes from `begin`, which counts from 0 while lines count from 1."""
    lines = AuditLine.objects.filter(sequence__gt=begin, sequence__lte=begin + count).order_by("sequence")
    leaves = [bytes.fromhex(leaf) for leaf in lines.values_list("leaf_hash", flat=True)]
    if len(leaves) != count:
        raise LineMissing(f"between lines {begin + 1} and {begin + count} some are missing")
    return leaves


def _folded(nodes: list[bytes]) -> bytes:
    while len(nodes) > 1:
        nodes = [node_hash(left, right) for left, right in zip(nodes[::2], nodes[1::2], strict=True)]
    return nodes[0]
