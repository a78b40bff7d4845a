"""CA keys in a token: born there, never out, found again after the way to them broke."""

import copy
import datetime as dt
import hashlib
import itertools
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric import utils as asym_utils
from cryptography.x509 import ocsp

from hpki.errors import KeyRefused, KeyUnavailable, WrongPassphrase
from hpki.keys.algorithms import KeyAlgorithm, signature_hash, verify
from hpki.keys.pkcs11 import Pkcs11Signer, Pkcs11Token
from hpki.keys.secret import Secret
from hpki.keys.signer import Signer
from tests.softhsm import MODULE, PIN, Token, new_token, remove_token

CLASSICAL = [algorithm for algorithm in KeyAlgorithm if algorithm is not KeyAlgorithm.ML_DSA_65]
A_MORNING = dt.datetime(2026, 4, 1, 9, tzinfo=dt.UTC)
A_YEAR_LATER = A_MORNING.replace(year=2027)
_labels = (f"hpki-ca-{number}" for number in itertools.count())


@pytest.fixture
def softhsm(tmp_path: Path) -> Token:
    return new_token(next(_labels), tmp_path)


@pytest.fixture
def token(softhsm: Token) -> Pkcs11Token:
    return Pkcs11Token(MODULE, softhsm.label, softhsm.pin_file)


def raw_session(label: str, pin: str | None = PIN) -> pkcs11.Session:
    found = pkcs11.lib(str(MODULE)).get_token(token_label=label)
    try:
        return found.open(user_pin=pin, rw=True)
    except pkcs11.UserAlreadyLoggedIn:
        return found.open(rw=True)


@pytest.mark.parametrize("algorithm", CLASSICAL)
def test_every_key_born_in_the_token_signs(algorithm: KeyAlgorithm, token: Pkcs11Token) -> None:
    signer: Signer = token.generate(algorithm, "ca")
    assert (signer.algorithm, signer.label) == (algorithm, "ca")
    verify(signer.public_key(), signer.sign(b"to be signed"), b"to be signed")
    again = token.signer("ca")
    assert again.public_key() == signer.public_key()
    assert token.holds("ca")
    assert not token.holds("other")


def test_ml_dsa_in_a_token_is_refused_in_words(token: Pkcs11Token) -> None:
    with pytest.raises(KeyRefused, match="not made in tokens yet"):
        token.generate(KeyAlgorithm.ML_DSA_65, "ca")
    assert not token.holds("ca")


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.RSA_2048, KeyAlgorithm.P_384])
def test_cryptographys_builders_sign_through_the_token(
    algorithm: KeyAlgorithm, token: Pkcs11Token, tmp_path: Path
) -> None:
    signer = token.generate(algorithm, "ca")
    key, digest = signer.builder_key(), signature_hash(algorithm)
    assert digest is not None
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "token CA")])
    builder = x509.CertificateBuilder().issuer_name(name).subject_name(name).public_key(signer.public_key())
    builder = builder.serial_number(7).not_valid_before(A_MORNING).not_valid_after(A_YEAR_LATER)
    certificate = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
        key, digest
    )
    certificate.verify_directly_issued_by(certificate)
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name)
        .last_update(A_MORNING)
        .next_update(A_YEAR_LATER)
    )
    assert crl.sign(key, digest).is_signature_valid(signer.public_key())
    assert x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, digest).is_signature_valid
    answer = ocsp.OCSPResponseBuilder().add_response(
        certificate, certificate, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD, A_MORNING, None, None, None
    )
    signed = answer.responder_id(ocsp.OCSPResponderEncoding.HASH, certificate).sign(key, digest)
    verify(signer.public_key(), signed.signature, signed.tbs_response_bytes)
    (tmp_path / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    judged = subprocess.run(
        ["openssl", "verify", "-no_check_time", "-check_ss_sig", "-CAfile", "ca.pem", "ca.pem"],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    assert judged.stdout == b"ca.pem: OK\n"


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.RSA_2048, KeyAlgorithm.P_256])
def test_the_private_key_never_leaves_the_token(
    algorithm: KeyAlgorithm, token: Pkcs11Token, softhsm: Token
) -> None:
    signer = token.generate(algorithm, "ca")
    session = raw_session(softhsm.label)
    key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="ca")
    secret = (
        pkcs11.Attribute.PRIVATE_EXPONENT if algorithm is KeyAlgorithm.RSA_2048 else pkcs11.Attribute.VALUE
    )
    with pytest.raises(pkcs11.AttributeSensitive):
        _ = key[secret]
    wrapping = session.generate_key(
        pkcs11.KeyType.AES, 256, capabilities=pkcs11.MechanismFlag.WRAP | pkcs11.MechanismFlag.ENCRYPT
    )
    with pytest.raises(pkcs11.KeyUnextractable):
        wrapping.wrap_key(key, mechanism=pkcs11.Mechanism.AES_KEY_WRAP)
    with pytest.raises(pkcs11.PKCS11Error):
        key[pkcs11.Attribute.EXTRACTABLE] = True
    for capability in (pkcs11.Attribute.DECRYPT, pkcs11.Attribute.UNWRAP, pkcs11.Attribute.DERIVE):
        assert not key[capability]
    builder_key = signer.builder_key()
    with pytest.raises(KeyRefused, match="stays in its token"):
        builder_key.private_numbers()
    with pytest.raises(KeyRefused, match="stays in its token"):
        builder_key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    assert copy.copy(builder_key) is builder_key
    assert copy.deepcopy(builder_key) is builder_key


