"""OpenSSL as a responder: it answers our question, and our judge understands the answer."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ExtendedKeyUsage, OCSPNoCheck, ReasonFlags
from cryptography.x509.oid import ExtendedKeyUsageOID

from hpki.keys.algorithms import KeyAlgorithm
from hpki.validation.facts import CertificateFacts
from hpki.validation.gather import ocsp_request
from hpki.validation.ocsp_answer import OcspAnswer, read_ocsp_answer
from hpki.validation.revocation import InPath, RevocationFinding, Verdict
from tests.hpki.validation.status_world import CA, ROOT, SERIAL, ask, card, certificate
from tests.pki import key

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

RESPONDER = certificate(
    "ocsp", "ocsp", "ca", "ca", serial=50,
    extensions=[(ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False), (OCSPNoCheck(), False)],
)  # fmt: skip
VALID = f"V\t301231235959Z\t\t{SERIAL:X}\tunknown\t/C=JP/CN=hanako\n"
LOST = f"R\t301231235959Z\t261101000000Z,keyCompromise\t{SERIAL:X}\tunknown\t/C=JP/CN=hanako\n"


def answered(
    folder: Path, index: str, responder: CertificateFacts, responder_key: str, *more: str
) -> OcspAnswer:
    """What `openssl ocsp` says to our question about 花子."""
    private = key(KeyAlgorithm.P_256, responder_key).builder_key()
    (folder / "index.txt").write_text(index)
    (folder / "ca.pem").write_bytes(CA.certificate.public_bytes(Encoding.PEM))
    (folder / "responder.pem").write_bytes(responder.certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "request.der").write_bytes(ocsp_request(InPath(card(), CA, (ROOT, CA))))
    command = [
        "openssl",
        "ocsp",
        "-index",
        "index.txt",
        "-CA",
        "ca.pem",
        "-rsigner",
        "responder.pem",
        "-rkey",
        "key.pem",
    ]
    files = ["-reqin", "request.der", "-respout", "answer.der", "-ndays", "1"]
    subprocess.run([*command, *files, *more], cwd=folder, check=True, capture_output=True)
    return read_ocsp_answer((folder / "answer.der").read_bytes())


def judged(answer: OcspAnswer, *proven: CertificateFacts) -> RevocationFinding:
    return ask(answers=(answer,), proven=proven, at=answer.singles[0].this_update)


@pytest.mark.parametrize("more", [[], ["-resp_key_id"]], ids=["by name", "by key"])
def test_good_and_revoked_from_a_delegated_responder(tmp_path: Path, more: list[str]) -> None:
    good = judged(answered(tmp_path, VALID, RESPONDER, "ocsp", *more), RESPONDER)
    lost = judged(answered(tmp_path, LOST, RESPONDER, "ocsp", *more), RESPONDER)

    assert good.verdict is Verdict.GOOD
    assert (lost.verdict, lost.reason) == (Verdict.REVOKED, ReasonFlags.key_compromise)


def test_the_authority_itself_and_what_it_does_not_know(tmp_path: Path) -> None:
    assert judged(answered(tmp_path, VALID, CA, "ca")).verdict is Verdict.GOOD
    assert judged(answered(tmp_path, "", CA, "ca")).code == "ocsp_unknown"


def test_an_unproven_responder_proves_nothing(tmp_path: Path) -> None:
    assert judged(answered(tmp_path, VALID, RESPONDER, "ocsp")).code == "signer_not_proven"
