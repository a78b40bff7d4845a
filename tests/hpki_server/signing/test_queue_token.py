"""`hpki sign queue` with 花子's keys in a PKCS#11 token (SoftHSM2): one key signs in, another signs."""

import base64
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hpki.cli.main import main
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.pkcs11 import Pkcs11Token
from hpki.keys.signer import Signer
from hpki.keys.software import generate_software_key
from hpki.signatures.drafts import read_signature_of
from hpki_server.signing import limits, queue_queries
from hpki_server.signing.queue_models import SigningTask, TaskDocument
from tests.hpki_server.signing import queue_scene
from tests.hpki_server.signing.queue_scene import LETTER, waiting
from tests.softhsm import MODULE, new_token, remove_token

pytestmark = pytest.mark.django_db(transaction=True)
# A name of its own for each: a running module looks for one and the same token anew once a second at most.
_NAMES = (f"queue-{number}" for number in itertools.count())
LABELS = {"SIGNING": "花子 署名", "AUTHENTICATION": "花子 認証"}


def pem(*ders: bytes) -> str:
    return "".join(
        f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"
        for der in ders
    )


@dataclass
class Desk:
    """花子 at her desk: a server, her token, and her certificates in files."""

    url: str
    folder: Path
    token: str

    def __call__(self, *words: str, **changed: str) -> int:
        files = {name: str(self.folder / name) for name in ("SIGNING.pem", "AUTHENTICATION.pem")}
        said = {
            "--key-label": LABELS["SIGNING"],
            "--certificate": files["SIGNING.pem"],
            "--authentication-key-label": LABELS["AUTHENTICATION"],
            "--authentication-certificate": files["AUTHENTICATION.pem"],
            "--pin-file": str(self.folder / f"{self.token}.pin"),
        } | {f"--{name.replace('_', '-')}": value for name, value in changed.items()}
        options = [word for pair in said.items() for word in pair]
        token = ("--pkcs11", str(MODULE), "--token", self.token)
        return main(["sign", "queue", "--server", self.url, "--lang", "en", *token, *options, *words])


@pytest.fixture
def desk(settings: Any, tmp_path: Path, live_server: Any) -> Iterator[Desk]:
    settings.VAR, settings.ORIGIN = tmp_path, live_server.url
    limits.COUNTS.forget()
    queue_scene.authority()
    made = new_token(next(_NAMES), tmp_path)
    token = Pkcs11Token(MODULE, made.label, made.pin_file)

    def born(profile: str) -> Signer:
        if profile == "PRESENCE":
            return generate_software_key(KeyAlgorithm.P_256)
        return token.generate(KeyAlgorithm.RSA_2048, LABELS[profile])

    person = queue_scene.person(born)
    unit = person.unit()
    (tmp_path / "SIGNING.pem").write_text(pem(unit.certificate.der, *(each.der for each in unit.chain)))
    own = bytes(person.certificate("AUTHENTICATION").certificate_der or b"")
    (tmp_path / "AUTHENTICATION.pem").write_text(pem(own))
    yield Desk(live_server.url, tmp_path, made.label)
    remove_token(made.label)


def test_hanako_signs_in_and_signs_with_two_keys_of_one_token(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    task = waiting(queue_scene.hospital()[0])
    assert desk("--all", "--yes") == 0, capsys.readouterr().err
    assert "[1/1] Signed" in capsys.readouterr().out
    read_signature_of(LETTER, queue_queries.document_of(task, TaskDocument.Kind.SIGNED) or b"")


def test_only_the_authentication_key_signs_in_and_each_token_has_its_own_pin(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting(queue_scene.hospital()[0])
    signing = str(desk.folder / "SIGNING.pem")
    assert desk("--list", authentication_certificate=signing) == 1
    assert f"not that of the key '{LABELS['AUTHENTICATION']}'" in capsys.readouterr().err
    assert desk("--list", authentication_key_label=LABELS["SIGNING"], authentication_certificate=signing) == 1
    assert "card_unknown" in capsys.readouterr().err
    # As PKCS#11 shows a card of two applications: two tokens.  The other one's PIN is read after the yes.
    two = {
        "authentication_token": desk.token,
        "authentication_pin_file": str(desk.folder / f"{desk.token}.pin"),
        "token": "elsewhere",
    }
    assert desk("--list", **two, pin_file=str(desk.folder / "not there")) == 0
    assert "Documents that wait for your signature: 1" in capsys.readouterr().out
    assert desk("--all", "--yes", **two) == 1
    assert "elsewhere" in capsys.readouterr().err
    assert SigningTask.objects.get().state == "waiting"


def test_half_of_what_is_needed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["sign", "queue", "--server", "http://localhost:1", "--pkcs11", str(MODULE), "--token", "queue"]
    assert main(asked) == 1
    assert "--key-label" in capsys.readouterr().err
