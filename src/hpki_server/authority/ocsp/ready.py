"""The short way: a request's octets in, an answer signed ahead out.  No ORM, no key, no page."""

import datetime as dt
import hashlib
import sqlite3
import threading
from dataclasses import dataclass, field
from email.utils import format_datetime
from itertools import islice

from hpki.errors import MalformedInput
from hpki.issuance.ocsp_request import OcspRequest, read_ocsp_request
from hpki_server.authority.ocsp.shelf import AnswerShelf
from hpki_server.authority.ocsp.watch import StatusWatch

# So many requests are remembered with their answers, each for so long before the shelf is asked again.
MOST_REMEMBERED = 65_536
REMEMBERED_SECONDS = 60
# An answer is not given in its last minutes: it has to reach somebody whose clock is ahead of ours.
LAST_SECONDS = 300
# Proxies keep an answer no longer than this, whatever its nextUpdate: they do not hear of a revocation.
KEPT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Reply:
    """An OCSPResponse.  `this_update` and `next_update` are 0 for what nobody may keep: failures, answers to a nonce."""

    body: bytes
    this_update: int = 0
    next_update: int = 0
    etag: str = ""
    dates: str = field(default="", compare=False)

    def headers(self, at: float) -> list[tuple[str, str]]:
        """The header fields for a cache: RFC 5019 6.2, all of them derived from thisUpdate and nextUpdate."""
        typed = [("Content-Type", "application/ocsp-response"), ("Content-Length", str(len(self.body)))]
        if not self.next_update:
            return [*typed, ("Cache-Control", "no-store")]
        return [
            *typed,
            ("Last-Modified", http_date(self.this_update)),
            ("Expires", http_date(self.next_update)),
            ("ETag", self.etag),
            ("Cache-Control", f"max-age={self.kept_seconds(at)},public,no-transform,must-revalidate"),
        ]

    def kept_seconds(self, at: float) -> int:
        """How long a proxy may keep it."""
        return max(0, min(KEPT_SECONDS, self.next_update - int(at)))


def cacheable(body: bytes, this_update: int, next_update: int) -> Reply:
    """A reply that proxies may keep."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    dates = (
        f"Last-Modified: {http_date(this_update)}\r\nExpires: {http_date(next_update)}\r\nETag: {etag}\r\n"
    )
    return Reply(body, this_update, next_update, etag, dates)


def http_date(moment: int) -> str:
    """RFC 9110 5.6.7."""
    return format_datetime(dt.datetime.fromtimestamp(moment, dt.UTC), usegmt=True)


@dataclass(slots=True)
class _Remembered:
    reply: Reply
    issuer: str
    serial_hex: str
    known_change: int
    forget_at: float
    # Whether the same octets may be asked again: not with a nonce.
    is_for_all: bool = True


class ReadyAnswers:
    """Answers that need no key: from the shelf, and those given a moment ago."""

    def __init__(self, shelf: AnswerShelf, watch: StatusWatch) -> None:
        self._shelf = shelf
        self._watch = watch
        self._remembered: dict[bytes, _Remembered] = {}
        self._generation = 0
        self._lock = threading.Lock()

    def find(self, request_der: bytes, at: float, *, without_nonce: bool = False) -> Reply | None:
        """The answer to a request about one certificate, while it is fresh and current; else None.

        A request with a nonce has none here.  `without_nonce`: it gets one that does not repeat the nonce, as RFC 9654
        2.1 leaves to the responder; the client decides whether that is enough.
        """
        if self._generation != self._watch.generation:
            self._forget()
        known = self._remembered.get(request_der)
        if known is not None and at < known.forget_at:
            return known.reply if self._may_go(known, at) else None
        known = self._from_shelf(request_der, at, without_nonce=without_nonce)
        if known is None or not self._may_go(known, at):
            return None
        if known.is_for_all:
            self._keep(request_der, known)
        return known.reply

    def _may_go(self, known: _Remembered, at: float) -> bool:
        return at + LAST_SECONDS < known.reply.next_update and self._watch.is_current(
            known.issuer, known.serial_hex, known.known_change
        )

    def remember(
        self, request_der: bytes, reply: Reply, subject: tuple[str, str], known_change: int, at: float
    ) -> None:
        """Keep an answer that was signed on demand, so that the next one who asks costs no signature."""
        self._keep(
            request_der, _Remembered(reply, subject[0], subject[1], known_change, at + REMEMBERED_SECONDS)
        )

    def _from_shelf(self, request_der: bytes, at: float, *, without_nonce: bool) -> _Remembered | None:
        request = _read(request_der)
        if request is None or len(request.cert_ids) != 1:
            return None
        if request.nonce is not None and not without_nonce:
            return None
        try:
            row = self._shelf.get(request.cert_ids[0].der)
        except sqlite3.Error:
            # A damaged or vanishing shelf only costs time: the desk signs on demand.
            return None
        if row is None:
            return None
        reply = cacheable(row.response, row.this_update, row.next_update)
        return _Remembered(
            reply,
            row.issuer,
            row.serial_hex,
            row.known_change,
            at + REMEMBERED_SECONDS,
            is_for_all=request.nonce is None,
        )

    def _forget(self) -> None:
        with self._lock:
            self._generation = self._watch.generation
            self._remembered.clear()

    def _keep(self, request_der: bytes, known: _Remembered) -> None:
        with self._lock:
            if len(self._remembered) >= MOST_REMEMBERED:
                for oldest in list(islice(self._remembered, MOST_REMEMBERED // 4)):
                    del self._remembered[oldest]
            self._remembered[request_der] = known


def _read(request_der: bytes) -> OcspRequest | None:
    try:
        return read_ocsp_request(request_der)
    except MalformedInput:
        return None
