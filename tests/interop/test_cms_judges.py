"""CAdES signatures of ours judged by EU DSS, OpenSSL and pyHanko; theirs judged by us; and who refuses what.

DSS knows no revocation list whose critical issuingDistributionPoint has only a directoryName, as the ministry's root writes
them, so it starts from the sub-authorities.
"""

import asyncio
import subprocess
from functools import cache
from pathlib import Path

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.validation.generic_cms import async_validate_cms_signature, async_validate_detached_cms
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from hpki.issuance import profiles
from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.cms.extending import LEVELS, Extension, extend
from hpki.signatures.cms.making import counter_sign, sign_cms
from hpki.signatures.cms.reading import read_document
from hpki.signatures.content import OctetContent
from hpki.signatures.facts import Level
from hpki.signatures.indication import Indication
from hpki.signatures.judge import judge_document
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, facts_of
from tests import pki
from tests.interop.dss_judge import DssVerdict, dss_judge
from tests.signing_scene import CLAIMS, DAY, LETTER, MINUTE, POLICY, SIGNED_AT, YEAR, scene

ALGORITHMS = (KeyAlgorithm.RSA_2048, KeyAlgorithm.RSA_3072, KeyAlgorithm.P_256, KeyAlgorithm.P_384)
FORMATS = {
    "B": "CAdES-BASELINE-B",
    Level.T: "CAdES-BASELINE-T",
    Level.ES_T: "CAdES-BASELINE-T",
    Level.LT: "CAdES-BASELINE-LT",
    Level.LTA: "CAdES-BASELINE-LTA",
    Level.ES_XL: "CAdES-C",
    Level.ES_A: "CAdES-A",
}
SOON = SIGNED_AT + 9 * MINUTE
CONTENT = OctetContent(LETTER)


@cache
def anchors() -> list[CertificateFacts]:
    made = scene().hierarchy
    return [facts_of(each.issuer.certificate) for each in (made.root, *made.authorities.values())]


@cache
def message(algorithm: KeyAlgorithm, level: str, *, attached: bool) -> bytes:
    where = scene(algorithm)
    made = sign_cms(CONTENT, where.unit(), CLAIMS, attached=attached)
    if level == "B":
        return made
    extension = Extension(where.authority(), where.evidence(), None if attached else CONTENT)
    return extend(made, Level(level), extension)


def dss(
    document: bytes, evidence: Evidence | None = None, *detached: bytes, at: object = None
) -> list[DssVerdict]:
    folder = Path(__file__).resolve().parents[2] / "var" / "dss" / "documents"
    moment = SOON if at is None else at
    return dss_judge(folder).judge(document, anchors(), evidence, moment, detached)  # type: ignore[arg-type]  # a moment


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("level", ["B", *LEVELS])
@pytest.mark.parametrize("way", ["attached", "detached"])
def test_dss_passes_every_level_of_every_key(algorithm: KeyAlgorithm, level: str, way: str) -> None:
    made = message(algorithm, level, attached=way == "attached")
    beside = scene().evidence() if level in {"B", Level.T, Level.ES_T} else None
    [verdict] = dss(made, beside, *([] if way == "attached" else [LETTER]))
    assert (verdict.indication, verdict.format) == ("TOTAL_PASSED", FORMATS[level])
    assert set(verdict.time_stamps.split(",")) == ({"-"} if level == "B" else {"PASSED"})


@pytest.mark.parametrize("level", [Level.LTA, Level.ES_A])
def test_dss_passes_what_was_renewed(level: Level) -> None:
    where, later = scene(), SIGNED_AT + YEAR
    made = message(KeyAlgorithm.P_256, level, attached=True)
    renewed = extend(made, level, Extension(where.authority(later), where.evidence(later)))
    [verdict] = dss(renewed, at=later + DAY)
    assert (verdict.indication, verdict.format) == ("TOTAL_PASSED", FORMATS[level])
    assert verdict.time_stamps == "PASSED,PASSED,PASSED"


def test_dss_and_we_agree_on_what_is_broken() -> None:
    made = message(KeyAlgorithm.P_256, Level.LTA, attached=True)
    changed = made.replace(LETTER, "診療情報提供書　太郎".encode(), 1)
    assert changed != made
    [verdict] = dss(changed)
    report = judge_document(read_document(changed), Evidence(), POLICY, scene().anchors, SOON)
    assert (verdict.indication, verdict.sub_indication) == ("TOTAL_FAILED", "HASH_FAILURE")
    assert (report.indication, report.sub_indication) == (Indication.TOTAL_FAILED, "HASH_FAILURE")


