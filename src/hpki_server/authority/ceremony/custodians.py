"""The activation secret and its shares: m of n custodians together open a key, fewer learn nothing.

Shamir's scheme over GF(2^128) (pycryptodome).  A share is text that survives a typist: letters and digits without
look-alikes, in groups, with a checksum; it names its set, so a share of another set is known as such.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from Crypto.Protocol.SecretSharing import Shamir

from hpki.keys.secret import Secret
from hpki_server.authority.ceremony.stopped import ShareRefused

SECRET_OCTETS: Final = 16
_VERSION: Final = 1
_SET_OCTETS: Final = 4
_CHECK_OCTETS: Final = 4
_GROUP: Final = 5
# RFC 4648 6: the base32 alphabet has no 0, 1, 8; a typist who writes them means these.
_LOOK_ALIKE: Final = str.maketrans({"0": "O", "1": "I", "8": "B"})


@dataclass(frozen=True)
class Share:
    """One custodian's part.  Printing it is as telling it, hence the repr."""

    set_name: str
    threshold: int
    total: int
    index: int
    value: bytes

    def __repr__(self) -> str:
        return f"Share({self.index} of {self.total}, set {self.set_name})"

    def as_text(self) -> str:
        """Groups of five characters, checksum included."""
        head = bytes([_VERSION, self.threshold, self.total, self.index]) + bytes.fromhex(self.set_name)
        payload = head + self.value
        text = base64.b32encode(payload + _check(payload)).decode().rstrip("=")
        return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


@dataclass(frozen=True)
class ShareSet:
    """A fresh activation secret and its shares; `secret` is what opens the key."""

    name: str
    secret: Secret
    shares: tuple[Share, ...]


def make_share_set(threshold: int, total: int) -> ShareSet:
    """128 random bits in `total` shares of which any `threshold` suffice."""
    octets = secrets.token_bytes(SECRET_OCTETS)
    name = _set_name(octets)
    parts = Shamir.split(threshold, total, octets)
    shares = tuple(Share(name, threshold, total, index, value) for index, value in parts)
    return ShareSet(name, _as_secret(octets), shares)


def read_share(text: str) -> Share:
    """The share that a custodian typed.  Raises ShareRefused when a character is wrong or missing."""
    compact = "".join(text.upper().split()).replace("-", "").translate(_LOOK_ALIKE)
    try:
        octets = base64.b32decode(compact + "=" * (-len(compact) % 8))
    except (binascii.Error, ValueError):
        octets = b""
    payload, check = octets[:-_CHECK_OCTETS], octets[-_CHECK_OCTETS:]
    wanted = 4 + _SET_OCTETS + SECRET_OCTETS
    if len(payload) != wanted or not secrets.compare_digest(check, _check(payload)) or payload[0] != _VERSION:
        raise ShareRefused("this is not a share: a character is mistyped or missing; please type it again")
    return Share(
        payload[4 : 4 + _SET_OCTETS].hex(), payload[1], payload[2], payload[3], payload[4 + _SET_OCTETS :]
    )


def combine(shares: Sequence[Share]) -> Secret:
    """The activation secret of a set.

    Raises ShareRefused for shares of two sets, one share twice, fewer than the threshold, or shares that do not
    belong together.
    """
    if not shares:
        raise ShareRefused("no share was given")
    threshold = shares[0].threshold
    if len({(share.set_name, share.threshold, share.total) for share in shares}) != 1:
        raise ShareRefused("the shares belong to different sets")
    if len({share.index for share in shares}) != len(shares):
        raise ShareRefused("one share was given twice; every custodian gives their own")
    if len(shares) < threshold:
        raise ShareRefused(f"{len(shares)} of the {threshold} shares that are needed were given")
    octets = Shamir.combine([(share.index, share.value) for share in shares[:threshold]])
    if _set_name(octets) != shares[0].set_name:
        raise ShareRefused("the shares do not belong together: one of them is not what was handed out")
    return _as_secret(octets)


def _as_secret(octets: bytes) -> Secret:
    return Secret(octets.hex())


def _set_name(octets: bytes) -> str:
    # 32 bits of a hash of 128 random ones: names the set and finds a wrong share, tells nothing about the secret.
    return hashlib.sha256(b"openhpki share set\0" + octets).digest()[:_SET_OCTETS].hex()


def _check(payload: bytes) -> bytes:
    return hashlib.sha256(b"openhpki share\0" + payload).digest()[:_CHECK_OCTETS]
