"""A transcript proves itself, and whoever changes it is found, with the place."""

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from pytest_django import DjangoDbBlocker

from hpki.keys.algorithms import KeyAlgorithm, algorithm_of
from hpki.keys.software import generate_software_key
from hpki_server.authority.ceremony.paper import paper
from hpki_server.authority.ceremony.rehearse import rehearse
from hpki_server.authority.ceremony.stopped import CeremonyStopped
from hpki_server.authority.ceremony.transcript import Journal, Transcript, TranscriptRejected, canonical
from hpki_server.authority.ceremony.verify import verify_transcript
from tests.ceremony_room import CEREMONY_DAY, Clock, shipped

Steps = list[dict[str, Any]]


@pytest.fixture(scope="module")
def transcripts() -> dict[str, Transcript]:
    """A root's and a sub-CA's, from rehearsals: no database needed."""
    return {
        name: rehearse(shipped(name), clock=Clock(), tell=lambda _: None).transcript
        for name in ("1-root", "2-signing")
    }


@pytest.fixture
def root(transcripts: dict[str, Transcript], tmp_path: Path) -> Path:
    return written(transcripts["1-root"], tmp_path)


@pytest.fixture
def signing(transcripts: dict[str, Transcript], tmp_path: Path) -> Path:
    return written(transcripts["2-signing"], tmp_path)


def written(transcript: Transcript, folder: Path) -> Path:
    (folder / "transcript.json").write_bytes(transcript.as_json())
    (folder / "transcript.txt").write_text(paper(transcript), encoding="utf-8")
    return folder / "transcript.json"


def forge(path: Path, change: Callable[[Steps], object], *, hashes_anew: bool) -> None:
    """Change the steps; a careful forger computes all hashes anew and prints a new paper."""
    document = json.loads(path.read_bytes())
    change(document["steps"])
    if hashes_anew:
        previous = "0" * 64
        for number, step in enumerate(document["steps"], 1):
            step |= {"number": number, "previous": previous}
            step.pop("hash")
            previous = step["hash"] = hashlib.sha256(canonical(step)).hexdigest()
        path.with_suffix(".txt").unlink()
    path.write_bytes(canonical(document) + b"\n")


def facts(steps: Steps, name: str) -> dict[str, Any]:
    return next(step["facts"] for step in steps if step["name"] == name)


def replace_der(steps: Steps, step: str, name: str, der: bytes) -> None:
    facts(steps, step)[f"{name}_der"] = base64.b64encode(der).decode()
    facts(steps, step)[f"{name}_sha256"] = hashlib.sha256(der).hexdigest()


def test_an_untouched_transcript_is_proven(root: Path, signing: Path) -> None:
    assert verify_transcript(signing).file.authority == "demo-signing"
    assert verify_transcript(root).certificate is not None


def test_the_paper_names_everybody_and_can_be_read_aloud(transcripts: dict[str, Transcript]) -> None:
    text = paper(transcripts["2-signing"])
    for words in (
        "Conductor 認証局 佐藤",
        "Witness 監査 田中",
        "The certificate was signed over the linted bytes",
    ):
        assert words in text
    head = transcripts["2-signing"].head
    assert " ".join(head[start : start + 4] for start in range(0, 32, 4)) in text
    assert "     | format: openhpki-ceremony/1" in text


@pytest.mark.parametrize("number", range(1, 11))
def test_any_changed_step_is_named(root: Path, number: int) -> None:
    def change(steps: Steps) -> None:
        steps[number - 1]["at"] = "2026-11-04T09:99:99Z"

    forge(root, change, hashes_anew=False)
    with pytest.raises(TranscriptRejected) as caught:
        verify_transcript(root)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(f"step {number} (")
    assert "was changed" in caught.value.problems[0]


def test_a_removed_step_and_two_exchanged_ones_are_named(root: Path) -> None:
    kept = root.read_bytes()
    forge(root, lambda steps: steps.pop(4), hashes_anew=False)
    with pytest.raises(
        TranscriptRejected, match=r"^step 6 .signed. stands after step 4: a step was removed, added or moved$"
    ):
        verify_transcript(root)
    root.write_bytes(kept)
    forge(root, lambda steps: steps.insert(2, steps.pop(3)), hashes_anew=False)
    with pytest.raises(TranscriptRejected, match=r"step 4 .key_made. stands after step 2"):
        verify_transcript(root)
    root.write_bytes(kept)
    forge(root, lambda steps: steps.pop(), hashes_anew=False)
    with pytest.raises(TranscriptRejected, match="not closed; its last step is registered"):
        verify_transcript(root)


def other_certificate(steps: Steps) -> None:
    """Mallory's own key signs the same content."""
    real = x509.load_der_x509_certificate(base64.b64decode(facts(steps, "signed")["certificate_der"]))
    mallory = generate_software_key(KeyAlgorithm.P_256)
    builder = x509.CertificateBuilder(
        issuer_name=real.issuer,
        subject_name=real.subject,
        public_key=mallory.public_key(),
        serial_number=real.serial_number,
        not_valid_before=real.not_valid_before_utc.replace(tzinfo=None),
        not_valid_after=real.not_valid_after_utc.replace(tzinfo=None),
    )
    forged = builder.sign(mallory.builder_key(), hashes.SHA256())
    replace_der(steps, "signed", "certificate", forged.public_bytes(serialization.Encoding.DER))


