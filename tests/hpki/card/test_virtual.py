"""The card as a whole: any bytes are answered, nothing secret comes out, long things go in and out in parts."""

import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from hpki.card.apdu import Command, Response, StatusWord
from hpki.card.application import CardSession
from hpki.card.layouts import Layout, plan_of
from hpki.card.objects import ADMINISTRATION_AID, PRESENCE_AID, CardApplication
from hpki.card.pins import padded
from hpki.card.private_keys import CardKey, read_key
from hpki.card.state import read_state
from hpki.card.virtual import VirtualCard, answer_to_reset
from tests.hpki.card.cards import (
    ADMIN,
    CARD_ID,
    PINS,
    PUKS,
    fresh_card,
    issued_card,
    issued_store,
    ok,
    say,
    select,
    send,
)
from tests.hpki.card.test_replay import BLOCK, DIGEST_INFO

AIDS = [PRESENCE_AID, ADMINISTRATION_AID] + [
    plan_of(layout, of).aid
    for layout in Layout
    for of in (CardApplication.SIGNING, CardApplication.AUTHENTICATION)
]
SIGNING_AID = plan_of(Layout.JMA, CardApplication.SIGNING).aid


def test_the_answer_to_reset_carries_the_historical_bytes_of_hpki_cards() -> None:
    atr = answer_to_reset()
    assert atr.hex() == "3b888001004e0000f781d100" + f"{atr[-1]:02x}"
    check = 0
    for octet in atr[1:]:
        check ^= octet
    assert check == 0


@pytest.mark.parametrize(
    ("apdu", "status_word"),
    [
        ("", 0x6700),
        ("00A4", 0x6700),
        ("00A4040005E828", 0x6700),
        ("20A4040005E828BD080F00", 0x6E00),
        ("90A4040005E828BD080F00", 0x6E00),
        ("FFCA000000", 0x6E00),
        ("01A4040005E828BD080F00", 0x6881),
        ("40A4040005E828BD080F00", 0x6881),
        ("0CA4040005E828BD080F00", 0x6882),
        ("04A4040005E828BD080F00", 0x6882),
        ("00A4040005E828BD081000", 0x6A82),
        ("00A404000000", 0x6700),
        ("00A4040105E828BD080F00", 0x6A86),
        ("00A4041005E828BD080F00", 0x6A86),
        ("00A4040805E828BD080F00", 0x6A86),
        ("00B0000000", 0x6986),
        ("00A4020C020016", 0x6A82),
        ("0020008800", 0x6D00),
        ("00C0000000", 0x6985),
    ],
)
def test_before_an_application_is_selected(apdu: str, status_word: int) -> None:
    assert say(issued_card(Layout.JMA), apdu).status_word == status_word


@pytest.mark.parametrize(
    ("apdu", "status_word"),
    [
        ("0088000000", 0x6D00),
        ("00CA010100", 0x6D00),
        ("0047800005B60384010100", 0x6D00),
        ("00FF000000", 0x6D00),
        ("00224081038401AA", 0x6A86),
        ("002241A4048402000C", 0x6A86),
        ("002241B604840200FF", 0x6A80),
        ("002241B604830200 0C", 0x6A80),
        ("002241B603840300", 0x6A80),
        ("002241B6", 0x6A80),
        ("002A9E9A00", 0x6985),
        ("002A9E9B00", 0x6A86),
        ("802A008000", 0x6985),
        ("802A008100", 0x6A86),
        ("80B0960000", 0x6D00),
        ("0084000000FF", 0x6700),
        ("0084010008", 0x6A86),
        ("00C0010008", 0x6A86),
    ],
)
def test_inside_the_signing_application(apdu: str, status_word: int) -> None:
    card = issued_card(Layout.JMA)
    ok(select(card, SIGNING_AID))
    assert say(card, apdu).status_word == status_word


def test_the_guideline_layout_has_no_proprietary_class() -> None:
    card = issued_card(Layout.GUIDELINE)
    ok(select(card, plan_of(Layout.GUIDELINE, CardApplication.SIGNING).aid))
    assert say(card, f"802A0080{len(DIGEST_INFO):02X}{DIGEST_INFO.hex()}00").status_word == 0x6E00


def test_challenges_differ_and_have_the_length_asked_for() -> None:
    card = issued_card(Layout.JMA)
    ok(select(card, SIGNING_AID))
    first, second = ok(say(card, "0084000010")), ok(say(card, "0084000010"))
    assert len(first) == len(second) == 16
    assert first != second


def test_selection_without_le_tells_nothing_and_with_p2_0c_neither() -> None:
    card = issued_card(Layout.JMA)
    assert say(card, "00A4040005E828BD080F").data == b""
    assert say(card, "00A4040C05E828BD080F00").data == b""
    assert ok(say(card, "00A4040005E828BD080F00")) == bytes((0x6F, 18, 0x84, 16)) + SIGNING_AID


