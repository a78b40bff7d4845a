"""Between the interface and the applications: classes, command chaining, GET RESPONSE (ISO/IEC 7816-4:2020, 5)."""

from dataclasses import replace
from typing import Final

from hpki.card.apdu import SHORT_EXPECTED_MAX, Command, Response, StatusWord, expect

CHAIN_MAX: Final = 16384
_GET_RESPONSE, _SELECT = 0xC0, 0xA4
_MORE_DATA: Final = 0x6100


def expect_known_class(cla: int) -> None:
    """Refuse what this card does not speak: secure messaging, logical channels, unknown classes (5.4.1)."""
    if cla & 0x80:
        expect(cla == 0x80, StatusWord.CLASS_NOT_SUPPORTED)
        return
    expect(cla & 0xE0 != 0x20, StatusWord.CLASS_NOT_SUPPORTED)
    expect(not cla & 0x40, StatusWord.CHANNEL_NOT_SUPPORTED)
    expect(not cla & 0x0C, StatusWord.SECURE_MESSAGING_NOT_SUPPORTED)
    expect(not cla & 0x03, StatusWord.CHANNEL_NOT_SUPPORTED)


class Conversation:
    """What is under way between two commands: links of a chain, the rest of a long answer."""

    def __init__(self) -> None:
        self._chain: Command | None = None
        self._rest = b""

    def joined(self, command: Command) -> Command | None:
        """The complete command, None while links are still to come.  Refuses with 6883, 6700."""
        started, self._chain = self._chain, None
        if command.ins != _GET_RESPONSE:
            self._rest = b""
        if started is not None and _header(started) == _header(command):
            command = replace(command, data=started.data + command.data)
        elif started is not None:
            # 5.3.3: a chain is not interrupted.  A link of another chain is an error, a whole command begins anew.
            expect(not command.continues, StatusWord.LAST_OF_CHAIN_EXPECTED)
        expect(len(command.data) <= CHAIN_MAX, StatusWord.WRONG_LENGTH)
        if command.continues:
            self._chain = command
            return None
        return command

    def rest(self, command: Command) -> Response | None:
        """The answer to GET RESPONSE; None when the command is another one."""
        if command.ins != _GET_RESPONSE or command.cla & 0x80:
            return None
        expect(not command.parameters, StatusWord.WRONG_PARAMETERS)
        expect(self._rest, StatusWord.CONDITIONS_NOT_SATISFIED)
        expect(not command.data and command.le, StatusWord.WRONG_LENGTH)
        wanted = command.le or 0
        data, self._rest = self._rest[:wanted], self._rest[wanted:]
        return Response(data, self._more() if self._rest else StatusWord.SUCCESS)

    def delivered(self, command: Command, response: Response) -> Response:
        """The answer as far as Le allows; what does not fit waits for GET RESPONSE (61xx)."""
        if command.le is None and command.ins == _SELECT:
            return replace(response, data=b"")  # without Le nobody wants the FCI
        if len(response.data) <= (command.le or 0):
            return response
        self._rest = response.data
        return Response(b"", self._more())

    def _more(self) -> int:
        return _MORE_DATA | (len(self._rest) if len(self._rest) < SHORT_EXPECTED_MAX else 0)


def _header(command: Command) -> tuple[int, int, int, int]:
    return command.cla & ~0x10, command.ins, command.p1, command.p2