def other_key(steps: Steps) -> None:
    mallory = generate_software_key(KeyAlgorithm.P_256).public_key()
    replace_der(
        steps,
        "key_made",
        "public_key",
        mallory.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
    )


def broken_signature(steps: Steps) -> None:
    der = bytearray(base64.b64decode(facts(steps, "signed")["certificate_der"]))
    der[-1] ^= 1
    replace_der(steps, "signed", "certificate", bytes(der))


def broken_list(steps: Steps) -> None:
    der = bytearray(base64.b64decode(facts(steps, "list_signed")["crl_der"]))
    der[-1] ^= 1
    replace_der(steps, "list_signed", "crl", bytes(der))


def other_file(steps: Steps) -> None:
    opened = facts(steps, "opened")
    opened["file"] = opened["file"].replace("openhpki Demonstration", "Another Organisation")
    opened["file_sha256"] = hashlib.sha256(opened["file"].encode()).hexdigest()


def file_without_its_hash(steps: Steps) -> None:
    facts(steps, "opened")["file"] += "# more\n"


def other_moment(steps: Steps) -> None:
    facts(steps, "list_signed")["this_update"] = "2026-11-05T00:00:00+00:00"


def other_registration(steps: Steps) -> None:
    facts(steps, "registered")["transcript_sha256"] = "0" * 64


def no_custodians(steps: Steps) -> None:
    steps[:] = [step for step in steps if not step["name"].startswith("shares_")]


def signed_before_linted(steps: Steps) -> None:
    places = [number for number, step in enumerate(steps) if step["name"] in {"linted", "signed"}]
    steps.insert(places[0], steps.pop(places[1]))


def second_certificate(steps: Steps) -> None:
    steps.append(next(step | {} for step in steps if step["name"] == "signed"))
    steps.append(steps.pop(-2))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (other_certificate, r"step \d+ \(signed\): another certificate was signed than was linted"),
        (other_key, r"step \d+ \(linted\): the file, the key and the lints give another certificate"),
        (broken_signature, r"step \d+ \(signed\): the p-256 signature does not verify"),
        (broken_list, r"step \d+ \(list_signed\): the p-256 signature does not verify"),
        (other_file, r"step \d+ \(linted\): the file, the key and the lints give another certificate"),
        (file_without_its_hash, r"step 1 \(opened\): the file's hash does not fit"),
        (other_moment, r"step \d+ \(list_signed\): another list was signed"),
        (other_registration, r"step \d+ \(registered\): it was registered with another transcript's hash"),
        (no_custodians, "no custodian took part"),
        (signed_before_linted, "not stand in the order"),
        (second_certificate, "2 steps signed instead of one"),
    ],
)
def test_a_forger_who_computes_all_hashes_anew_is_found(
    signing: Path, change: Callable[[Steps], None], where: str
) -> None:
    forge(signing, change, hashes_anew=True)
    with pytest.raises(TranscriptRejected, match=where):
        verify_transcript(signing)


def test_a_changed_paper_is_found(root: Path) -> None:
    path = root.with_suffix(".txt")
    path.write_text(path.read_text(encoding="utf-8").replace("監査 田中", "監査 山本"), encoding="utf-8")
    with pytest.raises(TranscriptRejected, match=r"transcript\.txt is not the text"):
        verify_transcript(root)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"format":"x","steps":[]}', b'{"steps":[1]}', b"\xff"]
)
def test_what_is_no_transcript_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.json").write_bytes(content)
    with pytest.raises(TranscriptRejected):
        verify_transcript(tmp_path / "t.json")


def test_nothing_may_be_hidden_beside_the_steps(root: Path) -> None:
    document = json.loads(root.read_bytes())
    root.write_bytes(canonical(document | {"note": "hidden"}) + b"\n")
    with pytest.raises(TranscriptRejected, match="more than the steps"):
        verify_transcript(root)


def test_a_ceremony_does_not_go_on_with_a_changed_transcript(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.record("opened", {"file_sha256": "x"}, CEREMONY_DAY)
    path = tmp_path / "transcript.json"
    path.write_bytes(path.read_bytes().replace(b'"x"', b'"y"'))
    with pytest.raises(
        CeremonyStopped, match=r"was changed since it was written(.|\n)*step 1 .opened. was changed"
    ):
        Journal(tmp_path)


def test_a_rehearsal_leaves_nothing_and_touches_no_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    said: list[str] = []
    with django_db_blocker.block():
        for name in ("5-presence", "token-root.example"):
            verified = rehearse(
                shipped(name), clock=Clock(dt.datetime(2030, 1, 1, tzinfo=dt.UTC)), tell=said.append
            )
            assert verified.transcript.is_closed
    assert list(tmp_path.iterdir()) == []
    assert "everything was thrown away" in said[-1]


@pytest.mark.parametrize("algorithm", ["rsa-2048", "p-384", "ml-dsa-65"])
def test_every_kind_of_key_goes_through_a_ceremony(algorithm: str) -> None:
    file = shipped("4-organisation", **{"p-256": algorithm})
    verified = rehearse(file, clock=Clock(), tell=lambda _: None)
    assert algorithm_of(verified.certificate.public_key()) == algorithm
