"""The issuer personalises a fresh card; activation closes the door behind it."""

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from hpki.card.layouts import Layout
from hpki.card.objects import ADMINISTRATION_AID, PRESENCE_AID, CardApplication
from hpki.card.private_keys import generate_key
from hpki.card.state import read_state
from hpki.card.virtual import VirtualCard, fresh_state
from hpki.errors import MalformedInput
from hpki.keys.secret import Secret
from tests.hpki.card.cards import (
    ADMIN,
    CARD_ID,
    PINS,
    certificate,
    fresh_card,
    issued_card,
    issued_store,
    ok,
    personalise,
    read_public_key,
    say,
    select,
    send,
)
from tests.hpki.card.test_replay import BLOCK, MESSAGE

MAKE = {
    CardApplication.SIGNING: "0047800005B60384010100",
    CardApplication.AUTHENTICATION: "0047800005B60384010200",
    CardApplication.PRESENCE: "0047800005B60384010300",
}


@pytest.fixture
def card() -> VirtualCard:
    """A fresh card with the issuer at the desk."""
    card = fresh_card(Layout.JMA)
    ok(select(card, ADMINISTRATION_AID))
    ok(send(card, "00200001", ADMIN.reveal().encode()))
    return card


def make(card: VirtualCard, number: int) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    return read_public_key(ok(send(card, "00478000", bytes.fromhex(f"B6038401{number:02X}"), 65536)))


@pytest.mark.parametrize("layout", list(Layout))
def test_a_fresh_card_becomes_the_holders(layout: Layout) -> None:
    card = fresh_card(layout)
    assert ok(select(card, ADMINISTRATION_AID)) == b"\x6f\x0a\x84\x08" + ADMINISTRATION_AID
    assert ok(say(card, "00CA010200")) == b"\x01"
    before = card.is_operational
    personalise(card)
    assert (before, card.is_operational) == (False, True)
    assert ok(say(card, "00CA010200")) == b"\x05"
    assert ok(say(card, "00CA010100")) == card.card_id.encode() == CARD_ID.encode()


def test_keys_are_of_the_three_kinds_and_their_public_halves_can_be_asked_again(card: VirtualCard) -> None:
    signing, authentication, presence = make(card, 1), make(card, 2), make(card, 3)
    assert isinstance(signing, rsa.RSAPublicKey)
    assert isinstance(authentication, rsa.RSAPublicKey)
    assert isinstance(presence, ec.EllipticCurvePublicKey)
    # G31 4.3.8: the two keys differ.
    assert signing.public_numbers() != authentication.public_numbers()
    for number, key in ((1, signing), (2, authentication), (3, presence)):
        again = read_public_key(ok(send(card, "00478100", bytes.fromhex(f"B6038401{number:02X}"), 65536)))
        assert again == key
    assert make(card, 1) != signing


def test_a_long_public_key_can_be_fetched_in_parts(card: VirtualCard) -> None:
    answer = send(card, "00478000", bytes.fromhex("B603840101"), 256)
    assert answer.status_word == 0x6100
    first = say(card, "00C0000000")
    rest = say(card, f"00C00000{first.status_word & 0xFF:02X}")
    assert read_public_key(first.data + rest.data).key_size == 2048


def test_real_keys_are_really_made() -> None:
    key = generate_key(CardApplication.SIGNING)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    assert key != generate_key(CardApplication.SIGNING)


