"""Software keys: they sign at once, and on disk nobody reads them."""

import copy
import pickle
import re
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from hpki.errors import KeyUnavailable, MalformedInput, SignatureMismatch, WrongPassphrase
from hpki.keys.algorithms import KeyAlgorithm, algorithm_of, signature_hash, verify
from hpki.keys.key_file import write_durably
from hpki.keys.secret import DrawnSecret, Secret
from hpki.keys.signer import Signer
from hpki.keys.software import (
    SoftwareSigner,
    generate_software_key,
    load_software_key,
    save_software_key,
)

PASSPHRASE = Secret("opens the key of the demonstration hierarchy")


@pytest.fixture(scope="module")
def p256() -> SoftwareSigner:
    return generate_software_key(KeyAlgorithm.P_256, label="signing CA")


@pytest.mark.parametrize("algorithm", KeyAlgorithm)
def test_every_algorithm_signs_and_survives_the_disk(algorithm: KeyAlgorithm, tmp_path: Path) -> None:
    signer: Signer = generate_software_key(algorithm, label="made")
    assert signer.algorithm is algorithm
    assert algorithm_of(signer.public_key()) is algorithm
    assert isinstance(signer, SoftwareSigner)
    save_software_key(signer, tmp_path / "ca.key", PASSPHRASE)
    loaded = load_software_key(tmp_path / "ca.key", PASSPHRASE)
    assert (loaded.algorithm, loaded.label) == (algorithm, "ca")
    verify(signer.public_key(), loaded.sign(b"to be signed"), b"to be signed")
    with pytest.raises(SignatureMismatch, match=algorithm.value):
        verify(signer.public_key(), loaded.sign(b"to be signed"), b"something else")


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.RSA_2048, KeyAlgorithm.P_256, KeyAlgorithm.P_384])
def test_openssl_verifies_the_signature_and_opens_the_file(algorithm: KeyAlgorithm, tmp_path: Path) -> None:
    signer = generate_software_key(algorithm)
    save_software_key(signer, tmp_path / "ca.key", Secret("abc"))
    (tmp_path / "message").write_bytes(b"to be signed")
    (tmp_path / "signature").write_bytes(signer.sign(b"to be signed"))
    public = subprocess.run(
        ["openssl", "pkey", "-in", tmp_path / "ca.key", "-passin", "pass:abc", "-pubout"],
        check=True,
        capture_output=True,
    ).stdout
    (tmp_path / "public").write_bytes(public)
    digest = signature_hash(algorithm)
    assert digest is not None
    judged = subprocess.run(
        ["openssl", "dgst", f"-{digest.name}", "-verify", "public", "-signature", "signature", "message"],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    assert judged.stdout == b"Verified OK\n"


def test_the_file_is_for_its_owner_and_stretched_with_scrypt(p256: SoftwareSigner, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ca.key"
    save_software_key(p256, path, PASSPHRASE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["ca.key"]
    parsed = subprocess.run(["openssl", "asn1parse", "-in", path], check=True, capture_output=True).stdout
    assert re.search(rb"PBES2(.|\n)*1\.3\.6\.1\.4\.1\.11591\.4\.11|scrypt", parsed)
    assert b"aes-256-cbc" in parsed


@pytest.mark.parametrize(
    ("passphrase", "cost"),
    [(PASSPHRASE, b":4000"), (DrawnSecret("5e" * 32), b":0400")],
    ids=["chosen", "drawn"],
)
def test_only_what_somebody_chose_is_stretched_against_guessing(
    p256: SoftwareSigner, tmp_path: Path, passphrase: Secret, cost: bytes
) -> None:
    save_software_key(p256, tmp_path / "ca.key", passphrase)
    pem, words = (tmp_path / "ca.key").read_bytes(), ["openssl", "pkey", "-noout", "-passin", "stdin"]
    parsed = subprocess.run(["openssl", "asn1parse"], input=pem, check=True, capture_output=True).stdout
    assert re.search(rb"INTEGER +" + cost, parsed)
    given = passphrase.reveal().encode()
    subprocess.run([*words, "-in", str(tmp_path / "ca.key")], input=given, check=True, capture_output=True)
    assert load_software_key(tmp_path / "ca.key", passphrase).public_key() == p256.public_key()


def test_a_key_is_never_overwritten(p256: SoftwareSigner, tmp_path: Path) -> None:
    save_software_key(p256, tmp_path / "ca.key", PASSPHRASE)
    before = (tmp_path / "ca.key").read_bytes()
    with pytest.raises(FileExistsError):
        save_software_key(generate_software_key(KeyAlgorithm.P_256), tmp_path / "ca.key", PASSPHRASE)
    assert (tmp_path / "ca.key").read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["ca.key"]


def test_replacing_is_asked_for_by_name(tmp_path: Path) -> None:
    write_durably(tmp_path / "file", b"old")
    write_durably(tmp_path / "file", b"new", replace=True)
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_wrong_passphrase_is_told_from_a_missing_and_a_damaged_file(
    p256: SoftwareSigner, tmp_path: Path
) -> None:
    path = tmp_path / "ca.key"
    with pytest.raises(KeyUnavailable, match=r"key file ca\.key: No such file"):
        load_software_key(path, PASSPHRASE)
    save_software_key(p256, path, PASSPHRASE)
    with pytest.raises(WrongPassphrase, match="does not open") as caught:
        load_software_key(path, Secret("not this one"))
    assert "not this one" not in str(caught.value)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(MalformedInput, match="damaged"):
        load_software_key(path, PASSPHRASE)


def test_an_unencrypted_key_and_a_key_of_another_kind_are_refused(
    p256: SoftwareSigner, tmp_path: Path
) -> None:
    open_pem = p256.builder_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "open.key").write_bytes(open_pem)
    with pytest.raises(MalformedInput, match="no encrypted PKCS#8 key"):
        load_software_key(tmp_path / "open.key", PASSPHRASE)
    other = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSPHRASE.reveal().encode()),
    )
    (tmp_path / "other.key").write_bytes(other)
    with pytest.raises(MalformedInput, match="not in use here"):
        load_software_key(tmp_path / "other.key", PASSPHRASE)


def test_public_keys_outside_the_list_have_no_algorithm() -> None:
    small = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505 - refused is what it shall be
    with pytest.raises(MalformedInput, match="1024 bits"):
        algorithm_of(small)
    odd = rsa.generate_private_key(3, 2048).public_key()
    with pytest.raises(MalformedInput, match="exponent 3"):
        algorithm_of(odd)
    with pytest.raises(MalformedInput, match="secp521r1"):
        algorithm_of(ec.generate_private_key(ec.SECP521R1()).public_key())
    with pytest.raises(MalformedInput, match="not in use here"):
        algorithm_of(ed25519.Ed25519PrivateKey.generate().public_key())


def test_a_signer_does_not_print_or_pickle_its_key(p256: SoftwareSigner) -> None:
    assert repr(p256) == "SoftwareSigner('signing CA', p-256)"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(p256)
    with pytest.raises(TypeError, match="not pickled"):
        copy.copy(p256)


@settings(max_examples=60, deadline=None)
@given(message=st.binary(max_size=4096), flip=st.integers(min_value=0))
def test_a_changed_message_never_verifies(p256: SoftwareSigner, message: bytes, flip: int) -> None:
    signature = p256.sign(message)
    verify(p256.public_key(), signature, message)
    changed = bytearray(message or b"\0")
    changed[flip % len(changed)] ^= 1 << (flip % 8)
    with pytest.raises(SignatureMismatch):
        verify(p256.public_key(), signature, bytes(changed))
