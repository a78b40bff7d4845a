"""`hpki validate certificate`: words, JSON, exit codes, and what is fetched when it is not told to stay offline."""

import datetime as dt
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hpki.cli.main import main
from hpki.issuance import profiles
from hpki.issuance.crl_request import RevokedEntry
from hpki.keys.algorithms import KeyAlgorithm
from hpki.validation.facts import facts_of
from hpki.validation.trust_list import ListedAnchor, TrustListContent, sign_trust_list
from tests import pki
from tests.hpki.certs import vectors
from tests.hpki.validation.status_world import Crl, card, point, uri
from tests.hpki.validation.status_world import authority as small_authority

AT = "2026-11-04T03:00:00+00:00"
LISTED_AT = pki.CEREMONY_DAY + dt.timedelta(hours=1)
Run = Callable[..., tuple[int, str, str]]


@dataclass
class Folder:
    """Files of one hierarchy, as a hospital has them."""

    path: Path
    made: pki.Hierarchy = field(default_factory=pki.hierarchy)

    def put(self, name: str, octets: bytes) -> Path:
        (self.path / name).write_bytes(octets)
        return self.path / name

    def arguments(self, *, lists: bool = True) -> list[object]:
        crls = ["--crl", self.path / "root.crl", self.path / "ca.crl"] if lists else []
        trust = ["--trust", self.path / "root.pem", "--untrusted", self.path / "ca.der"]
        return [self.path / "hanako.pem", *trust, *crls, "--at", AT]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    made = folder.made
    signing = made.authorities["SIGNING_CA"]
    hanako = made.issue(profiles.SIGNING, pki.key(KeyAlgorithm.P_256, "holder").public_key())
    folder.put("hanako.pem", hanako.public_bytes(Encoding.PEM))
    folder.put("root.pem", made.root.issuer.certificate.public_bytes(Encoding.PEM))
    folder.put("ca.der", signing.issuer.certificate.public_bytes(Encoding.DER))
    folder.put("root.crl", made.root.revocation_list(at=LISTED_AT).public_bytes(Encoding.DER))
    folder.put("ca.crl", signing.revocation_list(at=LISTED_AT).public_bytes(Encoding.PEM))
    lost = RevokedEntry(hanako.serial_number, LISTED_AT - dt.timedelta(minutes=5), None)
    folder.put(
        "lost.crl",
        signing.revocation_list(at=LISTED_AT, number=2, entries=(lost,)).public_bytes(Encoding.DER),
    )
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["validate", "certificate", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_a_test_card_passes_under_the_test_policy(folder: Folder, run: Run) -> None:
    code, out, _ = run(*folder.arguments(), "--policy", "hpki-signing-test", "--offline", "--json")

    report = json.loads(out)
    assert (code, report["indication"], report["environment"]) == (0, "PASSED", "test")
    assert len(report["path"]) == 3
    assert len(report["revocation"]) == 2
    assert report["not_fetched"] == []


def test_without_a_policy_it_is_judged_in_production_and_refused(folder: Folder, run: Run) -> None:
    code, out, _ = run(*folder.arguments(), "--offline", "--json")

    report = json.loads(out)
    assert (code, report["indication"], report["policy"]) == (1, "FAILED", "hpki-signing")
    assert "policy_required" in {found["code"] for found in report["findings"]}


def test_a_lost_card_fails_and_the_day_is_told_in_both_languages(folder: Folder, run: Run) -> None:
    arguments = [
        *folder.arguments(),
        "--crl",
        folder.path / "lost.crl",
        "--policy",
        "hpki-signing-test",
        "--offline",
    ]

    for lang, words in (("ja", "失効しています（2026-11-04"), ("en", "it was revoked (2026-11-04")):
        code, out, _ = run(*arguments, "--lang", lang)
        assert code == 1
        assert words in out


def test_without_lists_it_stays_open(folder: Folder, run: Run) -> None:
    code, out, _ = run(
        *folder.arguments(lists=False), "--policy", "hpki-signing-test", "--offline", "--lang", "ja"
    )

    assert code == 2
    assert "判定不能 (TRY_LATER)" in out
    assert "失効情報がありません" in out


def test_a_moment_before_the_lists_is_open_unless_later_lists_are_taken(folder: Folder, run: Run) -> None:
    early = [
        *folder.arguments(),
        "--at",
        "2026-11-04T01:30:00Z",
        "--policy",
        "hpki-signing-test",
        "--offline",
    ]

    assert run(*early)[0] == 2
    assert run(*early, "--accept-later")[0] == 0


def test_what_stands_behind_the_certificate_in_its_file_is_evidence(folder: Folder, run: Run) -> None:
    authority = folder.made.authorities["SIGNING_CA"].issuer.certificate.public_bytes(Encoding.PEM)
    chain = folder.put("chain.pem", (folder.path / "hanako.pem").read_bytes() + authority)
    arguments = [
        chain,
        "--trust",
        folder.path / "root.pem",
        "--at",
        AT,
        "--policy",
        "hpki-signing-test",
        "--offline",
    ]

    assert run(*arguments, "--crl", folder.path / "root.crl", folder.path / "ca.crl")[0] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        ["nothing.pem", "--trust", "root.pem"],
        ["hanako.pem", "--trust", "nothing.pem"],
        ["hanako.pem", "--trust", "root.crl"],
        ["hanako.pem", "--trust", "root.pem", "--crl", "hanako.pem"],
        ["hanako.pem", "--trust", "root.pem", "--ocsp", "root.crl"],
        ["hanako.pem", "--trust", "root.pem", "--untrusted", "root.crl"],
        ["hanako.pem", "--trust", "list.json"],
        ["hanako.pem", "--trust", "root.pem", "--trust-key", "hanako.pem"],
    ],
)
def test_files_that_cannot_be_read_are_usage_and_no_judgement(
    folder: Folder, run: Run, wrong: list[str]
) -> None:
    folder.put("list.json", b"{}")
    code, out, err = run(
        *(each if each.startswith("--") else folder.path / each for each in wrong), "--offline"
    )

    assert (code, out) == (3, "")
    assert err.startswith("hpki: ")


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        ["FILE"],
        ["FILE", "--trust", "X", "--policy", "any"],
        ["FILE", "--trust", "X", "--at", "noon"],
        ["FILE", "--trust", "X", "--at", "0001-01-01T00:00+09:00"],
        ["FILE", "--trust", "X", "--at", "9999-12-31T23:59:59-12:00"],
    ],
)
def test_commands_written_wrongly_are_usage(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["validate", "certificate", *wrong])
    assert refused.value.code == 3


