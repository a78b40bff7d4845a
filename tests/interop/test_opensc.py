"""OpenSC, which knows nothing of HPKI, reads 花子's card and signs with it; openssl says whether it is right."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hpki.card.client import HpkiCard
from hpki.card.objects import CardApplication
from hpki.card.virtual import VirtualCard
from tests import cards
from tests.interop.pcscd import ReaderDaemon
from tests.interop.served import CardFile

TEXT = "紹介状\n"
AUTH_TOKEN, SIGN_TOKEN = "HPKI auth (PIN auth)", "HPKI sign (PIN sign)"
SIGN_AID = "e828bd080ff04f48504b49313553"


@pytest.fixture(scope="module")
def card_file(tmp_path_factory: pytest.TempPathFactory) -> CardFile:
    return CardFile(tmp_path_factory.mktemp("card"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, card_file: CardFile) -> Path:
    """The text to sign, and the public keys as openssl reads them."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "text").write_text(TEXT)
    with VirtualCard.open(card_file.path, cards.PASSPHRASE) as card:
        for kind in (CardApplication.SIGNING, CardApplication.AUTHENTICATION):
            key = HpkiCard(card).certificate(kind).public_key()
            (folder / f"{kind}.pub").write_bytes(
                key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            )
    return folder


@pytest.fixture(scope="class")
def pkcs15(reader: ReaderDaemon, card_file: CardFile, files: Path) -> Iterator[ReaderDaemon]:
    with card_file.in_reader(reader, "pkcs15"):
        yield reader


class TestPkcs15View:
    def test_the_driver_recognises_the_card(self, pkcs15: ReaderDaemon) -> None:
        seen = pkcs15.run("opensc-tool", "--list-readers", "--name")
        assert "Javacard with IsoApplet" in seen.stdout

    def test_everything_public_is_listed_without_a_pin(self, pkcs15: ReaderDaemon) -> None:
        dump = pkcs15.run("pkcs15-tool", "--dump").stdout
        assert "PKCS#15 Card [HPKI auth]" in dump
        assert "Private RSA Key [HPKI auth]" in dump
        assert "X.509 Certificate [HPKI auth CA 1]" in dump
        signing = pkcs15.run("pkcs15-tool", "--aid", SIGN_AID, "--dump").stdout
        assert "nonRepudiation" in signing
        assert (
            "always authenticate"
            in pkcs15.run(
                "pkcs11-tool", "--token-label", SIGN_TOKEN, "--login", "--pin", "123456", "-O"
            ).stdout
        )

    def test_the_certificate_is_the_one_that_was_issued(self, pkcs15: ReaderDaemon) -> None:
        pem = pkcs15.run("pkcs15-tool", "--read-certificate", "01").stdout
        read = x509.load_pem_x509_certificate(pem.encode())
        read.verify_directly_issued_by(
            cards.hierarchy()
            .authority_for(cards.PROFILE_OF[CardApplication.AUTHENTICATION])
            .issuer.certificate
        )

    @pytest.mark.parametrize("kind", ["authentication", "signing"])
    @pytest.mark.parametrize("digest", ["sha256", "sha512"])
    def test_a_signature_verifies_with_openssl(
        self, pkcs15: ReaderDaemon, files: Path, kind: str, digest: str
    ) -> None:
        token, key, pin = (
            (AUTH_TOKEN, "01", "4321") if kind == "authentication" else (SIGN_TOKEN, "02", "123456")
        )
        signature = files / f"{kind}.{digest}"
        signed = pkcs15.run(
            *("pkcs11-tool", "--token-label", token, "--login", "--pin", pin, "--sign", "--id", key),
            *("--mechanism", f"{digest.upper()}-RSA-PKCS", "-i", str(files / "text"), "-o", str(signature)),
        )
        assert signed.returncode == 0, signed.stderr
        verified = pkcs15.run(
            *("openssl", "dgst", f"-{digest}", "-verify", str(files / f"{kind}.pub")),
            *("-signature", str(signature), str(files / "text")),
        )
        assert verified.stdout == "Verified OK\n"

    def test_a_digest_info_made_outside_is_signed(self, pkcs15: ReaderDaemon, files: Path) -> None:
        """CKM_RSA_PKCS, the one mechanism of the HPKI drivers (G31 5.2); pkeyutl takes it apart."""
        digest = files / "digest"
        digest.write_bytes(bytes.fromhex("3031300d060960864801650304020105000420") + bytes(32))
        signed = pkcs15.run(
            *("pkcs11-tool", "--token-label", AUTH_TOKEN, "--login", "--pin", "4321", "--sign", "--id", "01"),
            *("--mechanism", "RSA-PKCS", "-i", str(digest), "-o", str(files / "raw")),
        )
        assert signed.returncode == 0, signed.stderr
        recovered = files / "recovered"
        pkcs15.run(
            *("openssl", "pkeyutl", "-verifyrecover", "-pubin", "-inkey", str(files / "authentication.pub")),
            *("-in", str(files / "raw"), "-out", str(recovered)),
        )
        assert recovered.read_bytes() == digest.read_bytes()

    def test_a_wrong_pin_is_refused_and_the_right_one_forgives(self, pkcs15: ReaderDaemon) -> None:
        verify = ("pkcs15-tool", "--aid", SIGN_AID, "--verify-pin", "--pin")
        assert "PIN code or key incorrect" in pkcs15.run(*verify, "000000").stderr
        assert pkcs15.run(*verify, "123456").returncode == 0

    def test_the_pin_is_changed_and_unblocked(self, pkcs15: ReaderDaemon) -> None:
        tool = ("pkcs15-tool", "--aid", SIGN_AID)
        for command in (
            ("--change-pin", "--pin", "123456", "--new-pin", "7777"),
            ("--verify-pin", "--pin", "7777"),
            ("--unblock-pin", "--puk", "1234567890", "--new-pin", "123456"),
            ("--verify-pin", "--pin", "123456"),
        ):
            done = pkcs15.run(*tool, *command)
            assert done.returncode == 0, (command, done.stderr)

    def test_forty_milliseconds_are_not_lost_at_every_command(self, pkcs15: ReaderDaemon) -> None:
        """Without the quick acknowledgement each of some 60 commands took 40 ms (see hpki.card.vpcd)."""
        durations = []
        for _ in range(3):  # the machine may be busy with something else for a moment
            started = time.monotonic()
            pkcs15.run("opensc-tool", "--name")
            durations.append(time.monotonic() - started)
        assert min(durations) < 1


