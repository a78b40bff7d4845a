"""Commands and responses between terminal and card (ISO/IEC 7816-4:2020, clause 5)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from hpki.errors import MalformedInput

SHORT_DATA_MAX: Final = 255
SHORT_EXPECTED_MAX: Final = 256
EXTENDED_MAX: Final = 65536
_HEADER: Final = 4
_CHAINING_BIT: Final = 0x10


class StatusWord(IntEnum):
    """SW1-SW2 as the virtual card gives them (ISO/IEC 7816-4:2020, 5.6; the guideline's Annex C)."""

    SUCCESS = 0x9000
    END_OF_FILE = 0x6282
    WARNING_NOT_VERIFIED = 0x6300
    MEMORY_FAILURE = 0x6581
    WRONG_LENGTH = 0x6700
    CHANNEL_NOT_SUPPORTED = 0x6881
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882
    LAST_OF_CHAIN_EXPECTED = 0x6883
    INCOMPATIBLE_WITH_FILE = 0x6981
    SECURITY_NOT_SATISFIED = 0x6982
    PIN_BLOCKED = 0x6984
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_FILE = 0x6986
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    WRONG_PARAMETERS = 0x6A86
    REFERENCE_NOT_FOUND = 0x6A88
    OFFSET_OUTSIDE_FILE = 0x6B00
    INSTRUCTION_NOT_SUPPORTED = 0x6D00
    CLASS_NOT_SUPPORTED = 0x6E00
    NO_DIAGNOSIS = 0x6F00


@dataclass(frozen=True)
class Command:
    """One command APDU.

    `le` is Ne, the greatest number of bytes wanted back: None when no data is wanted, 256 for a short Le
    of '00', 65536 for an extended Le of '0000'.  Source: ISO/IEC 7816-4:2020, 5.2.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None

    @property
    def is_extended(self) -> bool:
        """Whether short length fields cannot carry it."""
        return len(self.data) > SHORT_DATA_MAX or (self.le or 0) > SHORT_EXPECTED_MAX

    @property
    def parameters(self) -> int:
        """P1-P2 as one 16-bit number."""
        return self.p1 << 8 | self.p2

    @property
    def continues(self) -> bool:
        """Whether the class byte says that more of the same command follows (5.4.1, first interindustry)."""
        return not self.cla & 0x80 and bool(self.cla & _CHAINING_BIT)

    def encode(self, *, extended: bool | None = None) -> bytes:
        """The bytes to send, short where that is possible unless `extended` asks otherwise.

        Raises MalformedInput when a field does not fit.
        """
        header = bytes((self.cla, self.ins, self.p1, self.p2))
        if self.is_extended if extended is None else extended:
            return header + self._extended_body()
        if self.is_extended:
            raise MalformedInput("command APDU", "too long for short length fields")
        body = bytes((len(self.data),)) + self.data if self.data else b""
        return header + body + (b"" if self.le is None else bytes((self.le & 0xFF,)))

    def _extended_body(self) -> bytes:
        if len(self.data) >= EXTENDED_MAX or (self.le or 0) > EXTENDED_MAX:
            raise MalformedInput("command APDU", "too long for extended length fields")
        if not self.data and self.le is None:
            return b""
        body = len(self.data).to_bytes(2, "big") + self.data if self.data else b""
        # 5.2, table 1: a two-byte Le follows an extended Lc; alone it is three bytes, the first '00'.
        return b"\x00" + body + (b"" if self.le is None else (self.le & 0xFFFF).to_bytes(2, "big"))

    def chained(self) -> Iterator["Command"]:
        """The same command as links of at most 255 bytes each (5.3.3); one link when it fits.

        The last link asks for at most 256 bytes: a longer answer arrives by GET RESPONSE.
        """
        *links, last = [
            self.data[at : at + SHORT_DATA_MAX] for at in range(0, max(len(self.data), 1), SHORT_DATA_MAX)
        ]
        for link in links:
            yield replace(self, cla=self.cla | _CHAINING_BIT, data=link, le=None)
        le = None if self.le is None else min(self.le, SHORT_EXPECTED_MAX)
        yield replace(self, data=last, le=le)


def read_command(apdu: bytes) -> Command:
    """Read one command APDU, short or extended.  Raises MalformedInput when lengths contradict each other."""
    if len(apdu) < _HEADER:
        raise MalformedInput("command APDU", "shorter than its header of four bytes")
    cla, ins, p1, p2 = apdu[:_HEADER]
    data, le = _read_body(apdu[_HEADER:])
    return Command(cla, ins, p1, p2, data, le)


def _read_body(body: bytes) -> tuple[bytes, int | None]:
    if not body:
        return b"", None
    if len(body) == 1:
        return b"", body[0] or SHORT_EXPECTED_MAX
    if body[0]:
        return _read_fields(body, after_length=1, length=body[0], expected_octets=1)
    if len(body) == 3:
        return b"", int.from_bytes(body[1:], "big") or EXTENDED_MAX
    length = int.from_bytes(body[1:3], "big")
    if len(body) == 2 or not length:
        raise MalformedInput("command APDU", "an extended length field that says nothing")
    return _read_fields(body, after_length=3, length=length, expected_octets=2)


def _read_fields(
    body: bytes, *, after_length: int, length: int, expected_octets: int
) -> tuple[bytes, int | None]:
    data, rest = body[after_length : after_length + length], body[after_length + length :]
    if len(data) < length:
        raise MalformedInput("command APDU", f"Lc announces {length} bytes, {len(data)} are there")
    if not rest:
        return data, None
    if len(rest) != expected_octets:
        raise MalformedInput("command APDU", f"{len(rest)} bytes after the data, Le has {expected_octets}")
    return data, int.from_bytes(rest, "big") or 256**expected_octets


@dataclass(frozen=True)
class Response:
    """One response APDU: data and SW1-SW2 (ISO/IEC 7816-4:2020, 5.6)."""

    data: bytes
    status_word: int

    @property
    def succeeded(self) -> bool:
        """Whether the card answered 9000."""
        return self.status_word == StatusWord.SUCCESS

    @property
    def waiting(self) -> int | None:
        """How many bytes wait for GET RESPONSE when the card answered 61xx (256 stands for 256 or more)."""
        return (self.status_word & 0xFF or SHORT_EXPECTED_MAX) if self.status_word >> 8 == 0x61 else None

    @property
    def tries_left(self) -> int | None:
        """The x of 63Cx."""
        return self.status_word & 0x0F if self.status_word & 0xFFF0 == 0x63C0 else None

    def encode(self) -> bytes:
        """The bytes as they cross the interface."""
        return self.data + self.status_word.to_bytes(2, "big")


def read_response(apdu: bytes) -> Response:
    """Read one response APDU.  Raises MalformedInput when not even a status word is there."""
    if len(apdu) < 2:
        raise MalformedInput("response APDU", "shorter than its status word")
    return Response(apdu[:-2], int.from_bytes(apdu[-2:], "big"))


class Refused(Exception):
    """The card side's no: carried to the one place that turns it into a response."""

    def __init__(self, status_word: int) -> None:
        super().__init__(f"{status_word:04X}")
        self.status_word = int(status_word)


def expect(condition: object, status_word: StatusWord) -> None:
    """Refuse with the status word unless the condition holds (card side)."""
    if not condition:
        raise Refused(status_word)
