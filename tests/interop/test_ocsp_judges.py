"""Foreign software asks our status service over HTTP: OpenSSL, GnuTLS, the JDK; pkilint reads what it answers.

The service is two processes of `hpki-server ocsp serve` on one port, beside the process of the authority.
"""

import base64
import socket
import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from pkilint import loader, pkix
from pkilint.pkix import extension, name
from pkilint.pkix import ocsp as ocsp_linter

from hpki.issuance.ocsp import OcspFailure
from hpki.issuance.ocsp_request import MOST_OCTETS
from tests.status_service.running import RunningService, running_service

SHA1 = hashes.SHA1()  # noqa: S303 - RFC 6960 4.1.1: clients name the issuer by it
SHA256 = hashes.SHA256()
JUDGE = Path(__file__).with_name("OcspJudge.java")
PATIENCE_SECONDS = 60
GOOD, REVOKED, ISSUED_BY_NOBODY = "holder-0.pem", "holder-1.pem", 1 << 158 | 77


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """花子's certificate is good, 健's is revoked; answers to both lie on the shelf from before."""
    with running_service(tmp_path_factory.mktemp("status"), certificates=12, servers=2) as running:
        (running.folder / "chain.pem").write_bytes(
            b"".join((running.folder / f"{name}.pem").read_bytes() for name in ("ROOT", "SIGNING_CA"))
        )
        connections = to_both_processes(running)
        request = request_der(running, int(running.serials[1], 16))
        running.tell("revoke", running.serials[1])
        until_revoked_in_every_process(connections, request)
        yield running


def to_both_processes(service: RunningService) -> list[HTTPConnection]:
    """A connection stays with its process; enough of them reach both."""
    return [service.connection() for _ in range(16)]


def until_revoked_in_every_process(connections: list[HTTPConnection], request: bytes) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    for connection in connections:
        while asked(connection, request) is not ocsp.OCSPCertStatus.REVOKED:
            assert time.monotonic() < until, "a process does not notice the revocation"
            time.sleep(0.05)
        connection.close()


def asked(connection: HTTPConnection, request: bytes) -> ocsp.OCSPCertStatus:
    connection.request("POST", "/ocsp/", request)
    return status(connection.getresponse().read())


