"""`hpki sign queue` with 花子's virtual card against a server that listens: list, sign one or many, decline."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hpki.cli.main import main
from hpki.signatures.drafts import read_signature_of
from hpki_server.authority import ports, services
from hpki_server.authority.models import Card
from hpki_server.signing import limits, queue_queries
from hpki_server.signing.queue_models import ClientSystem, SigningTask, TaskDocument
from tests import cast, signed_pdfs
from tests.hpki_server.authority import stage
from tests.hpki_server.signing import queue_scene
from tests.hpki_server.signing.queue_scene import BEGAN, LETTER, LETTER_XML, waiting

pytestmark = pytest.mark.django_db(transaction=True)
PDF = signed_pdfs.letter()


@dataclass
class Desk:
    """花子 at her desk: a server, her card's file, and the PINs in files."""

    url: str
    folder: Path
    card_file: Path
    client: ClientSystem

    def __call__(self, *words: str) -> int:
        files = {name: str(self.folder / name) for name in ("pin", "passphrase")}
        return main(
            [
                *("sign", "queue", "--server", self.url, "--lang", "ja", "--card", str(self.card_file)),
                *("--passphrase-file", files["passphrase"], "--pin-file", files["pin"]),
                *("--authentication-pin-file", files["pin"], *words),
            ]
        )


@pytest.fixture
def desk(settings: Any, tmp_path: Path, live_server: Any) -> Desk:
    settings.VAR, settings.ORIGIN = tmp_path, live_server.url
    limits.COUNTS.forget()
    queue_scene.authority()
    card = stage.ordered_card(at=BEGAN)
    tanaka = cast.officer(cast.TANAKA)
    services.personalise_card(card.id, by=tanaka, at=BEGAN)
    pin = services.take_pins(card.id, by=tanaka, at=BEGAN).pin.reveal()
    Card.objects.filter(id=card.id).update(state="active", activated_at=BEGAN)
    (tmp_path / "pin").write_text(pin)
    (tmp_path / "passphrase").write_text(ports.card_secrets(card.card_id).file.reveal())
    path = ports.virtual_card_path(card.card_id)
    return Desk(live_server.url, tmp_path, path, queue_scene.hospital()[0])


def states() -> list[str]:
    return sorted(SigningTask.objects.values_list("state", flat=True))


def test_hanako_lists_signs_and_declines(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk() == 0
    assert "署名を待つ文書はありません" in capsys.readouterr().out
    pdf = waiting(desk.client, PDF, file_name="letter.pdf")
    xml = waiting(desk.client, LETTER_XML, file_name="letter.xml")
    text = waiting(desk.client, LETTER)
    assert desk("--list") == 0
    shown = capsys.readouterr().out
    for words in ("署名を待つ文書：3 件", "岡山県医師会", pdf.sha256, str(text.id), "letter.xml"):
        assert words in shown
    assert desk("--decline", str(text.id), "--reason", "患者が違います") == 0
    folder = desk.folder / "kept"
    assert desk("--all", "--yes", "--save-to", str(folder)) == 0
    told = capsys.readouterr().out
    assert "[1/2] 署名しました：紹介状（B）" in told
    assert "[2/2] 署名しました：紹介状（B）" in told
    assert states() == ["declined", "signed", "signed"]
    for task, draft in ((pdf, PDF), (xml, LETTER_XML)):
        signed = queue_queries.document_of(task, TaskDocument.Kind.SIGNED) or b""
        read_signature_of(draft, signed)
        assert signed in [path.read_bytes() for path in folder.iterdir()]
    assert {path.name[4:] for path in folder.iterdir()} == {
        "letter.pdf",
        "letter.signed.pdf",
        "letter.xml",
        "letter.signed.xml",
    }
    # Nobody can be asked here, so nothing more is signed; and what does not wait is refused.
    last = waiting(desk.client, b"last")
    assert desk("--task", str(last.id)) == 1
    assert "--yes" in capsys.readouterr().err
    assert desk("--task", str(pdf.id), "--yes") == 1
    last.refresh_from_db()
    assert last.state == "waiting"


def test_an_interrupt_stops_before_the_next_document(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from hpki.signatures.queue_client import QueueServer

    for number in range(3):
        waiting(desk.client, f"letter {number}".encode())
    hand_in = QueueServer.hand_in

    def interrupted(self: QueueServer, task: Any, signed: bytes) -> str:
        if "signed" in states():
            raise KeyboardInterrupt
        return hand_in(self, task, signed)

    monkeypatch.setattr(QueueServer, "hand_in", interrupted)
    assert desk("--all", "--yes") == 1
    assert "1 件に署名し" in capsys.readouterr().err
    assert states() == ["signed", "waiting", "waiting"]


def test_a_server_under_another_name_gets_no_answer_of_the_card(
    desk: Desk, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.ORIGIN = "https://hpki.example.jp"
    assert desk("--list") == 1
    assert "https://hpki.example.jp" in capsys.readouterr().err
