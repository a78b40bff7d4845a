"""The very card that the issuing desk made: OpenSC reads it, openssl checks its signature, curl logs in with it."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from hpki.card.objects import CardApplication
from hpki.card.pkcs15_view import AIDS
from hpki_server.authority import ports, queries, services
from tests import cast
from tests.hpki_server.authority import stage
from tests.interop.nginx import tls_server
from tests.interop.pcscd import ReaderDaemon
from tests.interop.served import hpki
from tests.interop.test_tls_login import ENGINE, log_in

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class IssuedCard:
    """What the desk hands out, and what the authority recorded of it."""

    path: Path
    passphrase_file: Path
    pin: str
    recorded: dict[str, x509.Certificate]
    authorities: list[x509.Certificate]

    def serve(self, view: str) -> tuple[str, ...]:
        options = ("--card", str(self.path), "--passphrase-file", str(self.passphrase_file), "--view", view)
        return hpki("card", "serve", *options)


@pytest.fixture
def issued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IssuedCard:
    monkeypatch.setattr(settings, "VAR", tmp_path / "var")
    issuers = stage.hierarchy()
    officer = cast.officer(cast.TANAKA)
    card = services.personalise_card(stage.ordered_card().id, by=officer, at=stage.NOON)
    passphrase_file = tmp_path / "passphrase"
    passphrase_file.write_text(ports.card_secrets(card.card_id).file.reveal() + "\n")
    recorded = queries.certificates_of(card)
    return IssuedCard(
        path=ports.virtual_card_path(card.card_id),
        passphrase_file=passphrase_file,
        pin=services.take_pins(card.id, by=officer, at=stage.NOON).pin.reveal(),
        recorded={profile: x509.load_der_x509_certificate(der) for profile, der in recorded.items()},
        authorities=[
            x509.load_der_x509_certificate(bytes(issuers[name].certificate_der))
            for name in ("ROOT", "AUTHENTICATION_CA")
        ],
    )


def test_the_issued_card_is_used_by_foreign_software(
    reader: ReaderDaemon, issued: IssuedCard, tmp_path: Path
) -> None:
    text, key, engine = tmp_path / "text", tmp_path / "key.pem", tmp_path / "openssl.cnf"
    text.write_text("診断書\n")
    signer = issued.recorded["SIGNING"].public_key()
    key.write_bytes(signer.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    engine.write_text(ENGINE)
    with reader.card(*issued.serve("pkcs15")):
        read = reader.run(
            "pkcs15-tool", "--aid", AIDS[CardApplication.SIGNING].hex(), "--read-certificate", "02"
        ).stdout
        assert x509.load_pem_x509_certificate(read.encode()) == issued.recorded["SIGNING"]
        signed = reader.run(
            *("pkcs11-tool", "--token-label", "HPKI sign (PIN sign)", "--login", "--pin", issued.pin),
            *("--sign", "--id", "02", "-m", "SHA256-RSA-PKCS", "-i", str(text), "-o", f"{text}.sig"),
        )
        assert signed.returncode == 0, signed.stderr
    verified = reader.run(
        "openssl", "dgst", "-sha256", "-verify", str(key), "-signature", f"{text}.sig", str(text)
    )
    assert verified.stdout == "Verified OK\n"
    with (
        reader.card(*issued.serve("piv")),
        tls_server(tmp_path / "tls", client_authorities=issued.authorities) as server,
    ):
        assert "CN=Hanako Watanabe" in log_in(reader, engine, server, key="01", pin=issued.pin)
