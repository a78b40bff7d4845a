"""Writing DER: the few octets around a value (X.690 8.1, 10.1).  Reading is left to `cryptography`."""

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
    content = b"".join(contents)
    return heading(tag, len(content)) + content


def heading(tag: int, length: int) -> bytes:
    """Tag octet and length octets of an element; for one so large that joining it twice would cost."""
    return bytes((tag, length)) if length < 0x80 else bytes((tag,)) + _long_length(length)


def _long_length(length: int) -> bytes:
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def unsigned_integer(value: int) -> bytes:
    """A non-negative INTEGER; a leading zero octet keeps it positive (X.690 8.3.2)."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def element(part: asn1.TLV) -> bytes:
    """The whole octets of an element that `cryptography.hazmat.asn1` split off, its tag included."""
    content = bytes(part.data)
    length = len(content)
    return part.tag_bytes + (bytes((length,)) if length < 0x80 else _long_length(length)) + content
