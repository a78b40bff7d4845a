"""An exported tree: one JSON line with a signed head, then one leaf hash in each line; no contents."""

import json
from pathlib import Path
from typing import Final

from hpki.audit.merkle import node_hash
from hpki.audit.proofs import root_of
from hpki.audit.tree_head import SignedHead, octets_of, read_head
from hpki.errors import MalformedInput, ProofFailed

MOST_LINES: Final = 50_000_000
_MOST_HEAD_OCTETS: Final = 1024 * 1024
_MOST_LEAF_SIGNS: Final = 66


class TreeFile:
    """The leaves of a tree and its head (`hpki.audit.proofs.Nodes`).

    Reading proves that the leaves have the head's root; who signed the head is not judged.
    """

    def __init__(self, head: SignedHead, stamp: bytes | None, leaves: bytes) -> None:
        self.head = head
        self.stamp = stamp
        self._levels = [leaves]
        if len(leaves) // 32 != head.head.size or root_of(head.head.size, self) != head.head.root:
            raise ProofFailed("the leaves of the file do not have the root of its head")

    def node(self, level: int, index: int) -> bytes:
        """The root of a complete subtree; each level is computed once."""
        while len(self._levels) <= level:
            below = self._levels[-1]
            pairs = range(0, len(below) - 63, 64)
            self._levels.append(
                b"".join([node_hash(below[at : at + 32], below[at + 32 : at + 64]) for at in pairs])
            )
        return self._levels[level][32 * index : 32 * index + 32]


def read_tree(path: Path) -> TreeFile:
    """Raises MalformedInput, ProofFailed, OSError."""
    leaves = bytearray()
    with path.open("r", encoding="ascii", errors="replace") as file:
        try:
            stored = json.loads(file.readline(_MOST_HEAD_OCTETS))
        except (ValueError, RecursionError) as unreadable:
            raise MalformedInput(path.name, "its first line is no tree head") from unreadable
        head = read_head(stored)
        stamp = octets_of(stored, "stamp", at_most=_MOST_HEAD_OCTETS // 2) if "stamp" in stored else None
        while line := file.readline(_MOST_LEAF_SIGNS):
            leaves += octets_of({"leaf": line.strip()}, "leaf", exactly=32)
            if len(leaves) > 32 * MOST_LINES:
                raise MalformedInput(path.name, f"more than {MOST_LINES} lines are not read")
    return TreeFile(head, stamp, bytes(leaves))
