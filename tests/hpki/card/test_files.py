"""Files are selected and read as ISO/IEC 7816-4 11.2 and 11.3 say, without a PIN."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki.card.apdu import Command, Refused
from hpki.card.files import ElementaryFile, FileCursor
from hpki.card.layouts import Layout, plan_of
from hpki.card.objects import PRESENCE_AID, CardApplication
from hpki.card.virtual import VirtualCard
from tests.hpki.card.cards import issued_card, ok, say, select

CONTENT = bytes(range(256)) * 3
FILES = (
    ElementaryFile(0x0016, 0x16, CONTENT),
    ElementaryFile(0x0003, 0x03, b""),
    ElementaryFile(0x000C, 0x0C, is_internal=True),
    ElementaryFile(0x5031, 0x11, b"directory"),
    ElementaryFile(0x4401, None, b"no short identifier"),
)


@pytest.fixture
def card() -> VirtualCard:
    card = issued_card(Layout.JMA)
    ok(select(card, plan_of(Layout.JMA, CardApplication.SIGNING).aid))
    return card


def test_reading_by_short_identifier_makes_the_file_current(card: VirtualCard) -> None:
    whole = ok(say(card, "00B09600000000"))
    assert ok(say(card, "00B0000010")) == whole[:16]
    assert ok(say(card, "00B0960510")) == whole[5:21]
    assert ok(say(card, "00B0010520")) == whole[0x105:0x125]


def test_what_is_left_of_a_file_comes_with_a_warning_when_more_was_wanted(card: VirtualCard) -> None:
    whole = ok(say(card, "00B09600000000"))
    at = len(whole) - 3
    assert say(card, f"00B0{at:04X}03").status_word == 0x9000
    short = say(card, f"00B0{at:04X}10")
    assert (short.status_word, short.data) == (0x6282, whole[-3:])
    assert say(card, f"00B0{len(whole):04X}01").status_word == 0x6B00
    assert say(card, "00B07FFF00").status_word == 0x6B00


@pytest.mark.parametrize(
    ("apdu", "status_word"),
    [
        ("00B09F0000", 0x6A82),  # no file with that short identifier
        ("00B0D60000", 0x6A86),  # bits 7 and 6 of P1
        ("00B08C0000", 0x6981),  # the key itself
        ("00B0880000", 0x6981),  # the PIN itself
        ("00B0960000FF", 0x6700),
        ("00B09600", 0x6700),
        ("00B0960001AA00", 0x6700),
        ("00A4020C02FFFF", 0x6A82),
        ("00A4020C0116", 0x6700),
        ("00A4020C", 0x6700),
        ("00A4080C020016", 0x6A86),
        ("00A4020802001600", 0x6A86),
        ("00A4000C022F00", 0x6A82),  # no EF.DIR (G31 B.2 note 3)
    ],
)
def test_what_cannot_be_read_or_selected_says_why(card: VirtualCard, apdu: str, status_word: int) -> None:
    assert say(card, apdu).status_word == status_word


def test_without_a_current_file_there_is_nothing_to_read(card: VirtualCard) -> None:
    assert say(card, "00B0000000").status_word == 0x6986
    ok(say(card, "00A4020C020016"))
    ok(say(card, "00B0000000"))
    ok(select(card, PRESENCE_AID))
    assert say(card, "00B0000000").status_word == 0x6986


def test_a_failed_selection_keeps_the_current_file(card: VirtualCard) -> None:
    ok(say(card, "00A4020C020016"))
    before = ok(say(card, "00B0000010"))
    assert say(card, "00A4020C02FFFF").status_word == 0x6A82
    assert say(card, "00B09F0000").status_word == 0x6A82
    assert ok(say(card, "00B0000010")) == before


def test_file_control_information_tells_size_and_names(card: VirtualCard) -> None:
    size = len(ok(say(card, "00B09600000000")))
    expected = f"8002{size:04x}820101830200168801b0"
    assert ok(say(card, "00A4020002001600")).hex() == f"6f{len(expected) // 2:02x}{expected}"
    assert ok(say(card, "00A4020402001600")).hex() == f"62{len(expected) // 2:02x}{expected}"
    assert ok(say(card, "00A4020C020016")) == b""


commands = st.one_of(
    st.builds(
        Command,
        st.just(0),
        st.just(0xB0),
        st.integers(0, 255),
        st.integers(0, 255),
        st.just(b""),
        st.integers(1, 300),
    ),
    st.builds(
        Command,
        st.just(0),
        st.just(0xA4),
        st.sampled_from([0, 2]),
        st.sampled_from([0, 4, 12]),
        st.one_of(
            st.sampled_from([file.file_id.to_bytes(2, "big") for file in FILES]), st.binary(max_size=3)
        ),
        st.just(256),
    ),
)


@given(st.lists(commands, max_size=30))
def test_reading_gives_parts_of_the_current_file_and_nothing_else(sequence: list[Command]) -> None:
    cursor = FileCursor(FILES)
    for command in sequence:
        before = cursor.current
        try:
            if command.ins == 0xA4:
                cursor.select(command)
                continue
            response = cursor.read_binary(command)
        except Refused:
            assert cursor.current is before or command.p1 & 0x80
            continue
        current = cursor.current
        assert current is not None
        assert not current.is_internal
        at = command.p2 if command.p1 & 0x80 else command.parameters
        assert response.data == current.content[at : at + (command.le or 0)]