def test_a_key_that_may_leave_is_not_used(token: Pkcs11Token, softhsm: Token) -> None:
    assert not token.holds("loose")
    raw_session(softhsm.label).generate_keypair(
        pkcs11.KeyType.RSA,
        2048,
        label="loose",
        store=True,
        private_template={pkcs11.Attribute.EXTRACTABLE: True, pkcs11.Attribute.SENSITIVE: False},
    )
    with pytest.raises(KeyRefused, match="may leave its token"):
        token.signer("loose")


def test_token_keys_sign_and_do_nothing_else(token: Pkcs11Token) -> None:
    rsa_key = token.generate(KeyAlgorithm.RSA_2048, "rsa").builder_key()
    ec_key = token.generate(KeyAlgorithm.P_256, "ec").builder_key()
    assert isinstance(rsa_key, rsa.RSAPrivateKey)
    assert isinstance(ec_key, ec.EllipticCurvePrivateKey)
    assert (rsa_key.key_size, ec_key.key_size, ec_key.curve.name) == (2048, 256, "secp256r1")
    with pytest.raises(KeyRefused, match="does nothing else"):
        rsa_key.decrypt(bytes(256), padding.PKCS1v15())
    with pytest.raises(KeyRefused, match="does nothing else"):
        ec_key.exchange(ec.ECDH(), ec_key.public_key())
    with pytest.raises(KeyRefused, match="RSASSA-PKCS1-v1_5"):
        rsa_key.sign(b"m", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    with pytest.raises(KeyRefused, match="sha1 is not signed here"):
        rsa_key.sign(b"m", padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - refused is what it shall be
    digest = hashlib.sha384(b"m").digest()
    signature = rsa_key.sign(digest, padding.PKCS1v15(), asym_utils.Prehashed(hashes.SHA384()))
    rsa_key.public_key().verify(signature, b"m", padding.PKCS1v15(), hashes.SHA384())
    ec_key.public_key().verify(ec_key.sign(b"m", ec.ECDSA(hashes.SHA512())), b"m", ec.ECDSA(hashes.SHA512()))


def test_a_label_is_given_once(token: Pkcs11Token) -> None:
    first = token.generate(KeyAlgorithm.P_256, "ca")
    with pytest.raises(KeyRefused, match="already holds a key 'ca'"):
        token.generate(KeyAlgorithm.P_256, "ca")
    assert token.signer("ca").public_key() == first.public_key()
    token.destroy("ca")
    assert not token.holds("ca")
    with pytest.raises(KeyUnavailable, match="holds 0 private keys"):
        first.sign(b"m")


def test_two_keys_of_one_label_are_refused(token: Pkcs11Token, softhsm: Token) -> None:
    assert not token.holds("twin")
    session = raw_session(softhsm.label)
    for _ in range(2):
        session.generate_keypair(pkcs11.KeyType.RSA, 2048, label="twin", store=True)
    with pytest.raises(KeyRefused, match="2 public keys 'twin'"):
        token.signer("twin")


def test_it_signs_on_after_the_module_was_finalised_underneath(token: Pkcs11Token) -> None:
    signer = token.generate(KeyAlgorithm.P_256, "ca")
    pkcs11.lib(str(MODULE)).reinitialize()
    verify(signer.public_key(), signer.sign(b"one"), b"one")
    pkcs11.lib(str(MODULE)).finalize()
    verify(signer.public_key(), signer.sign(b"two"), b"two")


def test_it_signs_on_after_the_session_was_closed_or_logged_out_underneath(
    token: Pkcs11Token, softhsm: Token
) -> None:
    signer = token.generate(KeyAlgorithm.RSA_2048, "ca")
    token.use(lambda connection: connection.session).close()
    verify(signer.public_key(), signer.sign(b"one"), b"one")
    foreign = pkcs11.lib(str(MODULE)).get_token(token_label=softhsm.label)
    with pytest.raises(pkcs11.UserAlreadyLoggedIn):
        foreign.open(user_pin=PIN)
    token.use(lambda connection: connection.session).close()
    verify(signer.public_key(), token.signer("ca").sign(b"two"), b"two")


def test_a_token_that_is_pulled_is_missing_in_words_and_found_when_it_is_back(
    token: Pkcs11Token, softhsm: Token, tmp_path: Path
) -> None:
    signer = token.generate(KeyAlgorithm.P_256, "ca")
    remove_token(softhsm.label)
    pkcs11.lib(str(MODULE)).reinitialize()
    with pytest.raises(KeyUnavailable, match=f"no token '{softhsm.label}' behind .*: is it connected"):
        signer.sign(b"m")
    new_token(softhsm.label, tmp_path)
    pkcs11.lib(str(MODULE)).reinitialize()
    with pytest.raises(KeyUnavailable, match="holds 0 private keys 'ca'"):
        signer.sign(b"m")


def test_a_missing_module_is_named() -> None:
    with pytest.raises(KeyUnavailable, match=r"/nowhere/vendor\.so cannot be loaded"):
        Pkcs11Token(Path("/nowhere/vendor.so"), "ca", Secret(PIN)).signer("ca")


def test_a_wrong_pin_is_offered_once_and_never_again(softhsm: Token) -> None:
    wrong = Pkcs11Token(MODULE, softhsm.label, Secret("161803"))
    with pytest.raises(WrongPassphrase, match="refuses the PIN") as caught:
        wrong.signer("ca")
    assert "161803" not in str(caught.value)
    for _ in range(20):
        with pytest.raises(WrongPassphrase, match="not tried again"):
            wrong.signer("ca")
    with pytest.raises(WrongPassphrase, match="not tried again"):
        Pkcs11Token(MODULE, softhsm.label, Secret("161803")).signer("ca")
    Pkcs11Token(MODULE, softhsm.label, softhsm.pin_file).generate(KeyAlgorithm.P_256, "ca")


def test_a_corrected_pin_file_is_read_again(softhsm: Token) -> None:
    softhsm.pin_file.write_text("161803\n")
    token = Pkcs11Token(MODULE, softhsm.label, softhsm.pin_file)
    with pytest.raises(WrongPassphrase):
        token.signer("ca")
    softhsm.pin_file.write_text(PIN)
    assert isinstance(token.generate(KeyAlgorithm.P_256, "ca"), Pkcs11Signer)


def test_a_pin_file_that_others_can_read_is_refused(softhsm: Token) -> None:
    token = Pkcs11Token(MODULE, softhsm.label, softhsm.pin_file)
    for mode in (0o640, 0o604, 0o660):
        softhsm.pin_file.chmod(mode)
        with pytest.raises(KeyUnavailable, match="can be read by others than its owner: chmod 600"):
            token.signer("ca")
    softhsm.pin_file.chmod(0o600)
    softhsm.pin_file.write_text("\n")
    with pytest.raises(KeyUnavailable, match="is empty"):
        token.signer("ca")
    softhsm.pin_file.unlink()
    with pytest.raises(KeyUnavailable, match="No such file"):
        token.signer("ca")


def test_many_threads_sign_while_the_module_is_reset(token: Pkcs11Token) -> None:
    signer = token.generate(KeyAlgorithm.P_256, "ca")
    done = threading.Event()

    def reset() -> None:
        while not done.wait(0.05):
            with token._module.lock:
                token._module.start_anew(f"reset {next(_labels)}")

    resetting = threading.Thread(target=reset)
    resetting.start()
    try:
        with ThreadPoolExecutor(12) as threads:
            signed = list(threads.map(lambda n: (n, signer.sign(str(n).encode())), range(600)))
    finally:
        done.set()
        resetting.join()
    for number, signature in signed:
        verify(signer.public_key(), signature, str(number).encode())


_IN_A_CHILD = """
import os, sys
from pathlib import Path
from hpki.keys.algorithms import KeyAlgorithm, verify
from hpki.keys.pkcs11 import Pkcs11Token
token = Pkcs11Token(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
signer = token.generate(KeyAlgorithm.P_256, "ca")
child = os.fork()
verify(signer.public_key(), signer.sign(b"m"), b"m")
if child == 0:
    os._exit(0)
sys.exit(os.waitpid(child, 0)[1])
"""


def test_a_forked_worker_finds_its_own_way_to_the_token(softhsm: Token) -> None:
    command = [sys.executable, "-c", _IN_A_CHILD, str(MODULE), softhsm.label, str(softhsm.pin_file)]
    subprocess.run(command, check=True, env=os.environ, timeout=60)
