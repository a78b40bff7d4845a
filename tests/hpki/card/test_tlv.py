"""Data objects are read within bounds and written in one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki.card.tlv import (
    Tlv,
    encode_bits,
    encode_integer,
    encode_tlv,
    find,
    is_constructed,
    read_bits,
    read_integer,
    read_text,
    read_tlv,
    read_tlvs,
)
from hpki.errors import MalformedInput

TAGS = [0x04, 0x30, 0x80, 0xA1, 0x5F20, 0x7F49, 0x5FC105]


@given(st.lists(st.builds(Tlv, st.sampled_from(TAGS), st.binary(max_size=400)), max_size=5))
def test_what_is_written_is_read_again(objects: list[Tlv]) -> None:
    assert read_tlvs(b"".join(each.encode() for each in objects)) == tuple(objects)


@given(st.binary(max_size=200))
def test_any_bytes_are_data_objects_or_malformed(data: bytes) -> None:
    for padded in (False, True):
        try:
            found = read_tlvs(data, padded=padded)
        except MalformedInput:
            continue
        assert sum(len(each.value) for each in found) <= len(data)


def test_padding_between_objects_of_a_file_is_stepped_over() -> None:
    content = bytes.fromhex("0000 0401AA FFFF 0401BB 0000".replace(" ", ""))
    assert [each.value for each in read_tlvs(content, padded=True)] == [b"\xaa", b"\xbb"]


@pytest.mark.parametrize(
    "data",
    [
        "04",
        "0480AABB0000",
        "0402AA",
        "0484000000",
        "048400000001AA",
        "0483010000",
        "1F",
        "5F8181811100",
        "7F",
    ],
)
def test_objects_that_do_not_end_are_malformed(data: str) -> None:
    with pytest.raises(MalformedInput):
        read_tlvs(bytes.fromhex(data))


def test_long_lengths_are_written_in_the_fewest_octets() -> None:
    assert encode_tlv(0x04, bytes(127))[:2].hex() == "047f"
    assert encode_tlv(0x04, bytes(128))[:3].hex() == "048180"
    assert encode_tlv(0x04, bytes(256))[:4].hex() == "04820100"
    with pytest.raises(MalformedInput):
        encode_tlv(0x04, bytes(65536))


def test_a_tag_says_whether_objects_are_inside() -> None:
    assert is_constructed(0x7F49)
    assert is_constructed(0x30)
    assert not is_constructed(0x5F20)
    assert Tlv(0x30, bytes.fromhex("0401AA")).children() == (Tlv(0x04, b"\xaa"),)
    assert find((Tlv(0x04, b"\xaa"),), 0x05) is None
    assert read_tlv(bytes.fromhex("FF0401AA"), 1) == (Tlv(0x04, b"\xaa"), 4)


@given(st.integers(0, 2**63 - 1))
def test_integers_come_back(number: int) -> None:
    assert read_integer(read_tlv(encode_integer(number))[0].value) == number


@given(st.sets(st.integers(0, 31)))
def test_named_bits_come_back(positions: set[int]) -> None:
    assert read_bits(read_tlv(encode_bits(*positions))[0].value) == positions


def test_the_password_flags_of_the_sample_card_are_these_bytes() -> None:
    # Seen on the association's sample card: "11001000 (3 unused)".
    assert encode_bits(0, 1, 4).hex() == "030203c8"


@pytest.mark.parametrize("value", ["", "08FF", "01", "00" * 10])
def test_bit_strings_that_cannot_be_are_malformed(value: str) -> None:
    with pytest.raises(MalformedInput):
        read_bits(bytes.fromhex(value))


@pytest.mark.parametrize("value", ["", "80", "00" * 9])
def test_integers_that_cannot_be_are_malformed(value: str) -> None:
    with pytest.raises(MalformedInput):
        read_integer(bytes.fromhex(value))


def test_text_must_be_utf_8() -> None:
    assert read_text("医".encode()) == "医"
    with pytest.raises(MalformedInput):
        read_text(b"\xff")
