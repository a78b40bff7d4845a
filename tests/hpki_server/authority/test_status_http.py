"""The status service in front of Django: the short way, the pages behind it, HTTP read by hand."""

import base64
import datetime as dt
import io
from collections.abc import Callable

import pytest
from cryptography.x509 import ocsp
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from hpki.issuance.ocsp import OcspFailure
from hpki_server.authority.models import Card
from hpki_server.authority.ocsp.http_messages import HttpRefused, read_http_request
from hpki_server.authority.ocsp.service import StatusService
from hpki_server.authority.ocsp.short_way import OcspShortWay
from tests.hpki_server.authority.asking import request_der, signing
from tests.hpki_server.authority.stage import NOON

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def environ(method: str, path: str, body: bytes = b"", **more: str) -> dict[str, object]:
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **more,
    }


class Behind:
    """What stands behind the short way; remembers what came through."""

    def __init__(self) -> None:
        self.came: list[tuple[object, bytes]] = []

    def __call__(self, environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
        stream = environ["wsgi.input"]
        assert isinstance(stream, io.BytesIO)
        self.came.append((environ["PATH_INFO"], stream.read()))
        start_response("200 OK", [])
        return [b"a page"]


def through(way: OcspShortWay, asked: dict[str, object]) -> tuple[str, dict[str, str], bytes]:
    heard: list[tuple[str, list[tuple[str, str]]]] = []
    body = b"".join(way(asked, lambda status, headers, *_: heard.append((status, headers))))  # type: ignore[arg-type]  # WSGI's write() is not used
    [(status, headers)] = heard
    return status, dict(headers), body


def test_the_short_way_answers_what_is_ready_and_lets_the_rest_pass(
    card: Card, serving: StatusService
) -> None:
    behind = Behind()
    way = OcspShortWay(behind, lambda: serving, clock=lambda: NOON.timestamp() + 60)
    asked = request_der(signing(card))
    text = base64.b64encode(asked).decode()
    status, headers, body = through(way, environ("POST", "/ocsp/", asked))
    assert (status, headers["Content-Type"]) == ("200 OK", "application/ocsp-response")
    assert through(way, environ("GET", f"/ocsp/{text}"))[2] == body
    assert through(way, environ("HEAD", f"/ocsp/{text}")) == (status, headers, b"")
    kept = through(way, environ("GET", f"/ocsp/{text}", HTTP_IF_NONE_MATCH=headers["ETag"]))
    assert (kept[0], kept[2]) == ("304 Not Modified", b"")
    assert behind.came == []
    nonce = request_der(signing(card), nonce=b"n" * 20)
    for path, sent in (("/", b""), ("/ocsp/", nonce), ("/ocsp/", b"x"), ("/ocsp/", b"x" * 11_000)):
        assert through(way, environ("POST", path, sent))[2] == b"a page"
    assert behind.came == [("/", b""), ("/ocsp/", nonce), ("/ocsp/", b"x"), ("/ocsp/", b"x" * 11_000)]


def test_behind_it_django_signs_on_demand(card: Card, client: Client) -> None:
    # Responders of NOON are over for a client of today; these are of the test's own day.
    asked = request_der(signing(card), nonce=b"n" * 20)
    response = client.post("/ocsp/", asked, content_type="application/ocsp-request")
    assert response.headers["Content-Type"] == "application/ocsp-response"
    assert ocsp.load_der_ocsp_response(response.content).response_status in {
        ocsp.OCSPResponseStatus.SUCCESSFUL,
        ocsp.OCSPResponseStatus.TRY_LATER,
    }
    oversized = client.post("/ocsp/", b"0" * 20_000, content_type="application/ocsp-request")
    assert oversized.content == OcspFailure.MALFORMED_REQUEST.der
    assert client.get("/ocsp/no-base64!").content == OcspFailure.MALFORMED_REQUEST.der


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"GET /ocsp/", b"POST /ocsp/ HTTP/1.1\r\nContent-Length: 5"]),
)
def test_no_octets_break_the_reader_of_http(octets: bytes, before: bytes) -> None:
    buffer = bytearray(before + octets + b"\r\n\r\n")
    try:
        request = read_http_request(buffer)
    except HttpRefused:
        return
    assert request is None or 0 < request.end <= len(buffer)
