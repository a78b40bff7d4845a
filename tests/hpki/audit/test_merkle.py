"""The tree of RFC 6962, against its recursive definition and the values of its own test suite."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki.audit import merkle

# Certificate Transparency's reference inputs and roots (google/certificate-transparency, merkle_tree_test).
INPUTS = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def by_definition(entries: list[bytes]) -> bytes:
    """RFC 6962 2.1, word for word: k is the largest power of two smaller than n."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1 << (len(entries) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + by_definition(entries[:k]) + by_definition(entries[k:])).digest()


@pytest.mark.parametrize("size", ROOTS)
def test_the_known_roots_come_out(size: int) -> None:
    tree = merkle.CompactRange()
    for entry in INPUTS[:size]:
        tree.append(merkle.leaf_hash(bytes.fromhex(entry)))
    assert tree.root().hex() == ROOTS[size]


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_compact_range_has_the_root_of_the_definition(entries: list[bytes]) -> None:
    tree = merkle.CompactRange()
    for entry in entries:
        tree.append(merkle.leaf_hash(entry))
        tree = merkle.CompactRange.from_hex(tree.size, tree.as_hex())
    assert tree.root() == by_definition(entries)


def test_peaks_that_do_not_fit_the_size_are_refused() -> None:
    with pytest.raises(ValueError, match="do not make a tree of 3"):
        merkle.CompactRange.from_hex(3, ["00" * 32])
