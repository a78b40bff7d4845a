"""Certificate status: answers over HTTP beside `openssl ocsp`, and signing beside the bare signature.

The service runs as it does in production, one process of `hpki-server ocsp serve`; the load comes from wrk, which asks
about different certificates in turn, each request in its own octets.  `openssl ocsp` signs every answer on demand and
closes the connection, which is all it can do; it is asked in turns with ours by four clients, so that other work on the
machine falls on both.
"""

import base64
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from statistics import median

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from tests import pki
from tests.status_service.running import RunningService, running_service

from hpki.issuance import profiles
from hpki.issuance.ocsp import prepare_answer, sign_answer
from hpki.issuance.ocsp_content import AnswerContent, SingleStatus
from hpki.issuance.ocsp_request import CertIdHash, read_ocsp_request
from hpki.issuance.ocsp_responder import Responder
from hpki.issuance.status import Good
from hpki.keys.algorithms import KeyAlgorithm, signature_hash
from hpki.keys.software import SoftwareSigner

Row = tuple[str, float, float, str]
CERTIFICATES = 20_000
ROUNDS = 3
SECONDS = 3
PEER_PORT = 18_888


def measure() -> Iterator[Row]:
    """Name, per second, ratio, note: of the raw signature in the same run, or of the peer over HTTP."""
    yield from _in_process()
    if shutil.which("wrk") is None:
        yield "over HTTP", 0.0, 0.0, "wrk is not installed"
        return
    with tempfile.TemporaryDirectory() as folder:
        yield from _over_http(Path(folder))


# --- in process ---------------------------------------------------------------------------------------------------


def _in_process() -> Iterator[Row]:
    for algorithm in (KeyAlgorithm.P_256, KeyAlgorithm.RSA_2048):
        yield from _signing(algorithm)


def _signing(algorithm: KeyAlgorithm) -> Iterator[Row]:
    responder, content = _answer(algorithm)
    signer = pki.key(algorithm, "responder")
    cert_ids = [responder.identity.cert_id(CertIdHash.SHA256, 1 << 158 | n) for n in range(1000)]
    asked = cycle([read_ocsp_request(_request(responder, one.serial_number)) for one in cert_ids])
    message = prepare_answer(content, responder).tbs_der

    def on_demand() -> None:
        [cert_id] = next(asked).cert_ids
        single = (SingleStatus(cert_id, Good()),)
        sign_answer(prepare_answer(replace(content, singles=single), responder), signer)

    def with_builder() -> None:
        _with_builder(responder, content, signer)

    raw, whole, peer = _interleaved(lambda: signer.sign(message), on_demand, with_builder)
    yield f"{algorithm}: raw signature (the limit)", raw, 1.0, ""
    yield (
        f"{algorithm}: prepare, lint, sign, compare, verify",
        whole,
        whole / raw,
        "on demand, in process",
    )
    yield f"{algorithm}: OCSPResponseBuilder (peer)", peer, peer / raw, "no lints, no verification"
    octets = _request(responder, 1 << 158)
    [reading] = _interleaved(lambda: read_ocsp_request(octets))
    yield "a request read", reading, reading / raw, "of the signatures"


def _answer(algorithm: KeyAlgorithm) -> tuple[Responder, AnswerContent]:
    authority = pki.hierarchy(KeyAlgorithm.P_256).authorities["SIGNING_CA"]
    public_key = pki.key(algorithm, "responder").public_key()
    request = pki.request_for(profiles.OCSP_RESPONDER, public_key, authority.issuer)
    responder = Responder(authority.issue(request, pki.CEREMONY_DAY), authority.issuer)
    at = pki.CEREMONY_DAY
    single = SingleStatus(responder.identity.cert_id(CertIdHash.SHA256, 1 << 158), Good())
    return responder, AnswerContent((single,), at, at.replace(hour=20), archive_cutoff=at)


def _request(responder: Responder, serial_number: int) -> bytes:
    by_name, by_key = responder.identity.hashes(CertIdHash.SHA256)
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        by_name, by_key, serial_number, hashes.SHA256()
    )
    return builder.build().public_bytes(Encoding.DER)


def _with_builder(responder: Responder, content: AnswerContent, signer: SoftwareSigner) -> None:
    by_name, by_key = responder.identity.hashes(CertIdHash.SHA256)
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        by_name,
        by_key,
        1 << 158,
        hashes.SHA256(),
        ocsp.OCSPCertStatus.GOOD,
        content.at,
        content.next_update,
        None,
        None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
    built = builder.certificates([responder.certificate]).sign(
        signer.builder_key(), signature_hash(signer.algorithm)
    )
    built.public_bytes(Encoding.DER)


def _interleaved(*works: Callable[[], object]) -> list[float]:
    rates: list[list[float]] = [[] for _ in works]
    for _ in range(9):
        for place, work in enumerate(works):
            runs, begun = 0, time.perf_counter()
            while (passed := time.perf_counter() - begun) < 0.1:
                work()
                runs += 1
            rates[place].append(runs / passed)
    return [median(each) for each in rates]


# --- over HTTP ----------------------------------------------------------------------------------------------------


