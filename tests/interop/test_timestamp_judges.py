"""Time-stamp tokens judged by openssl and by rfc3161-client, which asks with its own requests too."""

import hashlib
import subprocess
from pathlib import Path

import pytest
import rfc3161_client
from cryptography.hazmat.primitives.serialization import Encoding

from hpki.issuance.timestamp_response import granted
from hpki.keys.algorithms import KeyAlgorithm
from tests import stamping

ALGORITHMS = (KeyAlgorithm.RSA_2048, KeyAlgorithm.P_256, KeyAlgorithm.P_384)


def openssl(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", "ts", *words], check=False, capture_output=True, text=True)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("certificate", [True, False], ids=["certReq", "bare"])
def test_openssl_accepts_the_token_for_its_query(
    tmp_path: Path,
    algorithm: KeyAlgorithm,
    digest: str,
    certificate: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    document, query, response = tmp_path / "document", tmp_path / "query.tsq", tmp_path / "response.tsr"
    document.write_bytes(stamping.DOCUMENT)
    asked = openssl(
        "-query", "-data", document, f"-{digest}", *(["-cert"] if certificate else []), "-out", query
    )
    assert asked.returncode == 0, asked.stderr
    response.write_bytes(granted(stamping.token(query.read_bytes(), algorithm)))
    root, between = tmp_path / "root.pem", tmp_path / "between.pem"
    unit = stamping.unit(algorithm)
    root.write_bytes(stamping.ROOT.public_bytes(Encoding.PEM))
    between.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in (*unit.chain, unit.certificate)))
    trust: list[str | Path] = [
        "-CAfile",
        root,
        "-untrusted",
        between,
        "-attime",
        str(int(stamping.AT.timestamp())),
    ]
    judged = openssl("-verify", "-queryfile", query, "-in", response, *trust)
    assert "Verification: OK" in judged.stdout, judged.stderr
    document.write_bytes(b"another document")
    assert openssl("-verify", "-data", document, "-in", response, *trust).returncode != 0
    shown = openssl("-reply", "-in", response, "-text").stdout
    assert "Accuracy: 0x01 seconds" in shown


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("digest", list(rfc3161_client.base.HashAlgorithm))
def test_the_independent_client_asks_and_accepts(algorithm: KeyAlgorithm, digest: object) -> None:
    builder = rfc3161_client.TimestampRequestBuilder().data(stamping.DOCUMENT)
    request = builder.hash_algorithm(digest).cert_request(cert_request=True).build()  # type: ignore[arg-type]  # one of its own words
    response = rfc3161_client.decode_timestamp_response(
        granted(stamping.token(request.as_bytes(), algorithm))
    )
    unit = stamping.unit(algorithm)
    verifier = (
        rfc3161_client.VerifierBuilder.from_request(request)
        .tsa_certificate(unit.certificate)
        .add_intermediate_certificate(unit.chain[0])
        .add_root_certificate(stamping.ROOT)
        .build()
    )
    assert verifier.verify_message(response, stamping.DOCUMENT)
    with pytest.raises(rfc3161_client.VerificationError):
        verifier.verify_message(response, b"another document")
    assert response.tst_info.accuracy.seconds == 1
    # This client drops the fraction.
    assert response.tst_info.gen_time == stamping.AT.replace(microsecond=0)
    assert (
        response.tst_info.message_imprint.message
        == hashlib.new(getattr(digest, "name", "sha256"), stamping.DOCUMENT).digest()
    )
