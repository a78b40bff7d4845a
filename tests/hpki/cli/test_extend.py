"""`hpki sign … --level`, `hpki extend` and `hpki timestamp` against an authority on this machine; and a card that signs."""

import datetime as dt
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pypdf import PdfWriter

from hpki.cli.main import main
from hpki.errors import MalformedInput, TimeStampRefused
from hpki.issuance import profiles
from hpki.issuance.timestamp import prepare_token, sign_token
from hpki.issuance.timestamp_request import read_request
from hpki.issuance.timestamp_response import granted, rejected
from hpki.issuance.timestamp_syntax import PkiFailure
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.secret import Secret
from hpki.keys.software import save_software_key
from hpki.signatures.algorithms import SHA_256
from hpki.signatures.tsa_client import QUERY, TsaClient
from tests import cards, pki
from tests.signing_scene import LETTER, LocalAuthority, Scene

# The command reads today's clock, so the whole hierarchy is of today.
TODAY = dt.datetime.now(dt.UTC).replace(microsecond=0)  # noqa: TID251 - the commands under test read the clock themselves
SCENE = Scene(pki.hierarchy(at=TODAY - dt.timedelta(days=1)), KeyAlgorithm.P_256)


class _Answering(BaseHTTPRequestHandler):
    authority: LocalAuthority

    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["Content-Length"]))
        request = read_request(query)
        prepared = prepare_token(request, self.authority.unit(), serial_number=9, at=self.authority.moment)
        answer = granted(sign_token(prepared, pki.key(KeyAlgorithm.P_256, "stamp 0")))
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: object) -> None:
        """A test's output is not a log."""


