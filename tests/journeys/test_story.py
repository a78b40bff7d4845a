"""`make run`'s first start tells its story, a later start is quick, and a start that was killed goes on."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path

import psycopg
import pypdf
import pytest
from PIL import Image

from tests.free_port import free_port

pytestmark = pytest.mark.own_database
SERVER = Path(sys.executable).with_name("hpki-server")
# How long a server is waited for; what a start really takes is a figure, not a test.
PATIENCE_SECONDS = 300
PAPERS = (
    "1-application.pdf",
    "2-notice-postcard.pdf",
    "3-pin-letter.pdf",
    "4-card-front.png",
    "4-card-front.pdf",
    "4-card-back.png",
    "4-card-back.pdf",
    "5-certificates/signing.pem",
    "5-certificates/authentication.txt",
    "5-certificates/presence.der",
    "6-signed-text/letter.txt",
    "6-signed-text/letter.txt.sig",
    "6-signed-text/verification.txt",
    "try-it-yourself/photo.jpg",
    "logins.txt",
)


@dataclass(frozen=True)
class Installation:
    """A folder and a database of its own."""

    var: Path
    environment: dict[str, str]

    @property
    def story(self) -> Path:
        return self.var / "story"

    def notes(self) -> dict[str, str]:
        notes: dict[str, str] = json.loads((self.story / "notebook.json").read_text(encoding="utf-8"))
        return notes

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SERVER, *words], env=self.environment, capture_output=True, text=True, timeout=180, check=False
        )

    def asked(self, expression: str) -> str:
        """What the database answers, seen through the product's own models."""
        program = f"import django; django.setup(); from hpki_server.authority.models import *; from hpki_server.enrollment.models import *; print({expression})"
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()


def installation(folder: Path) -> Installation:
    """Fresh.  Where the tests run on PostgreSQL, so does this, in a database of its own."""
    environment = {key: value for key, value in os.environ.items() if key != "HPKI_SECRET_KEY_FILE"}
    environment |= {"HPKI_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings"}
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        name = f"story_{uuid.uuid4().hex}"
        with psycopg.connect(given.replace("postgres://", "postgresql://", 1), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        environment["DATABASE_URL"] = f"{given.rsplit('/', 1)[0]}/{name}"
    return Installation(folder, environment)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, str, float]:
    """An installation after its first start, what was printed, and how long it took."""
    fresh = installation(tmp_path_factory.mktemp("first-start"))
    began = time.monotonic()
    done = fresh.command("start", "--no-serve", "--port", "8123")
    assert done.returncode == 0, done.stdout + done.stderr
    return fresh, done.stdout, time.monotonic() - began


# A first start typesets in the very process that then serves; this one typesets a sheet instead of the story.
TYPESETTING_START = """
import datetime as dt, pathlib, sys, django
django.setup()
from django.core.management import call_command
from hpki_server.people.typesetting import typeset_pdf
sheet = pathlib.Path(sys.argv[1])
sheet.write_text('#set document(title: "x")\\n= x', encoding="utf-8")
typeset_pdf(sheet, {}, at=dt.datetime.now(dt.UTC))
call_command("start", port=int(sys.argv[2]))
"""


