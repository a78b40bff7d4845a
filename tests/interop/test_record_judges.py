"""Documents with evidence records at EU DSS: nine years later it believes them for the records' sake, as we do."""

from pathlib import Path

import pytest

from hpki import oids
from hpki.signatures.algorithms import SHA_256
from hpki.signatures.asic.container import Kind, read_container
from hpki.signatures.asic.making import ContainerExtension, Inside, extend_container, sign_container
from hpki.signatures.asic.manifest import manifest_of
from hpki.signatures.asic.packing import write_container
from hpki.signatures.facts import Level
from tests.evidence_records import Archive, XmlArchive, kept_for_nine_years
from tests.hpki.signatures import test_record_in_cades as cades
from tests.hpki.signatures import test_record_in_xades as xades
from tests.interop.dss_judge import DssJudge, dss_judge
from tests.signing_scene import CLAIMS, LETTER, MINUTE, SIGNED_AT, YEAR

SCENE = cades.SCENE
LATER = SIGNED_AT + 9 * YEAR


@pytest.fixture(scope="module")
def dss(tmp_path_factory: pytest.TempPathFactory) -> DssJudge:
    return dss_judge(tmp_path_factory.mktemp("dss"))


def said(dss: DssJudge, document: bytes, *detached: Path) -> tuple[str, str, str]:
    evidence = SCENE.evidence(LATER)
    [verdict] = dss.judge(document, evidence.certificates, evidence, LATER, detached)
    return verdict.indication, verdict.format, verdict.best_time


def test_records_inside_cades(dss: DssJudge, tmp_path: Path) -> None:
    message, detached = cades.signed(), cades.signed(attached=False)
    assert said(dss, message)[0] == "INDETERMINATE"
    passed = ("TOTAL_PASSED", "CAdES-ERS", "2026-11-04T03:01:00Z")
    assert said(dss, cades.sealed(message, cades.kept(message).octets())) == passed
    record = cades.kept(detached, LETTER).octets()
    letter = tmp_path / "letter.txt"
    letter.write_bytes(LETTER)
    external = cades.sealed(detached, record, kind=oids.EVIDENCE_RECORD_EXTERNAL)
    assert said(dss, external, letter) == passed


def test_records_inside_xades(dss: DssJudge, tmp_path: Path) -> None:
    document, letter = xades.signed_letter(), tmp_path / "letter.txt"
    letter.write_bytes(LETTER)
    passed = ("TOTAL_PASSED", "XAdES-ERS", "2026-11-04T03:01:00Z")
    plain = kept_for_nine_years(Archive([xades.Group(document)]), SCENE)
    xml = kept_for_nine_years(XmlArchive([xades.Group(document)]), SCENE)
    assert said(dss, xades.sealed(document, plain.octets()), letter) == passed
    assert said(dss, xades.sealed(document, xml.root), letter) == passed


@pytest.mark.parametrize(
    ("made", "suffix", "inside"), [(Archive, "ers", Inside.CADES), (XmlArchive, "xml", Inside.XADES)]
)
def test_records_beside_the_files_of_a_container(
    dss: DssJudge, made: type[Archive | XmlArchive], suffix: str, inside: Inside
) -> None:
    content = sign_container({"letter.txt": LETTER}, SCENE.unit(), CLAIMS, kind=Kind.EXTENDED, inside=inside)
    moment = SIGNED_AT + MINUTE
    how = ContainerExtension(SCENE.authority(moment), SCENE.evidence(moment))
    files = dict(read_container(extend_container(content, Level.LT, how)).files)
    # Beside XAdES the name has no number; DSS overlooks any other there.
    name = f"META-INF/evidencerecord{'001' if inside is Inside.CADES else ''}.{suffix}"
    record = kept_for_nine_years(made(list(files.values())), SCENE).octets()
    listed = manifest_of(name, "", files, SHA_256, {})
    files |= {name: record, "META-INF/ASiCEvidenceRecordManifest001.xml": listed}
    indication, form, best_time = said(dss, write_container(Kind.EXTENDED, files))
    assert (indication, best_time) == ("TOTAL_PASSED", "2026-11-04T03:01:00Z"), form
