"""The one file of the library that opens sockets: lists, OCSP answers and issuers' certificates over HTTP.

Addresses come out of certificates, so anyone may have written them.  Therefore: http and https only; a name is resolved
once, the addresses are checked, and the connection goes to a checked address and to no other (a name that answers
differently the second time gains nothing); private, loopback, link-local and other special addresses are refused unless
configured; redirects are followed by hand, each under the same rules; size, total time and number are bounded; proxies
of the environment are not used.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore

from hpki.errors import AddressRefused, FetchLimit, Unreachable

USER_AGENT: Final = b"openhpki"
MOST_URL_SIGNS: Final = 2048
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PORTS: Final = {"http": 80, "https": 443}
_CHUNK: Final = 64 * 1024

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Host and port to addresses, as text; raises OSError.
Resolver = Callable[[str, int], Sequence[str]]
_Taken = TypeVar("_Taken")


@dataclass(frozen=True)
class FetchLimits:
    """How much one fetcher takes: octets of one answer, seconds for one question, redirects of it.

    `questions` and `all_seconds` are for all of its life: a fetcher serves one judgement.
    """

    octets: int = 64 * 1024 * 1024
    seconds: float = 15.0
    all_seconds: float = 60.0
    redirects: int = 3
    questions: int = 64


class HttpFetcher:
    """Asks servers under the rules above; raises AddressRefused, FetchLimit or Unreachable and nothing else.

    `reachable` are networks that may be asked although they are private, such as a hospital's own.
    """

    def __init__(
        self,
        *,
        limits: FetchLimits | None = None,
        reachable: Iterable[Network] = (),
        resolver: Resolver | None = None,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        """A fetcher; `resolver` and `tick` (seconds that only grow) are ports for tests."""
        self._limits = limits or FetchLimits()
        self._reachable = tuple(reachable)
        self._resolver = resolver or system_addresses
        self._tick = tick
        self._asked = 0
        self._spent = 0.0
        self._lock = threading.Lock()

    def get(self, url: str) -> bytes:
        """The body of the answer to GET."""
        return self._ask("GET", url, None, {})

    def post(self, url: str, body: bytes, content_type: str) -> bytes:
        """The body of the answer to POST; a redirect of it is not followed."""
        return self._ask("POST", url, body, {"Content-Type": content_type})

    def exchange(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body of the answer, whatever it says; a redirect is not followed.  For a server's API."""
        began = self._tick()
        try:
            deadline = _Deadline(
                self._tick, min(self._limits.seconds, self._limits.all_seconds - self._spent)
            )
            backend = _CheckedBackend(self._resolver, self._reachable, deadline)
            self._count(url)
            return self._opened(method, checked_url(url), body, headers or {}, backend, self._whole)
        finally:
            with self._lock:
                self._spent += self._tick() - began

    def _ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        began = self._tick()
        try:
            return self._follow(method, url, body, headers)
        finally:
            with self._lock:
                self._spent += self._tick() - began

    def _follow(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        deadline = _Deadline(self._tick, min(self._limits.seconds, self._limits.all_seconds - self._spent))
        backend = _CheckedBackend(self._resolver, self._reachable, deadline)
        for _ in range(self._limits.redirects + 1):
            self._count(url)
            parts = checked_url(url)
            answer = self._once(method, parts, body, headers, backend)
            if isinstance(answer, bytes):
                return answer
            if method != "GET":
                raise Unreachable(url, "it redirects a question that has a body")
            url = _joined(url, answer.location)
        raise FetchLimit(url, f"more than {self._limits.redirects} redirects")

    def _count(self, url: str) -> None:
        with self._lock:
            self._asked += 1
            if self._asked > self._limits.questions:
                raise FetchLimit(url, f"more than {self._limits.questions} questions")
            if self._spent >= self._limits.all_seconds:
                raise FetchLimit(url, f"more than {self._limits.all_seconds:g} s for all questions")

    def _once(
        self,
        method: str,
        parts: SplitResult,
        body: bytes | None,
        headers: Mapping[str, str],
        backend: "_CheckedBackend",
    ) -> "bytes | _Redirect":
        return self._opened(method, parts, body, headers, backend, self._good)

    def _opened(
        self,
        method: str,
        parts: SplitResult,
        body: bytes | None,
        headers: Mapping[str, str],
        backend: "_CheckedBackend",
        take: Callable[[httpcore.Response, str], _Taken],
    ) -> _Taken:
        url = parts.geturl()
        fields: list[tuple[bytes | str, bytes | str]] = [
            ("Host", parts.netloc),
            ("User-Agent", USER_AGENT),
            ("Accept-Encoding", "identity"),
            *headers.items(),
        ]
        try:
            with (
                httpcore.ConnectionPool(network_backend=backend, max_connections=1) as pool,
                pool.stream(method, url, headers=fields, content=body) as response,
            ):
                return take(response, url)
        except AddressRefused as refused:
            raise AddressRefused(url, refused.why) from refused
        except (httpcore.TimeoutException, TimeoutError) as late:
            raise FetchLimit(url, f"no answer within {self._limits.seconds:g} s") from late
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            OSError,
        ) as refused:
            raise Unreachable(url, str(refused) or type(refused).__name__) from refused

    def _good(self, response: httpcore.Response, url: str) -> "bytes | _Redirect":
        if response.status in _REDIRECTS:
            return _Redirect(_location(response, url))
        if response.status != 200:
            raise Unreachable(url, f"it answered {response.status}")
        return self._body(response, url)

    def _whole(self, response: httpcore.Response, url: str) -> tuple[int, bytes]:
        return response.status, self._body(response, url)

    def _body(self, response: httpcore.Response, url: str) -> bytes:
        most = self._limits.octets
        content = bytearray()
        for chunk in response.iter_stream():
            content += chunk
            if len(content) > most:
                raise FetchLimit(url, f"more than {most} octets")
        return bytes(content)


