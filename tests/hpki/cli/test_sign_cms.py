"""`hpki sign cms`, `hpki extend`, `hpki validate document`: from a file to a verdict and back after years."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from hpki.cli.main import main
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.secret import Secret
from hpki.keys.software import save_software_key
from hpki.signatures.cms.extending import Extension, extend
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.content import OctetContent
from hpki.signatures.facts import Level
from hpki.validation.evidence import Evidence
from tests import pki
from tests.signing_scene import CLAIMS, LETTER, MINUTE, SIGNED_AT, YEAR, scene

SCENE = scene()
ISSUE_KEYS = {
    "indication", "sub_indication", "format", "level", "intact", "signed_at", "proven_at", "signer", "environment",
    "qualifications", "findings",
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with 花子's letter, her key and certificate, the root, and the day's lists."""
    unit = SCENE.unit()
    (tmp_path / "letter.txt").write_bytes(LETTER)
    save_software_key(pki.key(KeyAlgorithm.P_256, "hanako"), tmp_path / "hanako.key", Secret("himitsu"))
    (tmp_path / "passphrase").write_text("himitsu\n")
    pem = (each.certificate.public_bytes(Encoding.PEM) for each in (unit.certificate, *unit.chain))
    (tmp_path / "hanako.pem").write_bytes(b"".join(pem))
    (tmp_path / "root.der").write_bytes(SCENE.anchors[0].certificate.der)
    write_evidence(tmp_path, SCENE.evidence())
    return tmp_path


def write_evidence(folder: Path, evidence: Evidence) -> None:
    for number, found in enumerate(evidence.crls):
        (folder / f"list-{number}.crl").write_bytes(found.crl.public_bytes(pki.DER))
    for number, certificate in enumerate(evidence.certificates):
        (folder / f"authority-{number}.der").write_bytes(certificate.der)


def validate(
    desk: Path, file: str, *options: str, capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, Any]]:
    command = [
        "validate",
        "document",
        str(desk / file),
        "--trust",
        str(desk / "root.der"),
        "--offline",
        "--json",
    ]
    code = main([*command, *options])
    described: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, described


def evidence_options(desk: Path) -> Iterable[str]:
    return ["--crl", *map(str, desk.glob("*.crl")), "--untrusted", *map(str, desk.glob("authority-*.der"))]


def sign(desk: Path, *options: str) -> int:
    return main(
        [
            "sign", "cms", str(desk / "letter.txt"), "--key", str(desk / "hanako.key"),
            "--passphrase-file", str(desk / "passphrase"), "--certificate", str(desk / "hanako.pem"), *options,
        ]
    )  # fmt: skip