def _over_http(folder: Path) -> Iterator[Row]:
    with running_service(folder, certificates=CERTIFICATES) as service, _openssl(service):
        signed, seconds = float(str(service.prepared["signed"])), float(str(service.prepared["seconds"]))
        yield (
            "answers signed ahead and laid on the shelf",
            signed / seconds,
            0.0,
            "P-256, one process, one core",
        )
        requests = _requests(service)
        script, nonces = folder / "ask.lua", folder / "nonce.lua"
        script.write_text(_lua(requests))
        nonces.write_text(_lua([_with_nonce(request) for request in requests[:500]]))
        rates: list[list[float]] = [[], [], [], []]
        path = "/ocsp/" + base64.b64encode(requests[0]).decode().replace("+", "%2B").replace("/", "%2F")
        for _ in range(ROUNDS):
            rates[0].append(_wrk(service.port, "/ocsp/", script))
            rates[1].append(_wrk(service.port, path, None))
            rates[2].append(_wrk(service.port, "/ocsp/", nonces))
            rates[3].append(_one_by_one(PEER_PORT, requests))
        stored, got, fresh, theirs = (median(each) for each in rates)
    yield (
        f"stored, POST, {CERTIFICATES:,} certificates in turn",
        stored,
        stored / theirs,
        "of openssl ocsp; the bar is 20,000",
    )
    yield "stored, GET, one certificate", got, got / theirs, "of openssl ocsp"
    yield (
        "on demand, POST with a nonce, P-256",
        fresh,
        fresh / theirs,
        "of openssl ocsp; records read each time",
    )
    yield "openssl ocsp, P-256 (peer)", theirs, 1.0, "signs each, closes each connection"


def _requests(service: RunningService) -> list[bytes]:
    issuer = x509.load_pem_x509_certificate((service.folder / "SIGNING_CA.pem").read_bytes())
    holder = x509.load_pem_x509_certificate((service.folder / "holder-0.pem").read_bytes())
    model = ocsp.OCSPRequestBuilder().add_certificate(holder, issuer, hashes.SHA256()).build()
    return [
        ocsp.OCSPRequestBuilder()
        .add_certificate_by_hash(
            model.issuer_name_hash, model.issuer_key_hash, int(serial, 16), hashes.SHA256()
        )
        .build()
        .public_bytes(Encoding.DER)
        for serial in service.serials
    ]


def _with_nonce(request_der: bytes) -> bytes:
    asked = ocsp.load_der_ocsp_request(request_der)
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        asked.issuer_name_hash, asked.issuer_key_hash, asked.serial_number, hashes.SHA256()
    )
    nonce = x509.OCSPNonce(request_der[-32:])
    return builder.add_extension(nonce, critical=False).build().public_bytes(Encoding.DER)


def _lua(requests: list[bytes]) -> str:
    """A wrk script that asks them in turn, their bodies made into HTTP beforehand."""
    bodies = ",".join('"' + "".join(f"\\{octet:03d}" for octet in request) + '"' for request in requests)
    return (
        f"local bodies = {{{bodies}}}\nlocal made, n = {{}}, 0\n"
        'init = function() for i, b in ipairs(bodies) do made[i] = wrk.format("POST", nil, '
        '{["Content-Type"] = "application/ocsp-request"}, b) end end\n'
        "request = function() n = n % #made + 1 return made[n] end\n"
    )


def _wrk(port: int, path: str, script: Path | None) -> float:
    command = ["wrk", "-t1", "-c16", f"-d{SECONDS}s"] + (["-s", str(script)] if script else [])
    ran = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True
    )
    found = re.search(r"Requests/sec:\s+([\d.]+)", ran.stdout)
    if found is None or "Non-2xx" in ran.stdout:
        raise RuntimeError(ran.stdout)
    return float(found[1])


def _one_by_one(port: int, requests: list[bytes]) -> float:
    """Requests per second, a connection each, from four clients: `openssl ocsp` does not speak to wrk."""
    asked, ends = cycle(requests), time.perf_counter() + SECONDS

    def client(_number: int) -> int:
        done = 0
        while time.perf_counter() < ends:
            body = next(asked)
            with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
                peer.sendall(b"POST / HTTP/1.0\r\nContent-Type: application/ocsp-request\r\n")
                peer.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)
                received = b""
                while part := peer.recv(65_536):
                    received += part
            if b"application/ocsp-response" not in received:
                raise RuntimeError("the peer did not answer")
            done += 1
        return done

    begun = time.perf_counter()
    with ThreadPoolExecutor(4) as clients:
        done = sum(clients.map(client, range(4)))
    return done / (time.perf_counter() - begun)


@contextmanager
def _openssl(service: RunningService) -> Iterator[None]:
    """`openssl ocsp` as responder for the same certificates, with a P-256 key."""
    folder = service.folder
    certificate = _self_signed(folder)
    # Its index wants a subject of its own for each certificate.
    index = "".join(
        f"V\t350101000000Z\t\t{serial.upper()}\tunknown\t/CN={serial}\n" for serial in service.serials
    )
    (folder / "index.txt").write_text(index)
    command = "ocsp -index index.txt -CA SIGNING_CA.pem -rkey openssl.key -nmin 60 -ignore_err"
    said = folder / "openssl.log"
    with said.open("w") as log:
        process = subprocess.Popen(
            ["openssl", *command.split(), "-port", str(PEER_PORT), "-rsigner", certificate],
            cwd=folder,
            stdout=log,
            stderr=log,
        )
        try:
            # Waiting for its word and not for its port: a connection that only looks makes it stand still.
            while "waiting for" not in said.read_text():
                time.sleep(0.1)
            yield
        finally:
            process.kill()
            process.wait()


def _self_signed(folder: Path) -> str:
    command = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=peer -days 2"
    subprocess.run(
        ["openssl", *command.split(), "-keyout", "openssl.key", "-out", "openssl.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return "openssl.pem"
