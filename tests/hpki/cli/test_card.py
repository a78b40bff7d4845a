"""`hpki card` with a card file: what a vendor types on the first day, and what a holder is told."""

import json
import stat
import sys
from io import StringIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key

from hpki.card.client import HpkiCard
from hpki.card.objects import CardApplication
from hpki.card.personalise import CardPublicKey
from hpki.card.virtual import VirtualCard
from hpki.cli.main import main
from hpki.keys.algorithms import verify
from hpki.keys.secret import Secret
from tests import cards

SIGNING, AUTHENTICATION, PRESENCE = CardApplication


class Folder:
    """A folder with a demonstration card, and the command run in it."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self.card = path / "demo.card"
        self._capsys = capsys

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def hpki(self, *arguments: str | Path, lang: str | None = "en") -> tuple[int, str, str]:
        """Exit code, output, complaints."""
        where = [] if arguments[0] == "list" else ["--card", str(self.card)]
        language = [] if lang is None else ["--lang", lang]
        code = main(["card", *map(str, arguments), *where, *language])
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def secret(self, name: str, text: str) -> Path:
        path = self / name
        path.write_text(text + "\n")
        return path


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Folder:
    return Folder(tmp_path, capsys)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of one demonstration card, to be copied for each test."""
    path = tmp_path_factory.mktemp("made")
    assert main(["card", "personalise", "--card", str(path / "demo.card"), "--lang", "en"]) == 0
    return {file.name: file.read_bytes() for file in path.iterdir() if file.is_file()}


@pytest.fixture
def demo(folder: Folder, made: dict[str, bytes]) -> Folder:
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return folder


def test_one_command_makes_a_complete_card(folder: Folder) -> None:
    code, said, _ = folder.hpki(
        "personalise", "--layout", "guideline", "--holder", "Ken Yakuzai", "--hcrole", "Pharmacist"
    )
    assert code == 0
    assert "for demonstration: its certificates are not for production" in said
    code, shown, _ = folder.hpki("show", "--json")
    facts = json.loads(shown)
    assert [each["application"] for each in facts] == ["signing", "authentication", "presence"]
    assert facts[0]["certificate"]["environment"] == "test"
    assert facts[0]["certificate"]["qualifications"][0]["code"] is not None
    assert facts[0]["chain_length"] == 2
    assert facts[2]["tries_left"] is None


def test_its_certificates_chain_to_the_authorities_beside_it(folder: Folder) -> None:
    folder.hpki("personalise")
    for kind in CardApplication:
        _, pem, _ = folder.hpki("read-cert", "--application", kind, "--chain", lang=None)
        end_entity, root, issuer = x509.load_pem_x509_certificates(pem.encode())
        end_entity.verify_directly_issued_by(issuer)
        issuer.verify_directly_issued_by(root)
        authorities = folder / "demo.card.authorities"
        assert x509.load_pem_x509_certificate((authorities / "root-ca.pem").read_bytes()) == root
        assert x509.load_pem_x509_certificate((authorities / f"{kind}-ca.pem").read_bytes()) == issuer


def test_its_secrets_are_for_the_owner_only_and_the_issuers_is_gone(folder: Folder) -> None:
    folder.hpki("personalise")
    assert not (folder / "demo.card.issuer-secret").exists()
    for name in (
        "demo.card",
        "demo.card.signing.pin",
        "demo.card.authentication.pin",
        "demo.card.puk",
        "demo.card.passphrase",
    ):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_a_finished_card_is_not_made_again(demo: Folder) -> None:
    (demo / "demo.card.issuer-secret").write_text("any")
    code, _, complaint = demo.hpki("personalise")
    assert (code, complaint) == (1, f"hpki: The card in {demo.card} is personalised already.\n")


def test_another_authority_may_issue_in_a_second_step(folder: Folder) -> None:
    exchange = folder / "exchange"
    code, said, _ = folder.hpki("personalise", "--public-keys", exchange)
    assert code == 0
    assert "--certificates" in said
    keys: dict[CardApplication, CardPublicKey] = {}
    for kind in CardApplication:
        key = load_pem_public_key((exchange / f"{kind}.pub.pem").read_bytes())
        keys[kind] = key  # type: ignore[assignment]  # RSA or P-256, as the card makes them
    for kind, carried in cards.certify(keys).items():
        certificate = x509.load_der_x509_certificate(carried.end_entity)
        (exchange / f"{kind}.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    code, said, complaint = folder.hpki("personalise", "--certificates", exchange)
    assert code == 0, complaint
    assert "demonstration" not in said
    code, _, _ = folder.hpki("show")
    assert code == 0


def test_a_missing_certificate_is_named_and_the_card_can_come_again(folder: Folder) -> None:
    folder.hpki("personalise", "--public-keys", folder / "exchange")
    code, _, complaint = folder.hpki("personalise", "--certificates", folder / "exchange")
    assert code == 1
    assert "signing.crt" in complaint
    code, _, complaint = folder.hpki("personalise")
    assert code == 0, complaint


def test_a_signature_lies_beside_the_file(demo: Folder) -> None:
    (demo / "text").write_text("処方箋")
    code, said, _ = demo.hpki("sign", demo / "text", "--pin-file", demo / "demo.card.signing.pin")
    assert code == 0
    assert "it verifies with the card's certificate" in said
    with VirtualCard.open(demo.card, Secret((demo / "demo.card.passphrase").read_text().strip())) as card:
        certificate = HpkiCard(card).certificate(SIGNING)
    verify(certificate.public_key(), (demo / "text.sig").read_bytes(), (demo / "text").read_bytes())


@pytest.mark.parametrize(
    "options", [("--hash", "sha512"), ("--padding", "pss"), ("--application", "authentication")]
)
def test_other_signatures_are_made_and_verified_too(demo: Folder, options: tuple[str, str]) -> None:
    (demo / "text").write_text("処方箋")
    pin = "authentication" if "authentication" in options else "signing"
    out = demo / "signature"
    code, _, complaint = demo.hpki(
        *("sign", demo / "text", "--out", out, "--pin-file", demo / f"demo.card.{pin}.pin", *options)
    )
    assert code == 0, complaint
    assert len(out.read_bytes()) == 256


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "hpki: Wrong PIN of the signing application. Tries left before it is locked: 14.\n"),
        ("ja", "hpki: 署名用PINが違います。あと14回間違えるとロックされます。\n"),
    ],
)
def test_a_wrong_pin_says_how_many_tries_are_left(demo: Folder, lang: str, sentence: str) -> None:
    (demo / "text").write_text("text")
    code, _, complaint = demo.hpki(
        "sign", demo / "text", "--pin-file", demo.secret("wrong", "0000"), lang=lang
    )
    assert (code, complaint) == (1, sentence)
    assert not (demo / "text.sig").exists()