def test_a_letter_is_signed_and_says_who_signed_it(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign(desk, "--role", "主治医", "--commitment", "approval", "--lang", "en") == 0
    assert "letter.txt.p7s" in capsys.readouterr().out
    code, told = validate(
        desk,
        "letter.txt.p7s",
        "--detached",
        str(desk / "letter.txt"),
        "--policy",
        "hpki-signing-test",
        capsys=capsys,
    )
    [signature] = told["signatures"]
    # The clock of the command is today's: the scene's lists are of another day.
    assert (code, signature["sub_indication"]) == (2, "TRY_LATER")
    assert signature.keys() >= ISSUE_KEYS
    assert signature["intact"] is True
    assert (signature["format"], signature["level"], signature["environment"]) == ("CAdES", "B", "test")
    assert signature["claimed_roles"] == ["主治医"]
    assert [each["name_ja"] for each in signature["qualifications"]] == ["医師"]


def test_a_signature_with_its_evidence_passes_and_a_changed_letter_does_not(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = sign_cms(OctetContent(LETTER), SCENE.unit(), CLAIMS)
    (desk / "letter.p7s").write_bytes(message)
    moment = (SIGNED_AT + MINUTE).isoformat()
    options = ["--policy", "hpki-signing-test", "--at", moment, *evidence_options(desk)]
    code, told = validate(desk, "letter.p7s", "--detached", str(desk / "letter.txt"), *options, capsys=capsys)
    assert (code, told["indication"]) == (0, "TOTAL_PASSED")
    assert told["signatures"][0]["signed_at"] == "2026-11-04T03:00:00Z"
    (desk / "letter.txt").write_bytes(LETTER + b"!")
    code, told = validate(desk, "letter.p7s", "--detached", str(desk / "letter.txt"), *options, capsys=capsys)
    assert (code, told["indication"], told["sub_indication"]) == (1, "TOTAL_FAILED", "HASH_FAILURE")
    assert told["signatures"][0]["intact"] is False
    code, told = validate(desk, "letter.p7s", *options, capsys=capsys)
    assert (code, told["sub_indication"]) == (2, "SIGNED_DATA_NOT_FOUND")


def test_a_test_card_does_not_pass_in_production(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "letter.p7m").write_bytes(sign_cms(OctetContent(LETTER), SCENE.unit(), CLAIMS, attached=True))
    options = ["--at", (SIGNED_AT + MINUTE).isoformat(), *evidence_options(desk)]
    code, told = validate(desk, "letter.p7m", *options, capsys=capsys)
    assert (code, told["policy"], told["sub_indication"]) == (2, "hpki-signing", "CHAIN_CONSTRAINTS_FAILURE")


def test_a_pharmacist_is_no_physician(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unit = SCENE.unit("ken", roles=(pki.PHARMACIST,))
    (desk / "letter.p7m").write_bytes(sign_cms(OctetContent(LETTER), unit, CLAIMS, attached=True))
    options = [
        "--policy", "hpki-signing-test", "--at", (SIGNED_AT + MINUTE).isoformat(), *evidence_options(desk)
    ]  # fmt: skip
    code, told = validate(
        desk, "letter.p7m", *options, "--require-qualification", "pharmacist", capsys=capsys
    )
    assert (code, told["indication"]) == (0, "TOTAL_PASSED")
    code, told = validate(desk, "letter.p7m", *options, "--require-qualification", "physician", capsys=capsys)
    assert (code, told["sub_indication"]) == (2, "SIG_CONSTRAINTS_FAILURE")


def test_an_archived_signature_is_judged_years_later_from_the_file_alone(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = sign_cms(OctetContent(LETTER), SCENE.unit(), CLAIMS, attached=True)
    archived = extend(message, Level.LTA, Extension(SCENE.authority(), SCENE.evidence()))
    (desk / "letter.p7m").write_bytes(archived)
    later = (SIGNED_AT + 4 * YEAR).isoformat()
    code, told = validate(desk, "letter.p7m", "--policy", "hpki-signing-test", "--at", later, capsys=capsys)
    [signature] = told["signatures"]
    assert (code, signature["level"], signature["proven_at"]) == (0, "LTA", "2026-11-04T03:01:00Z")
    assert [each["indication"] for each in signature["time_stamps"]] == ["TOTAL_PASSED"] * 2


def test_a_verdict_is_replayed_from_what_was_kept(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = extend(
        sign_cms(OctetContent(LETTER), SCENE.unit(), CLAIMS, attached=True),
        Level.T,
        Extension(SCENE.authority(), SCENE.evidence()),
    )
    (desk / "letter.p7m").write_bytes(message)
    at = (SIGNED_AT + 5 * MINUTE).isoformat()
    options = ["--policy", "hpki-signing-test", "--at", at]
    kept = desk / "kept"
    first = validate(
        desk, "letter.p7m", *options, *evidence_options(desk), "--keep", str(kept), capsys=capsys
    )
    again = validate(
        desk, "letter.p7m", *options, "--crl", *map(str, kept.glob("*.crl")),
        "--untrusted", *map(str, kept.glob("*.cer")), capsys=capsys,
    )  # fmt: skip
    assert first == again
    assert first[0] == 0


def test_what_is_no_document_fails_and_what_is_not_there_is_usage(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = validate(desk, "letter.txt", capsys=capsys)
    assert (code, told["sub_indication"], told["signatures"]) == (1, "FORMAT_FAILURE", [])
    assert main(["validate", "document", str(desk / "none.p7m"), "--offline"]) == 3
    assert "none.p7m" in capsys.readouterr().err


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_report_is_told_in_words(desk: Path, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "letter.p7m").write_bytes(sign_cms(OctetContent(LETTER), SCENE.unit(), CLAIMS, attached=True))
    main(["validate", "document", str(desk / "letter.p7m"), "--offline", "--lang", lang])
    told = capsys.readouterr().out
    assert "Hanako Iryo" in told
    assert ("医師" if lang == "ja" else "Medical Doctor") in told


def test_the_report_is_given_as_etsi_s_xml(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "letter.p7m").write_bytes(sign_cms(OctetContent(LETTER), SCENE.unit(), CLAIMS, attached=True))
    main(["validate", "document", str(desk / "letter.p7m"), "--offline", "--xml"])
    told = capsys.readouterr().out
    assert "ValidationReport" in told
    assert "urn:etsi:019102:mainindication:indeterminate" in told


def test_the_report_is_written_as_a_pdf(desk: Path) -> None:
    (desk / "letter.p7m").write_bytes(sign_cms(OctetContent(LETTER), SCENE.unit(), CLAIMS, attached=True))
    words = ["validate", "document", str(desk / "letter.p7m"), "--offline", "--pdf", str(desk / "report.pdf")]
    assert main(words) == 2
    assert (desk / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_nothing_is_extended_without_an_authority(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign(desk, "--level", "T", "--lang", "en") == 1
    assert "time-stamp authority" in capsys.readouterr().err
    assert not (desk / "letter.txt.p7s").exists()
