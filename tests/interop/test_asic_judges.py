"""Every container that we make, at EU DSS."""

from collections.abc import Mapping

import pytest

from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.asic.container import Kind
from hpki.signatures.asic.making import ContainerExtension, Inside, extend_container, sign_container
from hpki.signatures.facts import Level
from tests import signing_scene
from tests.interop.dss_judge import DssJudge, dss_judge
from tests.signing_scene import CLAIMS, MINUTE, SIGNED_AT, YEAR

LETTER = {"letter.txt": b"all is well"}
BUNDLE = {**LETTER, "images/chest 1.jpg": b"\xff\xd8" + bytes(2000)}
LATER = SIGNED_AT + 5 * MINUTE


@pytest.fixture(scope="module")
def dss(tmp_path_factory: pytest.TempPathFactory) -> DssJudge:
    return dss_judge(tmp_path_factory.mktemp("dss"))


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.RSA_2048, KeyAlgorithm.P_256, KeyAlgorithm.P_384])
@pytest.mark.parametrize("level", [Level.B, Level.T, Level.LT, Level.LTA])
@pytest.mark.parametrize(
    ("kind", "inside", "files"),
    [
        (Kind.SIMPLE, Inside.XADES, LETTER),
        (Kind.SIMPLE, Inside.CADES, LETTER),
        (Kind.EXTENDED, Inside.XADES, BUNDLE),
        (Kind.EXTENDED, Inside.CADES, BUNDLE),
    ],
    ids=["S-xades", "S-cades", "E-xades", "E-cades"],
)
def test_dss_passes_what_we_make(
    dss: DssJudge,
    kind: Kind,
    inside: Inside,
    files: Mapping[str, bytes],
    level: Level,
    algorithm: KeyAlgorithm,
) -> None:
    scene = signing_scene.scene(algorithm)
    content = sign_container(files, scene.unit(), CLAIMS, kind=kind, inside=inside)
    if level is not Level.B:
        moment = SIGNED_AT + MINUTE
        content = extend_container(
            content, level, ContainerExtension(scene.authority(moment), scene.evidence(moment))
        )
    evidence = scene.evidence(LATER)
    [verdict] = dss.judge(content, evidence.certificates, evidence, LATER)
    assert verdict.is_passed, verdict
    assert verdict.format == f"{'XAdES' if inside is Inside.XADES else 'CAdES'}-BASELINE-{level}", verdict


@pytest.mark.parametrize("renewals", [0, 1, 2])
def test_dss_passes_archive_time_stamps_over_manifests(dss: DssJudge, renewals: int) -> None:
    scene = signing_scene.scene(KeyAlgorithm.P_256)
    content = sign_container(BUNDLE, scene.unit(), CLAIMS, kind=Kind.EXTENDED, inside=Inside.CADES)
    moment = SIGNED_AT + MINUTE
    for number in range(renewals + 1):
        moment = SIGNED_AT + MINUTE + 4 * number * YEAR
        how = ContainerExtension(scene.authority(moment), scene.evidence(moment), by_manifest=True)
        content = extend_container(content, Level.LTA, how)
    later = moment + 5 * MINUTE
    evidence = scene.evidence(later)
    [verdict] = dss.judge(content, evidence.certificates, evidence, later)
    assert verdict.is_passed, verdict
    assert verdict.format == "CAdES-BASELINE-LTA", verdict
