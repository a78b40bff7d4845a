"""BER-TLV data objects of bounded size (ISO/IEC 7816-4:2020, 6.3; X.690 for the values of 7816-15)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from hpki.errors import MalformedInput

VALUE_MAX: Final = 65535
_TAG_OCTETS_MAX: Final = 3
_CONSTRUCTED: Final = 0x20


class Tag(IntEnum):
    """Universal tags that the objects of ISO/IEC 7816-15 use (X.690, 8.1.2)."""

    BOOLEAN = 0x01
    INTEGER = 0x02
    BIT_STRING = 0x03
    OCTET_STRING = 0x04
    OBJECT_IDENTIFIER = 0x06
    ENUMERATED = 0x0A
    UTF8_STRING = 0x0C
    SEQUENCE = 0x30


@dataclass(frozen=True)
class Tlv:
    """One data object; `tag` is the number its octets spell, so 7F49 is 0x7F49."""

    tag: int
    value: bytes

    def encode(self) -> bytes:
        """Tag, shortest definite length, value."""
        return encode_tlv(self.tag, self.value)

    def children(self) -> tuple["Tlv", ...]:
        """The data objects inside.  Raises MalformedInput when the value is not made of data objects."""
        return read_tlvs(self.value)


def encode_tlv(tag: int, value: bytes) -> bytes:
    """Tag, shortest definite length, value.  Raises MalformedInput when the value is longer than 65,535 bytes."""
    if len(value) > VALUE_MAX:
        raise MalformedInput("data object", f"{len(value)} bytes of value, {VALUE_MAX} at most")
    return _tag_octets(tag) + _encode_length(len(value)) + value


def _encode_length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def read_tlv(data: bytes, offset: int = 0) -> tuple[Tlv, int]:
    """Read the data object at `offset`; also return where the next one starts.  Raises MalformedInput."""
    tag, offset = _read_tag(data, offset)
    length, offset = _read_length(data, offset)
    if len(data) - offset < length:
        raise MalformedInput(
            "data object", f"tag {tag:X} announces {length} bytes, {len(data) - offset} are there"
        )
    return Tlv(tag, data[offset : offset + length]), offset + length


def _read_tag(data: bytes, offset: int) -> tuple[int, int]:
    start = offset
    if offset >= len(data):
        raise MalformedInput("data object", "ends before its tag")
    offset += 1
    if data[start] & 0x1F == 0x1F:
        while offset < len(data) and data[offset] & 0x80:
            offset += 1
        offset += 1
    if offset > len(data) or offset - start > _TAG_OCTETS_MAX:
        raise MalformedInput("data object", "a tag that does not end within three octets")
    return int.from_bytes(data[start:offset], "big"), offset


def _read_length(data: bytes, offset: int) -> tuple[int, int]:
    if offset >= len(data):
        raise MalformedInput("data object", "ends before its length")
    first, offset = data[offset], offset + 1
    if first < 0x80:
        return first, offset
    octets = first & 0x7F
    # 7816-4, 6.3 knows one to four octets; nothing on a card needs more than two, a third may hold zeros.
    if not 1 <= octets <= 3 or len(data) - offset < octets:
        raise MalformedInput("data object", "a length that is indefinite, too long or cut off")
    length = int.from_bytes(data[offset : offset + octets], "big")
    if length > VALUE_MAX:
        raise MalformedInput("data object", f"announces {length} bytes, {VALUE_MAX} at most")
    return length, offset + octets


def _walk(data: bytes, *, padded: bool) -> Iterator[Tlv]:
    offset = 0
    while offset < len(data):
        # 7816-4, 6.3: "'00' or 'FF'" may stand before, between and after data objects of an EF.
        if padded and data[offset] in {0x00, 0xFF}:
            offset += 1
            continue
        found, offset = read_tlv(data, offset)
        yield found


def read_tlvs(data: bytes, *, padded: bool = False) -> tuple[Tlv, ...]:
    """Read data objects up to the end; `padded` skips '00' and 'FF' between them, as in files on a card."""
    return tuple(_walk(data, padded=padded))


def find(objects: Sequence[Tlv], tag: int) -> bytes | None:
    """The value of the first data object with that tag."""
    return next((each.value for each in objects if each.tag == tag), None)


def encode_sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of already encoded parts."""
    return encode_tlv(Tag.SEQUENCE, b"".join(parts))


def encode_integer(number: int, tag: int = Tag.INTEGER) -> bytes:
    """A non-negative INTEGER (or a type derived from it) in the fewest octets (X.690, 8.3)."""
    return encode_tlv(tag, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def read_integer(value: bytes) -> int:
    """A non-negative INTEGER's value.  Raises MalformedInput when empty, negative or longer than 8 octets."""
    if not 1 <= len(value) <= 8 or value[0] & 0x80:
        raise MalformedInput("INTEGER", "empty, negative or longer than eight octets")
    return int.from_bytes(value, "big")


def encode_bits(*positions: int) -> bytes:
    """A BIT STRING with the named bits set, bit 0 first, trailing zeros removed (X.690, 11.2.2)."""
    if not positions:
        return encode_tlv(Tag.BIT_STRING, b"\x00")
    width = max(positions) + 1
    octets = (width + 7) // 8
    number = sum(1 << (octets * 8 - 1 - position) for position in set(positions))
    return encode_tlv(Tag.BIT_STRING, bytes((octets * 8 - width,)) + number.to_bytes(octets, "big"))


def read_bits(value: bytes) -> frozenset[int]:
    """The positions of the bits that are set.  Raises MalformedInput when the count of unused bits is wrong."""
    if not 1 <= len(value) <= 9 or value[0] > 7 or (len(value) == 1 and value[0]):
        raise MalformedInput("BIT STRING", "empty, too long or with a wrong count of unused bits")
    width = (len(value) - 1) * 8
    number = int.from_bytes(value[1:], "big")
    return frozenset(at for at in range(width - value[0]) if number >> (width - 1 - at) & 1)


def read_text(value: bytes) -> str:
    """UTF-8 text.  Raises MalformedInput."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedInput("UTF8String", "not UTF-8") from error


def is_constructed(tag: int) -> bool:
    """Whether the data object's value is made of data objects (X.690, 8.1.2.5)."""
    return bool(_tag_octets(tag)[0] & _CONSTRUCTED)


def _tag_octets(tag: int) -> bytes:
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
