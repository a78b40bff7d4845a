"""DATABASE_URL and HPKI_SMTP: what is understood, and the sentence for what is not."""

from pathlib import Path

import pytest

from hpki_server.config.database import database
from hpki_server.config.mail import mail_server
from hpki_server.config.origin import origin


def test_without_an_address_the_embedded_database_is_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for url in (None, ""):
        if url is None:
            monkeypatch.delenv("DATABASE_URL", raising=False)
        else:
            monkeypatch.setenv("DATABASE_URL", url)
        assert database(tmp_path)["NAME"] == str(tmp_path / "openhpki.sqlite3")


def test_both_kinds_of_database_are_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////tmp/elsewhere.sqlite3")
    assert database(tmp_path)["NAME"] == "/tmp/elsewhere.sqlite3"
    monkeypatch.setenv("DATABASE_URL", "postgres://hpki:p%40ss@db.example:5433/cards")
    found = database(tmp_path)
    assert str(found["ENGINE"]).endswith("postgresql")
    assert (found["HOST"], found["PORT"], found["NAME"], found["PASSWORD"]) == (
        "db.example",
        5433,
        "cards",
        "p@ss",
    )


@pytest.mark.parametrize(
    "url", ["mysql://root:hush@host/name", "nonsense", "postgres://host:not-a-port/x", "postgres://"]
)
def test_another_database_is_refused_with_a_sentence_that_keeps_the_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(SystemExit) as refused:
        database(tmp_path)
    assert "sqlite:////" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_mail_server_is_read_with_its_password_hidden() -> None:
    server = mail_server("smtps://office:s%25cret@mail.example")
    assert server is not None
    assert (server.host, server.port, server.user, server.sealed) == ("mail.example", 465, "office", True)
    assert server.password.reveal() == "s%cret"
    assert "%cret" not in repr(server)
    assert mail_server("") is None


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "smtp://host:x"])
def test_another_mail_address_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(SystemExit, match="smtp://host:25"):
        mail_server(url)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("", "http://localhost:8000"),
        ("https://HPKI.example.jp/", "https://hpki.example.jp"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_address_that_people_type_has_no_slash_at_its_end(given: str, meant: str) -> None:
    assert origin(given) == meant


@pytest.mark.parametrize("given", ["localhost", "ftp://host", "https://host/path", "https://", "http://[bad"])
def test_another_address_is_refused_with_a_sentence(given: str) -> None:
    with pytest.raises(SystemExit, match=r"https://hpki\.example\.jp"):
        origin(given)