def test_each_new_key_proves_its_possession_before_there_are_pins(card: VirtualCard) -> None:
    for number in (1, 2):
        key = make(card, number)
        assert isinstance(key, rsa.RSAPublicKey)
        assert send(card, "002A9E9A", BLOCK, 65536).status_word in {0x6985, 0x9000}
        ok(send(card, "002241B6", bytes((0x84, 1, number))))
        key.verify(ok(send(card, "002A9E9A", BLOCK, 65536)), MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    presence = make(card, 3)
    assert isinstance(presence, ec.EllipticCurvePublicKey)
    ok(send(card, "002241B6", bytes((0x84, 1, 3))))
    digest = hashlib.sha256(MESSAGE).digest()
    presence.verify(ok(send(card, "002A9E9A", digest, 256)), digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    assert send(card, "002A9E9A", BLOCK, 256).status_word == 0x6700


def test_without_the_issuers_secret_nothing_is_done() -> None:
    card = fresh_card(Layout.GUIDELINE)
    ok(select(card, ADMINISTRATION_AID))
    for apdu in (
        MAKE[CardApplication.SIGNING],
        "002401810431323334",
        "00440000",
        "00DA020101AA",
        "00CA020100",
        "002A9E9A00",
    ):
        assert say(card, apdu).status_word == 0x6982
    ok(send(card, "00200001", ADMIN.reveal().encode()))
    make(card, 3)
    ok(select(card, PRESENCE_AID))
    ok(select(card, ADMINISTRATION_AID))
    assert say(card, MAKE[CardApplication.PRESENCE]).status_word == 0x6982


def test_five_wrong_secrets_end_the_personalisation_for_good(card: VirtualCard) -> None:
    assert say(card, "00200001").status_word == 0x9000
    answers = [send(card, "00200001", b"not the secret").status_word for _ in range(6)]
    assert answers == [0x63C4, 0x63C3, 0x63C2, 0x63C1, 0x63C0, 0x6984]
    assert send(card, "00200001", ADMIN.reveal().encode()).status_word == 0x6984
    assert say(card, "00200001").status_word == 0x6984
    assert say(card, MAKE[CardApplication.PRESENCE]).status_word == 0x6982


def test_after_activation_the_door_is_closed_even_for_the_issuer() -> None:
    card = issued_card(Layout.JMA)
    ok(select(card, ADMINISTRATION_AID))
    assert send(card, "00200001", ADMIN.reveal().encode()).status_word == 0x6985
    for apdu in (*MAKE.values(), "002401810431323334", "00440000", "00DA020101AA", "00CA020100"):
        assert say(card, apdu).status_word == 0x6985


def test_an_unfinished_card_is_not_activated_and_signs_nothing(card: VirtualCard) -> None:
    assert say(card, "00440000").status_word == 0x6985
    for number in (1, 2, 3):
        ok(send(card, f"00DA02{number:02X}", certificate(make(card, number), "花子")))
    assert say(card, "00440000").status_word == 0x6985
    for number in (1, 2):
        ok(send(card, f"0024018{number}", b"123456"))
    assert say(card, "00440000").status_word == 0x6985
    ok(select(card, PRESENCE_AID))
    assert send(card, "00880000", bytes(32), 256).status_word == 0x6985


def test_a_certificate_of_another_key_is_refused(card: VirtualCard) -> None:
    make(card, 1)
    other = make(card, 2)
    assert send(card, "00DA0201", certificate(other, "取り違え")).status_word == 0x6A80
    assert send(card, "00DA0201", b"no certificate").status_word == 0x6A80
    assert send(card, "00DA0203", certificate(other, "no key yet")).status_word == 0x6A88


def test_certificates_are_read_back_and_go_with_their_key(card: VirtualCard) -> None:
    own = certificate(make(card, 1), "花子")
    ok(send(card, "00DA0201", own))
    assert ok(send(card, "00CA0201", le=65536)) == own
    make(card, 1)
    assert send(card, "00CA0201", le=65536).status_word == 0x6A88


@pytest.mark.parametrize(
    ("apdu", "status_word"),
    [
        ("0020010108AAAAAAAAAAAAAAAA", 0x6A86),
        ("0020000208AAAAAAAAAAAAAAAA", 0x6A88),
        ("0020000104AAAAAAAA", 0x6700),
        ("0047820005B60384010100", 0x6A86),
        ("0047800005B80384010100", 0x6A80),
        ("0047800005B60384010400", 0x6A88),
        ("0047800005B60385010100", 0x6A80),
        ("0047810005B60384010100", 0x6A88),
        ("002241A40384010100", 0x6A86),
        ("002A9E9B0100", 0x6A86),
        ("002A9E9A0100", 0x6985),
        ("00DA020401AA", 0x6A88),
        ("00DA024101AA", 0x6A88),
        ("00DA030101AA", 0x6A88),
        ("00DA0201", 0x6700),
        ("00CA020100", 0x6A88),
        ("002400830431323334", 0x6A86),
        ("002401830431323334", 0x6A88),
        ("002401710431323334", 0x6A88),
        ("0024018103313233", 0x6700),
        ("002401910431323334", 0x6700),
        ("002401810431322034", 0x6A80),
        ("00440100", 0x6A86),
        ("0044000001AA", 0x6700),
        ("00B0960000", 0x6D00),
        ("80CA010100", 0x6E00),
    ],
)
def test_a_wrong_command_of_the_issuer_says_what_is_wrong(
    card: VirtualCard, apdu: str, status_word: int
) -> None:
    assert say(card, apdu).status_word == status_word


def test_pins_stand_nowhere_in_the_state_even_before_it_is_sealed() -> None:
    state = issued_store(Layout.JMA).state
    assert not any(pin in state for pin in PINS.values())
    assert read_state(read_state(state).encode()) == read_state(state)


@pytest.mark.parametrize("card_id", ["", "x" * 33, "番号", "a\nb"])
def test_a_card_number_that_cannot_be_printed_is_refused(card_id: str) -> None:
    with pytest.raises(MalformedInput):
        fresh_state(layout=Layout.JMA, card_id=card_id, admin=ADMIN)


def test_a_secret_too_short_for_the_issuer_is_refused() -> None:
    with pytest.raises(MalformedInput):
        fresh_state(layout=Layout.JMA, card_id=CARD_ID, admin=Secret("short"))
