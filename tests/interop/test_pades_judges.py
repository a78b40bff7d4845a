"""Every PAdES that we make, at EU DSS, pdfsig, qpdf and pyHanko."""

import io
import subprocess
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.facts import Level
from hpki.signatures.pdf.extending import PdfExtension, extend_pdf
from hpki.signatures.pdf.making import sign_pdf
from tests import signing_scene
from tests.interop.dss_judge import DssJudge, dss_judge
from tests.signed_pdfs import letter
from tests.signing_scene import CLAIMS, MINUTE, SIGNED_AT, Scene

KEYS = (KeyAlgorithm.RSA_2048, KeyAlgorithm.RSA_3072, KeyAlgorithm.P_256, KeyAlgorithm.P_384)
LEVELS = (Level.B, Level.T, Level.LT, Level.LTA)
LATER = SIGNED_AT + 5 * MINUTE


@pytest.fixture(scope="module")
def dss(tmp_path_factory: pytest.TempPathFactory) -> DssJudge:
    return dss_judge(tmp_path_factory.mktemp("dss"))


def made(level: Level, scene: Scene) -> bytes:
    content = sign_pdf(letter(), scene.unit(), CLAIMS)
    if level is Level.B:
        return content
    moment = SIGNED_AT + MINUTE
    return extend_pdf(content, level, PdfExtension(scene.authority(moment), scene.evidence(moment)))


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("level", LEVELS)
def test_dss_passes_what_we_make(dss: DssJudge, algorithm: KeyAlgorithm, level: Level) -> None:
    scene = signing_scene.scene(algorithm)
    evidence = scene.evidence(LATER)
    [verdict] = dss.judge(made(level, scene), evidence.certificates, evidence, LATER)
    assert verdict.is_passed, verdict
    assert verdict.format == f"PAdES-BASELINE-{level}", verdict


@pytest.mark.parametrize("level", LEVELS)
def test_pdfsig_and_qpdf_find_nothing_wrong(level: Level, tmp_path: Path) -> None:
    scene = signing_scene.scene(KeyAlgorithm.RSA_2048)
    path = tmp_path / "signed.pdf"
    path.write_bytes(made(level, scene))
    checked = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    said = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid." in said
    if level is Level.B:
        assert "Total document signed" in said


@pytest.mark.parametrize("algorithm", KEYS)
def test_pyhanko_passes_what_we_make(algorithm: KeyAlgorithm) -> None:
    scene = signing_scene.scene(algorithm)
    reader = PdfFileReader(io.BytesIO(made(Level.LT, scene)))
    certificates = [asn1_x509.Certificate.load(each.der) for each in scene.evidence(LATER).certificates]
    context = ValidationContext(
        trust_roots=certificates[:1], other_certs=certificates, moment=LATER, revocation_mode="soft-fail"
    )
    status = validate_pdf_signature(reader.embedded_regular_signatures[0], context)
    assert status.intact
    assert status.valid
    assert status.coverage is not None
    assert status.coverage.name in {"ENTIRE_FILE", "ENTIRE_REVISION"}


def test_what_was_changed_dss_and_we_refuse_alike(dss: DssJudge) -> None:
    scene = signing_scene.scene(KeyAlgorithm.RSA_2048)
    changed = made(Level.B, scene).replace(b"/Producer", b"/Produzer", 1)
    evidence = scene.evidence(LATER)
    [verdict] = dss.judge(changed, evidence.certificates, evidence, LATER)
    assert (verdict.indication, verdict.sub_indication) == ("TOTAL_FAILED", "HASH_FAILURE")
