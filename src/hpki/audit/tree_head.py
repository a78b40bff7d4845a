"""Signed tree heads: how long an audit chain is, its root, and when its keeper said so (RFC 6962 3.5).

::

    struct { Version version = v1(0); SignatureType signature_type = tree_hash(1);
             uint64 timestamp; uint64 tree_size; opaque sha256_root_hash[32]; } TreeHeadSignature;

`timestamp` counts milliseconds since 1970.  A time-stamp of a second authority is over SHA-256 of these octets and the
signature, so it also fixes who signed.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hpki.errors import MalformedInput, ProofFailed, SignatureMismatch
from hpki.keys.algorithms import verify
from hpki.keys.signer import Signer

MOST_SIZE: Final = 2**63 - 1
_MOST_SIGNATURE_OCTETS: Final = 8192
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)


@dataclass(frozen=True)
class TreeHead:
    """The first `size` lines have `root`, said at `at` (cut to milliseconds)."""

    size: int
    root: bytes
    at: dt.datetime

    def signed_octets(self) -> bytes:
        """The TreeHeadSignature structure."""
        milliseconds = (self.at - _EPOCH) // _MILLISECOND
        return b"\x00\x01" + milliseconds.to_bytes(8, "big") + self.size.to_bytes(8, "big") + self.root


@dataclass(frozen=True)
class SignedHead:
    """A head with the signature of its keeper; `key_sha256` is the hash of the SubjectPublicKeyInfo (RFC 6962 3.2)."""

    head: TreeHead
    key_sha256: bytes
    signature: bytes

    def imprint(self) -> bytes:
        """What a second authority stamps."""
        return hashlib.sha256(self.head.signed_octets() + self.signature).digest()

    def as_json(self) -> dict[str, str | int]:
        """The form in which heads are handed on."""
        return {
            "size": self.head.size,
            "root": self.head.root.hex(),
            "timestamp": (self.head.at - _EPOCH) // _MILLISECOND,
            "key": self.key_sha256.hex(),
            "signature": self.signature.hex(),
        }


def key_hash(public_key: PublicKeyTypes) -> bytes:
    """SHA-256 of the key's SubjectPublicKeyInfo."""
    return hashlib.sha256(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def sign_head(head: TreeHead, signer: Signer) -> SignedHead:
    """The head, signed and verified.  Raises SignatureMismatch, KeyUnavailable, KeyRefused."""
    octets, public_key = head.signed_octets(), signer.public_key()
    signature = signer.sign(octets)
    verify(public_key, signature, octets)
    return SignedHead(head, key_hash(public_key), signature)


def prove_head(signed: SignedHead, public_key: PublicKeyTypes) -> TreeHead:
    """The head, if `public_key` signed it.  Raises ProofFailed."""
    if signed.key_sha256 != key_hash(public_key):
        raise ProofFailed("the tree head is signed by another key than the one given")
    try:
        verify(public_key, signed.signature, signed.head.signed_octets())
    except SignatureMismatch as mismatch:
        raise ProofFailed("the signature of the tree head does not verify") from mismatch
    return signed.head


def read_head(stored: object) -> SignedHead:
    """What `as_json` gave; nothing is proven.  Raises MalformedInput."""
    if not isinstance(stored, Mapping):
        raise MalformedInput("tree head", "it is no JSON object")
    size, milliseconds = count_of(stored, "size"), count_of(stored, "timestamp")
    try:
        at = _EPOCH + milliseconds * _MILLISECOND
    except OverflowError as beyond:
        raise MalformedInput("tree head", "its time is beyond all calendars") from beyond
    head = TreeHead(size, octets_of(stored, "root", exactly=32), at)
    return SignedHead(
        head,
        octets_of(stored, "key", exactly=32),
        octets_of(stored, "signature", at_most=_MOST_SIGNATURE_OCTETS),
    )


def octets_of(
    stored: Mapping[str, object], name: str, *, exactly: int | None = None, at_most: int = 32
) -> bytes:
    """Hexadecimal octets of a field.  Raises MalformedInput."""
    text = stored.get(name)
    if not isinstance(text, str) or len(text) > 2 * (exactly or at_most):
        raise MalformedInput(name, "it is not hexadecimal, or too long")
    try:
        octets = bytes.fromhex(text)
    except ValueError as refused:
        raise MalformedInput(name, "it is not hexadecimal") from refused
    if exactly is not None and len(octets) != exactly:
        raise MalformedInput(name, f"it has not {exactly} octets")
    return octets


def count_of(stored: Mapping[str, object], name: str) -> int:
    """A whole number of a field.  Raises MalformedInput."""
    value = stored.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_SIZE:
        raise MalformedInput(name, "it is no whole number")
    return value
