"""`hpki trust show | verify | update`."""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from functools import cache, partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hpki.cli.main import main
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.secret import Secret
from hpki.keys.software import save_software_key
from hpki.validation.trust_list import ListedAnchor, TrustListContent, sign_trust_list
from tests.hpki.cli.test_validate import Quiet
from tests.hpki.validation.status_world import AT, DAY, authority
from tests.pki import key

PUBLISHER = key(KeyAlgorithm.P_256, "trust publisher")
OLD, NEW = authority("ca", "ca"), authority("ca", "ca of the next generation")
AT_THAT_TIME = ["--at", AT.isoformat()]
Run = Callable[..., tuple[int, str, str]]


@cache
def edition(sequence: int) -> bytes:
    anchors = tuple(
        ListedAnchor(each, frozenset({"jpki-signing"}), AT - DAY, AT + 900 * DAY, "世代")
        for each in (OLD, NEW)
    )
    issued_at = AT - DAY + dt.timedelta(minutes=sequence)
    return sign_trust_list(
        TrustListContent("test publisher", sequence, issued_at, AT + DAY, anchors), PUBLISHER
    )


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for number in (1, 2, 3):
        (tmp_path / f"{number}.json").write_bytes(edition(number))
    (tmp_path / "kept.json").write_bytes(edition(2))
    public = PUBLISHER.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "publisher.pem").write_bytes(public)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["trust", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_show_says_what_stands_there_and_that_nothing_is_proven(files: Path, run: Run) -> None:
    for lang, words in (("ja", "確かめていません"), ("en", "not checked")):
        code, out, _ = run("show", files / "1.json", "--lang", lang)
        assert code == 0
        assert words in out
        assert "jpki-signing" in out
    assert json.loads(run("show", files / "1.json", "--json")[1])["verified"] is False


def test_one_generation_is_chosen_by_its_key(files: Path, run: Run) -> None:
    identifier = NEW.subject_key_identifier
    assert identifier is not None
    out = run("show", files / "1.json", "--json", "--key-identifier", identifier.hex())[1]

    (anchor,) = json.loads(out)["anchors"]
    assert anchor["sha256"] == NEW.sha256.hex().upper()
    assert json.loads(run("show", files / "1.json", "--json", "--key-identifier", "00")[1])["anchors"] == []


def test_verify_believes_the_publisher_and_nobody_else(files: Path, run: Run) -> None:
    checked = ["verify", files / "1.json", "--key", files / "publisher.pem"]

    assert run(*checked, *AT_THAT_TIME, "--lang", "ja")[0] == 0
    assert run(*checked, "--at", (AT + 9 * DAY).isoformat())[0] == 1
    (files / "1.json").write_bytes(edition(1).replace(b"test publisher", b"fake publisher"))
    code, _, err = run(*checked, *AT_THAT_TIME)
    assert code == 1
    assert "changed after it was signed" in err


def test_update_goes_forward_and_never_back(files: Path, run: Run) -> None:
    kept = files / "kept.json"
    rest = [kept, "--key", files / "publisher.pem", *AT_THAT_TIME]

    code, out, _ = run("update", files / "3.json", *rest, "--lang", "en")
    assert (code, kept.read_bytes()) == (0, edition(3))
    assert "Edition 3" in out
    code, _, err = run("update", files / "1.json", *rest)
    assert (code, kept.read_bytes()) == (1, edition(3))
    assert "older" in err
    assert [path.name for path in files.iterdir() if path.name.startswith(".")] == [], (
        "nothing half written stays"
    )


def test_the_first_list_is_taken_when_there_is_none(files: Path, run: Run) -> None:
    fresh = files / "fresh.json"

    assert run("update", files / "1.json", fresh, "--key", files / "publisher.pem", *AT_THAT_TIME)[0] == 0
    assert fresh.read_bytes() == edition(1)


def test_a_list_that_is_no_list_changes_nothing(files: Path, run: Run) -> None:
    (files / "noise.json").write_bytes(b'{"kind": "other"}')
    kept = files / "kept.json"

    code, _, err = run("update", files / "noise.json", kept, "--key", files / "publisher.pem", *AT_THAT_TIME)
    assert (code, kept.read_bytes()) == (1, edition(2))
    assert "trust list" in err


def test_a_publisher_signs_a_draft_that_names_files(tmp_path: Path, files: Path, run: Run) -> None:
    (tmp_path / "old.der").write_bytes(OLD.der)
    times = {"not_before": "2026-01-01T00:00:00Z", "not_after": "2030-01-01T00:00:00Z"}
    draft = {
        "publisher": "test publisher",
        "sequence": 4,
        "issued_at": "2026-11-04T00:00:00Z",
        "next_update": "2026-12-04T00:00:00Z",
        "anchors": [{"file": "old.der", "purposes": ["hpki-signing"], "note": "", **times}],
    }
    (tmp_path / "draft.json").write_text(json.dumps(draft))
    (tmp_path / "passphrase").write_text("correct horse\n")
    (tmp_path / "passphrase").chmod(0o600)
    save_software_key(PUBLISHER, tmp_path / "publisher.key.pem", Secret("correct horse"))
    key_files = ["--key", tmp_path / "publisher.key.pem", "--passphrase-file", tmp_path / "passphrase"]

    assert run("sign", tmp_path / "draft.json", tmp_path / "new.json", *key_files)[0] == 0
    assert run("verify", tmp_path / "new.json", "--key", files / "publisher.pem", *AT_THAT_TIME)[0] == 0
    assert (
        run(
            "update",
            tmp_path / "new.json",
            files / "kept.json",
            "--key",
            files / "publisher.pem",
            *AT_THAT_TIME,
        )[0]
        == 0
    )
    (tmp_path / "draft.json").write_text(json.dumps({**draft, "anchors": [{"file": "draft.json"}]}))
    assert run("sign", tmp_path / "draft.json", tmp_path / "other.json", *key_files)[0] == 1
    assert not (tmp_path / "other.json").exists()


@pytest.fixture
def served(files: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=files))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_edition_is_fetched_from_an_address(files: Path, served: str, run: Run) -> None:
    rest = [files / "kept.json", "--key", files / "publisher.pem", *AT_THAT_TIME]

    assert run("update", f"{served}/3.json", *rest)[0] == 1, "a private address without leave"
    assert run("update", f"{served}/3.json", *rest, "--reach", "127.0.0.0/8")[0] == 0
    assert (files / "kept.json").read_bytes() == edition(3)
