"""Every XAdES that we make, at EU DSS: all levels, packagings and kinds of key, and the negative documents."""

import datetime as dt
import re
from uuid import UUID

import pytest

from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.content import OctetContent
from hpki.signatures.facts import Level
from hpki.signatures.judge import judge_document
from hpki.signatures.prescription import (
    Content,
    dispensing_document,
    prescription_document,
    sign_dispensing,
    sign_prescription,
)
from hpki.signatures.xml.countersigning import counter_sign_xml
from hpki.signatures.xml.extending import XmlExtension, extend_xml
from hpki.signatures.xml.making import sign_detached, sign_enveloped, sign_enveloping
from hpki.signatures.xml.reader import read_xml_signatures
from tests import pki, signing_scene
from tests.interop.dss_judge import DssJudge, DssVerdict, dss_judge
from tests.signing_scene import CLAIMS, MINUTE, SIGNED_AT, Scene

KEYS = (KeyAlgorithm.RSA_2048, KeyAlgorithm.RSA_3072, KeyAlgorithm.P_256, KeyAlgorithm.P_384)
LEVELS = (Level.B, Level.T, Level.LT, Level.LTA)
LETTER = '<紹介状 xmlns="urn:letter" xml:lang="ja"><所見>経過は良好</所見></紹介状>'.encode()
FILE = b"%PDF-1.7 scanned"
LATER = SIGNED_AT + 5 * MINUTE


@pytest.fixture(scope="module")
def dss(tmp_path_factory: pytest.TempPathFactory) -> DssJudge:
    return dss_judge(tmp_path_factory.mktemp("dss"))


def made(packaging: str, scene: Scene) -> bytes:
    unit = scene.unit()
    if packaging == "enveloped":
        return sign_enveloped(LETTER, unit, CLAIMS)
    if packaging == "enveloping":
        return sign_enveloping(FILE, unit, CLAIMS, media_type="application/pdf")
    return sign_detached({"scan.pdf": (OctetContent(FILE), "application/pdf")}, unit, CLAIMS)


def at_level(content: bytes, level: Level, scene: Scene) -> bytes:
    if level in {Level.B, Level.ES}:
        return content
    extension = XmlExtension(
        scene.authority(SIGNED_AT + MINUTE),
        scene.evidence(SIGNED_AT + MINUTE),
        {"scan.pdf": OctetContent(FILE)},
    )
    return extend_xml(content, level, extension)


def verdicts(dss: DssJudge, scene: Scene, content: bytes, at: dt.datetime = LATER) -> list[DssVerdict]:
    # DSS refuses a list of sub-CAs whose critical IDP names a directoryName only, so the sub-CAs are anchors for it too.
    anchors = list(scene.evidence(at).certificates)
    detached = [FILE] if b'URI="scan.pdf"' in content else []
    return dss.judge(content, anchors, scene.evidence(at), at, detached)


@pytest.mark.parametrize("packaging", ["enveloped", "enveloping", "detached"])
@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("level", LEVELS)
def test_dss_passes_what_we_make(
    dss: DssJudge, packaging: str, algorithm: KeyAlgorithm, level: Level
) -> None:
    scene = signing_scene.scene(algorithm)
    content = at_level(made(packaging, scene), level, scene)
    [verdict] = verdicts(dss, scene, content)
    assert verdict.is_passed, verdict
    assert verdict.format == f"XAdES-BASELINE-{level}", verdict


@pytest.mark.parametrize("level", [Level.B, Level.LTA])
def test_dss_passes_a_counter_signature(dss: DssJudge, level: Level) -> None:
    scene = signing_scene.scene()
    counter = scene.unit("ken", roles=(pki.PHARMACIST,))
    content = at_level(counter_sign_xml(made("enveloped", scene), 1, counter, CLAIMS), level, scene)
    found = verdicts(dss, scene, content)
    assert all(verdict.is_passed for verdict in found), found
    assert [verdict.format for verdict in found] == [f"XAdES-BASELINE-{level}", "XAdES-BASELINE-B"]


@pytest.mark.parametrize("level", [Level.ES, Level.ES_T, Level.ES_XL, Level.ES_A])
def test_dss_passes_the_prescription_and_the_dispensing_record(dss: DssJudge, level: Level) -> None:
    scene = signing_scene.scene(KeyAlgorithm.RSA_2048)
    prescription = sign_prescription(
        prescription_document(Content(pki_uuid(1), b"SJ1,1")), scene.unit(), CLAIMS
    )
    prescription = at_level(prescription, level, scene)
    assert all(each.is_passed for each in verdicts(dss, scene, prescription))
    record = dispensing_document(prescription, Content(pki_uuid(2), b"CJ1,1"))
    signed = sign_dispensing(record, scene.unit("taro", roles=(pki.PHARMACIST,)), CLAIMS)
    found = verdicts(dss, scene, at_level(signed, level, scene))
    assert len(found) == 2
    assert all(each.is_passed for each in found), found


def pki_uuid(number: int) -> UUID:
    return UUID(int=number)


NEGATIVES = {
    "changed content": (rb"\xe8\x89\xaf\xe5\xa5\xbd", b"\xe4\xb8\x8d\xe8\x89\xaf", "HASH_FAILURE"),
    "changed properties": (rb"2026-11-04", b"2026-11-03", "HASH_FAILURE"),
    "changed value": (rb"(SignatureValue Id=[^>]*>)(.)(.)", rb"\1\3\2", "SIG_CRYPTO_FAILURE"),
}


@pytest.mark.parametrize("what", NEGATIVES)
def test_what_we_refuse_dss_refuses_for_the_same_reason(dss: DssJudge, what: str) -> None:
    old, new, reason = NEGATIVES[what]
    scene = signing_scene.scene()
    content, times = re.subn(old, new, made("enveloped", scene), count=1)
    assert times == 1
    ours = judge_document(
        read_xml_signatures(content), scene.evidence(LATER), signing_scene.POLICY, scene.anchors, LATER
    ).as_json()
    assert (ours["indication"], ours["sub_indication"]) == ("TOTAL_FAILED", reason)
    [theirs] = verdicts(dss, scene, content)
    assert (theirs.indication, theirs.sub_indication) == ("TOTAL_FAILED", reason)
