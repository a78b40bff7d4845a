"""The two views over 花子's keys, command by command, as OpenSC sends them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from hpki.card.client import HpkiCard
from hpki.card.emsa import Hash, digest_info, pkcs1_block
from hpki.card.objects import CardApplication
from hpki.card.piv_view import PivView
from hpki.card.pkcs15_view import Pkcs15View
from hpki.card.tlv import find, read_tlv, read_tlvs
from hpki.card.virtual import VirtualCard
from hpki.keys.secret import Secret
from tests import cards

SIGNING, AUTHENTICATION, PRESENCE = CardApplication
DIGEST = Hash.SHA256.digest(b"text")
Send = Callable[..., str]


@pytest.fixture
def card(tmp_path: Path) -> Iterator[VirtualCard]:
    with cards.made_card(tmp_path / "card") as made:
        yield made


def sender(card: VirtualCard) -> Send:
    """Commands in hexadecimal, answers in hexadecimal; a mapping of bytes goes in as it is."""

    def send(command: str, data: bytes = b"") -> str:
        return card.transmit(bytes.fromhex(command) + data).hex()

    return send


def verifies(card: VirtualCard, kind: CardApplication, signature: bytes) -> None:
    public_key = HpkiCard(card).certificate(kind).public_key()
    assert isinstance(public_key, rsa.RSAPublicKey)
    public_key.verify(signature, b"text", padding.PKCS1v15(), hashes.SHA256())


class TestPkcs15View:
    @pytest.fixture
    def send(self, card: VirtualCard) -> Send:
        card.register(Pkcs15View(), default=True)
        send = sender(card)
        assert send("00A404000C F276A288BCFBA69D34F31001 00") == "0006049000"
        return send

    def sign(self, send: Send, reference: int) -> bytes:
        assert send(f"002241B609 800111 81024B01 8401{reference:02x}".replace("09", "0A")) == "9000"
        return bytes.fromhex(send("002A9E9A33", digest_info(DIGEST, Hash.SHA256) + b"\x00"))

    def test_ef_dir_names_the_two_folders(self, send: Send) -> None:
        assert send("00A40800022F0000").startswith("6f")
        records = read_tlvs(bytes.fromhex(send("00B0000000"))[:-2])
        paths = [find(read_tlvs(record.value), 0x51) for record in records]
        assert paths == [bytes.fromhex("3F005015"), bytes.fromhex("3F005016")]

    def test_files_are_found_by_path_and_by_identifier(self, send: Send) -> None:
        by_path = send("00A4080004 5016 5031 00")
        assert send("00A408000250 1600") == "6f0782013883025016" + "9000"
        assert send("00A4000002 5031 00") == by_path
        assert send("00A4090002 4402 00").startswith("6f")
        assert send("00A40000023F00").endswith("9000")
        assert send("00A4000C02 9999") == "6a82"
        assert send("00A4030002 5031") == "6a86"
        assert send("00A40800035016 50") == "6700"

    def test_a_certificate_is_read_in_pieces(self, send: Send) -> None:
        send("00A4080C04 5015 4301")
        content = b"".join(bytes.fromhex(send(f"00B0{at:02x}0000"))[:-2] for at in range(5))
        found, end = read_tlv(content)
        assert x509.load_der_x509_certificate(found.encode()).subject
        assert end == len(content)
        assert send("00B0700000") == "6b00"

    def test_the_key_file_is_never_read(self, send: Send) -> None:
        assert send("00A4080004 5015 4B01 00")[:-4] == "6f0b8102000082010883024b01"
        assert send("00B0000000") == "6982"
        send("00A40800025015")
        assert send("00B0000000") == "6986"

    @pytest.mark.parametrize(("kind", "reference"), [(AUTHENTICATION, 1), (SIGNING, 2)])
    def test_a_digest_info_is_padded_and_signed(
        self, send: Send, card: VirtualCard, kind: CardApplication, reference: int
    ) -> None:
        assert self.sign(send, reference).hex() == "6982"
        pin = cards.PIN_OF[kind].reveal().encode().ljust(16, b"\x00")
        assert send(f"002000{reference:02x}10", pin) == "9000"
        assert send(f"002000{reference:02x}") == "9000"
        answer = self.sign(send, reference)
        verifies(card, kind, answer[:-2])

    def test_the_signing_pin_is_used_up_and_the_other_is_not(self, send: Send) -> None:
        for reference, kind in ((1, AUTHENTICATION), (2, SIGNING)):
            send(f"002000{reference:02x}10", cards.PIN_OF[kind].reveal().encode().ljust(16, b"\x00"))
        assert [len(self.sign(send, reference)) for reference in (1, 1, 2, 2)] == [258, 258, 258, 2]

    def test_tries_are_shared_with_the_hpki_application(self, send: Send, card: VirtualCard) -> None:
        assert send("0020000210", b"999999".ljust(16, b"\x00")) == "63ce"
        assert send("00200002") == "63ce"
        assert HpkiCard(card).tries_left(SIGNING) == 14

    def test_pins_are_changed_and_unblocked_for_both_worlds(self, send: Send, card: VirtualCard) -> None:
        new, puk = b"2468".ljust(16, b"\x00"), cards.PUK.reveal().encode().ljust(16, b"\x00")
        old = cards.AUTHENTICATION_PIN.reveal().encode().ljust(16, b"\x00")
        assert send("0024000120", old + new) == "9000"
        HpkiCard(card).verify_pin(AUTHENTICATION, Secret("2468"))
        send("00A404000C F276A288BCFBA69D34F31001 00")
        assert send("002C000120", puk + old) == "9000"
        HpkiCard(card).verify_pin(AUTHENTICATION, cards.AUTHENTICATION_PIN)

    @pytest.mark.parametrize(
        ("command", "answer"),
        [
            ("00CA010103", "6d00"),  # a newer driver asks so whether it is an older applet
            ("80B0000000", "6e00"),
            ("00200007", "6a88"),
            ("00200101", "6a86"),
            ("002241B603840109", "6a88"),
            ("002241B800", "6a86"),
            ("002A9E9A0101", "6985"),
            ("002A8086", "6a86"),
            ("0024000104 31323334", "6700"),
        ],
    )
    def test_what_it_does_not_do_is_refused(self, send: Send, command: str, answer: str) -> None:
        assert send(command) == answer

    def test_a_blank_card_shows_an_empty_directory(self, tmp_path: Path) -> None:
        with cards.blank_card(tmp_path / "blank") as blank:
            blank.register(Pkcs15View(), default=True)
            send = sender(blank)
            assert send("00A40800022F0000") == "6f0b8102000082010183022f009000"


class TestPivView:
    PIN = b"\xff" * 8

    @pytest.fixture
    def send(self, card: VirtualCard) -> Send:
        card.register(PivView())
        send = sender(card)
        assert send("00A4040009 A00000030800001000 00").startswith("61")
        return send

    def verify_pin(self, send: Send, pin: Secret) -> str:
        return send("0020008008", pin.reveal().encode().ljust(8, b"\xff"))

    def sign(self, send: Send, key: int, block: bytes | None = None) -> str:
        block = pkcs1_block(DIGEST, Hash.SHA256, 2048) if block is None else block
        template = b"\x82\x00\x81\x82" + len(block).to_bytes(2) + block
        data = b"\x7c\x82" + len(template).to_bytes(2) + template
        return send(f"008707{key:02x}00{len(data):04x}", data + b"\x00\x00")

    def test_objects_are_read_without_a_pin(self, send: Send, card: VirtualCard) -> None:
        for tag, kind in (("5FC105", AUTHENTICATION), ("5FC10A", SIGNING), ("5FC101", PRESENCE)):
            send("00A4040009 A00000030800001000 00")
            answer = bytes.fromhex(send(f"00CB3FFF000005 5C03{tag} 0000"))
            content = find(read_tlvs(answer[:-2]), 0x53)
            assert content is not None
            certificate = find(read_tlvs(content), 0x70)
            assert certificate == HpkiCard(card).certificate_der(kind)

    def test_the_card_has_an_identifier_of_its_own(self, send: Send) -> None:
        content = read_tlvs(bytes.fromhex(send("00CB3FFF055C035FC10200"))[:-2])[0].children()
        guid, expiry, signature = (find(content, tag) for tag in (0x34, 0x35, 0x3E))
        assert guid is not None
        assert len(guid) == 16
        assert expiry == b"20301231"
        assert signature == b""

    def test_the_discovery_object_asks_for_the_application_pin(self, send: Send) -> None:
        assert send("00CB3FFF035C017E00") == "7e124f0ba0000003080000100001005f2f0240009000"

    @pytest.mark.parametrize(("kind", "key"), [(AUTHENTICATION, 0x9A), (SIGNING, 0x9C)])
    def test_each_key_takes_its_own_pin(
        self, send: Send, card: VirtualCard, kind: CardApplication, key: int
    ) -> None:
        other = 0x9A + 0x9C - key
        assert self.verify_pin(send, cards.PIN_OF[kind]) == "9000"
        assert send("00200080") == "9000"
        assert self.sign(send, other) == "6982"
        content = read_tlvs(bytes.fromhex(self.sign(send, key))[:-2])[0].children()
        signature = find(content, 0x82)
        assert signature is not None
        verifies(card, kind, signature)

    def test_the_signing_pin_is_used_up_and_the_other_is_not(self, send: Send) -> None:
        self.verify_pin(send, cards.AUTHENTICATION_PIN)
        assert [self.sign(send, 0x9A)[-4:] for _ in range(2)] == ["9000", "9000"]
        self.verify_pin(send, cards.SIGNING_PIN)
        assert [self.sign(send, 0x9C)[-4:] for _ in range(2)] == ["9000", "6982"]

    def test_a_wrong_pin_costs_both_a_try_and_a_right_one_costs_none(
        self, send: Send, card: VirtualCard
    ) -> None:
        assert self.verify_pin(send, cards.WRONG) == "63ce"
        assert send("00200080") == "63ce"
        self.verify_pin(send, cards.SIGNING_PIN)
        hpki = HpkiCard(card)
        assert (hpki.tries_left(SIGNING), hpki.tries_left(AUTHENTICATION)) == (15, 14)

    def test_a_locked_card_says_so(self, send: Send) -> None:
        for _ in range(15):
            self.verify_pin(send, cards.WRONG)
        assert send("00200080") == "6983"
        assert self.verify_pin(send, cards.SIGNING_PIN) == "6984"

    def test_a_proof_is_given_back(self, send: Send) -> None:
        self.verify_pin(send, cards.AUTHENTICATION_PIN)
        assert send("0020FF80") == "9000"
        assert self.sign(send, 0x9A) == "6982"

    def test_the_presence_key_answers_nobody_here(self, send: Send) -> None:
        self.verify_pin(send, cards.AUTHENTICATION_PIN)
        assert self.sign(send, 0x9E) == "6a81"
        assert send("0087119E26 7C2482008120", bytes(32) + b"\x00") == "6a81"

    def test_blind_raw_signatures_are_refused(self, send: Send) -> None:
        self.verify_pin(send, cards.AUTHENTICATION_PIN)
        assert self.sign(send, 0x9A, bytes(255) + b"\x05") == "6a80"

    @pytest.mark.parametrize(
        ("command", "answer"),
        [
            ("00CB3FFF055C035FC10700", "6a82"),
            ("00CB0000055C035FC10200", "6a86"),
            ("00CB3FFF0400000000", "6a82"),
            ("0020008104", "6a88"),
            ("0020018008 FFFFFFFFFFFFFFFF", "6a86"),
            ("0020008004 31323334", "6a80"),
            ("0024008010 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "6d00"),
            ("0087119A04 7C028100 00", "6a86"),
            ("0087079A04 7C028100 00", "6a80"),
        ],
    )
    def test_what_it_does_not_do_is_refused(self, send: Send, command: str, answer: str) -> None:
        assert send(command) == answer

    def test_a_blank_card_has_no_objects(self, tmp_path: Path) -> None:
        with cards.blank_card(tmp_path / "blank") as blank:
            blank.register(PivView())
            send = sender(blank)
            send("00A4040009 A00000030800001000 00")
            assert send("00CB3FFF055C035FC10200") == "6a82"
