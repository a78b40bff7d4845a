"""花子's card is read and used the same way in both layouts, whatever lengths it takes."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from hpki.card.apdu import Command, read_command
from hpki.card.client import HpkiCard
from hpki.card.emsa import Hash, Padding
from hpki.card.layouts import Layout
from hpki.card.objects import CardApplication, presence_message
from hpki.card.virtual import VirtualCard
from hpki.errors import CardRefused, CardUnavailable, MalformedInput, NotOnCard, PinBlocked, WrongPin
from hpki.keys.secret import Secret
from tests import cards

SIGNING, AUTHENTICATION, PRESENCE = CardApplication
FOREIGN = {Hash.SHA256: hashes.SHA256(), Hash.SHA384: hashes.SHA384(), Hash.SHA512: hashes.SHA512()}


@pytest.fixture(scope="module", params=Layout)
def inserted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VirtualCard]:
    with cards.made_card(tmp_path_factory.mktemp("card") / "card", request.param) as card:
        yield card


@pytest.fixture(params=[True, False], ids=["extended", "chained"])
def card(request: pytest.FixtureRequest, inserted: VirtualCard) -> HpkiCard:
    return HpkiCard(inserted, extended=request.param)


@pytest.fixture
def own_card(tmp_path: Path) -> Iterator[VirtualCard]:
    """A card of its own for a test that locks it."""
    with cards.made_card(tmp_path / "card") as made:
        yield made


def test_three_applications_are_found(card: HpkiCard) -> None:
    assert [each.kind for each in card.applications()] == [SIGNING, AUTHENTICATION, PRESENCE]


@pytest.mark.parametrize("kind", CardApplication)
def test_certificates_and_chains_are_read_without_a_pin(card: HpkiCard, kind: CardApplication) -> None:
    certificate = card.certificate(kind)
    issuers = cards.hierarchy()
    issuer = issuers.authority_for(cards.PROFILE_OF[kind]).issuer.certificate
    certificate.verify_directly_issued_by(issuer)
    assert len(card.chain_der(kind)) == 2


@pytest.mark.parametrize("algorithm", Hash)
@pytest.mark.parametrize("scheme", Padding)
@pytest.mark.parametrize("kind", [SIGNING, AUTHENTICATION])
def test_signatures_verify_elsewhere(
    card: HpkiCard, kind: CardApplication, scheme: Padding, algorithm: Hash
) -> None:
    message = secrets.token_bytes(40)
    signature = card.sign(kind, message, pin=cards.PIN_OF[kind], algorithm=algorithm, padding=scheme)
    public_key = card.certificate(kind).public_key()
    assert isinstance(public_key, rsa.RSAPublicKey)
    foreign = FOREIGN[algorithm]
    expected: padding.AsymmetricPadding = padding.PKCS1v15()
    if scheme is Padding.PSS:
        expected = padding.PSS(padding.MGF1(foreign), padding.PSS.DIGEST_LENGTH)
    public_key.verify(signature, message, expected, foreign)


def test_presence_is_proven_without_a_pin_and_only_for_that(card: HpkiCard) -> None:
    challenge = secrets.token_bytes(32)
    answer = card.prove_presence(challenge)
    public_key = card.certificate(PRESENCE).public_key()
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    public_key.verify(answer, presence_message(challenge), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):  # what a TLS handshake would need
        public_key.verify(answer, challenge, ec.ECDSA(hashes.SHA256()))


def test_the_signing_pin_counts_for_one_signature(card: HpkiCard) -> None:
    card.sign(SIGNING, b"first", pin=cards.SIGNING_PIN)
    with pytest.raises(CardRefused, match="6982"):
        card.sign(SIGNING, b"second", pin=None)


def test_the_authentication_pin_counts_until_another_application_is_used(card: HpkiCard) -> None:
    card.verify_pin(AUTHENTICATION, cards.AUTHENTICATION_PIN)
    card.sign(AUTHENTICATION, b"first", pin=None)
    card.sign(AUTHENTICATION, b"second", pin=None)
    card.prove_presence(bytes(32))
    with pytest.raises(CardRefused, match="6982"):
        card.sign(AUTHENTICATION, b"third", pin=None)


def test_asking_for_the_tries_left_costs_none(card: HpkiCard) -> None:
    card.verify_pin(AUTHENTICATION, cards.AUTHENTICATION_PIN)
    assert [card.tries_left(AUTHENTICATION) for _ in range(3)] == [15, 15, 15]


@pytest.mark.parametrize("kind", [SIGNING, AUTHENTICATION])
def test_a_wrong_pin_says_how_many_tries_are_left(card: HpkiCard, kind: CardApplication) -> None:
    with pytest.raises(WrongPin) as wrong:
        card.sign(kind, b"text", pin=cards.WRONG)
    assert wrong.value.tries_left == card.tries_left(kind) == 14
    card.sign(kind, b"text", pin=cards.PIN_OF[kind])
    assert card.tries_left(kind) == 15


def test_after_fifteen_wrong_pins_the_puk_helps(own_card: VirtualCard) -> None:
    card = HpkiCard(own_card)
    for left in range(14, 0, -1):
        with pytest.raises(WrongPin) as wrong:
            card.verify_pin(SIGNING, cards.WRONG)
        assert wrong.value.tries_left == left
    with pytest.raises(PinBlocked):
        card.verify_pin(SIGNING, cards.WRONG)
    with pytest.raises(PinBlocked):
        card.verify_pin(SIGNING, cards.SIGNING_PIN)
    assert card.tries_left(SIGNING) == 0
    assert card.tries_left(AUTHENTICATION) == 15
    with pytest.raises(WrongPin):
        card.unblock_pin(SIGNING, puk=Secret("00000000"), new=Secret("new-pin"))
    card.unblock_pin(SIGNING, puk=cards.PUK, new=Secret("new-pin"))
    card.sign(SIGNING, b"text", pin=Secret("new-pin"))


def test_a_pin_is_changed(own_card: VirtualCard) -> None:
    card = HpkiCard(own_card)
    with pytest.raises(WrongPin):
        card.change_pin(AUTHENTICATION, old=cards.WRONG, new=Secret("0000"))
    card.change_pin(AUTHENTICATION, old=cards.AUTHENTICATION_PIN, new=Secret("0123456789abcdef"))
    card.sign(AUTHENTICATION, b"text", pin=Secret("0123456789abcdef"))
    with pytest.raises(WrongPin):
        card.verify_pin(AUTHENTICATION, cards.AUTHENTICATION_PIN)


@pytest.mark.parametrize("pin", ["123", "12345678901234567", "医師1234", "12\t45"])
def test_what_cannot_be_a_pin_is_not_sent(card: HpkiCard, pin: str) -> None:
    with pytest.raises(MalformedInput, match="PIN"):
        card.verify_pin(SIGNING, Secret(pin))
    assert card.tries_left(SIGNING) == 15


def test_a_blank_card_says_what_it_lacks(tmp_path: Path) -> None:
    with cards.blank_card(tmp_path / "card") as blank:
        card = HpkiCard(blank)
        assert card.applications() == ()
        with pytest.raises(NotOnCard, match="no signing application"):
            card.certificate(SIGNING)


def test_a_card_without_certificate_says_so(inserted: VirtualCard) -> None:
    class WithoutCertificates:
        def transmit(self, command: bytes) -> bytes:
            asked = read_command(command)
            is_certificate = asked.ins == 0xB0 and asked.p1 == 0x98
            is_file = asked.ins == 0xA4 and asked.data == b"\x00\x16"
            return b"\x6a\x82" if is_certificate or is_file else inserted.transmit(command)

    with pytest.raises(NotOnCard, match="no certificate yet"):
        HpkiCard(WithoutCertificates()).certificate(AUTHENTICATION)


def test_a_pulled_card_is_reported_at_any_moment(inserted: VirtualCard) -> None:
    for commands in range(20):
        with pytest.raises(CardUnavailable):
            HpkiCard(cards.PulledCard(inserted, commands)).sign(SIGNING, b"text", pin=cards.SIGNING_PIN)


def test_no_file_identifier_is_taken_for_granted(inserted: VirtualCard) -> None:
    """A card of a third layout: every EF but EF.OD and EF.CIAInfo stands under another number."""
    renumbered = HpkiCard(Renumbered(inserted))
    renumbered.sign(SIGNING, b"text", pin=cards.SIGNING_PIN)
    assert renumbered.certificate(SIGNING) == HpkiCard(inserted).certificate(SIGNING)


def test_applications_that_look_alike_are_told_apart_by_their_certificates(inserted: VirtualCard) -> None:
    """A card whose directories say only "sign" of both keys."""

    def blur(_command: bytes, answer: bytes) -> bytes:
        no_consent = answer.replace(bytes.fromhex("0201013008"), bytes.fromhex("0201003008"))
        return no_consent.replace(bytes.fromhex("0303060040"), bytes.fromhex("0303052000"))

    card = HpkiCard(cards.LyingReader(inserted, blur))
    assert [each.kind for each in card.applications()] == [SIGNING, AUTHENTICATION, PRESENCE]
    card.sign(SIGNING, b"text", pin=cards.SIGNING_PIN)
    card.sign(AUTHENTICATION, b"text", pin=cards.AUTHENTICATION_PIN)


class Renumbered:
    """Paths in directories are changed on their way out, and changed back in commands: 00xx is shown as 77xx."""

    def __init__(self, card: VirtualCard) -> None:
        self._card = card

    def transmit(self, command: bytes) -> bytes:
        asked = read_command(command)
        if asked.data[:1] == b"\x77":
            asked = Command(asked.cla, asked.ins, asked.p1, asked.p2, b"\x00" + asked.data[1:], asked.le)
        if asked.ins == 0x22:
            asked = Command(
                asked.cla, asked.ins, asked.p1, asked.p2, asked.data.replace(b"\x77", b"\x00"), asked.le
            )
        answer = self._card.transmit(asked.encode())
        return (
            answer if asked.ins != 0xB0 else answer.replace(b"\x30\x04\x04\x02\x00", b"\x30\x04\x04\x02\x77")
        )


@pytest.mark.parametrize("garbage", ["9000", "00009000", "30ff9000", "a00030049000", "ff9000"])
def test_a_card_that_talks_nonsense_is_named(inserted: VirtualCard, garbage: str) -> None:
    def change(command: bytes, answer: bytes) -> bytes:
        return bytes.fromhex(garbage) if command[1] == 0xB0 else answer

    with pytest.raises(MalformedInput):
        HpkiCard(cards.LyingReader(inserted, change)).applications()
