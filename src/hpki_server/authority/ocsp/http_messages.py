"""HTTP/1.1 as the status service needs it: one request read from a buffer, one response written."""

from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from typing import Final

from hpki.errors import HpkiError, MalformedInput
from hpki.issuance.ocsp_request import MOST_OCTETS, read_get_path
from hpki_server.authority.ocsp.ready import Reply

# A GET carries the whole request in its path, written with percent signs at worst.
MOST_HEAD_OCTETS: Final = 32 * 1024
PATHS: Final = (b"/ocsp/", b"/ocsp")


class HttpRefused(HpkiError):
    """Not the HTTP that is spoken here; `status` is the answer, after which the connection ends."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request: `request_der` is None when its content is no OCSP request whatever it is; `end` is where it ends."""

    request_der: bytes | None
    keeps_alive: bool
    has_body: bool
    if_none_match: bytes
    end: int


def read_http_request(buffer: bytearray) -> HttpRequest | None:
    """The first request in the buffer; None while it is not whole.  Raises HttpRefused."""
    head_end = buffer.find(b"\r\n\r\n", 0, MOST_HEAD_OCTETS)
    if head_end < 0:
        if len(buffer) >= MOST_HEAD_OCTETS:
            raise HttpRefused("431 Request Header Fields Too Large")
        return None
    line_end = buffer.find(b"\r\n")
    words = bytes(buffer[:line_end]).split(b" ")
    if len(words) != 3 or words[2] not in {b"HTTP/1.1", b"HTTP/1.0"}:
        raise HttpRefused("400 Bad Request")
    method, target, version = words
    fields = bytes(buffer[line_end : head_end + 2])
    names = fields.lower()
    if b"\r\ntransfer-encoding:" in names:
        raise HttpRefused("411 Length Required")
    connection = _field(fields, names, b"\r\nconnection:").lower()
    keeps_alive = b"keep-alive" in connection if version == b"HTTP/1.0" else b"close" not in connection
    if_none_match = _field(fields, names, b"\r\nif-none-match:")
    start = head_end + 4
    length = _length(fields, names)
    if method == b"POST":
        _require_path(target)
        if length > MOST_OCTETS:
            # The rest is not read: the refusal is an OCSP answer, and the connection ends with it.
            return HttpRequest(None, False, True, b"", len(buffer))  # noqa: FBT003 - the fields in their order
        if len(buffer) < start + length:
            return None
        body = bytes(buffer[start : start + length])
        return HttpRequest(body, keeps_alive, True, if_none_match, start + length)  # noqa: FBT003 - as above
    if method not in {b"GET", b"HEAD"} or length:
        raise HttpRefused("405 Method Not Allowed")
    return HttpRequest(_asked(target), keeps_alive, method == b"GET", if_none_match, start)


def _require_path(target: bytes) -> bytes:
    if target == PATHS[1] or target.startswith(PATHS[0]):
        return target[len(PATHS[0]) :]
    raise HttpRefused("404 Not Found")


def _asked(target: bytes) -> bytes | None:
    try:
        return read_get_path(_require_path(target).decode("ascii"))
    except (MalformedInput, UnicodeDecodeError):
        return None


def _length(fields: bytes, names: bytes) -> int:
    # RFC 9112 6.3: lengths that contradict each other are an attack or an error; one is all that is read.
    if names.count(b"\r\ncontent-length:") > 1:
        raise HttpRefused("400 Bad Request")
    text = _field(fields, names, b"\r\ncontent-length:")
    if text and not (text.isdigit() and len(text) < 10):
        raise HttpRefused("400 Bad Request")
    return int(text or b"0")


def _field(fields: bytes, names: bytes, name: bytes) -> bytes:
    found = names.find(name)
    if found < 0:
        return b""
    return fields[found + len(name) : fields.find(b"\r\n", found + 2)].strip()


def response(reply: Reply, request: HttpRequest, at: float) -> bytes:
    """A reply as HTTP."""
    kept = (
        f"{reply.dates}Cache-Control: max-age={reply.kept_seconds(at)},public,no-transform,must-revalidate\r\n"
        if reply.next_update
        else "Cache-Control: no-store\r\n"
    )
    ends = "" if request.keeps_alive else "Connection: close\r\n"
    if request.if_none_match and request.if_none_match == reply.etag.encode():
        return f"HTTP/1.1 304 Not Modified\r\n{_date(int(at))}{kept}{ends}\r\n".encode()
    head = (
        f"HTTP/1.1 200 OK\r\n{_date(int(at))}Content-Type: application/ocsp-response\r\n"
        f"Content-Length: {len(reply.body)}\r\n{kept}{ends}\r\n"
    ).encode()
    return head + reply.body if request.has_body else head


def refusal(refused: HttpRefused, at: float) -> bytes:
    """An HTTP answer without content, the last on its connection."""
    return f"HTTP/1.1 {refused.status}\r\n{_date(int(at))}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()


@lru_cache(maxsize=4)
def _date(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}\r\n"
