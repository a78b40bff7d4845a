"""What comes in lies nowhere under a name before it is sealed, and what no database keeps is refused at the door."""

import json
import tempfile
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.test import Client, RequestFactory
from pytest_django import Settings

from hpki_server.enrollment.papers import OCTETS_MOST
from hpki_server.people.uploads import AROUND_A_FILE
from tests import cast


def test_a_paper_of_any_size_that_is_taken_stays_in_memory(settings: Settings) -> None:
    assert settings.FILE_UPLOAD_MAX_MEMORY_SIZE >= OCTETS_MOST + AROUND_A_FILE


def test_a_larger_file_has_no_name_on_the_disk(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    content = b"0123456789" * 20_000
    request = RequestFactory().post("/", {"file": SimpleUploadedFile("a.csv", content)})
    sent = request.FILES["file"]
    assert isinstance(sent, UploadedFile)
    assert (sent.name, sent.size) == ("a.csv", len(content))
    assert list(tmp_path.iterdir()) == []
    assert sent.read() == content
    sent.close()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/intake/?q=%00",
        "/applications/00000000-0000-4000-8000-000000000000/invoices/%00.pdf",
        "/home/?x=a%00b",
    ],
)
def test_a_zero_in_an_address_is_a_bad_request(address: str) -> None:
    assert cast.signed_in(cast.TAKAHASHI).get(address).status_code == 400


@pytest.mark.django_db
def test_a_cookie_that_is_no_key_of_a_session_is_nobody() -> None:
    # PostgreSQL fails at the zero octet that a quoted cookie may hold.
    answer = Client().get("/home/", headers={"cookie": 'sessionid="\000aaaaaaaaaaaa"'})
    assert answer.status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changed",
    [
        {"number": "33\x002026"},
        {"fields": {"kind": "came", "note": "\ud800"}},
        {"claimed_at": "0001-01-01T00:00:00+14:00"},
        {"fields": "NESTED"},
    ],
)
def test_an_entry_of_a_desk_that_no_database_keeps_is_malformed(changed: dict[str, Any]) -> None:
    facts = {
        "nonce": str(uuid.uuid4()),
        "kind": "visit",
        "number": "33-2026-000001",
        "claimed_at": cast.NOON.isoformat(),
        "fields": {"kind": "came", "note": ""},
    }
    body = json.dumps(facts | changed).replace('"NESTED"', "[" * 4000 + "]" * 4000)
    assert sent(cast.signed_in(cast.TAKAHASHI), body) == 400


def sent(client: Client, body: str) -> int:
    return client.post("/desk/entries/", body, content_type="application/json").status_code
