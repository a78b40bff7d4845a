"""花子 logs in to a web server with her card, by curl through OpenSC; what is not for logins is refused.

A card that follows the guideline signs with PKCS#1 v1.5 only, which TLS 1.3 does not take from clients (RFC 8446
4.2.3); so the PKCS#15 view serves TLS 1.2 with the signature algorithms named, and the PIV view serves TLS 1.3.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hpki.card.objects import CardApplication
from hpki.card.pkcs15_view import AIDS
from hpki.issuance import profiles
from hpki.issuance.profiles import Profile
from tests import cards
from tests.interop.nginx import TlsServer, tls_server
from tests.interop.pcscd import ReaderDaemon
from tests.interop.served import CardFile

ENGINE = """
openssl_conf = init
[init]
engines = engines
[engines]
pkcs11 = pkcs11
[pkcs11]
engine_id = pkcs11
MODULE_PATH = opensc-pkcs11.so
init = 1
"""
# A program that sees both tokens may try the PIN of one on the other and burn its tries: show it one.
AUTHENTICATION_ONLY = """
app default {{
    framework pkcs15 {{ application {aid} {{ disable = true; }} }}
}}
"""
RSA_PKCS1_ONLY = "ssl_conf_command ClientSignatureAlgorithms RSA+SHA256:ECDSA+SHA256;"


@pytest.fixture(scope="module")
def card_file(tmp_path_factory: pytest.TempPathFactory) -> CardFile:
    return CardFile(tmp_path_factory.mktemp("card"))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engine") / "openssl.cnf"
    path.write_text(ENGINE)
    return path


def authorities(*kinds: CardApplication) -> list[x509.Certificate]:
    """The root and the sub-CAs that a server takes clients from."""
    issuers = cards.hierarchy()
    below = [issuers.authority_for(cards.PROFILE_OF[kind]).issuer.certificate for kind in kinds]
    return [issuers.root.issuer.certificate, *below]


def log_in(
    reader: ReaderDaemon,
    engine: Path,
    server: TlsServer,
    *,
    key: str,
    pin: str,
    settings: tuple[str, ...] = (),
) -> str:
    """What the server says to curl, or what curl says about the server."""
    identity = f"pkcs11:id=%{key}"
    done = reader.run(
        *("env", f"OPENSSL_CONF={engine}", *settings, "curl", "--silent", "--show-error", "--max-time", "20"),
        *("--engine", "pkcs11", "--cacert", str(server.certificate)),
        *("--cert-type", "ENG", "--cert", f"{identity};type=cert"),
        *("--key-type", "ENG", "--key", f"{identity};type=private;pin-value={pin}"),
        server.url,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="class")
def piv(reader: ReaderDaemon, card_file: CardFile) -> Iterator[ReaderDaemon]:
    with card_file.in_reader(reader, "piv"):
        yield reader


@pytest.fixture(scope="class")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServer]:
    """A relying party that lets in the authentication sub-CA and nothing else."""
    allowed = authorities(CardApplication.AUTHENTICATION)
    with tls_server(tmp_path_factory.mktemp("tls13"), client_authorities=allowed) as running:
        yield running


@pytest.fixture(scope="class")
def pkcs15(reader: ReaderDaemon, card_file: CardFile) -> Iterator[ReaderDaemon]:
    with card_file.in_reader(reader, "pkcs15"):
        yield reader


class TestPivViewOverTls13:
    def test_the_authentication_key_logs_in(self, piv: ReaderDaemon, engine: Path, server: TlsServer) -> None:
        said = log_in(piv, engine, server, key="01", pin="4321")
        assert said == "welcome serialNumber=T000001,CN=Hanako Iryo,C=JP over TLSv1.3"

    def test_the_presence_key_signs_no_handshake(
        self, piv: ReaderDaemon, engine: Path, server: TlsServer
    ) -> None:
        assert "welcome" not in log_in(piv, engine, server, key="04", pin="4321")


class TestPkcs15ViewOverTls12:
    def test_the_authentication_key_logs_in(self, pkcs15: ReaderDaemon, engine: Path, tmp_path: Path) -> None:
        opensc = tmp_path / "opensc.conf"
        opensc.write_text(AUTHENTICATION_ONLY.format(aid=AIDS[CardApplication.SIGNING].hex()))
        allowed = authorities(CardApplication.AUTHENTICATION)
        with tls_server(
            tmp_path / "tls12", client_authorities=allowed, protocol="TLSv1.2", more=RSA_PKCS1_ONLY
        ) as server:
            said = log_in(pkcs15, engine, server, key="01", pin="4321", settings=(f"OPENSC_CONF={opensc}",))
        assert said == "welcome serialNumber=T000001,CN=Hanako Iryo,C=JP over TLSv1.2"


@pytest.mark.parametrize("kind", [CardApplication.SIGNING, CardApplication.PRESENCE])
@pytest.mark.parametrize("is_careless", [False, True], ids=["careful", "trusts every sub-CA"])
def test_a_certificate_that_is_not_for_logins_is_no_login(
    reader: ReaderDaemon, tmp_path: Path, kind: CardApplication, *, is_careless: bool
) -> None:
    """Even if Mallory could make its key sign a handshake.

    A presence certificate's extended key usage is not clientAuth; a signing certificate's keyUsage is nonRepudiation.
    """
    allowed = tuple(CardApplication) if is_careless else (CardApplication.AUTHENTICATION,)
    identity = tmp_path / "identity.pem"
    identity.write_bytes(_software_identity(cards.PROFILE_OF[kind]))
    with tls_server(tmp_path / "server", client_authorities=authorities(*allowed)) as server:
        said = reader.run(
            *(
                "curl",
                "--silent",
                "--show-error",
                "--cacert",
                str(server.certificate),
                "--cert",
                str(identity),
            ),
            server.url,
        )
    assert "400 The SSL certificate error" in said.stdout + said.stderr
    assert "welcome" not in said.stdout


def test_the_same_way_lets_an_authentication_certificate_in(reader: ReaderDaemon, tmp_path: Path) -> None:
    """So the refusals above are about the certificates and not about the way they are shown."""
    identity = tmp_path / "identity.pem"
    identity.write_bytes(_software_identity(profiles.AUTHENTICATION))
    allowed = authorities(CardApplication.AUTHENTICATION)
    with tls_server(tmp_path / "server", client_authorities=allowed) as server:
        said = reader.run(
            *(
                "curl",
                "--silent",
                "--show-error",
                "--cacert",
                str(server.certificate),
                "--cert",
                str(identity),
            ),
            server.url,
        )
    assert "welcome" in said.stdout, said.stderr


def _software_identity(profile: Profile) -> bytes:
    """A certificate of the profile with its issuer's and a key that Mallory holds outside any card."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuers = cards.hierarchy()
    chain = [issuers.issue(profile, key.public_key()), issuers.authority_for(profile).issuer.certificate]
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return b"".join(each.public_bytes(Encoding.PEM) for each in chain) + private
