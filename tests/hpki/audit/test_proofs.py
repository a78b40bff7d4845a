"""Proofs of every size up to 70 against the definitions of RFC 6962, and everything else refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki.audit import merkle, proofs
from hpki.errors import ProofFailed
from tests.hpki.audit.test_merkle import by_definition

MOST = 70
ENTRIES = [b"line %d" % number for number in range(MOST)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
ROOTS = [by_definition(ENTRIES[:size]) for size in range(MOST + 1)]


class Complete:
    """Complete subtrees only: another one is a bug of who asks."""

    def node(self, level: int, index: int) -> bytes:
        entries = ENTRIES[index << level : (index + 1) << level]
        assert len(entries) == 1 << level
        return by_definition(entries)


NODES = Complete()


def path(m: int, entries: list[bytes]) -> list[bytes]:
    """RFC 6962 2.1.1, word for word."""
    if len(entries) == 1:
        return []
    k = 1 << (len(entries) - 1).bit_length() - 1
    if m < k:
        return [*path(m, entries[:k]), by_definition(entries[k:])]
    return [*path(m - k, entries[k:]), by_definition(entries[:k])]


def subproof(m: int, entries: list[bytes], *, known: bool) -> list[bytes]:
    """RFC 6962 2.1.2, word for word."""
    n = len(entries)
    if m == n:
        return [] if known else [by_definition(entries)]
    k = 1 << (n - 1).bit_length() - 1
    if m <= k:
        return [*subproof(m, entries[:k], known=known), by_definition(entries[k:])]
    return [*subproof(m - k, entries[k:], known=False), by_definition(entries[:k])]


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_every_line_of_every_tree_has_the_proof_of_the_definition(size: int) -> None:
    assert proofs.root_of(size, NODES) == ROOTS[size]
    for index in range(size):
        proof = proofs.inclusion_proof(index, size, NODES)
        assert proof == path(index, ENTRIES[:size])
        proofs.prove_inclusion(LEAVES[index], index, size, proof, ROOTS[size])


@pytest.mark.parametrize("second", range(1, MOST + 1))
def test_every_tree_begins_with_every_smaller_one_by_the_proof_of_the_definition(second: int) -> None:
    for first in range(1, second + 1):
        proof = proofs.consistency_proof(first, second, NODES)
        assert proof == subproof(first, ENTRIES[:second], known=True)
        proofs.prove_consistency(first, second, proof, first_root=ROOTS[first], second_root=ROOTS[second])


@given(st.data())
def test_a_proof_of_anything_else_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, MOST))
    index = data.draw(st.integers(0, size - 1))
    proof = proofs.inclusion_proof(index, size, NODES)
    other = data.draw(st.integers(0, MOST + 5).filter(lambda place: place != index))
    with pytest.raises(ProofFailed):
        proofs.prove_inclusion(LEAVES[index], other, size, proof, ROOTS[size])
    forged = [*proof, bytes(32)] if data.draw(st.booleans()) else _altered(proof, data)
    with pytest.raises(ProofFailed):
        proofs.prove_inclusion(LEAVES[index], index, size, forged, ROOTS[size])
    with pytest.raises(ProofFailed):
        proofs.prove_inclusion(bytes(32), index, size, proof, ROOTS[size])


@given(st.data())
def test_a_rewritten_tree_has_no_proof_of_consistency(data: st.DataObject) -> None:
    second = data.draw(st.integers(2, MOST))
    first = data.draw(st.integers(1, second))
    proof = proofs.consistency_proof(first, second, NODES)
    for one, two, nodes in (
        (bytes(32), ROOTS[second], proof),
        (ROOTS[first], bytes(32), proof),
        (ROOTS[first], ROOTS[second], [*proof, bytes(32)]),
        (ROOTS[first], ROOTS[second], _altered(proof, data)),
    ):
        with pytest.raises(ProofFailed):
            proofs.prove_consistency(first, second, nodes, first_root=one, second_root=two)


@given(st.integers(-3, 80), st.integers(-3, 80), st.lists(st.binary(min_size=32, max_size=32), max_size=9))
def test_no_made_up_proof_holds(first: int, second: int, nodes: list[bytes]) -> None:
    with pytest.raises(ProofFailed):
        proofs.prove_inclusion(LEAVES[0], first, second, nodes, b"\1" * 32)
    with pytest.raises(ProofFailed):
        proofs.prove_consistency(first, second, nodes, first_root=b"\1" * 32, second_root=b"\2" * 32)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3), (-1, 3)])
def test_what_cannot_be_proven_is_not_tried(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="no proof"):
        proofs.consistency_proof(first, second, NODES)
    with pytest.raises(ValueError, match="no leaf"):
        proofs.inclusion_proof(max(first, 5) if first else -1, second, NODES)


def _altered(proof: list[bytes], data: st.DataObject) -> list[bytes]:
    if not proof:
        return [bytes(32)]
    place = data.draw(st.integers(0, len(proof) - 1))
    return [*proof[:place], bytes(32), *proof[place + 1 :]]
