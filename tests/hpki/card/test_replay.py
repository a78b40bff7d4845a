"""The exact APDUs of the guideline and of two public programs, played against the card; openssl judges."""

import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hpki.card.layouts import Layout
from hpki.card.objects import (
    CardApplication,
    ObjectKind,
    PasswordFlag,
    PasswordType,
    read_authentication_objects,
    read_certificates,
    read_cia_info,
    read_object_directory,
    read_private_keys,
    sfi_of_path,
)
from hpki.card.virtual import VirtualCard
from tests.hpki.card.cards import PINS, issued_card, ok, say

MESSAGE = "診療情報提供書".encode()
DIGEST = hashlib.sha256(MESSAGE).digest()
# RFC 8017, 9.2, note 1.
DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420") + DIGEST
BLOCK = b"\x00\x01" + b"\xff" * (256 - 3 - len(DIGEST_INFO)) + b"\x00" + DIGEST_INFO
SIGN_PIN, AUTHENTICATION_PIN = PINS[CardApplication.SIGNING], PINS[CardApplication.AUTHENTICATION]
GUIDELINE_AIDS = {
    CardApplication.SIGNING: "E828BD080FF04F48504B490000000001",
    CardApplication.AUTHENTICATION: "E828BD080FF04F48504B490000000002",
}
JMA_AIDS = {
    CardApplication.SIGNING: "E828BD080FA000000391000000000001",
    CardApplication.AUTHENTICATION: "E828BD080FA000000391000000000002",
}


def field(pin: bytes) -> str:
    return f"{len(pin):02X}{pin.hex()}"