class TestChaining:
    """ISO/IEC 7816-4 5.3.3 and 5.3.4."""

    @pytest.fixture
    def card(self) -> VirtualCard:
        card = issued_card(Layout.JMA)
        ok(select(card, plan_of(Layout.JMA, CardApplication.AUTHENTICATION).aid))
        ok(send(card, "00200088", PINS[CardApplication.AUTHENTICATION]))
        ok(say(card, "002241B6048402000C"))
        return card

    @given(cut=st.lists(st.integers(1, 255), min_size=1, max_size=6).filter(lambda cut: sum(cut) < 256))
    @settings(deadline=None, max_examples=25)
    def test_a_block_may_come_in_links_of_any_length(self, cut: list[int]) -> None:
        card = issued_card(Layout.JMA)
        ok(select(card, plan_of(Layout.JMA, CardApplication.AUTHENTICATION).aid))
        ok(send(card, "00200088", PINS[CardApplication.AUTHENTICATION]))
        ok(say(card, "002241B6048402000C"))
        at = 0
        for length in cut:
            assert ok(send(card, "102A9E9A", BLOCK[at : at + length])) == b""
            at += length
        assert len(ok(send(card, "002A9E9A", BLOCK[at:], 256))) == 256

    def test_a_link_of_another_command_breaks_the_chain(self, card: VirtualCard) -> None:
        ok(send(card, "102A9E9A", BLOCK[:200]))
        assert send(card, "10240088", b"x").status_word == 0x6883
        assert send(card, "002A9E9A", BLOCK[200:], 256).status_word == 0x6700

    def test_a_whole_command_begins_anew(self, card: VirtualCard) -> None:
        ok(send(card, "102A9E9A", BLOCK[:200]))
        ok(select(card, SIGNING_AID))
        assert send(card, "002A9E9A", BLOCK[200:], 256).status_word == 0x6985

    def test_a_chain_without_end_is_cut(self, card: VirtualCard) -> None:
        answers = [send(card, "102A9E9A", bytes(255)).status_word for _ in range(70)]
        assert 0x6700 in answers

    def test_a_long_answer_waits_and_is_gone_after_another_command(self, card: VirtualCard) -> None:
        assert send(card, "002A9E9A", BLOCK, None).status_word == 0x6100
        assert say(card, "00C0000000").status_word == 0x9000
        assert say(card, "00C0000000").status_word == 0x6985
        assert send(card, "002A9E9A", BLOCK, 10).status_word == 0x6100
        ok(say(card, "0084000008"))
        assert say(card, "00C0000000").status_word == 0x6985
        assert send(card, "002A9E9A", BLOCK, 10).status_word == 0x6100
        parts = [say(card, "00C0000064") for _ in range(3)]
        assert [part.status_word for part in parts] == [0x619C, 0x6138, 0x9000]


