"""A web server on loopback that asks for a client certificate, configured as a relying party would."""

import datetime as dt
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.free_port import free_port
from tests.interop.pcscd import DIES_WITH_US, stop, wait_until

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log info;
events {{ worker_connections 16; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key;
        ssl_protocols {protocol};
        {more}
        ssl_client_certificate {folder}/clients.pem;
        ssl_verify_client on;
        ssl_verify_depth 2;
        return 200 "welcome $ssl_client_s_dn over $ssl_protocol";
    }}
}}
"""


@dataclass(frozen=True)
class TlsServer:
    """Where it listens, and the file of the certificate that clients must trust."""

    url: str
    certificate: Path


@contextmanager
def tls_server(
    folder: Path, *, client_authorities: Sequence[x509.Certificate], protocol: str = "TLSv1.3", more: str = ""
) -> Iterator[TlsServer]:
    """nginx that takes client certificates below `client_authorities`; stopped at the end of the block."""
    folder.mkdir(exist_ok=True)
    certificate, key = _server_certificate()
    (folder / "server.pem").write_bytes(certificate)
    (folder / "server.key").write_bytes(key)
    (folder / "clients.pem").write_bytes(
        b"".join(each.public_bytes(Encoding.PEM) for each in client_authorities)
    )
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port, protocol=protocol, more=more))
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [
                *DIES_WITH_US,
                "nginx",
                "-p",
                str(folder),
                "-e",
                str(folder / "error.log"),
                "-c",
                str(configuration),
            ],
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(lambda: _listens(port), lambda: f"nginx did not start: {(folder / 'output').read_text()}")
        yield TlsServer(f"https://localhost:{port}/", folder / "server.pem")
    finally:
        stop(process)


@cache
def _server_certificate() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begins = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    addresses = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + dt.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