def judge(certificate_der: bytes, signature: bytes, folder: Path) -> None:
    """cryptography and openssl both say that the certificate's key signed MESSAGE."""
    public_key = x509.load_der_x509_certificate(certificate_der).public_key()
    assert isinstance(public_key, rsa.RSAPublicKey)
    public_key.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    (folder / "key.pem").write_bytes(public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (folder / "signature").write_bytes(signature)
    (folder / "message").write_bytes(MESSAGE)
    said = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "message"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.stdout.strip() == "Verified OK", said.stderr


@pytest.mark.parametrize("of", list(GUIDELINE_AIDS))
def test_the_guideline_selects_reads_verifies_and_signs(of: CardApplication, tmp_path: Path) -> None:
    card = issued_card(Layout.GUIDELINE)
    aid = bytes.fromhex(GUIDELINE_AIDS[of])
    # A.3: SELECT DF -> 6F L1 84 L2 <AID> 9000
    selected = ok(say(card, f"00A4040010{aid.hex()}00"))
    assert selected == bytes((0x6F, 18, 0x84, 16)) + aid
    # C.3: READ BINARY by short file identifier
    cia = read_cia_info(ok(say(card, "00B0920000")))
    assert (cia.version, cia.label, set(cia.flags)) == (1, "HPKI Application", {1, 2})
    od = {entry.kind: entry.path for entry in read_object_directory(ok(say(card, "00B0910000")))}
    assert od == {
        ObjectKind.AUTHENTICATION_OBJECTS: b"\x98",
        ObjectKind.PRIVATE_KEYS: b"\xa0",
        ObjectKind.CERTIFICATES: b"\xa8",
    }
    (pin,) = read_authentication_objects(ok(say(card, "00B0930000")))
    assert (pin.auth_id, pin.reference, pin.kind) == (b"\x16", 0x96, PasswordType.UTF8)
    assert (pin.minimum_length, pin.stored_length, pin.maximum_length) == (4, 16, 16)
    assert pin.flags == {PasswordFlag.CASE_SENSITIVE, PasswordFlag.LOCAL, PasswordFlag.INITIALIZED}
    (key,) = read_private_keys(ok(say(card, "00B0940000")))
    assert (key.identifier, key.path, key.modulus_bits) == (b"\x17", b"\xb8", 2048)
    assert key.common.user_consent == (1 if of is CardApplication.SIGNING else None)
    assert key.usage == ({9} if of is CardApplication.SIGNING else {2})
    listed = read_certificates(ok(say(card, "00B0950000")))
    assert [(each.common.label, each.identifier, each.path) for each in listed] == [
        ("HPKI END ENTITY CERTIFICATE", b"\x17", b"\xc0"),
        ("HPKI ROOT CA CERTIFICATE", b"\x1a", b"\xd0"),
    ]
    # READ EE certificate with an extended Le
    certificate = ok(say(card, "00B09800000000"))
    assert sfi_of_path(listed[0].path) == 0x18
    # VERIFY, MSE SET DST with a file reference, PSO CDS with a complete block
    assert say(card, f"00200096{field(PINS[of])}").status_word == 0x9000
    assert say(card, "002241B60481020017").status_word == 0x9000
    signature = ok(say(card, f"002A9E9A000100{BLOCK.hex()}0000"))
    judge(certificate, signature, tmp_path)


def test_without_extended_length_the_guideline_chains_and_fetches(tmp_path: Path) -> None:
    card = issued_card(Layout.GUIDELINE)
    ok(say(card, f"00A4040010{GUIDELINE_AIDS[CardApplication.SIGNING]}00"))
    certificate = ok(say(card, "00B0980000"))
    while len(certificate) % 256 == 0:
        at = len(certificate)
        certificate += ok(say(card, f"00B0{at:04X}00"))
    assert say(card, f"00200096{field(SIGN_PIN)}").status_word == 0x9000
    assert say(card, "002241B60481020017").status_word == 0x9000
    assert say(card, f"102A9E9AFF{BLOCK[:255].hex()}").status_word == 0x9000
    # Le of 128 bytes: the rest by GET RESPONSE
    answer = say(card, f"002A9E9A01{BLOCK[255:].hex()}80")
    assert answer.status_word == 0x6100
    first, last = say(card, "00C0000080"), say(card, "00C0000080")
    assert (first.status_word, last.status_word) == (0x6180, 0x9000)
    judge(certificate, first.data + last.data, tmp_path)


def test_the_first_program_signs_with_the_association_layout(tmp_path: Path) -> None:
    # Selection without Le, SELECT of the key's EF without answer, MSE with tag 84, VERIFY 88, PSO extended.
    card = issued_card(Layout.JMA)
    assert say(card, f"00A4040010{JMA_AIDS[CardApplication.SIGNING]}").status_word == 0x9000
    assert say(card, "00A4020C020016").status_word == 0x9000
    certificate = ok(say(card, "00B00000000000"))
    assert say(card, "00A4020C020002").status_word == 0x9000
    assert say(card, "00200088").status_word == 0x63CF
    assert say(card, f"00200088{field(SIGN_PIN)}").status_word == 0x9000
    assert say(card, "00A4020C02000C").status_word == 0x9000
    assert say(card, "002241B6048402000C").status_word == 0x9000
    judge(certificate, ok(say(card, f"002A9E9A000100{BLOCK.hex()}0000")), tmp_path)


def test_the_second_program_lets_the_card_pad(tmp_path: Path) -> None:
    card = issued_card(Layout.JMA)
    assert say(card, f"00A4040C10{JMA_AIDS[CardApplication.AUTHENTICATION]}").status_word == 0x9000
    assert say(card, "00A4020C020016").status_word == 0x9000
    certificate = ok(say(card, "00B00000000000"))
    assert say(card, f"00200088{field(AUTHENTICATION_PIN)}").status_word == 0x9000
    assert say(card, "00A4020C02000C").status_word == 0x9000
    signature = ok(say(card, f"802A0080{len(DIGEST_INFO):02X}{DIGEST_INFO.hex()}00"))
    judge(certificate, signature, tmp_path)


def test_the_association_layout_lists_what_was_seen_on_its_cards() -> None:
    for aid in JMA_AIDS.values():
        card = issued_card(Layout.JMA)
        ok(say(card, f"00A4040010{aid}00"))
        ok(say(card, "00A40200025031 00"))
        od = {entry.kind: entry.path.hex() for entry in read_object_directory(ok(say(card, "00B0000000")))}
        assert od == {
            ObjectKind.PRIVATE_KEYS: "0002",
            ObjectKind.PUBLIC_KEYS: "0003",
            ObjectKind.CERTIFICATES: "0004",
            ObjectKind.DATA_CONTAINERS: "0005",
            ObjectKind.AUTHENTICATION_OBJECTS: "0001",
        }
        ok(say(card, "00A4020C020001"))
        (pin,) = read_authentication_objects(ok(say(card, "00B0000000")))
        assert (pin.common.label, pin.auth_id, pin.reference, pin.stored_length) == ("PIN", b"\x08", 0x88, 0)
        ok(say(card, "00A4020C020002"))
        assert read_private_keys(ok(say(card, "00B0000000")))[0].path == b"\x00\x0c"
        ok(say(card, "00A4020C020004"))
        assert read_certificates(ok(say(card, "00B0000000")))[0].path == b"\x00\x16"


def test_partial_names_find_the_first_application_and_then_the_next() -> None:
    card = issued_card(Layout.JMA)
    assert ok(say(card, "00A4040005E828BD080F00")).hex().endswith("01")
    assert ok(say(card, "00A4040205E828BD080F00")).hex().endswith("02")
    assert say(card, "00A4040205E828BD080F00").status_word == 0x6A82
    # the failed SELECT left the authentication application current
    assert say(card, f"00200088{field(AUTHENTICATION_PIN)}").status_word == 0x9000
    assert ok(say(card, "00A4040005E828BD080F00")).hex().endswith("01")


def signing_card() -> VirtualCard:
    card = issued_card(Layout.GUIDELINE)
    ok(say(card, f"00A4040010{GUIDELINE_AIDS[CardApplication.SIGNING]}00"))
    ok(say(card, f"00200096{field(SIGN_PIN)}"))
    ok(say(card, "002241B60481020017"))
    return card


@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_pss_blocks_padded_outside_are_signed_too(algorithm: hashes.HashAlgorithm) -> None:
    card = signing_card()
    public_key = x509.load_der_x509_certificate(ok(say(card, "00B09800000000"))).public_key()
    assert isinstance(public_key, rsa.RSAPublicKey)
    # The public operation lays an encoded message bare: a throw-away key of the same length pads for us.  As a
    # number the block must lie below this card's modulus; the salt is random, so a next one will.
    other = rsa.generate_private_key(65537, 2048)
    pss = padding.PSS(padding.MGF1(algorithm), padding.PSS.DIGEST_LENGTH)
    numbers = other.public_key().public_numbers()
    encoded = public_key.public_numbers().n
    while encoded >= public_key.public_numbers().n:
        throwaway = int.from_bytes(other.sign(MESSAGE, pss, algorithm), "big")
        encoded = pow(throwaway, numbers.e, numbers.n)
    answer = say(card, f"002A9E9A000100{encoded.to_bytes(256, 'big').hex()}0000")
    public_key.verify(ok(answer), MESSAGE, pss, algorithm)


@pytest.mark.parametrize(
    ("block", "status_word"),
    [
        (BLOCK[:-1], 0x6700),
        (BLOCK + b"\x00", 0x6700),
        (b"\x00\x02" + BLOCK[2:], 0x6A80),
        (b"\x00\x01" + b"\xff" * 7 + b"\x00" + bytes(246), 0x6A80),
        (bytes(256), 0x6A80),
        (b"\xff" * 255 + b"\xbc", 0x6A80),
        (b"\x7f" + b"\xff" * 255, 0x6A80),
    ],
    ids=[
        "short",
        "long",
        "encryption block",
        "too little padding",
        "zeros",
        "PSS with its top bit",
        "no trailer",
    ],
)
def test_blocks_that_end_no_signature_padding_are_refused_and_cost_no_pin(
    block: bytes, status_word: int
) -> None:
    card = signing_card()
    assert say(card, f"002A9E9A00{len(block):04X}{block.hex()}0000").status_word == status_word
    assert say(card, f"002A9E9A000100{BLOCK.hex()}0000").status_word == 0x9000


def test_a_digest_signed_as_a_block_verifies_as_a_digest() -> None:
    card = signing_card()
    public_key = x509.load_der_x509_certificate(ok(say(card, "00B09800000000"))).public_key()
    assert isinstance(public_key, rsa.RSAPublicKey)
    signature = ok(say(card, f"002A9E9A000100{BLOCK.hex()}0000"))
    public_key.verify(signature, DIGEST, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
