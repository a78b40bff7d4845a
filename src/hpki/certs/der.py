"""Writing DER: the few octets around a value (X.690 8.1, 10.1).  Reading is left to `cryptography`."""

from functools import lru_cache
from typing import Final

from cryptography.hazmat import asn1

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = b"\x05\x00"
OBJECT_IDENTIFIER: Final = 0x06
SEQUENCE: Final = 0x30
SET: Final = 0x31
NUMERIC_STRING: Final = 0x12


def tlv(tag: int, *contents: bytes) -> bytes:
    """One DER element: tag octet, definite length in the fewest octets, the contents joined."""
    content = contents[0] if len(contents) == 1 else b"".join(contents)
    return heading(tag, len(content)) + content


@lru_cache(maxsize=4096)
def heading(tag: int, length: int) -> bytes:
    """Tag octet and length octets of an element; for one so large that joining it twice would cost."""
    return bytes((tag,)) + _length(length)


def _length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def unsigned_integer(value: int) -> bytes:
    """A non-negative INTEGER; a leading zero octet keeps it positive (X.690 8.3.2)."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def element(part: asn1.TLV) -> bytes:
    """The whole octets of an element that `cryptography.hazmat.asn1` split off, its tag included."""
    content = bytes(part.data)
    tag_octets = part.tag_bytes
    if len(tag_octets) == 1:
        return heading(tag_octets[0], len(content)) + content
    return tag_octets + _length(len(content)) + content