@pytest.fixture(scope="class")
def piv(reader: ReaderDaemon, card_file: CardFile, files: Path) -> Iterator[ReaderDaemon]:
    with card_file.in_reader(reader, "piv"):
        yield reader


class TestPivView:
    def test_the_driver_recognises_the_card(self, piv: ReaderDaemon) -> None:
        assert "Personal Identity Verification Card" in piv.run("opensc-tool", "--name").stdout

    def test_three_certificates_are_listed_without_a_pin(self, piv: ReaderDaemon) -> None:
        listed = piv.run("pkcs11-tool", "--list-objects", "--type", "cert").stdout
        for label in ("PIV Authentication", "Digital Signature", "Card Authentication"):
            assert f"Certificate for {label}" in listed

    @pytest.mark.parametrize(
        ("key", "pin", "kind"), [("01", "4321", "authentication"), ("02", "123456", "signing")]
    )
    @pytest.mark.parametrize("padding", ["PKCS", "PKCS-PSS"])
    def test_a_signature_verifies_with_openssl(
        self, piv: ReaderDaemon, files: Path, key: str, pin: str, kind: str, padding: str
    ) -> None:
        signature = files / f"piv.{kind}.{padding}"
        signed = piv.run(
            *(
                "pkcs11-tool",
                "--login",
                "--pin",
                pin,
                "--sign",
                "--id",
                key,
                "--mechanism",
                f"SHA256-RSA-{padding}",
            ),
            *("-i", str(files / "text"), "-o", str(signature)),
        )
        assert signed.returncode == 0, signed.stderr
        options = ("-sigopt", "rsa_padding_mode:pss") if padding == "PKCS-PSS" else ()
        verified = piv.run(
            *("openssl", "dgst", "-sha256", "-verify", str(files / f"{kind}.pub"), *options),
            *("-signature", str(signature), str(files / "text")),
        )
        assert verified.stdout == "Verified OK\n", verified.stderr

    def test_the_presence_key_signs_nothing_here(self, piv: ReaderDaemon, files: Path) -> None:
        (files / "hash").write_bytes(bytes(32))
        signed = piv.run(
            *("pkcs11-tool", "--login", "--pin", "4321", "--sign", "--id", "04", "--mechanism", "ECDSA"),
            *("-i", str(files / "hash"), "-o", str(files / "tap")),
        )
        assert signed.returncode != 0


def test_with_all_views_opensc_shows_piv(reader: ReaderDaemon, card_file: CardFile) -> None:
    """Why `serve --view` is a choice: the PIV driver stands before the one that reads PKCS#15."""
    with card_file.in_reader(reader, "all"):
        assert "Personal Identity Verification Card" in reader.run("opensc-tool", "--name").stdout


def test_the_bare_card_is_unknown_to_opensc(reader: ReaderDaemon, card_file: CardFile) -> None:
    """Why there are views at all."""
    with card_file.in_reader(reader, "hpki"):
        assert "Unsupported card" in (seen := reader.run("opensc-tool", "--name")).stdout + seen.stderr