def test_a_locked_card_says_what_to_do_and_the_puk_does_it(demo: Folder) -> None:
    (demo / "text").write_text("text")
    wrong, new, puk = demo.secret("wrong", "0000"), demo.secret("new", "24681357"), demo / "demo.card.puk"
    sign = ("sign", demo / "text", "--pin-file")
    for _ in range(14):
        demo.hpki(*sign, wrong)
    for pin in (wrong, demo / "demo.card.signing.pin"):
        code, _, complaint = demo.hpki(*sign, pin)
        assert code == 1
        assert "hpki card unblock --application signing" in complaint
        assert "ask the desk" in complaint
    assert "窓口" in demo.hpki(*sign, wrong, lang="ja")[2]
    assert "PIN: locked" in demo.hpki("show")[1]
    unblock = ("unblock", "--application", "signing", "--new-pin-file", new, "--puk-file")
    assert demo.hpki(*unblock, demo.secret("guess", "00000000"))[2] == (
        "hpki: Wrong PUK. Tries left before the card cannot be used any more: 9.\n"
    )
    code, said, _ = demo.hpki(*unblock, puk)
    assert (code, said) == (0, "The signing application is unlocked and has its new PIN.\n")
    assert demo.hpki(*sign, new)[0] == 0


def test_a_locked_puk_sends_the_holder_to_the_desk(demo: Folder) -> None:
    unblock = ("unblock", "--application", "authentication", "--new-pin-file", demo.secret("new", "2468"))
    wrong = demo.secret("wrong", "00000000")
    for _ in range(9):
        assert "Wrong PUK" in demo.hpki(*unblock, "--puk-file", wrong)[2]
    code, _, complaint = demo.hpki(*unblock, "--puk-file", wrong)
    assert code == 1
    assert "The PUK is locked too. Ask the desk" in complaint


def test_a_pin_is_changed(demo: Folder) -> None:
    old, new = demo / "demo.card.authentication.pin", demo.secret("new", "2468")
    change = ("change-pin", "--application", "authentication")
    assert demo.hpki(*change, "--pin-file", new, "--new-pin-file", new)[0] == 1
    code, said, _ = demo.hpki(*change, "--pin-file", old, "--new-pin-file", new, lang="ja")
    assert (code, said) == (0, "認証用PINを変更しました。\n")
    assert demo.hpki(*change, "--pin-file", new, "--new-pin-file", old)[0] == 0


def test_without_a_terminal_nobody_is_asked(demo: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO())
    (demo / "text").write_text("text")
    code, _, complaint = demo.hpki("sign", demo / "text")
    assert code == 1
    assert "name a file with --pin-file" in complaint


def test_a_trace_shows_commands_and_no_pin(demo: Folder) -> None:
    (demo / "text").write_text("text")
    pin = (demo / "demo.card.signing.pin").read_text().strip()
    _, _, trace = demo.hpki("sign", demo / "text", "--trace", "--pin-file", demo / "demo.card.signing.pin")
    assert "> 00 a4 04 00 05 e8 28 bd 08 0f 00" in trace
    assert "> 00 20 00 88 (6 secret bytes)" in trace
    assert pin.encode().hex(" ") not in trace


def test_a_certificate_is_read_as_der(demo: Folder) -> None:
    code, _, _ = demo.hpki(
        "read-cert", "--application", "presence", "--der", "--out", demo / "presence.der", lang=None
    )
    assert code == 0
    x509.load_der_x509_certificate((demo / "presence.der").read_bytes())


def test_a_wrong_passphrase_is_a_sentence(demo: Folder) -> None:
    code, _, complaint = demo.hpki("show", "--passphrase-file", demo.secret("other", "another passphrase"))
    assert code == 1
    assert complaint.startswith("hpki: ")
    assert "Traceback" not in complaint


def test_serving_without_vpcd_says_what_is_missing(demo: Folder) -> None:
    code, _, complaint = demo.hpki("serve", "--port", "1")
    assert code == 1
    assert "no vpcd at 127.0.0.1:1: is pcscd running with its vpcd driver?" in complaint


def test_the_language_follows_the_terminal() -> None:
    from hpki.cli.card_words import terminal_language

    assert terminal_language({"LANG": "ja_JP.UTF-8"}) == "ja"
    assert terminal_language({"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}) == "en"
