"""The only file with sockets, against a server on loopback that misbehaves in every way."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki.errors import AddressRefused, FetchError, FetchLimit, Unreachable
from hpki.http import MOST_URL_SIGNS, FetchLimits, HttpFetcher, checked_url, is_public

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
SHORT = FetchLimits(octets=10_000, seconds=1.0, redirects=2, questions=20)


class Handler(BaseHTTPRequestHandler):
    """What a path asks for is what happens."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        kind, _, rest = self.path[1:].partition("/")
        getattr(self, f"_{kind}")(rest)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/moved"):
            self._moved("plain")
            return
        self._answer(self.headers["Content-Type"].encode() + b" " + body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Nothing is printed."""

    def _answer(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _plain(self, _: str) -> None:
        self._answer(b"list")

    def _host(self, _: str) -> None:
        self._answer(self.headers["Host"].encode())

    def _status(self, rest: str) -> None:
        self._answer(b"no", int(rest))

    def _moved(self, rest: str) -> None:
        self.send_response(302)
        self.send_header("Location", "/" + rest if not rest.startswith("http") else rest)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _lost(self, _: str) -> None:
        self.send_response(302)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _loop(self, _: str) -> None:
        self._moved("loop/")

    def _endless(self, _: str) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 4096)
        except OSError:
            self.close_connection = True

    def _huge(self, _: str) -> None:
        self._answer(b"x" * 10_001)

    def _drip(self, _: str) -> None:
        """A header octet now and then: no single wait is long."""
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            for _tick in range(400):
                self.wfile.write(b"y")
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def _garbage(self, _: str) -> None:
        self.wfile.write(b"\x00\x01\x02 no HTTP at all\r\n\r\n")
        self.close_connection = True

    def _hangup(self, _: str) -> None:
        self.close_connection = True


@pytest.fixture
def server() -> Iterator[str]:
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving.daemon_threads = True
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"127.0.0.1:{serving.server_address[1]}"
    serving.shutdown()
    serving.server_close()
    thread.join()


def fetcher(
    limits: FetchLimits = SHORT, resolver: Callable[[str, int], Sequence[str]] | None = None
) -> HttpFetcher:
    return HttpFetcher(limits=limits, reachable=[LOOPBACK], resolver=resolver)


def test_a_body_is_fetched(server: str) -> None:
    assert fetcher().get(f"http://{server}/plain") == b"list"
    assert fetcher().get(f"http://{server}/moved/plain#part") == b"list"
    assert fetcher().post(f"http://{server}/", b"question", "application/ocsp-request") == (
        b"application/ocsp-request question"
    )


def test_a_servers_no_is_told_with_its_words_and_no_redirect_is_followed(server: str) -> None:
    asking, where = fetcher(FetchLimits(octets=200, questions=5)), f"http://{server}"
    assert asking.exchange("GET", f"{where}/plain") == (200, b"list")
    assert asking.exchange("POST", where, b"{}", {"Content-Type": "a/b"}) == (200, b"a/b {}")
    assert asking.exchange("GET", f"{where}/status/409") == (409, b"no")
    assert asking.exchange("GET", f"{where}/moved/plain") == (302, b"")
    with pytest.raises(FetchLimit):
        asking.exchange("GET", f"{where}/huge")
    with pytest.raises(FetchLimit):
        asking.exchange("GET", f"{where}/plain")
    with pytest.raises(AddressRefused):
        HttpFetcher().exchange("GET", f"{where}/plain")


def test_without_leave_no_private_address_is_asked(server: str) -> None:
    with pytest.raises(AddressRefused, match="no public address"):
        HttpFetcher(limits=SHORT).get(f"http://{server}/plain")


@pytest.mark.parametrize(
    "inside", ["10.0.0.5", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.5", "64:ff9b::a00:5"]
)
def test_a_name_that_leads_inside_is_refused_before_any_connection(inside: str) -> None:
    asked = HttpFetcher(limits=SHORT, resolver=lambda _host, _port: (inside,))

    with pytest.raises(AddressRefused, match="no public address"):
        asked.get("http://crl.test.example/list.crl")


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    mixed = HttpFetcher(limits=SHORT, resolver=lambda _host, _port: ("93.184.216.34", "192.168.0.1"))

    with pytest.raises(AddressRefused, match=r"192\.168\.0\.1"):
        mixed.get("http://crl.test.example/list.crl")


def test_the_connection_goes_to_the_checked_address_and_the_name_is_asked_once(server: str) -> None:
    """A name server that answers differently the second time is not asked a second time."""
    port = server.partition(":")[2]
    answers = iter([("127.0.0.1",), ("169.254.169.254",)])

    got = fetcher(resolver=lambda _host, _port: next(answers)).get(f"http://crl.test.example:{port}/host")
    assert got == f"crl.test.example:{port}".encode()
    assert next(answers) == ("169.254.169.254",)


def test_a_redirect_comes_under_the_same_rules(server: str) -> None:
    resolver = {"out.test.example": ("127.0.0.1",), "in.test.example": ("10.0.0.1",)}
    port = server.partition(":")[2]
    asked = fetcher(resolver=lambda host, _port: resolver[host])

    with pytest.raises(AddressRefused):
        asked.get(f"http://out.test.example:{port}/moved/http://in.test.example/")
    with pytest.raises(AddressRefused, match="only http"):
        asked.get(f"http://out.test.example:{port}/moved/httpx://in.test.example/")
    with pytest.raises(AddressRefused, match="no address"):
        asked.get(f"http://out.test.example:{port}/moved/http://[in.test.example/")


def test_redirects_are_counted(server: str) -> None:
    with pytest.raises(FetchLimit, match="redirects"):
        fetcher().get(f"http://{server}/loop/")
    with pytest.raises(Unreachable, match="nowhere"):
        fetcher().get(f"http://{server}/lost/")
    with pytest.raises(Unreachable, match="body"):
        fetcher().post(f"http://{server}/moved/", b"question", "text/plain")


def test_too_many_octets_are_refused_whether_announced_or_not(server: str) -> None:
    for path in ("endless/", "huge/"):
        with pytest.raises(FetchLimit, match="octets"):
            fetcher().get(f"http://{server}/{path}")


def test_a_dripping_server_ends_with_the_time_of_the_question(server: str) -> None:
    began = time.monotonic()
    with pytest.raises(FetchLimit, match="within"):
        fetcher(FetchLimits(seconds=0.4)).get(f"http://{server}/drip/")
    assert time.monotonic() - began < 10


def test_a_resolver_that_never_answers_is_left_behind() -> None:
    def sleep(_host: str, _port: int) -> Sequence[str]:
        time.sleep(1.5)
        return ()

    with pytest.raises(FetchLimit, match="within"):
        fetcher(FetchLimits(seconds=0.2), sleep).get("http://crl.test.example/")


@pytest.mark.parametrize("path", ["status/404", "status/500", "garbage/", "hangup/"])
def test_an_answer_that_is_none_is_unreachable(server: str, path: str) -> None:
    with pytest.raises(Unreachable):
        fetcher().get(f"http://{server}/{path}")


def test_nobody_there_and_no_such_name() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(Unreachable):
        fetcher().get(f"http://127.0.0.1:{port}/")

    def unknown(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such name")

    with pytest.raises(Unreachable, match="no such name"):
        fetcher(resolver=unknown).get("http://crl.test.example/")


def test_questions_are_counted_over_the_life_of_a_fetcher(server: str) -> None:
    asked = fetcher(FetchLimits(questions=2))
    asked.get(f"http://{server}/plain")
    asked.get(f"http://{server}/plain")
    with pytest.raises(FetchLimit, match="questions"):
        asked.get(f"http://{server}/plain")


def test_the_time_of_all_questions_together_is_bounded(server: str) -> None:
    asked = fetcher(FetchLimits(seconds=0.3, all_seconds=0.4))
    began = time.monotonic()
    # A slow machine may use up all of it with the first question.
    for words in ("within|for all questions", "within|for all questions", "for all questions"):
        with pytest.raises(FetchLimit, match=words):
            asked.get(f"http://{server}/drip/")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "url",
    [
        "ftp://crl.test.example/list.crl",
        "ldap://crl.test.example/cn=CA",
        "file:///etc/passwd",
        "http://",
        "http://user:secret@crl.test.example/",
        "http://crl.test.example:99999/",
        "http://crl.test.example:0/",
        "http://[::1/",
        "http://例.jp/",
        "http://crl.test.example/\r\nHost: inside",
        "http://crl.test.example/" + "x" * MOST_URL_SIGNS,
        "",
    ],
)
def test_only_plain_addresses_are_asked(url: str) -> None:
    with pytest.raises(AddressRefused):
        HttpFetcher(limits=SHORT, resolver=lambda _host, _port: ("93.184.216.34",)).get(url)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_typed_refusal(text: str) -> None:
    for url in (text, f"http://{text}", f"http://crl.test.example/{text}"):
        try:
            parts = checked_url(url)
        except FetchError:
            continue
        assert parts.hostname
        assert parts.scheme in {"http", "https"}


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("fec0::1", False),
        ("::10.0.0.1", False),
        ("64:ff9b:1::a00:1", False),
        ("3fff::1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),  # noqa: S104 - nothing is bound to it
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("fe80::1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("ff02::1", False),
    ],
)
def test_which_addresses_are_public(address: str, *, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public
