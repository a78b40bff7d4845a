"""Whatever a card (or who pretends to be one) answers, the client ends with a sentence and not with a surprise."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hpki.card.client import HpkiCard
from hpki.card.emsa import Padding
from hpki.card.layouts import Layout
from hpki.card.objects import CardApplication
from hpki.card.personalise import CardPins, personalise
from hpki.card.tlv import encode_tlv
from hpki.card.virtual import VirtualCard
from hpki.errors import HpkiError
from hpki.keys.secret import Secret
from tests import cards

STATUS_WORDS = st.sampled_from(
    [
        bytes.fromhex(word)
        for word in (
            "9000",
            "9000",
            "9000",
            "6282",
            "6100",
            "6110",
            "6C10",
            "63C0",
            "63C5",
            "6700",
            "6983",
            "6A82",
        )
    ]
) | st.binary(min_size=2, max_size=2)
TAGS = st.sampled_from(
    [0x02, 0x03, 0x04, 0x0C, 0x30, 0x6F, 0x80, 0x81, 0x82, 0x84, 0x86, 0xA0, 0xA1, 0xA4, 0xA8, 0x7F49]
)
DATA = st.recursive(
    st.binary(max_size=20),
    lambda inner: st.builds(
        lambda parts: b"".join(encode_tlv(tag, value) for tag, value in parts),
        st.lists(st.tuples(TAGS, inner), max_size=4),
    ),
    max_leaves=12,
)
ANSWERS = st.lists(
    st.builds(lambda data, word: data + word, DATA, STATUS_WORDS) | st.binary(max_size=4),
    min_size=1,
    max_size=40,
)


class Impostor:
    """Answers from a list, again and again."""

    def __init__(self, answers: list[bytes]) -> None:
        self._answers = answers
        self._asked = 0

    def transmit(self, command: bytes) -> bytes:
        self._asked += 1
        assert self._asked < 100_000, f"the client never ends; at last it asked {command.hex()}"
        return self._answers[self._asked % len(self._answers)]


@settings(max_examples=200, deadline=None)
@given(ANSWERS)
@example([b"\x61\x00"])
@example([b"\x00\x61\x00"])
@example([b"\x30\x90\x00"])
def test_an_impostor_gets_a_sentence(answers: list[bytes]) -> None:
    try_everything(HpkiCard(Impostor(answers)))


def try_everything(card: HpkiCard) -> None:
    for kind in CardApplication:
        acts: tuple[Callable[[HpkiCard, CardApplication], object], ...] = (
            HpkiCard.certificate,
            HpkiCard.chain_der,
            HpkiCard.tries_left,
            lambda c, k: c.sign(k, b"text", pin=Secret("123456"), padding=Padding.PSS),
            lambda c, k: c.change_pin(k, old=Secret("123456"), new=Secret("123456")),
            lambda c, _: c.prove_presence(bytes(32)),
        )
        for act in acts:
            with contextlib.suppress(HpkiError):
                act(card, kind)


@dataclass
class Flipping:
    """A true card whose nth answer has one byte changed."""

    card: VirtualCard
    answer: int
    position: int
    change: int
    asked: int = 0

    def transmit(self, command: bytes) -> bytes:
        answer = bytearray(self.card.transmit(command))
        self.asked += 1
        if self.asked == self.answer:
            answer[self.position % len(answer)] ^= self.change
        return bytes(answer)


@pytest.fixture(scope="module", params=Layout)
def hanako(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualCard]:
    with cards.made_card(tmp_path_factory.mktemp("card") / "card", request.param) as card:
        yield card


@settings(max_examples=30, deadline=None)
@example(answer=33, position=12, change=1)  # the certificate's version number
@given(answer=st.integers(1, 40), position=st.integers(0, 400), change=st.integers(1, 255))
def test_one_changed_byte_gets_a_sentence(
    hanako: VirtualCard, answer: int, position: int, change: int
) -> None:
    try_everything(HpkiCard(Flipping(hanako, answer, position, change)))


@settings(max_examples=100, deadline=None)
@given(ANSWERS)
def test_an_impostor_is_never_personalised(answers: list[bytes]) -> None:
    pins = CardPins(Secret("1234"), Secret("5678"), Secret("12345678"))
    with contextlib.suppress(HpkiError):
        personalise(Impostor(answers), cards.ISSUER_SECRET, certify=cards.certify, pins=pins)
        raise AssertionError("an impostor was taken for a finished card")
