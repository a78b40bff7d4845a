"""Reading lists: small and huge, odd and broken."""

import datetime as dt
import random
import time
from dataclasses import replace

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from hpki.certs import der
from hpki.errors import MalformedInput
from hpki.validation.crl_index import MOST_ISSUERS, CrlIndex, read_time
from hpki.validation.distinguished_names import normalised
from hpki.validation.revocation_list import MAX_CRL_OCTETS, read_revocation_list
from tests.hpki.validation.status_world import AT, CA, Crl, Entry, name

OWN = normalised(name("ca").public_bytes())
HOLD, LOST, REMOVED = (
    x509.ReasonFlags.certificate_hold,
    x509.ReasonFlags.key_compromise,
    x509.ReasonFlags.remove_from_crl,
)
SOME = Crl(tuple(Entry(serial=serial, reason=LOST) for serial in range(1, 30))).der()


def entries(count: int) -> tuple[bytes, list[int]]:
    """The entries of a list as an authority with 20-octet serials and a reason each writes them."""
    chance = random.Random(3)  # noqa: S311 - serials of a test
    ending = bytes.fromhex("300c300a0603551d1504030a0101")
    date = der.tlv(0x17, b"260401000000Z")
    serials = [chance.getrandbits(158) | 1 << 157 for _ in range(count)]
    return b"".join(
        der.tlv(der.SEQUENCE, der.unsigned_integer(serial), date, ending) for serial in serials
    ), serials


def test_every_entry_is_found_and_no_other() -> None:
    octets, serials = entries(5000)
    index = CrlIndex(octets, 0, len(octets), OWN)

    assert index.count == 5000
    for serial in serials[::97]:
        entry = index.find(OWN, serial)
        assert entry is not None
        assert (entry.serial_number, entry.reason) == (serial, LOST)
        assert entry.revoked_at == dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
    assert index.find(OWN, 5) is None
    assert index.find(normalised(name("another").public_bytes()), serials[0]) is None


def test_a_list_of_two_hundred_thousand_is_walked_once_and_asked_at_once() -> None:
    octets, serials = entries(200_000)
    began = time.perf_counter()
    index = CrlIndex(octets, 0, len(octets), OWN)
    walked = time.perf_counter()
    for serial in serials[:2000]:
        assert index.find(OWN, serial)
    asked = time.perf_counter()

    assert asked - walked < (walked - began), "two thousand questions cost less than the walk"


@pytest.mark.parametrize("serial", [0, -1, -128, 127, 128, 255, 1 << 159])
def test_serials_of_every_sign_and_size_are_found(serial: int) -> None:
    signed = max(1, (serial if serial >= 0 else serial + 1).bit_length() // 8 + 1)
    octets = der.tlv(
        der.SEQUENCE,
        der.tlv(der.INTEGER, serial.to_bytes(signed, "big", signed=True)),
        der.tlv(0x17, b"260401000000Z"),
    )
    entry = CrlIndex(octets, 0, len(octets), OWN).find(OWN, serial)

    assert entry is not None
    assert entry.serial_number == serial


@pytest.mark.parametrize(
    ("reasons", "kept"),
    [((HOLD, LOST), LOST), ((LOST, HOLD), LOST), ((REMOVED, HOLD), HOLD), ((None, HOLD), None)],
)
def test_of_two_entries_about_one_certificate_the_graver_counts(
    reasons: tuple[x509.ReasonFlags | None, ...], kept: x509.ReasonFlags | None
) -> None:
    crl = Crl(tuple(Entry(reason=reason) for reason in reasons)).read()

    entry = crl.index.find(CA.subject_name, Entry().serial)
    assert entry is not None
    assert entry.reason is kept


def test_a_list_that_speaks_for_too_many_authorities_is_refused_early() -> None:
    each = [
        der.tlv(
            der.SEQUENCE,
            der.unsigned_integer(7),
            der.tlv(0x17, b"260401000000Z"),
            der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, bytes.fromhex("0603551d1d0101ff"), issuer)),
        )
        for number in range(MOST_ISSUERS)
        for issuer in [
            der.tlv(0x04, der.tlv(der.SEQUENCE, der.tlv(0xA4, name(f"ca {number}").public_bytes())))
        ]
    ]
    octets = b"".join(each)
    with pytest.raises(MalformedInput, match="authorities"):
        CrlIndex(octets, 0, len(octets), OWN)
    octets = b"".join(each[1:])
    assert CrlIndex(octets, 0, len(octets), OWN).count == MOST_ISSUERS - 1


def test_the_same_octets_are_read_once() -> None:
    assert read_revocation_list(SOME) is read_revocation_list(bytes(bytearray(SOME)))


def test_a_list_says_its_number_dates_and_scope() -> None:
    crl = replace(Crl(), number=41).read()

    assert (crl.number, crl.base_number, crl.scope, crl.breach) == (41, None, None, None)
    assert crl.issuer_name == OWN
    assert crl.next_update == AT + dt.timedelta(days=3)
    assert crl.is_signed_by(CA)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x30\x05\x02\x01",
        b"\x31\x03\x02\x01\x05",
        b"\x30\x00",
        b"\x30\x84\xff\xff\xff\xff",
        der.tlv(der.SEQUENCE, der.tlv(der.INTEGER, b"\x01" * 200), der.tlv(0x17, b"260401000000Z")),
        der.tlv(
            der.SEQUENCE,
            der.tlv(der.INTEGER, b"\x01"),
            der.tlv(0x17, b"260401000000Z"),
            b"\x30\x03\x02\x01\x05",
        ),
    ],
)
def test_entries_that_are_none_are_malformed_input(octets: bytes) -> None:
    if octets == b"":
        assert CrlIndex(octets, 0, 0, OWN).count == 0
        return
    with pytest.raises(MalformedInput):
        CrlIndex(octets, 0, len(octets), OWN)


def test_lists_beyond_all_measure_are_not_read() -> None:
    with pytest.raises(MalformedInput, match="at most"):
        read_revocation_list(bytes(MAX_CRL_OCTETS + 1))


@pytest.mark.parametrize(
    "octets", [b"", b"\x17", b"\x17\x0d26040100000Z0", b"\x18\x0f20261332000000Z", b"\x02\x01\x01"]
)
def test_times_that_are_none_are_malformed_input(octets: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_time(octets)


def test_the_century_of_a_short_year() -> None:
    assert read_time(b"\x17\x0d500101000000Z").year == 1950
    assert read_time(b"\x17\x0d491231235959Z").year == 2049
    assert read_time(b"\x18\x0f20500101000000Z").year == 2050


@given(place=st.integers(0, len(SOME) - 1), octet=st.integers(0, 255), cut=st.integers(0, 60))
def test_a_damaged_list_is_read_or_refused_in_a_sentence(place: int, octet: int, cut: int) -> None:
    damaged = bytearray(SOME)
    damaged[place] = octet
    octets = bytes(damaged[: len(damaged) - cut]) if cut > 40 else bytes(damaged)
    try:
        crl = read_revocation_list(octets)
        crl.index.find(CA.subject_name, 3)
    except MalformedInput:
        return
    assert octets == SOME or not crl.is_signed_by(CA)


@given(octets=st.binary(max_size=200))
def test_noise_is_refused_in_a_sentence(octets: bytes) -> None:
    for read in (read_revocation_list, lambda noise: CrlIndex(noise, 0, len(noise), OWN), read_time):
        try:
            read(octets)
        except MalformedInput:
            continue