def test_dss_sees_both_signers_and_the_counter_signature() -> None:
    ken = scene().unit("ken", roles=(pki.PHARMACIST,))
    made = counter_sign(sign_cms(CONTENT, scene().unit(), CLAIMS, attached=True), 1, ken, CLAIMS)
    verdicts = dss(made, scene().evidence())
    assert [each.indication for each in verdicts] == ["TOTAL_PASSED", "TOTAL_PASSED"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("level", ["B", *LEVELS])
@pytest.mark.parametrize("way", ["attached", "detached"])
def test_openssl_verifies_every_level(tmp_path: Path, algorithm: KeyAlgorithm, level: str, way: str) -> None:
    paths = [tmp_path / name for name in ("signature", "content", "root.pem", "between.pem", "out")]
    signature, content, root, between, out = paths
    signature.write_bytes(message(algorithm, level, attached=way == "attached"))
    content.write_bytes(LETTER)
    made = scene().hierarchy
    root.write_bytes(made.root.issuer.certificate.public_bytes(Encoding.PEM))
    authority = made.authority_for(profiles.SIGNING).issuer.certificate
    between.write_bytes(authority.public_bytes(Encoding.PEM))
    words: list[str | Path] = [
        "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-CAfile", root,
        "-certfile", between, "-attime", str(int(SOON.timestamp())), "-out", out,
    ]  # fmt: skip
    if way == "detached":
        words += ["-content", content]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == LETTER
    content.write_bytes(LETTER + b"!")
    if way == "detached":
        assert subprocess.run(words, capture_output=True, text=True, check=False).returncode != 0


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.RSA_2048, KeyAlgorithm.P_256])
@pytest.mark.parametrize("level", ["B", Level.T, Level.LTA])
@pytest.mark.parametrize("way", ["attached", "detached"])
def test_pyhanko_accepts_what_it_knows(algorithm: KeyAlgorithm, level: str, way: str) -> None:
    made = asn1_cms.ContentInfo.load(message(algorithm, level, attached=way == "attached"))
    usage = KeyUsageConstraints(key_usage={"non_repudiation"})
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(scene().anchors[0].certificate.der)],
        other_certs=[asn1_x509.Certificate.load(each.der) for each in scene().evidence().certificates],
        crls=[each.crl.public_bytes(Encoding.DER) for each in scene().evidence().crls],
        moment=SOON,
        revocation_mode="hard-fail",
    )
    if way == "attached":
        status = asyncio.run(
            async_validate_cms_signature(
                made["content"], validation_context=context, key_usage_settings=usage
            )
        )
    else:
        status = asyncio.run(
            async_validate_detached_cms(
                LETTER, made["content"], context, ts_validation_context=context, key_usage_settings=usage
            )
        )
    assert status.intact
    assert status.valid
    assert status.trusted


@pytest.mark.parametrize("way", ["attached", "detached"])
def test_we_pass_what_pyhanko_signed(way: str) -> None:
    unit = scene(KeyAlgorithm.RSA_2048).unit()
    key_der = pki.key(KeyAlgorithm.RSA_2048, "hanako").builder_key().private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )  # fmt: skip
    registry = SimpleCertificateStore()
    registry.register_multiple([asn1_x509.Certificate.load(each.der) for each in unit.chain])
    signer = SimpleSigner(
        asn1_x509.Certificate.load(unit.certificate.der), asn1_keys.PrivateKeyInfo.load(key_der), registry
    )
    made = asyncio.run(
        signer.async_sign_general_data(
            LETTER,
            "sha256",
            detached=way == "detached",
            use_cades=True,
            signed_attr_settings=PdfCMSSignedAttributes(
                signing_time=SIGNED_AT, cades_signed_attrs=CAdESSignedAttrSpec()
            ),
        )
    )
    detached = CONTENT if way == "detached" else None
    report = judge_document(
        read_document(made.dump(), detached), scene().evidence(), POLICY, scene().anchors, SOON
    )
    assert report.indication is Indication.TOTAL_PASSED
    assert report.signatures[0].facts.level is Level.B


@pytest.mark.parametrize("options", [["-nodetach"], ["-nodetach", "-stream"], []])
def test_we_read_what_openssl_signed(tmp_path: Path, options: list[str]) -> None:
    """With `-stream` it writes BER of indefinite length."""
    unit = scene(KeyAlgorithm.RSA_2048).unit()
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    private = pki.key(KeyAlgorithm.RSA_2048, "hanako").builder_key()
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate.write_bytes(unit.certificate.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "content").write_bytes(LETTER)
    words: list[str | Path] = [
        "openssl", "cms", "-sign", "-binary", "-cades", "-md", "sha256", "-outform", "DER", "-signer", certificate,
        "-inkey", key, "-in", tmp_path / "content", "-out", tmp_path / "made", *options,
    ]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    detached = None if options else CONTENT
    document = read_document((tmp_path / "made").read_bytes(), detached)
    [signature] = judge_document(document, scene().evidence(), POLICY, scene().anchors, SOON).signatures
    assert signature.is_intact
    assert signature.indication is Indication.TOTAL_PASSED
    assert ("ber" in {each.code for each in document.troubles}) == ("-stream" in options)
