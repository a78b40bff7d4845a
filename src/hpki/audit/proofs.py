"""Inclusion and consistency proofs (RFC 6962 2.1.1, 2.1.2), made from complete subtrees and checked without them."""

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from hpki.audit.merkle import EMPTY_ROOT, node_hash
from hpki.errors import ProofFailed

# A tree that nobody will ever fill: a longer proof is not read.
MOST_NODES: Final = 128


class Nodes(Protocol):
    """Roots of complete subtrees: `node(level, index)` covers the leaves index·2^level up to (index+1)·2^level."""

    def node(self, level: int, index: int) -> bytes: ...


def root_of(size: int, nodes: Nodes) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _range_root(0, size, nodes) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """PATH(index, D[size]); leaves count from 0.  Raises ValueError when there is no such leaf."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(_range_root(middle, end, nodes))
            end = middle
        else:
            path.append(_range_root(begin, middle, nodes))
            begin = middle
    return path[::-1]


def consistency_proof(first: int, second: int, nodes: Nodes) -> list[bytes]:
    """PROOF(first, D[second]): that the larger tree begins with the smaller one.  Raises ValueError."""
    if not 0 < first <= second:
        raise ValueError(f"no proof leads from {first} to {second} leaves")
    path: list[bytes] = []
    begin, end = 0, second
    while first != end:
        middle = begin + _split(end - begin)
        if first <= middle:
            path.append(_range_root(middle, end, nodes))
            end = middle
        else:
            path.append(_range_root(begin, middle, nodes))
            begin = middle
    # RFC 6962 2.1.2: the subtree is known to the verifier when it is the whole of the smaller tree.
    return [] if first == second else ([_range_root(begin, end, nodes)] if begin else []) + path[::-1]


def prove_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Leaf hash `leaf` stands at `index` of the tree with `root` (RFC 9162 2.1.3.2).  Raises ProofFailed."""
    if not 0 <= index < size or len(path) > MOST_NODES:
        raise ProofFailed(f"a tree of {size} lines has no line {index + 1}")
    place, last, computed = index, size - 1, leaf
    for node in path:
        if last == 0:
            raise ProofFailed("the proof of inclusion is longer than the tree is high")
        if place & 1 or place == last:
            computed = node_hash(node, computed)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            computed = node_hash(computed, node)
        place, last = place >> 1, last >> 1
    if last or computed != root:
        raise ProofFailed(f"line {index + 1} is not in the tree of {size} lines with this root")


def prove_consistency(
    first: int, second: int, path: Sequence[bytes], *, first_root: bytes, second_root: bytes
) -> None:
    """The tree of `second` leaves begins with that of `first` (RFC 9162 2.1.4.2).  Raises ProofFailed."""
    failed = ProofFailed(f"the tree of {second} lines does not begin with that of {first} lines")
    if not 0 < first <= second or len(path) > MOST_NODES:
        raise failed
    if first == second:
        if path or first_root != second_root:
            raise failed
        return
    # "If first is an exact power of 2, then prepend first_hash to the consistency_path array."
    nodes = iter(path if first & (first - 1) else [first_root, *path])
    computed_first, computed_second = _climb(first - 1, second - 1, nodes, failed)
    if (computed_first, computed_second) != (first_root, second_root):
        raise failed


def _climb(place: int, last: int, nodes: Iterator[bytes], failed: ProofFailed) -> tuple[bytes, bytes]:
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = next(nodes, b"")
    for node in nodes:
        if last == 0:
            raise failed
        if place & 1 or place == last:
            first, second = node_hash(node, first), node_hash(node, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, node)
        place, last = place >> 1, last >> 1
    if last:
        raise failed
    return first, second


def _split(size: int) -> int:
    """RFC 6962 2.1: "the largest power of two smaller than n"."""
    return 1 << (size - 1).bit_length() - 1


def _range_root(begin: int, end: int, nodes: Nodes) -> bytes:
    """The root over the leaves from `begin` to `end`; `begin` is a multiple of the power of two not below the size."""
    roots = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        roots.append(nodes.node(level, begin >> level))
        begin += 1 << level
    root = roots.pop()
    while roots:
        root = node_hash(roots.pop(), root)
    return root
