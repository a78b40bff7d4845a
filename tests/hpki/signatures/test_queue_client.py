"""The holder's side of a server's queue believes nothing that the server says before it has looked at it."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hpki.card.client import HpkiCard
from hpki.card.objects import CardApplication
from hpki.card.sign_in import sign_in_message
from hpki.errors import MalformedInput, ServerRefused
from hpki.keys.algorithms import verify
from hpki.signatures.card_signer import authentication_unit
from hpki.signatures.queue_client import QueueServer, server_address
from tests import cards

HERE = "https://hpki.example.jp"
ENTRY = {
    "id": "2f5ae6ba-b8b9-433e-b5b7-2516b64a71ee",
    "title": "紹介状",
    "asked_by": "見本病院",
    "file_name": "letter.pdf",
    "level": "T",
    "octets": 7,
    "sha256": "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73",
    "deadline": "2026-12-23T00:32:39Z",
}
CHALLENGE = {
    "challenge": "c5734d02-5842-404e-a2e4-1584b3a5fdbe",
    "nonce": base64.b64encode(bytes(32)).decode(),
    "server": HERE,
}


class Told:
    """A server that answers what it was told to, and remembers what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {"/sign-in/challenge": CHALLENGE, "/sign-in": {"token": "t"}} | answers
        self.asked: list[tuple[str, str, bytes, Mapping[str, str]]] = []

    def exchange(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        path = url.removeprefix(f"{HERE}/api/signing")
        self.asked.append((method, path, body or b"", headers or {}))
        answer = self.answers[path]
        if isinstance(answer, list):
            answer = answer.pop(0)
        status, said = answer if isinstance(answer, tuple) else (200, answer)
        return status, said if isinstance(said, bytes) else json.dumps(said).encode()


@pytest.fixture
def card(tmp_path: Path) -> HpkiCard:
    return HpkiCard(cards.made_card(tmp_path / "card"))


def server(told: Told, card: HpkiCard) -> QueueServer:
    return QueueServer(told, HERE, authentication_unit(card, cards.AUTHENTICATION_PIN))


def test_the_card_answers_over_the_address_that_was_dialled(card: HpkiCard) -> None:
    told = Told(**{"/queue": {"tasks": [ENTRY]}})
    [waiting] = server(told, card).waiting()
    assert (waiting.title, waiting.level, waiting.deadline.isoformat()) == (
        "紹介状",
        "T",
        "2026-12-23T00:32:39+00:00",
    )
    claim = json.loads(told.asked[1][2])
    key = card.certificate(CardApplication.AUTHENTICATION).public_key()
    verify(key, base64.b64decode(claim["signature"]), sign_in_message(HERE, bytes(32)))
    assert told.asked[2][3]["Authorization"] == "Bearer t"


def test_a_server_that_calls_itself_otherwise_gets_no_signature(card: HpkiCard) -> None:
    told = Told(**{"/sign-in/challenge": CHALLENGE | {"server": "https://other.example"}})
    with pytest.raises(MalformedInput, match=r"other\.example"):
        server(told, card).waiting()
    assert len(told.asked) == 1


def test_a_session_that_ended_is_begun_anew_once(card: HpkiCard) -> None:
    ended = (401, {"code": "key_unfit", "sentence": "over"})
    told = Told(**{"/queue": [ended, {"tasks": []}]})
    assert server(told, card).waiting() == ()
    with pytest.raises(ServerRefused) as no:
        server(Told(**{"/queue": [ended, ended]}), card).waiting()
    assert (no.value.status, no.value.code) == (401, "key_unfit")


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "../../etc"},
        {"octets": -1},
        {"octets": 10**12},
        {"deadline": "tomorrow"},
        {"deadline": "2026-12-23T00:32:39"},
        {"title": None},
    ],
)
def test_an_entry_that_is_none_is_refused(card: HpkiCard, changed: dict[str, object]) -> None:
    with pytest.raises(MalformedInput):
        server(Told(**{"/queue": {"tasks": [ENTRY | changed]}}), card).waiting()


def test_names_reach_neither_another_folder_nor_the_terminal(card: HpkiCard) -> None:
    hostile = [
        ENTRY | {"file_name": "../../.ssh/authorized_keys", "title": "\x1b]0;owned\x07紹介状"},
        ENTRY | {"file_name": "..\\..\\", "title": "a"},
    ]
    first, second = server(Told(**{"/queue": {"tasks": hostile}}), card).waiting()
    assert first.file_name == "authorized_keys"
    assert "\x1b" not in first.title
    assert second.file_name not in {"", ".", ".."}
    assert "/" not in second.file_name


def test_a_document_that_is_not_the_one_in_the_list_is_not_shown(card: HpkiCard) -> None:
    path = f"/queue/{ENTRY['id']}/document"
    mine = server(Told(**{"/queue": {"tasks": [ENTRY]}, path: [b"content", b"another"]}), card)
    [waiting] = mine.waiting()
    assert mine.draft(waiting) == b"content"
    with pytest.raises(MalformedInput, match="hash"):
        mine.draft(waiting)


@pytest.mark.parametrize("said", [b"<html>", b"[]", b"{", b'{"code": 1}'])
def test_whatever_a_server_answers_is_one_typed_no(card: HpkiCard, said: bytes) -> None:
    with pytest.raises(ServerRefused):
        server(Told(**{"/queue": (500, said)}), card).waiting()
    with pytest.raises(MalformedInput):
        server(Told(**{"/queue": (200, said)}), card).waiting()


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://HPKI.example.jp/", HERE),
        ("https://hpki.example.jp:443", HERE),
        ("https://hpki.example.jp:8443", f"{HERE}:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_address_of_a_server(typed: str, address: str) -> None:
    assert server_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "http://hpki.example.jp",
        "ftp://localhost",
        "hpki.example.jp",
        "https://a/b",
        "https://a:x",
        "https://",
    ],
)
def test_what_is_no_address_of_a_server(typed: str) -> None:
    with pytest.raises(MalformedInput):
        server_address(typed)