@dataclass(frozen=True)
class _Redirect:
    location: str


def _location(response: httpcore.Response, url: str) -> str:
    for name, value in response.headers:
        if name.lower() == b"location":
            return value.decode("ascii", errors="replace")
    raise Unreachable(url, "it redirects to nowhere")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as refused:
        raise AddressRefused(url, f"it redirects to no address: {refused}") from refused


def checked_url(url: str) -> SplitResult:
    """The parts of an address that may be asked.  Raises AddressRefused."""
    if len(url) > MOST_URL_SIGNS or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressRefused(url[:80], "no address in plain ASCII")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as refused:
        raise AddressRefused(url, str(refused)) from refused
    if parts.scheme not in _PORTS:
        raise AddressRefused(url, "only http and https are asked")
    if not parts.hostname or parts.username is not None or parts.password is not None or port == 0:
        raise AddressRefused(url, "no plain host in it")
    return parts._replace(fragment="")


def system_addresses(host: str, port: int) -> Sequence[str]:
    """The addresses of a host by the system's resolver; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Deadline:
    """The end of one question, in the seconds of a clock that only grows."""

    def __init__(self, tick: Callable[[], float], seconds: float) -> None:
        self._tick = tick
        self._end = tick() + seconds

    def left(self) -> float:
        """Seconds left; raises httpcore.ReadTimeout when there are none."""
        left = self._end - self._tick()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for the question is over")
        return left


class _CheckedBackend(httpcore.NetworkBackend):
    """Opens connections to checked addresses only."""

    def __init__(self, resolver: Resolver, reachable: Sequence[Network], deadline: _Deadline) -> None:
        self._resolver = resolver
        self._reachable = reachable
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address that answers, all of them having been checked."""
        del timeout
        failed: Exception | None = None
        for address in self._addresses(host, port):
            try:
                stream = self._sockets.connect_tcp(
                    str(address), port, self._deadline.left(), local_address, socket_options
                )
            except httpcore.ConnectError as refused:
                failed = refused
            else:
                return _BoundedStream(stream, self._deadline)
        raise failed or httpcore.ConnectError(f"{host} has no address")

    def _addresses(self, host: str, port: int) -> list[Address]:
        found = [ipaddress.ip_address(text.partition("%")[0]) for text in self._resolve(host, port)]
        for address in found:
            if not is_public(address) and not any(address in network for network in self._reachable):
                raise AddressRefused(host, f"{address} is no public address")
        return found

    def _resolve(self, host: str, port: int) -> Sequence[str]:
        """The system's resolver knows no time limit of ours, so it works beside us and is left behind when late."""
        found: list[Sequence[str]] = []
        failed: list[OSError] = []

        def resolve() -> None:
            try:
                found.append(self._resolver(host, port))
            except (OSError, UnicodeError) as refused:
                failed.append(OSError(str(refused)))

        worker = threading.Thread(target=resolve, daemon=True)
        worker.start()
        worker.join(self._deadline.left())
        if failed:
            raise httpcore.ConnectError(f"{host}: {failed[0]}")
        if not found:
            raise httpcore.ConnectTimeout(f"{host} was not resolved in time")
        return found[0]


class _BoundedStream(httpcore.NetworkStream):
    """A connection whose every wait ends with the time of the question."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        return self._stream.read(min(max_bytes, _CHUNK), self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        del timeout
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _BoundedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public network; an IPv6 address that wraps an IPv4 one is as public as that."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or address not in _GLOBAL_UNICAST or address in _DOCUMENTATION:
            return False
    return address.is_global and not address.is_multicast


_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
# RFC 3513 4, and all that was ever given out: site-local, IPv4-compatible and a network's own NAT64 lie outside.
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_DOCUMENTATION: Final = ipaddress.IPv6Network("3fff::/20")  # RFC 9637
