"""`hpki cert show` on every file it may meet."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from hpki.cli import cert
from hpki.cli.main import main
from hpki.issuance import profiles
from hpki.keys.algorithms import KeyAlgorithm
from tests import pki
from tests.hpki.certs import vectors

AT = ["--at", "2022-10-01T00:00:00+00:00"]
FILES = sorted(vectors.FOLDER.glob("*.der")) if vectors.FOLDER.is_dir() else []
Run = Callable[..., str]


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> str:
        assert main(["cert", "show", *map(str, arguments)]) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def hanako(tmp_path: Path) -> Path:
    certificate = pki.hierarchy().issue(profiles.SIGNING, pki.key(KeyAlgorithm.P_256, "holder").public_key())
    path = tmp_path / "hanako.pem"
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


@vectors.needed
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_in_service_is_shown(show: Run, path: Path) -> None:
    shown = json.loads(show(path, "--json", *AT))

    assert shown["kind"] == ("crl" if "rl_" in path.stem else "certificate")
    for lang in ("ja", "en"):
        assert shown["issuer"] in show(path, "--lang", lang, *AT)


@vectors.needed
@pytest.mark.parametrize(
    ("name", "environment", "code", "name_ja", "hcrole"),
    [
        ("ee_medis_sign_medicaldoctor_015E", "test", "physician", "医師", "Medical Doctor"),
        ("ee_medis_sign_medicaldoctor_6F", "test", "physician", "医師", "Medical Doctor"),
        ("ee_jma_sign_medicaldoctor_8090", "test", "physician", "医師", "Medical Doctor"),
        ("ee_medis_sign_pharmacist_0164", "test", "pharmacist", "薬剤師", "Pharmacist"),
        ("ee_jpa_sign_pharmacist_83E3", "test", "pharmacist", "薬剤師", "Pharmacist"),
    ],
)
def test_holders_in_service(
    show: Run, name: str, environment: str, code: str, name_ja: str, hcrole: str
) -> None:
    shown = json.loads(show(vectors.FOLDER / f"{name}.der", "--json"))

    assert shown["environment"] == environment
    assert shown["qualifications"] == [{"code": code, "name_ja": name_ja, "hcrole": hcrole}]
    assert shown["key_usage"] == ["content_commitment"]


@vectors.needed
@pytest.mark.parametrize("name", ["ca_jma_sign", "ca_medis_sign", "ca_medis_auth"])
def test_authorities_in_service_are_production_and_have_no_qualification(show: Run, name: str) -> None:
    shown = json.loads(show(vectors.FOLDER / f"{name}.der", "--json"))

    assert (shown["environment"], shown["qualifications"]) == ("production", [])


def test_pem_is_read_and_both_scripts_are_shown(show: Run, hanako: Path) -> None:
    words = show(hanako, "--lang", "ja")

    assert "CN=Hanako Iryo" in words
    assert "CN=医療　花子" in words
    assert "医師（Medical Doctor）" in words
    assert "検証していません" in words


@pytest.mark.parametrize(
    ("locale", "label"), [("ja_JP.UTF-8", "主体者"), ("en_US.UTF-8", "Subject"), ("", "Subject")]
)
def test_the_language_follows_the_terminal(
    show: Run, hanako: Path, monkeypatch: pytest.MonkeyPatch, locale: str, label: str
) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", locale)

    assert label in show(hanako)


def test_of_a_whole_chain_the_first_is_shown_and_the_rest_is_counted(
    hanako: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = pki.hierarchy().root.issuer.certificate.public_bytes(Encoding.PEM)
    hanako.write_bytes(hanako.read_bytes() + root + root)
    assert main(["cert", "show", str(hanako), "--json", "--lang", "en"]) == 0
    said = capsys.readouterr()

    assert json.loads(said.out)["holder_name"] == "Hanako Iryo"
    assert said.err == "hpki: Only the first of the file is shown; 2 more stand in it.\n"


def test_a_revocation_list_in_pem(show: Run, tmp_path: Path) -> None:
    path = tmp_path / "list.pem"
    signed = pki.hierarchy().authorities["SIGNING_CA"].revocation_list(number=42)
    path.write_bytes(signed.public_bytes(Encoding.PEM))
    shown = json.loads(show(path, "--json"))

    assert (shown["kind"], shown["number"], shown["entry_count"]) == ("crl", 42, 0)


def test_standard_input_is_read(show: Run, hanako: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(hanako.read_bytes())))
    assert json.loads(show("-", "--json"))["holder_name"] == "Hanako Iryo"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x30\x80\x00\x00",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
        b"-----BEGIN CERTIFICATE-----",
        b"\x30" * 70_000,
    ],
)
def test_what_is_neither_is_refused_with_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)

    assert main(["cert", "show", str(path)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("hpki: ")
    assert "Traceback" not in told.err


def test_a_file_without_end_is_not_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(cert.MOST_OCTETS + 1)

    assert main(["cert", "show", str(path)]) == 1
    assert "are not read" in capsys.readouterr().err


def test_a_missing_file_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["cert", "show", str(tmp_path / "absent")]) == 1
    assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["cert"], ["cert", "show"], ["cert", "show", "x", "--lang", "fr"], ["nonsense"]]
)
def test_a_command_written_wrongly_exits_with_3(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 3


def test_a_reader_who_leaves_early_makes_no_noise(hanako: Path) -> None:
    command = f"{sys.executable} -m hpki.cli.main cert show {hanako} | true"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stderr
