"""The short way in front of Django: `/ocsp/` is answered from the shelf, everything else goes on as it came."""

import io
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote

from hpki.errors import MalformedInput
from hpki.issuance.ocsp_request import MOST_OCTETS, read_get_path
from hpki_server.authority.ocsp.ready import Reply

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from hpki_server.authority.ocsp.service import StatusService

PREFIX = "/ocsp/"


class OcspShortWay:
    """A WSGI application around another one.

    `service` is asked for at the first OCSP request, so that every worker process has its own; `clock` gives seconds.
    """

    def __init__(
        self,
        behind: "WSGIApplication",
        service: Callable[[], "StatusService"],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._behind = behind
        self._service = service
        self._clock = clock

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(PREFIX):
            at = self._clock()
            reply = self._ready(environ, at)
            if reply is not None:
                return _respond(reply, environ, start_response, at)
        return self._behind(environ, start_response)

    def _ready(self, environ: "WSGIEnvironment", at: float) -> Reply | None:
        request_der = _request_der(environ)
        if request_der is None:
            return None
        service = self._service()
        service.watch.look_if_due()
        return service.ready.find(request_der, at)


def _request_der(environ: "WSGIEnvironment") -> bytes | None:
    """The request's octets; None for what Django shall refuse.  A body that was read can be read again."""
    method = environ["REQUEST_METHOD"]
    if method in {"GET", "HEAD"}:
        try:
            # PEP 3333: PATH_INFO is decoded, its octets as Latin-1.
            return read_get_path(quote(environ["PATH_INFO"][len(PREFIX) :], encoding="latin-1"))
        except MalformedInput:
            return None
    length = environ.get("CONTENT_LENGTH") or ""
    if method != "POST" or not length.isascii() or not length.isdigit() or int(length) > MOST_OCTETS:
        return None
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _respond(
    reply: Reply, environ: "WSGIEnvironment", start_response: "StartResponse", at: float
) -> Iterable[bytes]:
    headers = reply.headers(at)
    if environ.get("HTTP_IF_NONE_MATCH") == reply.etag:
        start_response("304 Not Modified", [(n, v) for n, v in headers if not n.startswith("Content-")])
        return []
    start_response("200 OK", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [reply.body]
