"""Commands and responses cross the interface as ISO/IEC 7816-4 5.2 draws them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki.card.apdu import Command, Response, read_command, read_response
from hpki.errors import MalformedInput

octet = st.integers(0, 255)
commands = st.builds(
    Command,
    cla=octet,
    ins=octet,
    p1=octet,
    p2=octet,
    data=st.binary(max_size=600),
    le=st.none() | st.integers(1, 65536),
)

# Case, bytes, meaning: the seven shapes of 5.2, table 1; the two extended ones are printed by the guideline.
SHAPES = [
    ("1", "00A40000", Command(0x00, 0xA4, 0, 0)),
    ("2 short", "00B0920000", Command(0x00, 0xB0, 0x92, 0, b"", 256)),
    ("2 short, some", "00B0920010", Command(0x00, 0xB0, 0x92, 0, b"", 16)),
    ("3 short", "002241B60481020017", Command(0x00, 0x22, 0x41, 0xB6, bytes.fromhex("81020017"))),
    ("4 short", "00A4040002E82800", Command(0x00, 0xA4, 0x04, 0, b"\xe8\x28", 256)),
    ("2 extended", "00B09800000000", Command(0x00, 0xB0, 0x98, 0, b"", 65536)),
    ("3 extended", "00DA0201000003ABCDEF", Command(0x00, 0xDA, 2, 1, b"\xab\xcd\xef")),
    ("4 extended", "002A9E9A000002ABCD0000", Command(0x00, 0x2A, 0x9E, 0x9A, b"\xab\xcd", 65536)),
]


@pytest.mark.parametrize(("case", "raw", "command"), SHAPES, ids=[shape[0] for shape in SHAPES])
def test_the_shapes_of_the_standard_are_read_and_written(case: str, raw: str, command: Command) -> None:
    assert read_command(bytes.fromhex(raw)) == command
    assert command.encode(extended="extended" in case).hex().upper() == raw


@given(commands)
def test_what_is_written_is_read_again(command: Command) -> None:
    assert read_command(command.encode()) == command
    assert read_command(command.encode(extended=True)) == command


@given(commands)
def test_links_of_a_chain_carry_the_same_data_and_fit_short_fields(command: Command) -> None:
    links = list(command.chained())
    assert b"".join(link.data for link in links) == command.data
    assert all(len(link.encode(extended=False)) <= 4 + 1 + 255 + 1 for link in links)
    assert [link.cla & 0x10 for link in links[:-1]] == [0x10] * (len(links) - 1)
    assert links[-1].cla == command.cla


@given(st.binary(max_size=300))
def test_any_bytes_are_a_command_or_malformed(raw: bytes) -> None:
    try:
        command = read_command(raw)
    except MalformedInput:
        return
    assert read_command(command.encode()) == command


@pytest.mark.parametrize(
    "raw", ["", "00", "00A404", "00A4040005AB", "00A404000000", "00A4040000000500", "00A4040002ABCD0000"]
)
def test_lengths_that_contradict_each_other_are_malformed(raw: str) -> None:
    with pytest.raises(MalformedInput):
        read_command(bytes.fromhex(raw))


def test_a_command_too_long_for_its_fields_is_not_written() -> None:
    with pytest.raises(MalformedInput):
        Command(0, 0xDA, 0, 0, bytes(256)).encode(extended=False)
    with pytest.raises(MalformedInput):
        Command(0, 0xDA, 0, 0, bytes(65536)).encode()


def test_a_response_tells_what_its_status_word_means() -> None:
    assert read_response(bytes.fromhex("ABCD9000")) == Response(b"\xab\xcd", 0x9000)
    assert read_response(bytes.fromhex("9000")).succeeded
    assert read_response(bytes.fromhex("6100")).waiting == 256
    assert read_response(bytes.fromhex("6110")).waiting == 16
    assert read_response(bytes.fromhex("63CE")).tries_left == 14
    assert read_response(bytes.fromhex("6300")).tries_left is None
    assert read_response(bytes.fromhex("9000")).waiting is None
    with pytest.raises(MalformedInput):
        read_response(b"\x90")
