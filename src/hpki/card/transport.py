"""The way from a command to its answer, as a small stack of processors over a port of one method.

A `CardTransport` carries raw bytes: a card in a reader (`hpki.card.pcsc`), a virtual card in this process, a recording
in a test.  A `CommandProcessor` carries whole commands and whole answers and hides how the card wants them cut.

>>> processor = command_processor(transport)          # extended length, else chaining; GET RESPONSE as needed
>>> response = processor.send(Command(0x00, 0xB0, 0x91, 0x00, le=256))
"""

import logging
from dataclasses import dataclass, replace
from typing import Final, Protocol

from hpki.card.apdu import (
    SHORT_EXPECTED_MAX,
    Command,
    Response,
    StatusWord,
    read_command,
    read_response,
)
from hpki.errors import CardRefused, MalformedInput

GET_RESPONSE: Final = 0xC0
_PARTS_MAX: Final = 300  # an extended answer of 65,536 bytes has 256 parts
# VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER carry PINs and PUKs (ISO/IEC 7816-4:2020, 11.6).
CARRIES_SECRETS: Final = frozenset({0x20, 0x21, 0x24, 0x2C})


class CardTransport(Protocol):
    """Carries one command APDU to a card and its response APDU back, both as raw bytes.

    Raises CardUnavailable when the card does not answer any more.
    """

    def transmit(self, command: bytes) -> bytes:
        """The response to `command`, at least its two bytes of status word."""
        ...


class CommandProcessor(Protocol):
    """Carries one whole command and brings its whole answer."""

    def send(self, command: Command) -> Response:
        """The answer to `command`; any status word is an answer."""
        ...


@dataclass(frozen=True)
class Link:
    """The lowest processor: one command is one APDU."""

    transport: CardTransport

    def send(self, command: Command) -> Response:
        """Encode, transmit, read; raises MalformedInput when the answer has no status word."""
        return read_response(self.transport.transmit(command.encode()))


@dataclass(frozen=True)
class WholeAnswers:
    """Fetches what did not fit into one answer (ISO/IEC 7816-4:2020, 5.3.4: '61xx' GET RESPONSE, '6Cxx' exact Le)."""

    below: CommandProcessor

    def send(self, command: Command) -> Response:
        """The concatenated data under the last status word; raises MalformedInput when the card never ends."""
        response = self.below.send(command)
        if response.status_word >> 8 == 0x6C:  # "wrong Le field; SW2 indicates the exact number of bytes"
            exact = response.status_word & 0xFF or SHORT_EXPECTED_MAX
            response = self.below.send(replace(command, le=exact))
        data = response.data
        for _ in range(_PARTS_MAX):
            if response.waiting is None:
                return Response(data, response.status_word)
            response = self.below.send(Command(command.cla & 0x8F, GET_RESPONSE, 0, 0, le=response.waiting))
            data += response.data
        raise MalformedInput("response APDU", f"the card went on after {_PARTS_MAX} parts")


@dataclass(frozen=True)
class ShortLengths:
    """Cuts a long command into a chain of short ones (ISO/IEC 7816-4:2020, 5.3.3)."""

    below: CommandProcessor

    def send(self, command: Command) -> Response:
        """The answer to the last link, or to the first link that the card refused."""
        response = Response(b"", StatusWord.SUCCESS)
        for link in command.chained():
            response = self.below.send(link)
            if link.continues and not response.succeeded:
                break
        return response


class FittingLengths:
    """Uses extended length fields until the card says that it has none, then chains for the rest of the session.

    A card that knows no extended length answers '6700' before it does anything, so repeating is safe.
    """

    def __init__(self, extended: CommandProcessor, short: CommandProcessor) -> None:
        self._extended = extended
        self._short = short
        self._card_has_extended = True

    def send(self, command: Command) -> Response:
        """The answer, by whichever way the card takes."""
        if not command.is_extended or not self._card_has_extended:
            return self._short.send(command)
        response = self._extended.send(command)
        if response.status_word == StatusWord.WRONG_LENGTH:
            self._card_has_extended = False
            return self._short.send(command)
        return response


def command_processor(transport: CardTransport, *, extended: bool = True) -> CommandProcessor:
    """The usual stack over a transport; `extended=False` never tries extended length fields."""
    whole = WholeAnswers(Link(transport))
    short = ShortLengths(whole)
    return FittingLengths(whole, short) if extended else short


@dataclass(frozen=True)
class LoggedTransport:
    """Writes every exchange to a log, and no PIN: of a command that carries one, only the length is shown."""

    transport: CardTransport
    log: logging.Logger

    def transmit(self, command: bytes) -> bytes:
        """Transmit and log at level DEBUG."""
        response = self.transport.transmit(command)
        if self.log.isEnabledFor(logging.DEBUG):
            self.log.debug("> %s", readable(command))
            self.log.debug("< %s", response.hex(" "))
        return response


def readable(command: bytes) -> str:
    """A command APDU in hexadecimal, without its data when these are a secret."""
    if len(command) < 2 or command[1] not in CARRIES_SECRETS:
        return command.hex(" ")
    try:
        secret_octets = len(read_command(command).data)
    except MalformedInput:
        secret_octets = len(command) - 4
    return f"{command[:4].hex(' ')} ({secret_octets} secret bytes)"


def must(response: Response, doing: str) -> bytes:
    """The data of a response that succeeded; raises CardRefused(doing, status word) otherwise."""
    if not response.succeeded:
        raise CardRefused(doing, response.status_word)
    return response.data
