"""What a card says about itself is written by one side and read by the other without loss."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki.card.objects import (
    AuthenticationObject,
    CertificateObject,
    CiaInfo,
    CommonAttributes,
    DirectoryEntry,
    KeyKind,
    ObjectKind,
    PrivateKeyObject,
    encode_authentication_objects,
    encode_certificates,
    encode_cia_info,
    encode_object_directory,
    encode_private_keys,
    presence_message,
    read_authentication_objects,
    read_certificates,
    read_cia_info,
    read_object_directory,
    read_private_keys,
    sfi_of_path,
    short_path,
)
from hpki.errors import MalformedInput

bits = st.frozensets(st.integers(0, 15))
paths = st.binary(min_size=1, max_size=8)
numbers = st.integers(0, 65535)
identifiers = st.binary(min_size=1, max_size=8)
labels = st.none() | st.text(max_size=20)
commons = st.builds(CommonAttributes, labels, bits, st.none() | identifiers, st.none() | st.integers(1, 10))


@given(st.builds(CiaInfo, st.integers(0, 1), labels, bits, st.none() | identifiers))
def test_cia_info_comes_back(info: CiaInfo) -> None:
    assert read_cia_info(encode_cia_info(info)) == info


@given(st.lists(st.builds(DirectoryEntry, st.sampled_from(ObjectKind), paths), max_size=9))
def test_the_object_directory_comes_back_even_padded(entries: list[DirectoryEntry]) -> None:
    assert read_object_directory(encode_object_directory(entries) + b"\x00\xff") == tuple(entries)


@given(
    st.lists(
        st.builds(
            AuthenticationObject,
            common=commons,
            auth_id=identifiers,
            flags=bits,
            kind=st.integers(0, 4),
            minimum_length=numbers,
            stored_length=numbers,
            maximum_length=st.none() | numbers,
            reference=numbers,
            path=st.none() | paths,
        ),
        max_size=3,
    )
)
def test_authentication_objects_come_back(objects: list[AuthenticationObject]) -> None:
    assert read_authentication_objects(encode_authentication_objects(objects)) == tuple(objects)


@given(
    st.lists(
        st.builds(
            PrivateKeyObject,
            common=commons,
            identifier=identifiers,
            usage=bits,
            path=paths,
            kind=st.sampled_from(KeyKind),
            modulus_bits=st.none() | numbers,
            key_reference=st.none() | numbers,
        ),
        max_size=3,
    )
)
def test_private_keys_come_back(objects: list[PrivateKeyObject]) -> None:
    assert read_private_keys(encode_private_keys(objects)) == tuple(objects)


@given(st.lists(st.builds(CertificateObject, commons, identifiers, paths, st.booleans()), max_size=4))
def test_certificates_come_back(objects: list[CertificateObject]) -> None:
    assert read_certificates(encode_certificates(objects)) == tuple(objects)


def test_the_object_directory_of_the_guideline_has_these_bytes() -> None:
    # G31 Annex B: authObjects '98', privateKeys 'A0', certificates 'A8'.
    entries = [
        DirectoryEntry(ObjectKind.AUTHENTICATION_OBJECTS, b"\x98"),
        DirectoryEntry(ObjectKind.PRIVATE_KEYS, b"\xa0"),
        DirectoryEntry(ObjectKind.CERTIFICATES, b"\xa8"),
    ]
    assert encode_object_directory(entries).hex() == "a80530030401 98 a00530030401a0 a40530030401a8".replace(
        " ", ""
    )


def test_a_one_byte_path_is_a_short_file_identifier() -> None:
    assert sfi_of_path(b"\x98") == 0x13
    assert short_path(0x17) == b"\xb8"
    assert sfi_of_path(b"\x99") is None
    assert sfi_of_path(b"\x00\x02") is None


def test_kinds_of_objects_that_nobody_here_knows_are_stepped_over() -> None:
    known = encode_certificates([CertificateObject(CommonAttributes("x"), b"\x01", b"\x00\x16")])
    assert len(read_certificates(bytes.fromhex("A1020500") + known)) == 1
    listed_in_place = bytes.fromhex("A404A0020500")
    assert read_object_directory(listed_in_place) == ()


READERS = [
    read_cia_info,
    read_object_directory,
    read_authentication_objects,
    read_private_keys,
    read_certificates,
]


@pytest.mark.parametrize("read", READERS)
@given(data=st.binary(max_size=120))
def test_any_bytes_are_objects_or_malformed(read: Callable[[bytes], object], data: bytes) -> None:
    for content in (data, b"\x30" + bytes((len(data),)) + data):
        try:
            read(content)
        except MalformedInput:
            continue


VALID = [
    encode_cia_info(CiaInfo(1, "HPKI Application", frozenset({1, 2}), b"\x01")),
    encode_object_directory([DirectoryEntry(ObjectKind.PRIVATE_KEYS, b"\xa0")]),
    encode_authentication_objects(
        [
            AuthenticationObject(
                CommonAttributes("PIN"), b"\x16", frozenset({0, 1, 4}), 2, 4, 16, 16, 0x96, b"\xb0"
            )
        ]
    ),
    encode_private_keys(
        [
            PrivateKeyObject(
                CommonAttributes("k", frozenset({0}), b"\x16", 1), b"\x17", frozenset({9}), b"\xb8"
            )
        ]
    ),
    encode_certificates([CertificateObject(CommonAttributes("c"), b"\x17", b"\xc0", is_authority=True)]),
]


@pytest.mark.parametrize(("read", "valid"), list(zip(READERS, VALID, strict=True)))
def test_every_changed_octet_is_read_or_malformed(read: Callable[[bytes], object], valid: bytes) -> None:
    for at in range(len(valid)):
        for changed in (0x00, 0xFF, valid[at] ^ 0x01, valid[at] ^ 0x80):
            try:
                read(valid[:at] + bytes((changed,)) + valid[at + 1 :])
            except MalformedInput:
                continue
    for end in range(1, len(valid)):
        with pytest.raises(MalformedInput):
            read(valid[:end])


def test_the_presence_message_is_for_32_bytes_only() -> None:
    assert presence_message(bytes(32)).endswith(bytes(32))
    assert presence_message(bytes(32)) != bytes(32)
    with pytest.raises(MalformedInput):
        presence_message(bytes(31))