@pytest.fixture
def tsa() -> Iterator[str]:
    handler = type("Answering", (_Answering,), {"authority": SCENE.authority(TODAY)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    signer = pki.key(KeyAlgorithm.P_256, "hanako")
    certificate = SCENE.hierarchy.issue(profiles.SIGNING, signer.public_key(), at=TODAY)
    above = SCENE.hierarchy.authority_for(profiles.SIGNING).issuer.certificate
    (tmp_path / "letter.txt").write_bytes(LETTER)
    save_software_key(signer, tmp_path / "hanako.key", Secret("himitsu"))
    (tmp_path / "passphrase").write_text("himitsu\n")
    (tmp_path / "hanako.pem").write_bytes(
        certificate.public_bytes(Encoding.PEM) + above.public_bytes(Encoding.PEM)
    )
    (tmp_path / "root.der").write_bytes(SCENE.anchors[0].certificate.der)
    evidence = SCENE.evidence(TODAY)
    for number, found in enumerate(evidence.crls):
        (tmp_path / f"list-{number}.crl").write_bytes(found.crl.public_bytes(pki.DER))
    for number, each in enumerate(evidence.certificates):
        (tmp_path / f"authority-{number}.der").write_bytes(each.der)
    return tmp_path


def at_hand(desk: Path) -> list[str]:
    return [
        "--trust", str(desk / "root.der"), "--crl", *map(str, desk.glob("*.crl")),
        "--untrusted", *map(str, desk.glob("authority-*.der")),
    ]  # fmt: skip


def asking(tsa: str) -> list[str]:
    return ["--tsa", tsa, "--reach", "127.0.0.0/8"]


def signing(desk: Path) -> list[str]:
    return [
        "sign", "cms", str(desk / "letter.txt"), "--key", str(desk / "hanako.key"),
        "--passphrase-file", str(desk / "passphrase"), "--certificate", str(desk / "hanako.pem"), "--lang", "en",
    ]  # fmt: skip


def judged(
    desk: Path, file: str, capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    words = ["validate", "document", str(desk / file), "--policy", "hpki-signing-test", "--offline", "--json"]
    code = main([*words, "--trust", str(desk / "root.der"), *options])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, told


def test_a_letter_is_signed_for_the_long_term_in_one_go(
    desk: Path, tsa: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*signing(desk), "--level", "LTA", *asking(tsa), *at_hand(desk)]) == 0
    later = (TODAY + dt.timedelta(days=700)).isoformat()
    options = ["--detached", str(desk / "letter.txt"), "--at", later]
    code, told = judged(desk, "letter.txt.p7s", capsys, *options)
    assert (code, told["signatures"][0]["level"]) == (0, "LTA")


@pytest.mark.parametrize("level", ["T", "LT", "LTA", "ES-XL", "ES-A"])
def test_a_signature_is_extended_where_it_lies(
    desk: Path, tsa: str, level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*signing(desk), "--attached"]) == 0
    file = str(desk / "letter.txt.p7m")
    assert main(["extend", file, "--level", level, *asking(tsa), *at_hand(desk), "--lang", "en"]) == 0
    assert f"Extended to {level}" in capsys.readouterr().out
    beside = at_hand(desk)[2:] if level == "T" else []
    at = (TODAY + dt.timedelta(minutes=5)).isoformat()
    code, told = judged(desk, "letter.txt.p7m", capsys, "--at", at, *beside)
    assert (code, told["signatures"][0]["level"]) == (0, level)


ORDER = '<?xml version="1.0" encoding="UTF-8"?><Letter><To>佐藤</To></Letter>'.encode()
CSV = "SJ1,1,33,3,0101010\n1,1,花子\n".encode()


@pytest.fixture
def papers(desk: Path) -> Path:
    """Beside the letter: an order in XML, a PDF of one empty page, and a prescription's CSV."""
    (desk / "order.xml").write_bytes(ORDER)
    (desk / "紹介 状.txt").write_bytes(LETTER)
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(desk / "paper.pdf")
    writer.close()
    (desk / "prescription.csv").write_bytes(CSV)
    return desk


@pytest.mark.parametrize(
    ("words", "signed", "levels"),
    [
        (["xml", "order.xml"], "order.signed.xml", {"LTA": "LTA", "ES-A": "ES-A"}),
        (["xml", "order.xml", "--packaging", "enveloping"], "order.xml.xades.xml", {"T": "T"}),
        (["xml", "紹介 状.txt", "--packaging", "detached"], "紹介 状.txt.xades.xml", {"LTA": "LTA"}),
        (["pdf", "paper.pdf", "--reason", "紹介"], "paper.signed.pdf", {"B": "B", "LTA": "LTA"}),
        (["pdf", "paper.pdf", "--visible", "1,10,10,60,25"], "paper.signed.pdf", {"T": "T"}),
        (["asic", "letter.txt", "order.xml"], "letter.asice", {"LTA": "LTA"}),
        (["asic", "letter.txt", "--simple", "--inside", "cades"], "letter.asics", {"LT": "LT"}),
        (["prescription", "prescription.csv"], "prescription.signed.xml", {"ES-XL": "ES-XL"}),
    ],
    ids=lambda value: "-".join(value[:2]) if isinstance(value, list) else "",
)
def test_every_format_is_signed_extended_and_judged(
    papers: Path,
    tsa: str,
    words: list[str],
    signed: str,
    levels: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    kind, *rest = words
    files = [str(papers / each) if (papers / each).exists() else each for each in rest]
    key = [
        "--key", str(papers / "hanako.key"), "--passphrase-file", str(papers / "passphrase"),
        "--certificate", str(papers / "hanako.pem"), "--lang", "en",
    ]  # fmt: skip
    at = (TODAY + dt.timedelta(minutes=5)).isoformat()
    for level, expected in levels.items():
        assert main(["sign", kind, *files, *key, "--level", level, *asking(tsa), *at_hand(papers)]) == 0
        beside = ["--detached", files[0]] if "detached" in words else []
        code, told = judged(papers, signed, capsys, "--at", at, *beside, *at_hand(papers)[2:])
        assert (code, told["signatures"][0]["level"]) == (0, expected), told["signatures"][0]["findings"]


def test_a_container_is_archived_by_a_list_beside_its_signatures(
    papers: Path, tsa: str, capsys: pytest.CaptureFixture[str]
) -> None:
    key = signing(papers)[3:]
    files = [str(papers / "letter.txt"), str(papers / "order.xml")]
    assert main(["sign", "asic", *files, *key, "--inside", "cades"]) == 0
    words = ["extend", str(papers / "letter.asice"), *asking(tsa), *at_hand(papers), "--lang", "en"]
    assert main([*words, "--level", "LTA", "--archive", "manifest"]) == 0
    with zipfile.ZipFile(papers / "letter.asice") as container:
        assert "META-INF/ASiCArchiveManifest.xml" in container.namelist()
    at = (TODAY + dt.timedelta(minutes=5)).isoformat()
    code, told = judged(papers, "letter.asice", capsys, "--at", at, *at_hand(papers)[2:])
    assert (code, told["signatures"][0]["level"], len(told["time_stamps"])) == (0, "LTA", 1)
    assert main([*words, "--level", "T"]) == 1
    assert "archive manifest" in capsys.readouterr().err


def test_a_pharmacist_signs_what_was_dispensed(
    papers: Path, tsa: str, capsys: pytest.CaptureFixture[str]
) -> None:
    key = [
        "--key", str(papers / "hanako.key"), "--passphrase-file", str(papers / "passphrase"),
        "--certificate", str(papers / "hanako.pem"), "--lang", "en",
    ]  # fmt: skip
    more = [*asking(tsa), *at_hand(papers)]
    assert (
        main(["sign", "prescription", str(papers / "prescription.csv"), *key, "--level", "ES-XL", *more]) == 0
    )
    (papers / "dispensed.csv").write_bytes(b"CJ1,1,33\n")
    words = ["sign", "prescription", str(papers / "dispensed.csv"), "--dispenses"]
    words += [str(papers / "prescription.signed.xml"), *key, "--level", "ES-A", *more]
    assert main(words) == 0
    at = (TODAY + dt.timedelta(minutes=5)).isoformat()
    code, told = judged(papers, "dispensed.signed.xml", capsys, "--at", at, *at_hand(papers)[2:])
    assert (code, [each["level"] for each in told["signatures"]]) == (0, ["ES-XL", "ES-A"])


def test_a_batch_says_each_document_and_stops_where_it_fails(
    papers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        (papers / f"letter-{number}.txt").write_bytes(LETTER)
    out = papers / "signed"
    out.mkdir()
    key = signing(papers)[3:]
    files = [str(papers / f"letter-{number}.txt") for number in range(3)]
    assert main(["sign", "cms", *files, *key, "--out-dir", str(out)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told] == ["[1/3]", "[2/3]", "[3/3]"]
    assert len(list(out.iterdir())) == 3
    assert main(["sign", "cms", *files, *key, "--out", str(out / "one")]) == 1
    assert "--out-dir" in capsys.readouterr().err


def test_what_cannot_be_extended_stays_as_it_was(
    desk: Path, tsa: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*signing(desk), "--attached"]) == 0
    file = desk / "letter.txt.p7m"
    before = file.read_bytes()
    assert main(["extend", str(file), "--level", "LT", *asking(tsa), "--lang", "en"]) == 1
    assert "revocation" in capsys.readouterr().err
    assert file.read_bytes() == before


def test_lists_from_before_the_time_stamp_are_refused_unless_the_code_is_named(
    desk: Path, tsa: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*signing(desk), "--attached", "--level", "T", *asking(tsa)]) == 0
    for number, found in enumerate(SCENE.evidence(TODAY - dt.timedelta(hours=1)).crls):
        (desk / f"list-{number}.crl").write_bytes(found.crl.public_bytes(pki.DER))
    file = desk / "letter.txt.p7m"
    before = file.read_bytes()
    words = ["extend", str(file), "--level", "LTA", *asking(tsa), *at_hand(desk), "--lang", "en"]
    capsys.readouterr()
    assert main(words) == 1
    told = capsys.readouterr()
    assert "issued after it [status_older" in told.err
    assert "Nothing was written" in told.err
    assert (file.read_bytes(), told.out) == (before, "")
    assert main([*words, "--despite", "status_older"]) == 0
    assert "Judged now (hpki-signing-test): passed" in capsys.readouterr().out
    assert file.read_bytes() != before


def test_a_file_is_time_stamped_and_the_token_judged(
    desk: Path, tsa: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["timestamp", str(desk / "letter.txt"), *asking(tsa), "--lang", "en"]) == 0
    at = (TODAY + dt.timedelta(minutes=5)).isoformat()
    options = ["--detached", str(desk / "letter.txt"), "--at", at, *at_hand(desk)[2:]]
    code, told = judged(desk, "letter.txt.tst", capsys, *options)
    assert (code, told["format"], told["signatures"]) == (0, "time-stamp", [])
    assert told["time_stamps"][0]["indication"] == "TOTAL_PASSED"
    (desk / "letter.txt").write_bytes(b"another letter")
    code, told = judged(desk, "letter.txt.tst", capsys, *options)
    assert (code, told["time_stamps"][0]["intact"]) == (2, False)


def test_a_card_signs_with_its_pin(
    desk: Path, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("card") / "hanako.card"
    cards.made_card(path).close()
    (desk / "card-passphrase").write_text(cards.PASSPHRASE.reveal())
    (desk / "pin").write_text(cards.SIGNING_PIN.reveal())
    words = [
        "sign", "cms", str(desk / "letter.txt"), "--attached", "--card", str(path),
        "--passphrase-file", str(desk / "card-passphrase"), "--pin-file", str(desk / "pin"), "--lang", "en",
    ]  # fmt: skip
    assert main(words) == 0
    root = desk / "root.der"
    root.write_bytes(cards.hierarchy().root.issuer.certificate.public_bytes(pki.DER))
    _, told = judged(desk, "letter.txt.p7m", capsys)
    [signature] = told["signatures"]
    assert (signature["intact"], signature["level"]) == (True, "B")
    (desk / "pin").write_text(cards.WRONG.reveal())
    assert main(words) == 1
    assert "wrong PIN; tries left" in capsys.readouterr().err


class _Saying:
    """An authority that says one thing."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    def get(self, url: str) -> bytes:
        raise AssertionError(url)

    def post(self, url: str, body: bytes, content_type: str) -> bytes:
        assert (url, content_type) == ("http://tsa.test", QUERY)
        assert read_request(body).imprint
        return self.answer


def test_the_client_believes_only_an_answer_to_its_question() -> None:
    token = SCENE.authority(TODAY).stamp(SHA_256, SHA_256.digest(b"another"))
    with pytest.raises(MalformedInput, match="something else"):
        TsaClient(_Saying(granted(token)), "http://tsa.test").stamp(SHA_256, SHA_256.digest(LETTER))
    refusal = rejected(PkiFailure.TIME_NOT_AVAILABLE, "the clock is not to be believed")
    with pytest.raises(TimeStampRefused):
        TsaClient(_Saying(refusal), "http://tsa.test").stamp(SHA_256, SHA_256.digest(LETTER))
    with pytest.raises(MalformedInput):
        TsaClient(_Saying(b"hello"), "http://tsa.test").stamp(SHA_256, SHA_256.digest(LETTER))
