"""The Merkle tree of RFC 6962, kept as a compact range: the roots of its complete subtrees."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

# RFC 6962 2.1: "The hash of an empty list is the hash of an empty string".
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962 2.1: MTH({d(0)}) = SHA-256(0x00 || d(0))."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 2.1: SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass
class CompactRange:
    """The first `size` leaves; `peaks` holds one root for each bit set in `size`, widest subtree first."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    @classmethod
    def from_hex(cls, size: int, peaks: Sequence[str]) -> "CompactRange":
        if len(peaks) != size.bit_count():
            raise ValueError(f"{len(peaks)} subtree roots do not make a tree of {size} leaves")
        return cls(size, [bytes.fromhex(peak) for peak in peaks])

    def append(self, leaf: bytes) -> None:
        """One more leaf hash; every subtree that it completes becomes one root."""
        complete = self.size
        while complete & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            complete >>= 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def as_hex(self) -> list[str]:
        return [peak.hex() for peak in self.peaks]
