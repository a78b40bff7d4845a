"""Files of one application on the card: selection and READ BINARY (ISO/IEC 7816-4:2020, 7.2, 11.2, 11.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from hpki.card.apdu import EXTENDED_MAX, Command, Refused, Response, StatusWord, expect
from hpki.card.tlv import encode_tlv

MASTER_FILE = 0x3F00
_SELECT_BY_ID = 0x00
_SELECT_CHILD_FILE = 0x02
_WANT_FCI, _WANT_FCP, _WANT_NOTHING = 0x00, 0x04, 0x0C
_FCI, _FCP = 0x6F, 0x62


@dataclass(frozen=True)
class ElementaryFile:
    """A transparent EF with both its names; an internal one (key, PIN) can be selected but never read."""

    file_id: int
    sfi: int | None
    content: bytes = b""
    is_internal: bool = False

    def control_parameters(self) -> bytes:
        """Size 80, descriptor 82, identifier 83, short identifier 88 (7816-4, 7.4.3)."""
        descriptor = 0x08 if self.is_internal else 0x01
        return (
            encode_tlv(0x80, len(self.content).to_bytes(2, "big"))
            + encode_tlv(0x82, bytes((descriptor,)))
            + encode_tlv(0x83, self.file_id.to_bytes(2, "big"))
            + (b"" if self.sfi is None else encode_tlv(0x88, bytes((self.sfi << 3,))))
        )


def application_template(aid: bytes) -> bytes:
    """The answer to SELECT by DF name: 6F L1 84 L2 AID (G31 A.3)."""
    return encode_tlv(_FCI, encode_tlv(0x84, aid))


class FileCursor:
    """The files of the selected application and which of them is current."""

    def __init__(self, files: Sequence[ElementaryFile] = ()) -> None:
        self._by_id = {file.file_id: file for file in files}
        self._by_sfi = {file.sfi: file for file in files if file.sfi is not None}
        self.current: ElementaryFile | None = None

    def select(self, command: Command) -> Response:
        """SELECT by file identifier; the answer follows P2 (7816-4, 11.2.2)."""
        expect(command.p1 in {_SELECT_BY_ID, _SELECT_CHILD_FILE}, StatusWord.WRONG_PARAMETERS)
        expect(command.p2 in {_WANT_FCI, _WANT_FCP, _WANT_NOTHING}, StatusWord.WRONG_PARAMETERS)
        expect(len(command.data) == 2, StatusWord.WRONG_LENGTH)
        found = self._by_id.get(int.from_bytes(command.data, "big"))
        if found is None:
            raise Refused(StatusWord.FILE_NOT_FOUND)
        self.current = found
        if command.p2 == _WANT_NOTHING:
            return Response(b"", StatusWord.SUCCESS)
        template = _FCP if command.p2 == _WANT_FCP else _FCI
        return Response(encode_tlv(template, found.control_parameters()), StatusWord.SUCCESS)

    def read_binary(self, command: Command) -> Response:
        """READ BINARY B0 (7816-4, 11.3.2 and table of P1-P2).

        With a short file identifier in P1 that file becomes current.  6282 says that fewer bytes were left than Le
        asked for; an Le of '00' or '0000' asks for what is there.
        """
        if command.p1 & 0x80:
            # "Bits 7 and 6 of P1 shall be set to 00 (other values are RFU)."
            expect(not command.p1 & 0x60, StatusWord.WRONG_PARAMETERS)
            self.current = self._file_of_sfi(command.p1 & 0x1F)
            offset = command.p2
        else:
            offset = command.parameters
        expect(command.le is not None and not command.data, StatusWord.WRONG_LENGTH)
        return self._read(offset, command.le or 0)

    def _file_of_sfi(self, sfi: int) -> ElementaryFile:
        found = self._by_sfi.get(sfi)
        if found is None:
            raise Refused(StatusWord.FILE_NOT_FOUND)
        return found

    def _read(self, offset: int, wanted: int) -> Response:
        if self.current is None:
            raise Refused(StatusWord.NO_CURRENT_FILE)
        expect(not self.current.is_internal, StatusWord.INCOMPATIBLE_WITH_FILE)
        content = self.current.content
        expect(offset < len(content) or offset == 0, StatusWord.OFFSET_OUTSIDE_FILE)
        data = content[offset : offset + wanted]
        is_all = wanted in {256, EXTENDED_MAX}
        return Response(data, StatusWord.SUCCESS if is_all or len(data) == wanted else StatusWord.END_OF_FILE)
