"""PINs: fifteen tries, one signature per PIN in the signing application, a session in the other; the PUK's way back."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hpki.card.layouts import Layout, plan_of
from hpki.card.objects import PRESENCE_AID, CardApplication
from hpki.card.pins import PIN_TRIES, PUK_TRIES, padded
from hpki.card.virtual import VirtualCard
from tests.hpki.card.cards import PINS, PUKS, issued_card, issued_store, ok, say, select, send
from tests.hpki.card.test_replay import BLOCK

SIGNING, AUTHENTICATION = CardApplication.SIGNING, CardApplication.AUTHENTICATION
BOTH = [SIGNING, AUTHENTICATION]


class Holder:
    """The holder at a terminal with one application selected."""

    def __init__(self, card: VirtualCard, layout: Layout, of: CardApplication) -> None:
        self.card, self.plan, self.of = card, plan_of(layout, of), of
        self.reference = f"{self.plan.pin_reference or 0:02X}"
        self.select()

    def select(self) -> None:
        ok(select(self.card, self.plan.aid))

    def verify(self, pin: bytes) -> int:
        return send(self.card, f"002000{self.reference}", pin).status_word

    def ask(self) -> int:
        return say(self.card, f"002000{self.reference}").status_word

    def sign(self) -> int:
        say(self.card, f"002241B6048102{self.plan.key_file:04X}")
        return send(self.card, "002A9E9A", BLOCK, 65536).status_word

    def change(self, old: bytes, new: bytes) -> int:
        return send(self.card, f"002400{self.reference}", padded(old) + padded(new)).status_word

    def unblock(self, puk: bytes, new: bytes | None) -> int:
        if new is None:
            return send(self.card, f"002C01{self.reference}", padded(puk)).status_word
        return send(self.card, f"002C00{self.reference}", padded(puk) + padded(new)).status_word


@pytest.fixture(params=list(Layout))
def layout(request: pytest.FixtureRequest) -> Layout:
    return Layout(request.param)


def hanako(layout: Layout, of: CardApplication) -> Holder:
    return Holder(issued_card(layout), layout, of)


def test_the_signing_pin_is_used_up_by_each_signature(layout: Layout) -> None:
    holder = hanako(layout, SIGNING)
    assert holder.sign() == 0x6982
    for _ in range(3):
        assert holder.verify(PINS[SIGNING]) == 0x9000
        assert holder.ask() == 0x9000
        assert holder.sign() == 0x9000
        assert holder.ask() == 0x63CF
        assert holder.sign() == 0x6982


def test_the_authentication_pin_lasts_for_the_session(layout: Layout) -> None:
    holder = hanako(layout, AUTHENTICATION)
    assert holder.verify(PINS[AUTHENTICATION]) == 0x9000
    assert [holder.sign() for _ in range(3)] == [0x9000] * 3


def test_another_application_a_reset_or_a_request_to_forget_ends_the_session(layout: Layout) -> None:
    holder = hanako(layout, AUTHENTICATION)

    def visit_presence() -> None:
        ok(select(holder.card, PRESENCE_AID))
        holder.select()

    def reset() -> None:
        holder.card.reset()
        holder.select()

    def power_on() -> None:
        holder.card.power_on()
        holder.select()

    def master_file() -> None:
        ok(say(holder.card, "00A40000023F00"))
        holder.select()

    def forget() -> None:
        ok(say(holder.card, f"0020FF{holder.reference}"))

    for end in (visit_presence, reset, power_on, master_file, forget):
        assert holder.verify(PINS[AUTHENTICATION]) == 0x9000
        assert holder.sign() == 0x9000
        end()
        assert holder.sign() == 0x6982, end.__name__
        assert holder.ask() == 0x63CF


def test_a_wrong_pin_ends_an_earlier_proof(layout: Layout) -> None:
    holder = hanako(layout, AUTHENTICATION)
    holder.verify(PINS[AUTHENTICATION])
    assert holder.verify(b"0000") == 0x63CE
    assert holder.sign() == 0x6982


@pytest.mark.parametrize("of", BOTH)
def test_fifteen_wrong_pins_lock_one_application_and_not_the_other(
    layout: Layout, of: CardApplication
) -> None:
    holder = hanako(layout, of)
    assert [holder.verify(b"wrong") for _ in range(15)] == [0x63C0 | left for left in range(14, -1, -1)]
    assert holder.verify(PINS[of]) == 0x6984
    assert holder.ask() == 0x6984
    assert holder.change(PINS[of], b"newer") == 0x6984
    assert holder.sign() == 0x6982
    other = Holder(holder.card, layout, BOTH[1 - BOTH.index(of)])
    assert other.ask() == 0x63CF
    assert other.verify(PINS[other.of]) == 0x9000


def test_a_right_pin_gives_all_tries_back(layout: Layout) -> None:
    holder = hanako(layout, SIGNING)
    for _ in range(14):
        holder.verify(b"wrong")
    assert holder.ask() == 0x63C1
    assert holder.verify(PINS[SIGNING]) == 0x9000
    assert holder.verify(b"wrong") == 0x63CE


def test_the_lock_outlives_power(layout: Layout) -> None:
    store = issued_store(layout)
    holder = Holder(VirtualCard(store), layout, SIGNING)
    for _ in range(15):
        holder.verify(b"wrong")
    again = Holder(VirtualCard(store), layout, SIGNING)
    assert again.verify(PINS[SIGNING]) == 0x6984


def test_the_puk_unlocks_and_may_set_a_new_pin(layout: Layout) -> None:
    holder = hanako(layout, SIGNING)
    for _ in range(15):
        holder.verify(b"wrong")
    assert holder.unblock(b"not-the-puk", b"Newer-1") == 0x63C0 | PUK_TRIES - 1
    assert holder.ask() == 0x6984
    assert holder.unblock(PUKS[SIGNING], b"Newer-1") == 0x9000
    assert holder.verify(PINS[SIGNING]) == 0x63CE
    assert holder.verify(b"Newer-1") == 0x9000


def test_the_puk_alone_gives_tries_back_and_keeps_the_pin(layout: Layout) -> None:
    holder = hanako(layout, AUTHENTICATION)
    for _ in range(15):
        holder.verify(b"wrong")
    assert holder.unblock(PUKS[AUTHENTICATION], None) == 0x9000
    assert holder.ask() == 0x63CF
    assert holder.verify(PINS[AUTHENTICATION]) == 0x9000


def test_ten_wrong_puks_end_it(layout: Layout) -> None:
    holder = hanako(layout, SIGNING)
    assert [holder.unblock(b"not-the-puk", None) for _ in range(10)][-1] == 0x63C0
    assert holder.unblock(PUKS[SIGNING], None) == 0x6984


def test_a_changed_pin_is_the_only_one_afterwards(layout: Layout) -> None:
    holder = hanako(layout, SIGNING)
    assert holder.change(b"wrong", b"Newer-1") == 0x63CE
    assert holder.change(PINS[SIGNING], b"Newer-1") == 0x9000
    assert holder.ask() == 0x63CF
    assert holder.verify(PINS[SIGNING]) == 0x63CE
    assert holder.verify(b"Newer-1") == 0x9000


@pytest.mark.parametrize(
    ("new", "status_word"),
    [(b"123", 0x6700), (b"12 45", 0x6A80), ("医師です".encode(), 0x6A80), (b"\x00" * 16, 0x6700)],
)
def test_a_pin_that_nobody_can_type_is_refused_before_anything_is_counted(
    new: bytes, status_word: int
) -> None:
    holder = hanako(Layout.GUIDELINE, SIGNING)
    assert holder.change(PINS[SIGNING], new) == status_word
    assert holder.unblock(PUKS[SIGNING], new) == status_word
    assert holder.ask() == 0x63CF


@pytest.mark.parametrize("pin", [b"1", b"123", b"1" * 17, b"12" + bytes(14)])
def test_a_length_no_pin_has_is_6700_and_not_counted(pin: bytes) -> None:
    holder = hanako(Layout.JMA, SIGNING)
    assert holder.verify(pin) == 0x6700
    assert holder.ask() == 0x63CF


def test_a_pin_padded_to_sixteen_is_the_same_pin() -> None:
    holder = hanako(Layout.GUIDELINE, AUTHENTICATION)
    assert holder.verify(padded(PINS[AUTHENTICATION])) == 0x9000


def test_the_reference_and_parameters_of_pin_commands_are_checked() -> None:
    card = issued_card(Layout.GUIDELINE)
    Holder(card, Layout.GUIDELINE, SIGNING)
    assert say(card, "00200088").status_word == 0x6A88
    assert say(card, "00200196").status_word == 0x6A86
    assert say(card, "0020FF960431323334").status_word == 0x6700
    assert say(card, "0024019604313233FF").status_word == 0x6A86
    assert say(card, "002C029604313233FF").status_word == 0x6A86
    assert say(card, "00240096083132333435363738").status_word == 0x6700
    assert say(card, "002C0096083132333435363738").status_word == 0x6700


pins = st.sampled_from([b"1234", b"Sign1234", b"4321", b"0123456789abcdef", b"zzzz"])


class PinLife(RuleBasedStateMachine):
    """Whatever holder, thief and power do, the card agrees with a model of two counters and a proof."""

    @initialize(layout=st.sampled_from(Layout), of=st.sampled_from(BOTH))
    def insert(self, layout: Layout, of: CardApplication) -> None:
        self.store, self.layout, self.of = issued_store(layout), layout, of
        self.holder = Holder(VirtualCard(self.store), layout, of)
        self.pin, self.tries, self.puk_tries, self.proven = PINS[of], PIN_TRIES, PUK_TRIES, False

    def _try(self, candidate: bytes) -> int:
        """What comparing a PIN does to the model; the status word it gives."""
        self.proven = False
        if self.tries == 0:
            return 0x6984
        self.tries = PIN_TRIES if candidate == self.pin else self.tries - 1
        return 0x9000 if candidate == self.pin else 0x63C0 | self.tries

    @rule(candidate=pins)
    def verify(self, candidate: bytes) -> None:
        expected = self._try(candidate)
        assert self.holder.verify(candidate) == expected
        self.proven = expected == 0x9000

    @rule(count=st.integers(1, 15))
    def guess_wrongly(self, count: int) -> None:
        for _ in range(count):
            assert self.holder.verify(b"never-this") == self._try(b"never-this")

    @rule(old=pins, new=pins)
    def change(self, old: bytes, new: bytes) -> None:
        expected = self._try(old)
        assert self.holder.change(old, new) == expected
        if expected == 0x9000:
            self.pin = new

    @rule(is_right=st.booleans(), new=st.none() | pins)
    def unblock(self, *, is_right: bool, new: bytes | None) -> None:
        answer = self.holder.unblock(PUKS[self.of] if is_right else b"not-the-puk", new)
        self.proven = False
        if self.puk_tries == 0:
            assert answer == 0x6984
        elif is_right:
            assert answer == 0x9000
            self.pin, self.tries, self.puk_tries = new or self.pin, PIN_TRIES, PUK_TRIES
        else:
            self.puk_tries -= 1
            assert answer == 0x63C0 | self.puk_tries

    @rule()
    def sign(self) -> None:
        assert self.holder.sign() == (0x9000 if self.proven else 0x6982)
        self.proven = self.proven and self.of is AUTHENTICATION

    @rule()
    def visit_another_application(self) -> None:
        ok(select(self.holder.card, PRESENCE_AID))
        self.holder.select()
        self.proven = False

    @rule()
    def select_again(self) -> None:
        self.holder.select()

    @rule()
    def pull_and_insert(self) -> None:
        self.holder = Holder(VirtualCard(self.store), self.layout, self.of)
        self.proven = False

    @invariant()
    def the_card_says_the_same(self) -> None:
        if not hasattr(self, "holder"):
            return
        expected = 0x6984 if self.tries == 0 else 0x9000 if self.proven else 0x63C0 | self.tries
        assert self.holder.ask() == expected


PinLife.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestPinLife = PinLife.TestCase