def secrets_of(state: bytes) -> list[bytes]:
    """Every byte string that must never be seen outside the card."""
    read = read_state(state)
    numbers: list[int] = []
    keys: list[CardKey] = [read_key(pkcs8) for pkcs8 in read.keys.values()]
    for key in keys:
        if isinstance(key, rsa.RSAPrivateKey):
            private = key.private_numbers()
            numbers += [private.d, private.p, private.q, private.dmp1, private.dmq1, private.iqmp]
        else:
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            numbers.append(key.private_numbers().private_value)
    as_bytes = [number.to_bytes((number.bit_length() + 7) // 8, "big") for number in numbers]
    return [each[:16] for each in as_bytes] + [each[-16:] for each in as_bytes]


octet = st.integers(0, 255)
wild = st.binary(max_size=40)
tame = st.one_of(
    st.builds(
        lambda aid, p2: Command(0, 0xA4, 4, p2, aid, 256),
        st.sampled_from([*AIDS, AIDS[0][:3]]),
        st.sampled_from([0, 2, 12]),
    ),
    st.builds(
        Command,
        st.sampled_from([0x00, 0x00, 0x00, 0x10, 0x80]),
        st.sampled_from([0x20, 0x22, 0x24, 0x2A, 0x2C, 0x44, 0x47, 0x84, 0x88, 0xA4, 0xB0, 0xC0, 0xCA, 0xDA]),
        st.one_of(st.sampled_from([0, 1, 2, 4, 0x41, 0x80, 0x81, 0x9E]), octet),
        st.one_of(st.sampled_from([0, 1, 0x80, 0x88, 0x96, 0x9A, 0xB6, 0x81, 0x91]), octet),
        st.one_of(
            st.sampled_from(
                [
                    *PINS.values(),
                    *[padded(puk) + padded(b"2468") for puk in PUKS.values()],
                    bytes.fromhex("81020017"),
                    bytes.fromhex("8402000C"),
                    bytes.fromhex("B603840101"),
                    BLOCK,
                    DIGEST_INFO,
                    bytes(32),
                    b"\x00\x0c",
                ]
            ),
            st.binary(max_size=64),
        ),
        st.none() | st.integers(1, 65536),
    ),
).map(Command.encode)
STATUS_WORDS = {int(word) for word in StatusWord}


@given(layout=st.sampled_from(Layout), sequence=st.lists(st.one_of(wild, tame, tame, tame), max_size=25))
@settings(max_examples=150, deadline=None)
def test_any_sequence_of_bytes_is_answered_and_no_secret_comes_out(
    layout: Layout, sequence: list[bytes]
) -> None:
    store = issued_store(layout)
    secrets = [*secrets_of(store.state), ADMIN.reveal().encode()]
    before = read_state(store.state)
    card = VirtualCard(store)
    for command in sequence:
        answer = card.transmit(command)
        word = int.from_bytes(answer[-2:], "big")
        assert word in STATUS_WORDS or 0x6100 <= word <= 0x61FF or 0x63C0 <= word <= 0x63CF, f"{word:04X}"
        assert not any(secret in answer for secret in secrets)
    after = read_state(store.state)
    assert (after.keys, after.certificates, after.lifecycle) == (
        before.keys,
        before.certificates,
        before.lifecycle,
    )
    assert set(after.pins) == set(before.pins)


@given(layout=st.sampled_from(Layout), sequence=st.lists(st.one_of(wild, tame, tame, tame), max_size=25))
@settings(max_examples=60, deadline=None)
def test_a_fresh_card_with_the_issuer_at_the_desk_answers_anything_too(
    layout: Layout, sequence: list[bytes]
) -> None:
    card = fresh_card(layout)
    assert select(card, ADMINISTRATION_AID).succeeded
    assert send(card, "00200001", ADMIN.reveal().encode()).succeeded
    for command in sequence:
        answer = card.transmit(command)
        word = int.from_bytes(answer[-2:], "big")
        assert word in STATUS_WORDS or 0x6100 <= word <= 0x61FF or 0x63C0 <= word <= 0x63CF, f"{word:04X}"
    assert not card.is_operational


def test_printing_a_state_shows_no_secret() -> None:
    state = read_state(issued_store(Layout.JMA).state)
    shown = repr(state)
    assert not re.search(r"salt|digest|keys|certificates", shown)
    assert CARD_ID in shown


class Echo:
    """A view that answers with what it was sent."""

    aid = b"\xf0echo"

    def select(self, session: CardSession) -> bytes:
        return session.card_id.encode()

    def process(self, command: Command, session: CardSession) -> Response:
        assert session.card_id == CARD_ID
        return Response(command.data, StatusWord.SUCCESS)


def test_a_registered_view_is_selected_by_name_and_sees_whole_commands() -> None:
    card = issued_card(Layout.JMA)
    card.register(Echo())
    assert ok(select(card, Echo.aid)) == CARD_ID.encode()
    ok(send(card, "10DA0000", b"one "))
    assert ok(send(card, "00DA0000", b"two", 256)) == b"one two"


def test_a_default_view_is_there_after_reset_and_by_the_master_file() -> None:
    card = issued_card(Layout.JMA)
    card.register(Echo(), default=True)
    assert ok(send(card, "00DA0000", b"hello", 256)) == b"hello"
    ok(select(card, SIGNING_AID))
    assert send(card, "00DA0000", b"hello", 256).status_word == 0x6D00
    assert ok(say(card, "00A40000023F0000")) == b"\x3f\x00"
    assert ok(send(card, "00DA0000", b"hello", 256)) == b"hello"


class OnePin:
    """A view with one PIN for both keys, as PIV has."""

    aid = b"\xf0onepin"

    def select(self, session: CardSession) -> bytes:
        return session.random_bytes(0)

    def process(self, command: Command, session: CardSession) -> Response:
        both = [CardApplication.SIGNING, CardApplication.AUTHENTICATION]
        proven = session.prove_any_pin(both, command.data)
        assert all(session.is_proven(of) == (of in proven) for of in both)
        return Response(",".join(sorted(proven)).encode(), StatusWord.SUCCESS)


def test_one_pin_for_several_keys_counts_only_when_it_fits_none() -> None:
    card = issued_card(Layout.JMA)
    card.register(OnePin())
    ok(select(card, OnePin.aid))
    assert send(card, "00200080", b"wrong", 256).status_word == 0x63CE
    assert ok(send(card, "00200080", PINS[CardApplication.SIGNING], 256)) == b"signing"
    # the authentication PIN still misses the one try that fitted neither
    assert send(card, "00200080", b"wrong", 256).status_word == 0x63CD
    assert [send(card, "00200080", b"wrong", 256).status_word for _ in range(15)][-1] == 0x6984
    assert send(card, "00200080", PINS[CardApplication.SIGNING], 256).status_word == 0x6984
