"""A stored reference leads back to the same key."""

from pathlib import Path

import pytest

from hpki.errors import MalformedInput, WrongPassphrase
from hpki.keys.algorithms import KeyAlgorithm, verify
from hpki.keys.pkcs11 import Pkcs11Token
from hpki.keys.reference import SoftwareKey, TokenKey, open_signer, read_reference
from hpki.keys.secret import Secret
from hpki.keys.software import generate_software_key, save_software_key
from tests.softhsm import MODULE, PIN, new_token


def test_a_software_key_is_found_again(tmp_path: Path) -> None:
    signer = generate_software_key(KeyAlgorithm.P_256)
    save_software_key(signer, tmp_path / "ca.key", Secret("open"))
    reference = read_reference(SoftwareKey(tmp_path / "ca.key").as_json())
    verify(signer.public_key(), open_signer(reference, Secret("open")).sign(b"m"), b"m")
    with pytest.raises(WrongPassphrase, match="needs a passphrase"):
        open_signer(reference, None)


def test_a_token_key_is_found_again_with_the_pin_by_hand_or_from_its_file(tmp_path: Path) -> None:
    token = new_token("reference", tmp_path)
    made = Pkcs11Token(MODULE, token.label, token.pin_file).generate(KeyAlgorithm.P_256, "ca")
    by_file = read_reference(TokenKey(MODULE, token.label, "ca", token.pin_file).as_json())
    by_hand = read_reference(TokenKey(MODULE, token.label, "ca").as_json())
    verify(made.public_key(), open_signer(by_file, None).sign(b"m"), b"m")
    verify(made.public_key(), open_signer(by_hand, Secret(PIN)).sign(b"m"), b"m")
    with pytest.raises(WrongPassphrase, match="needs a PIN"):
        open_signer(by_hand, None)


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"kind": "software"},
        {"kind": "software", "path": 7},
        {"kind": "software", "path": "a", "more": "b"},
        {"kind": "software", "path": "a", "more": 7},
        {"kind": "pkcs11", "module": "m", "token_label": "t"},
        {"kind": "pkcs11", "module": "m", "token_label": "t", "key_label": "k", "pin": "1234"},
        {"kind": "cloud", "path": "a"},
    ],
)
def test_anything_else_is_no_reference(stored: dict[str, object]) -> None:
    with pytest.raises(MalformedInput, match="key reference"):
        read_reference(stored)
