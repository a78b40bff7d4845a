"""The holder's side of a server's signing queue: sign in with the card, fetch what waits, hand in what was signed.

Whatever the server says is read as from a stranger: bounded, checked, and made printable before anybody sees it.
"""

import base64
import datetime as dt
import hashlib
import ipaddress
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from hpki.card.sign_in import sign_in_message
from hpki.certs.printing import printable
from hpki.errors import MalformedInput, ServerRefused
from hpki.keys.secret import Secret
from hpki.signatures.claims import SigningUnit

MOST_OCTETS: Final = 12 * 1024 * 1024
MOST_TASKS: Final = 500
_API: Final = "/api/signing"
_JSON: Final = "application/json"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_UNAUTHORISED: Final = 401
_GOOD: Final = frozenset({200, 201})


class Channel(Protocol):
    """One question to a server and its answer (`hpki.http.HttpFetcher`)."""

    def exchange(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body.  Raises FetchError."""
        ...


@dataclass(frozen=True)
class Waiting:
    """A document that waits for the holder's signature, as the server describes it; texts are printable."""

    id: UUID
    title: str
    asked_by: str
    file_name: str
    level: str
    octets: int
    sha256: str
    deadline: dt.datetime


def server_address(url: str) -> str:
    """Scheme, host and port of a server, as its sign-in messages name it.

    Raises MalformedInput for anything but https, http to this very machine excepted.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as refused:
        raise MalformedInput("--server", str(refused)) from refused
    host = parts.hostname or ""
    if parts.scheme not in _DEFAULT_PORTS or not host or parts.path not in {"", "/"} or parts.query:
        raise MalformedInput("--server", "it is written https://host or https://host:port")
    if parts.scheme == "http" and not is_loopback(host):
        raise MalformedInput("--server", "https is needed; http is for this very machine only")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}")


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine, by its name alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class QueueServer:
    """A server's queue for one holder.

    Raises ServerRefused when the server says no, FetchError when it is out of reach, MalformedInput when it answers
    something else; signing in raises CardError, and KeyUnavailable or KeyRefused for a key in a token.
    """

    def __init__(
        self, channel: Channel, address: str, authentication: SigningUnit, *, lang: str = "ja"
    ) -> None:
        """`address` as `server_address` gives it; `authentication` is the holder's authentication key, wherever it is."""
        self._lang = lang
        self._channel = channel
        self._address = address
        self._authentication = authentication
        self._token: Secret | None = None

    def sign_in(self) -> None:
        """The authentication key answers the server's nonce, over the address that was dialled."""
        asked = self._json("POST", "/sign-in/challenge", b"", {})
        named = printable(_text(asked, "server"))
        if named.lower() != self._address:
            raise MalformedInput("--server", f"the server calls itself {named}: give it by that address")
        message = sign_in_message(self._address, _octets(asked, "nonce"))
        claim = {
            "challenge": _text(asked, "challenge"),
            "certificate": _encoded(self._authentication.certificate.der),
            "signature": _encoded(self._authentication.signer.sign(message)),
        }
        found = self._json("POST", "/sign-in", json.dumps(claim).encode(), {"Content-Type": _JSON})
        self._token = Secret(_text(found, "token"))

    def waiting(self) -> tuple[Waiting, ...]:
        """What waits, in the server's order."""
        found = self._object(self._asked("GET", "/queue")).get("tasks")
        if not isinstance(found, list) or len(found) > MOST_TASKS:
            raise MalformedInput("queue", "no list of documents")
        return tuple(_waiting(each) for each in found)

    def draft(self, task: Waiting) -> bytes:
        """The document, once its hash is the one that the list said."""
        octets = self._asked("GET", f"/queue/{task.id}/document")
        if hashlib.sha256(octets).hexdigest() != task.sha256:
            raise MalformedInput("document", f"{task.title}: its hash is not the one in the queue")
        return octets

    def hand_in(self, task: Waiting, signed: bytes) -> str:
        """The signed document; the level that it has now."""
        boundary = f"openhpki-{secrets.token_hex(16)}"
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="document"; filename="signed"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + signed + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        found = self._object(self._asked("POST", f"/queue/{task.id}/signed", body, kind))
        return printable(_text(found, "level"))

    def decline(self, task_id: UUID, reason: str) -> None:
        """The holder does not sign, and why."""
        body = json.dumps({"reason": reason}).encode()
        self._asked("POST", f"/queue/{task_id}/decline", body, _JSON)

    def _asked(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> bytes:
        """A question with the token; when its quarter of an hour is over, the key answers once more."""
        if self._token is None:
            self.sign_in()
        try:
            return self._call(method, path, body, kind)
        except ServerRefused as refused:
            if refused.status != _UNAUTHORISED:
                raise
        self.sign_in()
        return self._call(method, path, body, kind)

    def _call(self, method: str, path: str, body: bytes | None, kind: str) -> bytes:
        token = self._token.reveal() if self._token is not None else ""
        headers = {"Authorization": f"Bearer {token}"} | ({"Content-Type": kind} if kind else {})
        return self._answer(method, path, body, headers)

    def _answer(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        sent = {"Accept-Language": self._lang, **headers}
        status, octets = self._channel.exchange(method, f"{self._address}{_API}{path}", body, sent)
        if status not in _GOOD:
            raise _refused(status, octets)
        return octets

    def _json(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> dict[str, Any]:
        return self._object(self._answer(method, path, body, headers))

    def _object(self, octets: bytes) -> dict[str, Any]:
        try:
            found = json.loads(octets)
        except (ValueError, RecursionError) as unreadable:
            raise MalformedInput("answer of the server", "no JSON") from unreadable
        if not isinstance(found, dict):
            raise MalformedInput("answer of the server", "no JSON object")
        return found


def _refused(status: int, octets: bytes) -> ServerRefused:
    """What the server said, if it is one of its refusals."""
    try:
        told = json.loads(octets[:10_000])
        code, sentence = str(told["code"]), str(told["sentence"])
    except (ValueError, KeyError, TypeError, RecursionError):
        code, sentence = f"http_{status}", ""
    return ServerRefused(status, printable(code)[:60], printable(sentence)[:400])


def _waiting(told: object) -> Waiting:
    if not isinstance(told, dict):
        raise MalformedInput("queue", "an entry is no object")
    octets = told.get("octets")
    try:
        identifier = UUID(_text(told, "id"))
        deadline = dt.datetime.fromisoformat(_text(told, "deadline"))
    except ValueError as unreadable:
        raise MalformedInput("queue", f"an entry cannot be read: {unreadable}") from unreadable
    if not isinstance(octets, int) or not 0 < octets <= MOST_OCTETS or deadline.tzinfo is None:
        raise MalformedInput("queue", "an entry cannot be read")
    return Waiting(
        id=identifier,
        title=printable(_text(told, "title"))[:120],
        asked_by=printable(_text(told, "asked_by"))[:120],
        file_name=_file_name(_text(told, "file_name")),
        level=printable(_text(told, "level"))[:4],
        octets=octets,
        sha256=_text(told, "sha256"),
        deadline=deadline,
    )


def _file_name(told: str) -> str:
    """The last part of a path, without signs that a file system or a terminal takes amiss; never empty or hidden."""
    name = PurePosixPath(printable(told).replace("\\", "/")).name
    kept = "".join("_" if sign in '<>:"|?*' else sign for sign in name).strip(" .")
    return kept[-100:] or "document"


def _text(told: Mapping[str, Any], key: str) -> str:
    found = told.get(key)
    if not isinstance(found, str):
        raise MalformedInput("answer of the server", f"{key} is missing")
    return found


def _octets(told: Mapping[str, Any], key: str) -> bytes:
    try:
        return base64.b64decode(_text(told, key), validate=True)
    except ValueError as unreadable:
        raise MalformedInput("answer of the server", f"{key} is no base64") from unreadable


def _encoded(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
