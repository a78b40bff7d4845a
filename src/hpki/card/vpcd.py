"""A virtual card in a real reader daemon: the protocol of vpcd, pcscd's virtual reader.

vpcd (project vsmartcard) listens on a TCP port, 35963 for its first slot, and the card connects to it.  Each message
in either direction is a two-byte big-endian length and that many bytes.  Towards the card a message of one byte is
an order to the power supply, any longer one is a command APDU.

vpcd listens on every address of the machine, without a password: whoever reaches the port is the card.  Run pcscd in
a network namespace of its own (docs/operations/cards.md), or on a machine behind a firewall.
"""

import socket
from enum import IntEnum
from typing import Protocol

from hpki.errors import CardUnavailable

HOST = "127.0.0.1"
PORT = 35963  # vpcd's documented default, 0x8C7B


class Order(IntEnum):
    """What vpcd tells the card's power supply."""

    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    ANSWER_TO_RESET = 4


class PoweredCard(Protocol):
    """A card as a reader sees it: contacts that can be powered, and commands."""

    @property
    def atr(self) -> bytes:
        """Answer to reset (ISO/IEC 7816-3 8.2)."""
        ...

    def power_on(self) -> None:
        """Voltage on: every security state is gone."""
        ...

    def reset(self) -> None:
        """Warm reset: every security state is gone."""
        ...

    def transmit(self, command: bytes) -> bytes:
        """One command APDU in, one response APDU out."""
        ...


def connect(host: str = HOST, port: int = PORT) -> socket.socket:
    """Connect to vpcd; raises CardUnavailable when no vpcd listens there."""
    try:
        return socket.create_connection((host, port), timeout=10)
    except OSError as error:
        raise CardUnavailable(
            f"no vpcd at {host}:{port}: is pcscd running with its vpcd driver? ({error})"
        ) from error


def serve(card: PoweredCard, connection: socket.socket) -> None:
    """Be `card` for the vpcd at the other end of `connection` until it hangs up."""
    connection.settimeout(None)  # a card waits as long as its reader likes
    while (message := _receive(connection)) is not None:
        if len(message) != 1:
            _send(connection, card.transmit(message))
            continue
        match message[0]:
            case Order.ANSWER_TO_RESET:
                _send(connection, card.atr)
            case Order.POWER_ON:
                card.power_on()
            case Order.RESET | Order.POWER_OFF:
                card.reset()  # what the card knew in its working memory is gone either way


def _receive(connection: socket.socket) -> bytes | None:
    """The next message, or None when vpcd hung up."""
    length = _receive_exactly(connection, 2)
    return None if length is None else _receive_exactly(connection, int.from_bytes(length))


def _receive_exactly(connection: socket.socket, count: int) -> bytes | None:
    received = b""
    while len(received) < count:
        _acknowledge_at_once(connection)
        try:
            part = connection.recv(count - len(received))
        except ConnectionError:
            return None
        if not part:
            return None
        received += part
        _acknowledge_at_once(connection)
    return received


def _acknowledge_at_once(connection: socket.socket) -> None:
    # vpcd writes length and payload in two small segments and leaves Nagle's algorithm on, so the second waits for
    # our acknowledgement of the first, which Linux delays by 40 ms: a login with one signature took 4 s, not 0.05 s.
    # The option is not sticky, so it is set around every read; only Linux has it (and only Linux delays so).
    if hasattr(socket, "TCP_QUICKACK") and connection.family in {socket.AF_INET, socket.AF_INET6}:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(len(message).to_bytes(2) + message)