def certificate(service: RunningService, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((service.folder / name).read_bytes())


def request_der(
    service: RunningService, serial: int, digest: hashes.HashAlgorithm = SHA256, nonce: bytes | None = None
) -> bytes:
    """A request about a serial of the signing sub-CA, as cryptography writes it."""
    issuer = certificate(service, "SIGNING_CA.pem")
    [template] = [
        ocsp.OCSPRequestBuilder().add_certificate(certificate(service, GOOD), issuer, digest).build()
    ]
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        template.issuer_name_hash, template.issuer_key_hash, serial, digest
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def serial_of(service: RunningService, name: str) -> int:
    return certificate(service, name).serial_number


def answered(service: RunningService, request: bytes) -> ocsp.OCSPResponse:
    return ocsp.load_der_ocsp_response(service.post(request))


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("options", [("-no_nonce",), (), ("-sha256", "-no_nonce"), ("-sha256",)])
@pytest.mark.parametrize(("about", "status"), [(GOOD, "good"), (REVOKED, "revoked"), (None, "unknown")])
def test_openssl_verifies_every_answer(
    service: RunningService, options: tuple[str, ...], about: str | None, status: str
) -> None:
    digest = [option for option in options if option == "-sha256"]
    which = ["-serial", hex(ISSUED_BY_NOBODY)] if about is None else ["-cert", about]
    ask = ["openssl", "ocsp", *digest, "-issuer", "SIGNING_CA.pem", *which, "-CAfile", "chain.pem"]
    said = run(service.folder, *ask, "-url", service.url, *[o for o in options if o not in digest])
    assert "Response verify OK" in said
    assert f": {status}" in said
    assert "WARNING: no nonce" not in said
    if status == "revoked":
        assert "Reason: keyCompromise" in said


@pytest.mark.parametrize(("about", "status"), [(GOOD, "good"), (REVOKED, "revoked")])
def test_gnutls_verifies_them_too(service: RunningService, about: str, status: str) -> None:
    said = run(
        service.folder,
        *("ocsptool", f"--ask={service.url}", "--load-cert", about, "--load-issuer", "SIGNING_CA.pem"),
        *("--load-trust", "SIGNING_CA.pem"),
    )
    assert "Verifying OCSP Response: Success." in said
    assert f"Certificate Status: {status}" in said


@pytest.mark.parametrize(("about", "expected"), [(GOOD, "good"), (REVOKED, "REVOKED")])
def test_the_jdk_checks_a_path_with_them(service: RunningService, about: str, expected: str) -> None:
    said = run(service.folder, "java", str(JUDGE), "SIGNING_CA.pem", about, service.url)
    assert said.startswith(expected), said


def test_pkilint_finds_nothing(service: RunningService) -> None:
    linter = ocsp_linter.create_pkix_ocsp_response_validator_container(
        [
            ocsp_linter.create_response_decoder(),
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [],
    )
    load = loader.RFC6960OCSPResponseDocumentLoader().load_der_document
    good, revoked = serial_of(service, GOOD), serial_of(service, REVOKED)
    for serial, nonce in ((good, None), (revoked, None), (ISSUED_BY_NOBODY, None), (good, b"n" * 32)):
        for digest in (SHA1, SHA256):
            document = load(service.post(request_der(service, serial, digest, nonce)))
            found = [
                f"{one.finding.severity.name} {one.finding.code}"
                for result in linter.validate(document.root)
                for one in result.finding_descriptions
            ]
            assert found == []


def test_a_revocation_shows_in_every_process(service: RunningService) -> None:
    serial_hex = service.serials[5]
    request = request_der(service, int(serial_hex, 16))
    connections = to_both_processes(service)
    assert {asked(connection, request) for connection in connections} == {ocsp.OCSPCertStatus.GOOD}
    service.tell("revoke", serial_hex)
    until_revoked_in_every_process(connections, request)
    # Signed ahead again, it comes from the shelf, and it is the only one that was.
    assert service.tell("sign-ahead")["signed"] in {2, 4}
    assert answered(service, request).certificate_status is ocsp.OCSPCertStatus.REVOKED


def status(body: bytes) -> ocsp.OCSPCertStatus:
    return ocsp.load_der_ocsp_response(body).certificate_status


def test_a_get_can_be_kept_and_asked_for_again(service: RunningService) -> None:
    request = request_der(service, serial_of(service, GOOD), SHA1)
    path = "/ocsp/" + base64.b64encode(request).decode().replace("+", "%2B").replace("/", "%2F")
    response, body = service.ask("GET", path)
    assert response.headers["Content-Type"] == "application/ocsp-response"
    assert body == service.post(request)
    answer = ocsp.load_der_ocsp_response(body)
    assert answer.next_update_utc is not None
    assert response.headers["Last-Modified"] == f"{answer.this_update_utc:%a, %d %b %Y %H:%M:%S} GMT"
    assert response.headers["Expires"] == f"{answer.next_update_utc:%a, %d %b %Y %H:%M:%S} GMT"
    assert response.headers["Cache-Control"] == "max-age=600,public,no-transform,must-revalidate"
    connection = service.connection()
    connection.request("GET", path, headers={"If-None-Match": response.headers["ETag"]})
    again = connection.getresponse()
    assert (again.status, again.read()) == (304, b"")
    connection.close()


def test_the_nonce_is_repeated_and_nobody_keeps_that_answer(service: RunningService) -> None:
    nonce = bytes(range(32))
    request = request_der(service, serial_of(service, GOOD), nonce=nonce)
    response, body = service.ask("POST", "/ocsp/", request)
    answer = ocsp.load_der_ocsp_response(body)
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce
    assert response.headers["Cache-Control"] == "no-store"


def strange_issuer() -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(b"n" * 20, b"k" * 20, 5, SHA1)
    return builder.build().public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("empty", OcspFailure.MALFORMED_REQUEST),
        ("not DER", OcspFailure.MALFORMED_REQUEST),
        ("oversized", OcspFailure.MALFORMED_REQUEST),
        ("strange issuer", OcspFailure.UNAUTHORIZED),
        ("strange hash", OcspFailure.UNAUTHORIZED),
        ("nonce of 200 octets", OcspFailure.MALFORMED_REQUEST),
    ],
)
def test_what_cannot_be_answered_is_refused_as_the_rfc_says(
    service: RunningService, name: str, expected: OcspFailure
) -> None:
    good = serial_of(service, GOOD)
    bodies = {
        "empty": b"",
        "not DER": b"hello",
        "oversized": b"\x30" * (MOST_OCTETS + 1),
        "strange issuer": strange_issuer(),
        "strange hash": request_der(service, good, hashes.SHA384()),
        "nonce of 200 octets": request_der(service, good, nonce=b"n" * 200),
    }
    response, body = service.ask("POST", "/ocsp/", bodies[name])
    assert (response.status, body) == (200, expected.der)


HOSTILE = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\r\n\r\n", b"HTTP/1.1 400"),
    "a head without end": (b"GET /ocsp/" + b"A" * 40_000, b"HTTP/1.1 431"),
    "another method": (b"DELETE /ocsp/ HTTP/1.1\r\n\r\n", b"HTTP/1.1 405"),
    "another path": (b"POST /admin HTTP/1.1\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 404"),
    "two lengths": (
        b"POST /ocsp/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 400",
    ),
    "a negative length": (b"POST /ocsp/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"HTTP/1.1 400"),
    "chunks": (b"POST /ocsp/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"HTTP/1.1 411"),
    "a path that is no base64": (
        b"GET /ocsp/%%% HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"\x30\x03\x0a\x01\x01",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_http_ends_with_a_refusal(service: RunningService, name: str) -> None:
    sent, expected = HOSTILE[name]
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as peer:
        peer.sendall(sent)
        received = b""
        while part := peer.recv(4096):
            received += part
    assert expected in received


def test_requests_in_one_packet_are_answered_in_their_order(service: RunningService) -> None:
    good = request_der(service, serial_of(service, GOOD))
    fresh = request_der(service, serial_of(service, GOOD), nonce=b"n" * 16)
    bodies = [good, fresh, b"x", good]
    packet = b"".join(
        b"POST /ocsp/ HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body for body in bodies
    )
    last = b"POST /ocsp/ HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as peer:
        for octet_count in (7, len(packet)):
            peer.sendall(packet[:octet_count])
            packet = packet[octet_count:]
        peer.sendall(last)
        received = b""
        while part := peer.recv(65536):
            received += part
    parts = received.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [b"no-store" in part for part in parts] == [False, True, True, False, True]
    assert parts[2].endswith(OcspFailure.MALFORMED_REQUEST.der)
