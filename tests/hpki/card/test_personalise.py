"""A card becomes 花子's, whatever happens in between: pulled, interrupted, lied to."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hpki.card.client import HpkiCard
from hpki.card.layouts import Layout
from hpki.card.objects import CardApplication
from hpki.card.personalise import (
    CardCertificates,
    CardPins,
    Personalisation,
    PublicKeys,
    check_personalised,
    is_locked,
    personalise,
    read_card_id,
    read_public_key,
)
from hpki.card.transport import CardTransport
from hpki.card.virtual import VirtualCard
from hpki.errors import (
    CardRefused,
    CardUnavailable,
    MalformedInput,
    NotOnCard,
    PinBlocked,
    ReadBackDiffers,
    SignatureMismatch,
    WrongPin,
)
from hpki.keys.algorithms import verify
from hpki.keys.secret import Secret
from tests import cards

SIGNING, AUTHENTICATION, PRESENCE = CardApplication


@pytest.fixture(params=Layout)
def blank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VirtualCard]:
    with cards.blank_card(tmp_path / "card", request.param) as card:
        yield card


@pytest.fixture
def jma(tmp_path: Path) -> Iterator[VirtualCard]:
    with cards.blank_card(tmp_path / "card") as card:
        yield card


def run(card: CardTransport) -> None:
    personalise(card, cards.ISSUER_SECRET, certify=cards.certify, pins=cards.PINS)


def test_a_blank_card_becomes_a_card_that_signs(blank: VirtualCard) -> None:
    made = personalise(blank, cards.ISSUER_SECRET, certify=cards.certify, pins=cards.PINS)
    assert made.card_id == cards.CARD_ID
    card = HpkiCard(blank)
    for kind in (SIGNING, AUTHENTICATION):
        signature = card.sign(kind, b"text", pin=cards.PIN_OF[kind])
        verify(card.certificate(kind).public_key(), signature, b"text")
        assert card.certificate_der(kind) == made.certificates[kind].end_entity


def test_a_card_tells_its_number_and_state_before_any_secret_is_shown(jma: VirtualCard) -> None:
    assert (read_card_id(jma), is_locked(jma)) == (cards.CARD_ID, False)
    run(jma)
    assert (read_card_id(jma), is_locked(jma)) == (cards.CARD_ID, True)


def test_a_finished_card_is_not_made_again(jma: VirtualCard) -> None:
    run(jma)
    with pytest.raises(CardRefused, match="in use already"):
        run(jma)


def test_the_wrong_issuer_secret_is_counted(jma: VirtualCard) -> None:
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongPin) as wrong:
            Personalisation(jma, Secret("somebody else's"))
        assert wrong.value.tries_left == left
    for _ in range(2):
        with pytest.raises(PinBlocked, match="this blank card is lost"):
            Personalisation(jma, cards.ISSUER_SECRET if _ else Secret("somebody else's"))


def test_keys_are_proven_before_they_have_certificates(jma: VirtualCard) -> None:
    sitting = Personalisation(jma, cards.ISSUER_SECRET)
    assert sitting.public_keys() == {}
    for kind, key in sitting.generate_keys().items():
        verify(key, sitting.sign_possession(kind, b"challenge"), b"challenge")


def test_keys_that_exist_are_kept(jma: VirtualCard) -> None:
    first = Personalisation(jma, cards.ISSUER_SECRET).generate_keys()
    second = Personalisation(jma, cards.ISSUER_SECRET)
    assert second.public_keys() == second.generate_keys() == first


class Issued:
    """An issuing service that gives a key the same certificates again, as ours does after a crash."""

    def __init__(self) -> None:
        self._known: dict[bytes, Mapping[CardApplication, CardCertificates]] = {}
        self.calls = 0

    def __call__(self, keys: PublicKeys) -> Mapping[CardApplication, CardCertificates]:
        self.calls += 1
        name = repr([key.public_numbers() for key in keys.values()]).encode()
        return self._known.setdefault(name, cards.certify(keys))


def test_a_card_pulled_at_any_command_is_finished_later(tmp_path: Path) -> None:
    certify = Issued()
    commands = 0
    while True:
        with cards.blank_card(tmp_path / f"{commands}") as card:
            try:
                personalise(
                    cards.PulledCard(card, commands), cards.ISSUER_SECRET, certify=certify, pins=cards.PINS
                )
            except CardUnavailable:
                pass
            else:
                break
            is_locked = card.is_operational
            if not is_locked:
                card.reset()
                personalise(card, cards.ISSUER_SECRET, certify=certify, pins=cards.PINS)
            HpkiCard(card).sign(SIGNING, b"text", pin=cards.SIGNING_PIN)
        commands += 5
    assert commands > 40


def test_an_issuer_that_fails_leaves_a_card_that_can_come_again(jma: VirtualCard) -> None:
    def fail(_keys: PublicKeys) -> Mapping[CardApplication, CardCertificates]:
        raise CardUnavailable("the issuing service does not answer")

    with pytest.raises(CardUnavailable, match="issuing service"):
        personalise(jma, cards.ISSUER_SECRET, certify=fail, pins=cards.PINS)
    with pytest.raises(NotOnCard):
        HpkiCard(jma).certificate(SIGNING)
    run(jma)


def test_a_flipped_byte_is_found_when_reading_back(jma: VirtualCard) -> None:
    def flip(command: bytes, answer: bytes) -> bytes:
        is_read_back = command[1] == 0xCA and command[2] == 0x02
        return answer[:100] + bytes((answer[100] ^ 1,)) + answer[101:] if is_read_back else answer

    with pytest.raises(ReadBackDiffers, match="another signing certificate"):
        run(cards.LyingReader(jma, flip))
    assert not jma.is_operational
    run(jma)


def test_a_flipped_byte_in_the_finished_card_is_found(jma: VirtualCard) -> None:
    def flip(command: bytes, answer: bytes) -> bytes:
        return (
            answer[:-3] + bytes((answer[-3] ^ 1,)) + answer[-2:]
            if len(answer) > 300 and command[1] == 0xB0
            else answer
        )

    with pytest.raises(ReadBackDiffers, match="shows another certificate"):
        run(cards.LyingReader(jma, flip))


def test_a_card_that_borrows_another_cards_presence_is_found(jma: VirtualCard, tmp_path: Path) -> None:
    run(jma)
    with cards.made_card(tmp_path / "other") as other:

        def swap(command: bytes, answer: bytes) -> bytes:
            if command[1] != 0x88:
                return answer
            other.transmit(bytes.fromhex("00A4040008F04F48504B495001"))
            return other.transmit(command)

        card = HpkiCard(jma)
        carried = {kind: CardCertificates(card.certificate_der(kind)) for kind in CardApplication}
        check_personalised(jma, cards.CARD_ID, carried)
        with pytest.raises(SignatureMismatch):
            check_personalised(cards.LyingReader(jma, swap), cards.CARD_ID, carried)


def test_another_keys_certificate_is_refused_by_the_card(jma: VirtualCard) -> None:
    def mixed_up(keys: PublicKeys) -> Mapping[CardApplication, CardCertificates]:
        made = cards.certify(keys)
        return {**made, SIGNING: made[AUTHENTICATION]}

    with pytest.raises(CardRefused, match="signing application: the card answered 6A80"):
        personalise(jma, cards.ISSUER_SECRET, certify=mixed_up, pins=cards.PINS)


@pytest.mark.parametrize("pin", ["123", "12345678901234567", "with blank", "医師1234"])
def test_a_pin_that_nobody_could_type_is_refused_before_the_lock(jma: VirtualCard, pin: str) -> None:
    pins = CardPins(signing=Secret(pin), authentication=cards.AUTHENTICATION_PIN, puk=cards.PUK)
    with pytest.raises(CardRefused, match="setting the PIN of the signing application"):
        personalise(jma, cards.ISSUER_SECRET, certify=cards.certify, pins=pins)
    assert not jma.is_operational


def test_a_card_with_something_missing_is_not_locked(jma: VirtualCard) -> None:
    sitting = Personalisation(jma, cards.ISSUER_SECRET)
    sitting.generate_keys()
    with pytest.raises(CardRefused, match="activating the card: the card answered 6985"):
        sitting.activate()


@pytest.mark.parametrize("answer", ["", "7f4900", "7f4903860104", "7f49028200", "3000"])
def test_a_public_key_that_is_none_is_named(answer: str) -> None:
    with pytest.raises(MalformedInput):
        read_public_key(bytes.fromhex(answer))


def test_after_the_lock_the_administration_answers_no_more(jma: VirtualCard) -> None:
    run(jma)
    jma.transmit(bytes.fromhex("00A4040008F04F48504B494101"))
    for command in ("00478100 05 B603840101 00", "00CA020100", "00440000"):
        assert jma.transmit(bytes.fromhex(command)) == bytes.fromhex("6985")
