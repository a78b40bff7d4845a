"""Certificates from anywhere are read or refused, in order and in bounded time."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpki.errors import MalformedInput
from hpki.issuance import profiles
from hpki.keys.algorithms import KeyAlgorithm
from hpki.validation.distinguished_names import MAX_NAME_OCTETS, is_within, normalised
from hpki.validation.evidence import Evidence
from hpki.validation.facts import MAX_CERTIFICATE_OCTETS, facts_of, read_certificate
from hpki.validation.judge import judge
from hpki.validation.policy import TrustAnchor, ValidationPolicy
from tests import pki

REAL = Path(__file__).resolve().parents[3].parent / "shared" / "vectors" / "hpki"
MADE = pki.hierarchy()
HANAKO = MADE.issue(profiles.SIGNING, pki.key(KeyAlgorithm.P_256, "holder").public_key()).public_bytes(
    pki.DER
)
ROOT = facts_of(MADE.root.issuer.certificate)
SUB = facts_of(MADE.authorities["SIGNING_CA"].issuer.certificate)
UTF8, PRINTABLE, BMP = 0x0C, 0x13, 0x1E


def common_name(tag: int, octets: bytes) -> bytes:
    attribute = b"\x06\x03\x55\x04\x03" + bytes((tag, len(octets))) + octets
    rdn = b"\x30" + bytes((len(attribute),)) + attribute
    rdns = b"\x31" + bytes((len(rdn),)) + rdn
    return b"\x30" + bytes((len(rdns),)) + rdns


def test_facts_are_read_once() -> None:
    assert read_certificate(HANAKO) is read_certificate(bytes(bytearray(HANAKO)))


@settings(max_examples=1000)
@given(st.integers(0, len(HANAKO) - 1), st.integers(0, 255))
def test_a_changed_octet_is_refused_in_order_or_read_and_judged(place: int, octet: int) -> None:
    changed = HANAKO[:place] + bytes((octet,)) + HANAKO[place + 1 :]
    try:
        facts = read_certificate(changed)
    except MalformedInput:
        return
    report = judge(facts, Evidence((SUB,)), ValidationPolicy("x"), [TrustAnchor(ROOT)], pki.CEREMONY_DAY)
    assert not report.is_passed
    assert report.as_json()
    assert report.words("ja")


@given(st.binary(max_size=300))
def test_any_octets_are_refused_in_order(octets: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_certificate(octets)


@given(st.integers(0, len(HANAKO) - 1))
def test_a_certificate_that_was_cut_is_refused(length: int) -> None:
    with pytest.raises(MalformedInput):
        read_certificate(HANAKO[:length])


def test_a_certificate_of_no_size_that_exists_is_refused_unread() -> None:
    with pytest.raises(MalformedInput, match="octets"):
        read_certificate(b"\x30" * (MAX_CERTIFICATE_OCTETS + 1))


@pytest.mark.parametrize(
    "other",
    [
        common_name(PRINTABLE, b"Hanako Iryo"),
        common_name(UTF8, b"HANAKO   iryo "),
        common_name(BMP, "Hanako Iryo".encode("utf-16-be")),
        common_name(UTF8, "Ｈａｎａｋｏ　Ｉｒｙｏ".encode()),
    ],
)
def test_names_that_say_the_same_are_the_same(other: bytes) -> None:
    assert normalised(common_name(UTF8, b"Hanako Iryo")) == normalised(other)


def test_names_that_say_something_else_are_not() -> None:
    assert normalised(common_name(UTF8, b"Hanako Iryo")) != normalised(common_name(UTF8, b"HanakoIryo"))
    assert is_within(normalised(common_name(UTF8, b"A")), ())


@pytest.mark.parametrize("octets", [common_name(UTF8, b"\xff"), b"\x30" * (MAX_NAME_OCTETS + 1), b""])
def test_a_name_that_cannot_be_read_is_refused(octets: bytes) -> None:
    with pytest.raises(MalformedInput):
        normalised(octets)


@pytest.mark.skipif(not REAL.exists(), reason="the shared vectors (hpki) are not at hand")
def test_a_real_certificate_is_read() -> None:
    facts = read_certificate((REAL / "ee_medis_sign_medicaldoctor_015E.der").read_bytes())
    assert facts.key_usage == frozenset({"content_commitment"})
    assert facts.not_after == dt.datetime(2027, 2, 7, 14, 59, 59, tzinfo=dt.UTC)
    assert not facts.is_authority
