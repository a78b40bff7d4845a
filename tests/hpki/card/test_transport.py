"""Commands reach a card however long they are, and no PIN reaches a log."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from hpki.card.apdu import Command
from hpki.card.transport import LoggedTransport, command_processor, must, readable
from hpki.errors import CardRefused, MalformedInput

SIGN = Command(0x00, 0x2A, 0x9E, 0x9A, bytes(range(256)) + b"!", le=65536)


@dataclass
class Replay:
    """Answers in order what was recorded, and remembers what was asked."""

    answers: Sequence[str]
    asked: list[str] = field(default_factory=list)

    def transmit(self, command: bytes) -> bytes:
        self.asked.append(command.hex())
        return bytes.fromhex(self.answers[len(self.asked) - 1])


def test_a_short_command_is_one_apdu() -> None:
    card = Replay(["aabb9000"])
    response = command_processor(card).send(Command(0x00, 0xB0, 0x91, 0x00, le=256))
    assert (response.data, response.status_word) == (b"\xaa\xbb", 0x9000)
    assert card.asked == ["00b0910000"]


def test_a_long_command_goes_with_extended_length_fields() -> None:
    card = Replay(["00" * 256 + "9000"])
    assert len(command_processor(card).send(SIGN).data) == 256
    assert card.asked == ["002a9e9a000101" + SIGN.data.hex() + "0000"]


def test_a_card_without_extended_length_gets_a_chain_and_is_not_asked_twice() -> None:
    card = Replay(["6700", "9000", "019000", "9000", "029000"])
    processor = command_processor(card)
    assert processor.send(SIGN).data == b"\x01"
    assert processor.send(SIGN).data == b"\x02"
    first, second = "102a9e9aff" + SIGN.data[:255].hex(), "002a9e9a02" + SIGN.data[255:].hex() + "00"
    assert card.asked[1:] == [first, second, first, second]


def test_a_refused_link_ends_the_chain() -> None:
    card = Replay(["6883"])
    assert command_processor(card, extended=False).send(SIGN).status_word == 0x6883
    assert len(card.asked) == 1


def test_a_long_answer_is_fetched_to_its_end() -> None:
    card = Replay(["01" * 256 + "6100", "02" * 256 + "6103", "030303" + "9000"])
    response = command_processor(card).send(Command(0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x00", le=256))
    assert response.data == b"\x01" * 256 + b"\x02" * 256 + b"\x03" * 3
    assert card.asked[1:] == ["00c0000000", "00c0000003"]


def test_a_wrong_le_is_corrected_as_the_card_says() -> None:
    card = Replay(["6c02", "aabb9000"])
    assert command_processor(card).send(Command(0x00, 0xB0, 0x91, 0x00, le=256)).data == b"\xaa\xbb"
    assert card.asked[1] == "00b0910002"


def test_a_card_that_never_ends_is_given_up() -> None:
    with pytest.raises(MalformedInput, match="went on"):
        command_processor(Replay(["00" * 256 + "6100"] * 400)).send(Command(0, 0xB0, 0, 0, le=256))


def test_an_answer_without_a_status_word_is_named() -> None:
    with pytest.raises(MalformedInput, match="status word"):
        command_processor(Replay(["90"])).send(Command(0, 0xB0, 0, 0, le=256))


def test_an_unexpected_status_word_says_what_was_being_done() -> None:
    with pytest.raises(CardRefused, match=r"reading EF\.OD: the card answered 6A82"):
        must(command_processor(Replay(["6a82"])).send(Command(0, 0xB0, 0x91, 0, le=256)), "reading EF.OD")


@pytest.mark.parametrize(
    "command",
    [
        "00200096 04 31323334",
        "00240001 08 31323334 35363738",
        "002c0001 08 31323334 35363738",
        "1020009604 313233",
    ],
)
def test_no_pin_is_ever_logged(command: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    LoggedTransport(Replay(["63c4"]), logging.getLogger("card")).transmit(bytes.fromhex(command))
    assert "31" not in caplog.text.replace(":31", "")
    assert "secret bytes" in caplog.text
    assert "63 c4" in caplog.text


def test_other_commands_are_logged_whole() -> None:
    assert readable(bytes.fromhex("00b0910000")) == "00 b0 91 00 00"
