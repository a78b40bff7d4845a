"""The virtual reader's protocol: power, reset and commands, each answered as vpcd expects."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from hpki.card import vpcd
from hpki.errors import CardUnavailable


@dataclass
class Card:
    atr: bytes = b"\x3b\x00"
    log: list[str] = field(default_factory=list)

    def power_on(self) -> None:
        self.log.append("on")

    def reset(self) -> None:
        self.log.append("reset")

    def transmit(self, command: bytes) -> bytes:
        self.log.append(command.hex())
        return b"\x90\x00"


@dataclass
class Vpcd:
    """The reader's end of the connection."""

    connection: socket.socket
    card: Card

    def ask(self, message: bytes) -> bytes:
        self.tell(message)
        length = int.from_bytes(self.connection.recv(2))
        return self.connection.recv(length)

    def tell(self, message: bytes) -> None:
        self.connection.sendall(len(message).to_bytes(2))  # two writes, as vpcd does
        self.connection.sendall(message)


@pytest.fixture
def reader() -> Iterator[Vpcd]:
    listener = socket.create_server(("127.0.0.1", 0))
    ours = vpcd.connect("127.0.0.1", listener.getsockname()[1])
    theirs, _ = listener.accept()
    card = Card()
    thread = threading.Thread(target=vpcd.serve, args=(card, ours))
    thread.start()
    yield Vpcd(theirs, card)
    theirs.close()
    thread.join(timeout=5)
    assert not thread.is_alive(), "the card did not notice that its reader is gone"
    ours.close()
    listener.close()


def test_the_reader_asks_for_the_answer_to_reset(reader: Vpcd) -> None:
    assert reader.ask(b"\x04") == b"\x3b\x00"


def test_power_and_reset_are_obeyed_without_an_answer(reader: Vpcd) -> None:
    for order in (b"\x01", b"\x02", b"\x00"):
        reader.tell(order)
    reader.ask(b"\x04")  # an answer means that everything before was read
    assert reader.card.log == ["on", "reset", "reset"]


def test_commands_are_answered(reader: Vpcd) -> None:
    long = b"\x00\x2a\x9e\x9a\x00\x01\x00" + bytes(256) + b"\x00\x00"
    assert reader.ask(long) == b"\x90\x00"
    assert reader.card.log == [long.hex()]


def test_a_message_may_arrive_in_pieces(reader: Vpcd) -> None:
    for piece in (b"\x00", b"\x05\x00\xb0", b"\x91\x00\x00"):
        reader.connection.sendall(piece)
    assert reader.connection.recv(4) == b"\x00\x02\x90\x00"


def test_without_vpcd_the_card_says_where_it_looked() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: nobody answers there
        port = taken.getsockname()[1]
        with pytest.raises(CardUnavailable, match=f"no vpcd at 127.0.0.1:{port}"):
            vpcd.connect("127.0.0.1", port)
