"""A tap: the presence key answers a challenge without PIN, and can be made to say nothing else."""

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from hpki.card.layouts import Layout
from hpki.card.objects import (
    PRESENCE_AID,
    CardFlag,
    KeyKind,
    ObjectKind,
    presence_message,
    read_certificates,
    read_cia_info,
    read_object_directory,
    read_private_keys,
)
from hpki.card.virtual import VirtualCard
from tests.hpki.card.cards import issued_card, ok, say, select, send

CHALLENGE = bytes(range(32))


@pytest.fixture(params=list(Layout))
def card(request: pytest.FixtureRequest) -> VirtualCard:
    card = issued_card(Layout(request.param))
    ok(select(card, PRESENCE_AID))
    return card


def public_key(card: VirtualCard) -> ec.EllipticCurvePublicKey:
    key = x509.load_der_x509_certificate(ok(say(card, "00B09600000000"))).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def test_a_challenge_is_answered_without_a_pin(card: VirtualCard) -> None:
    signature = ok(send(card, "00880000", CHALLENGE, 256))
    public_key(card).verify(signature, presence_message(CHALLENGE), ec.ECDSA(hashes.SHA256()))


def test_the_answer_signs_neither_the_challenge_nor_a_digest_the_reader_chose(card: VirtualCard) -> None:
    signature = ok(send(card, "00880000", CHALLENGE, 256))
    with pytest.raises(InvalidSignature):
        public_key(card).verify(signature, CHALLENGE, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public_key(card).verify(signature, CHALLENGE, ec.ECDSA(Prehashed(hashes.SHA256())))


def test_the_directory_leads_to_one_elliptic_curve_key_and_no_pin(card: VirtualCard) -> None:
    assert read_cia_info(ok(say(card, "00B0920000"))).flags == {CardFlag.RANDOM_NUMBERS}
    od = {entry.kind: entry.path.hex() for entry in read_object_directory(ok(say(card, "00B0910000")))}
    assert od == {ObjectKind.PRIVATE_KEYS: "0002", ObjectKind.CERTIFICATES: "0004"}
    (key,) = read_private_keys(ok(say(card, "00B0820000")))
    assert (key.kind, key.common.auth_id, key.common.user_consent) == (KeyKind.EC, None, None)
    assert [each.path.hex() for each in read_certificates(ok(say(card, "00B0840000")))] == ["0016", "0018"]


@pytest.mark.parametrize(
    ("apdu", "status_word"),
    [
        ("0088000010" + "00" * 16 + "00", 0x6700),
        ("0088000100", 0x6A86),
        ("00880000" + "21" + "00" * 33 + "00", 0x6700),
        ("0088000000", 0x6700),
        ("002A9E9A20" + "00" * 32 + "00", 0x6D00),
        ("002241B60384010C", 0x6D00),
        ("0020008804313233 34", 0x6D00),
        ("80880000" + "20" + "00" * 32 + "00", 0x6E00),
        ("00B08C0000", 0x6981),
    ],
)
def test_nothing_else_is_done(card: VirtualCard, apdu: str, status_word: int) -> None:
    assert say(card, apdu).status_word == status_word
