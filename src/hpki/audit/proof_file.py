"""A proof as one JSON file: made by a server or from an exported tree, judged by anybody, offline."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from hpki.audit.proofs import MOST_NODES, prove_consistency, prove_inclusion
from hpki.audit.tree_head import SignedHead, count_of, octets_of, prove_head, read_head
from hpki.errors import MalformedInput, ProofFailed

FORMAT: Final = "openhpki-audit-proof/1"
MOST_OCTETS: Final = 1024 * 1024
# Hexadecimal of a time-stamp token (hpki.issuance.timestamp_token reads no larger one).
_MOST_STAMP_OCTETS: Final = 256 * 1024


@dataclass(frozen=True)
class LineProof:
    """A line by its number, which counts from 1, and its leaf hash, with the path to the root."""

    sequence: int
    leaf: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class GrowthProof:
    """An earlier head and the path from its tree to the present one."""

    earlier: SignedHead
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Proof:
    """A head, perhaps stamped by a second authority, and what is proven against it; nothing is judged yet."""

    head: SignedHead
    stamp: bytes | None = None
    line: LineProof | None = None
    growth: GrowthProof | None = None

    def encode(self) -> bytes:
        """The file."""
        stored: dict[str, object] = {"format": FORMAT, "head": self.head.as_json()}
        if self.stamp is not None:
            stored["stamp"] = self.stamp.hex()
        if self.line is not None:
            stored["line"] = {
                "sequence": self.line.sequence,
                "leaf": self.line.leaf.hex(),
                "path": [node.hex() for node in self.line.path],
            }
        if self.growth is not None:
            path = [node.hex() for node in self.growth.path]
            stored["growth"] = {"earlier": self.growth.earlier.as_json(), "path": path}
        return json.dumps(stored, indent=2).encode() + b"\n"


def read_proof(octets: bytes) -> Proof:
    """What `encode` gave.  Raises MalformedInput."""
    stored = read_object(octets)
    if stored.get("format") != FORMAT:
        raise MalformedInput("proof", f"its format is not {FORMAT}")
    line, growth = _object(stored, "line"), _object(stored, "growth")
    return Proof(
        read_head(stored.get("head")),
        octets_of(stored, "stamp", at_most=_MOST_STAMP_OCTETS) if "stamp" in stored else None,
        None
        if line is None
        else LineProof(count_of(line, "sequence"), octets_of(line, "leaf", exactly=32), path_of(line)),
        None if growth is None else GrowthProof(read_head(growth.get("earlier")), path_of(growth)),
    )


def check_proof(proof: Proof, public_key: PublicKeyTypes) -> None:
    """Signatures, inclusion and growth.  Raises ProofFailed at the first that does not hold.

    The stamp is not judged here: see `hpki.issuance.timestamp_token.prove_token` over `SignedHead.imprint`.
    """
    head = prove_head(proof.head, public_key)
    if proof.line is not None:
        prove_inclusion(proof.line.leaf, proof.line.sequence - 1, head.size, proof.line.path, head.root)
    if proof.growth is not None:
        earlier = prove_head(proof.growth.earlier, public_key)
        if earlier.at > head.at:
            raise ProofFailed("the earlier tree head is the later one")
        prove_consistency(
            earlier.size, head.size, proof.growth.path, first_root=earlier.root, second_root=head.root
        )


def read_object(octets: bytes) -> Mapping[str, object]:
    """A JSON object of bounded size.  Raises MalformedInput."""
    if len(octets) > MOST_OCTETS:
        raise MalformedInput("proof", f"more than {MOST_OCTETS} octets are not read")
    try:
        stored = json.loads(octets)
    except (ValueError, RecursionError) as unreadable:
        raise MalformedInput("proof", "it is no JSON") from unreadable
    if not isinstance(stored, dict):
        raise MalformedInput("proof", "it is no JSON object")
    return stored


def path_of(stored: Mapping[str, object]) -> tuple[bytes, ...]:
    """The hashes of a path.  Raises MalformedInput."""
    path = stored.get("path")
    if not isinstance(path, list) or len(path) > MOST_NODES:
        raise MalformedInput("path", "it is no list of hashes, or too long")
    return tuple(octets_of({"path": node}, "path", exactly=32) for node in path)


def _object(stored: Mapping[str, object], name: str) -> Mapping[str, object] | None:
    value = stored.get(name)
    if value is not None and not isinstance(value, dict):
        raise MalformedInput(name, "it is no JSON object")
    return value