@contextmanager
def serving(at: Installation, port: int, *command: str) -> Iterator[float]:
    """The pages, answering; yields the seconds until they did."""
    began = time.monotonic()
    process = subprocess.Popen(
        [*(command or (SERVER, "start", "--port")), str(port)],
        env=at.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        while not answers(port):
            assert process.poll() is None, "the server ended"
            assert time.monotonic() - began < PATIENCE_SECONDS, "the server does not answer"
            time.sleep(0.05)
        yield time.monotonic() - began
    finally:
        process.terminate()
        process.communicate(timeout=20)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
            return bool(page.status == 200)
    except OSError:
        return False


class Browser:
    """A person's browser without a screen: cookies, forms, redirects."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> str:
        with self.opener.open(self.root + path, timeout=20) as page:
            text: str = page.read().decode()
            return text

    def send(self, path: str, **fields: str) -> tuple[str, str]:
        """Fill in the form of a page; where it led, and what stands there."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(path))
        assert token
        body = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": token[1]}).encode()
        with self.opener.open(self.root + path, body, timeout=20) as page:
            return urllib.parse.urlsplit(page.url).path, page.read().decode()


def test_the_first_start_leaves_every_paper(told: tuple[Installation, str, float]) -> None:
    at, output, _seconds = told
    for name in PAPERS:
        assert (at.story / name).stat().st_size > 0, name
    for word in (
        "鍵の生成式",
        "登場人物",
        "申請",
        "受付",
        "審査",
        "承認",
        "発注",
        "発行",
        "通知",
        "交付",
        "署名",
        "検証",
    ):
        assert word in output


def test_the_lines_to_try_name_the_address_that_people_type(told: tuple[Installation, str, float]) -> None:
    assert "hpki sign queue --server http://localhost:8123 " in told[1]
    words = (told[0].story / "5-certificates/authentication.txt").read_text(encoding="utf-8")
    assert "http://localhost:8123/crl/demo-authentication.crl" in words
    assert ":8000" not in words


def test_every_paper_speaks_of_the_same_case(told: tuple[Installation, str, float]) -> None:
    at, _, _ = told
    texts = {
        name: re.sub(
            r"\s", "", "".join(page.extract_text() for page in pypdf.PdfReader(at.story / name).pages)
        )
        for name in PAPERS
        if name.endswith(".pdf")
    }
    for name in ("1-application.pdf", "2-notice-postcard.pdf", "3-pin-letter.pdf"):
        assert "渡邉花子" in texts[name]
        assert re.search(r"33-\d{4}-000001", texts[name])
    assert at.notes()["pin"] in texts["3-pin-letter.pdf"]
    assert at.notes()["pin"] not in texts["2-notice-postcard.pdf"]
    assert "見本" in texts["4-card-front.pdf"]
    with Image.open(at.story / "4-card-front.png") as front:
        assert front.size == (2022, 1275)


def test_foreign_software_accepts_the_signature_and_the_chain(told: tuple[Installation, str, float]) -> None:
    verdict = (told[0].story / "6-signed-text" / "verification.txt").read_text(encoding="utf-8")
    assert "Verified OK" in verdict
    assert "signing.pem: OK" in verdict


def test_the_certificates_are_also_told_in_words(told: tuple[Installation, str, float]) -> None:
    words = (told[0].story / "5-certificates" / "signing.txt").read_text(encoding="utf-8")
    assert "渡邉　花子" in words
    assert "医師" in words


def test_everything_in_the_folder_is_readable_by_its_owner_only(
    told: tuple[Installation, str, float],
) -> None:
    made = [each for each in told[0].var.rglob("*") if stat.S_IMODE(each.stat().st_mode) & 0o077]
    assert made == []
    for name in ("logins.txt", "notebook.json", "3-pin-letter.pdf"):
        assert stat.S_IMODE((told[0].story / name).stat().st_mode) == 0o600, name


def test_the_card_is_active_and_the_audit_chain_whole(told: tuple[Installation, str, float]) -> None:
    at, _, _ = told
    assert at.asked(
        "[c.state for c in Card.objects.all()], [a.state for a in Application.objects.all()]"
    ) == ("['active'] ['active']")
    assert at.command("audit", "verify").returncode == 0


def test_each_person_is_told_how_to_log_in_and_can(told: tuple[Installation, str, float]) -> None:
    at, output, _ = told
    port = free_port()
    logins = dict(re.findall(r": (\w+@example\.jp) / ([a-z0-9-]+)", output))
    assert len(logins) == 15
    with serving(at, port):
        hanako = Browser(port)
        path, _ = hanako.send("/login/", username="hanako@example.jp", password=logins["hanako@example.jp"])
        assert path != "/login/"
        for officer in ("sato", "takahashi", "yamamoto"):
            browser = Browser(port)
            username = f"{officer}@example.jp"
            path, _ = browser.send("/staff/login/", username=username, password=logins[username])
            assert path == "/staff/login/code/"
            code = at.command("demo", "totp", officer).stdout.strip()
            assert re.fullmatch(r"\d{6}", code)
            path, page = browser.send("/staff/login/code/", code=code)
            assert path != "/staff/login/code/"
            assert "ログアウト" in page


def test_the_pages_typeset_after_a_story_that_typeset(
    told: tuple[Installation, str, float], tmp_path: Path
) -> None:
    port = free_port()
    with (
        serving(told[0], port, sys.executable, "-c", TYPESETTING_START, str(tmp_path / "sheet.typ")),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/forms/application.pdf", timeout=60) as sheet,
    ):
        assert sheet.read(5) == b"%PDF-"


def test_the_logins_are_told_again_when_asked(told: tuple[Installation, str, float]) -> None:
    lines = told[0].command("demo", "logins").stdout.splitlines()
    assert len(lines) == 15
    assert all(line in told[1] for line in lines)


def test_without_a_demonstration_there_is_no_code_to_tell(tmp_path: Path) -> None:
    done = installation(tmp_path).command("demo", "totp", "sato")
    assert done.returncode == 1
    assert "no demonstration here yet" in done.stderr


def test_the_story_lends_its_card_to_the_librarys_own_tool(told: tuple[Installation, str, float]) -> None:
    words = re.search(r"hpki (card show .*)", told[1])
    assert words
    shown = subprocess.run(
        [SERVER.with_name("hpki"), *words[1].split()], capture_output=True, text=True, check=True
    ).stdout
    assert "Watanabe" in shown


def test_a_later_start_tells_no_second_story(told: tuple[Installation, str, float]) -> None:
    installation, _output, first = told
    with serving(installation, free_port()) as seconds:
        assert seconds < first


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_pages_end_at_once_and_leave_the_port_free(
    told: tuple[Installation, str, float], sent: signal.Signals
) -> None:
    port = free_port()
    process = subprocess.Popen(
        [SERVER, "start", "--port", str(port)],
        env=told[0].environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(lambda: answers(port))
    # A terminal's Ctrl-C reaches the whole group; the others are sent to the process that people know.
    (os.killpg if sent is signal.SIGINT else os.kill)(process.pid, sent)
    process.wait(timeout=PATIENCE_SECONDS)
    wait_until(lambda: not answers(port))


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def test_a_port_that_is_taken_is_said_in_a_sentence(told: tuple[Installation, str, float]) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = told[0].command("start", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} of this machine is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_story_nobody_is_invented(tmp_path: Path) -> None:
    plain = installation(tmp_path)
    done = plain.command("start", "--no-story", "--no-serve")
    assert done.returncode == 0, done.stderr
    assert plain.asked("Issuer.objects.count(), Application.objects.count()") == "0 0"
    assert not plain.story.exists()


def test_an_installation_with_data_of_its_own_is_left_alone(tmp_path: Path) -> None:
    own = installation(tmp_path)
    own.command("start", "--no-story", "--no-serve")
    own.asked(
        "Application.applicant.field.related_model and __import__('hpki_server.people.models', fromlist=['x']).Organisation.objects.create(kind='centre', code='own', name='自分たち').pk"
    )
    done = own.command("start", "--no-serve")
    assert done.returncode == 0
    assert "already holds" in done.stdout
    assert own.asked("Issuer.objects.count()") == "0"


def test_a_first_start_that_is_killed_again_and_again_goes_on_where_it_stopped(tmp_path: Path) -> None:
    at = installation(tmp_path)
    for word in ("demo-signing", "申請 ", "発行"):
        killed_at(at, word)
    done = at.command("start", "--no-serve")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in PAPERS:
        assert (at.story / name).stat().st_size > 0, name
    told_of = "[c.state for c in Card.objects.all()], [a.state for a in Application.objects.all()], Issuer.objects.count()"
    assert at.asked(told_of) == "['active'] ['active'] 6"
    assert at.command("audit", "verify").returncode == 0


def test_a_paper_that_was_not_written_in_time_is_printed_again(told: tuple[Installation, str, float]) -> None:
    at, _, _ = told
    letter = at.story / "3-pin-letter.pdf"
    letter.unlink()
    forget(at, "told")
    assert at.command("start", "--no-serve").returncode == 0
    assert at.notes()["pin"] in "".join(
        page.extract_text() for page in pypdf.PdfReader(letter).pages
    ).replace(" ", "")


def forget(at: Installation, name: str) -> None:
    """As if the plug had been pulled before the story noted this."""
    notes = at.notes()
    del notes[name]
    (at.story / "notebook.json").write_text(json.dumps(notes), encoding="utf-8")


def killed_at(at: Installation, word: str) -> None:
    """Start, and pull the plug as soon as a line with the word is printed."""
    process = subprocess.Popen(
        [SERVER, "start", "--no-serve"],
        env=at.environment,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout
    with process:
        for line in process.stdout:
            if word in line:
                process.kill()
                break
