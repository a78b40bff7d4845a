"""Encoding a hash for RSA outside the card: the guideline's cards do only the private operation (G31 Annex C.6)."""

import hashlib
import secrets
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hpki.errors import MalformedInput


class Hash(StrEnum):
    """The hashes that CRYPTREC's list leaves to signatures and the guideline's drivers know."""

    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"

    def digest(self, message: bytes) -> bytes:
        """The hash of a message."""
        return hashlib.new(self.value, message).digest()

    @property
    def octets(self) -> int:
        """Length of the hash."""
        return hashlib.new(self.value).digest_size


class Padding(StrEnum):
    """How a hash becomes a number that RSA can sign."""

    PKCS1 = "pkcs1"  # RFC 8017 9.2, what every HPKI card and CKM_RSA_PKCS do
    PSS = "pss"  # RFC 8017 9.1, salt as long as the hash


# RFC 8017 9.2, note 1: DigestInfo up to the hash itself.
_DIGEST_INFO: Final = MappingProxyType(
    {
        Hash.SHA256: bytes.fromhex("3031300d060960864801650304020105000420"),
        Hash.SHA384: bytes.fromhex("3041300d060960864801650304020205000430"),
        Hash.SHA512: bytes.fromhex("3051300d060960864801650304020305000440"),
    }
)


def digest_info(digest: bytes, algorithm: Hash) -> bytes:
    """DigestInfo as DER (RFC 8017 9.2); raises MalformedInput when the digest has another length."""
    if len(digest) != algorithm.octets:
        raise MalformedInput("digest", f"{len(digest)} bytes instead of {algorithm.octets} for {algorithm}")
    return _DIGEST_INFO[algorithm] + digest


def pkcs1_block(digest: bytes, algorithm: Hash, modulus_bits: int) -> bytes:
    """EMSA-PKCS1-v1_5 (RFC 8017 9.2): one block as long as the modulus."""
    content = digest_info(digest, algorithm)
    padding_octets = modulus_bits // 8 - 3 - len(content)
    if padding_octets < 8:
        raise MalformedInput("RSA modulus", f"{modulus_bits} bits are too few for {algorithm}")
    return b"\x00\x01" + b"\xff" * padding_octets + b"\x00" + content


def pss_block(digest: bytes, algorithm: Hash, modulus_bits: int, *, salt: bytes | None = None) -> bytes:
    """EMSA-PSS (RFC 8017 9.1.1) with MGF1 over the same hash, as long as the modulus; a fresh salt unless given."""
    octets = (modulus_bits + 7) // 8
    salt = secrets.token_bytes(algorithm.octets) if salt is None else salt
    if len(digest) != algorithm.octets or octets < 2 * algorithm.octets + 2:
        raise MalformedInput(
            "RSA-PSS", f"a digest of {len(digest)} bytes does not fit {algorithm} and {modulus_bits} bits"
        )
    seed = algorithm.digest(bytes(8) + digest + salt)
    block = bytes(octets - len(salt) - len(seed) - 2) + b"\x01" + salt
    masked = bytes(a ^ b for a, b in zip(block, _mgf1(seed, len(block), algorithm), strict=True))
    # "Set the leftmost 8emLen - emBits bits … to zero", emBits being one less than the modulus has.
    unused = 8 * octets - (modulus_bits - 1)
    return bytes((masked[0] & 0xFF >> unused,)) + masked[1:] + seed + b"\xbc"


def _mgf1(seed: bytes, octets: int, algorithm: Hash) -> bytes:
    blocks = -(-octets // algorithm.octets)
    return b"".join(algorithm.digest(seed + count.to_bytes(4)) for count in range(blocks))[:octets]