def test_what_is_no_certificate_fails_for_its_format(folder: Folder, run: Run) -> None:
    noise = folder.put("noise.der", b"\x30\x03\x02\x01\x05")

    code, out, _ = run(noise, "--trust", folder.path / "root.pem", "--json")
    assert (code, json.loads(out)["sub_indication"]) == (1, "FORMAT_FAILURE")


def test_a_signed_trust_list_chooses_the_anchor_and_its_purpose(folder: Folder, run: Run) -> None:
    publisher = pki.key(KeyAlgorithm.P_256, "trust publisher")
    key = folder.put(
        "publisher.pem", publisher.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    root = facts_of(folder.made.root.issuer.certificate)
    begins, ends = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2126, 1, 1, tzinfo=dt.UTC)
    anchor = ListedAnchor(root, frozenset({"hpki-signing-test"}), begins, ends)
    content = TrustListContent("openhpki test", 1, begins, ends, (anchor,))
    trust = folder.put("trust.json", sign_trust_list(content, publisher))
    rest = folder.arguments()[3:]

    chosen = [folder.path / "hanako.pem", "--trust", trust, "--trust-key", key, *rest, "--offline"]
    assert run(*chosen, "--policy", "hpki-signing-test")[0] == 0
    assert run(*chosen, "--policy", "hpki-authentication-test")[0] == 2, "no anchor serves that purpose"
    assert run(folder.path / "hanako.pem", "--trust", trust, *rest, "--offline")[0] == 3, (
        "nobody vouches for the list"
    )


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Nothing is printed."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_online_the_list_is_fetched_where_the_network_is_allowed(
    tmp_path: Path, served: str, run: Run
) -> None:
    hanako = card(point(uri(f"{served}/ca.crl")))
    (tmp_path / "ca.crl").write_bytes(Crl().der())
    (tmp_path / "hanako.der").write_bytes(hanako.der)
    (tmp_path / "ca.der").write_bytes(small_authority("ca").der)
    arguments = [tmp_path / "hanako.der", "--trust", tmp_path / "ca.der", "--at", AT, "--json"]

    fetched = json.loads(run(*arguments, "--reach", "127.0.0.0/8")[1])
    refused = json.loads(run(*arguments)[1])
    assert fetched["not_fetched"] == []
    assert [status["code"] for status in fetched["revocation"]] == ["not_revoked"]
    assert [missed["url"] for missed in refused["not_fetched"]] == [f"{served}/ca.crl"]
    assert "no public address" in refused["not_fetched"][0]["why"]


@vectors.needed
def test_a_card_in_service_by_the_installed_command() -> None:
    file = vectors.FOLDER.joinpath
    lists = ["--crl", str(file("crl_jma_20220929.der")), str(file("sarl_20220929.der"))]
    command = [
        sys.executable, "-m", "hpki.cli.main", "validate", "certificate", str(file("ee_jma_sign_medicaldoctor_8090.der")),
        "--trust", str(file("root_mhlw_v2.der")), "--untrusted", str(file("ca_jma_sign.der")),
        "--at", "2022-09-29T20:00:00Z", "--offline", "--lang", "ja",
    ]  # fmt: skip

    passed = subprocess.run(
        [*command, *lists, "--policy", "hpki-signing-test"], capture_output=True, text=True, check=False
    )
    refused = subprocess.run([*command, *lists], capture_output=True, text=True, check=False)
    left_open = subprocess.run(
        [*command, "--policy", "hpki-signing-test"], capture_output=True, text=True, check=False
    )
    assert [done.returncode for done in (passed, refused, left_open)] == [0, 1, 2]
    assert "合格" in passed.stdout
    assert "求められた証明書ポリシーで発行されていません" in refused.stdout
