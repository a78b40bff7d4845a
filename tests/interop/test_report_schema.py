"""Our XML reports before ETSI's own schema, as EU DSS carries it."""

import re
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from hpki.signatures.claims import Claims
from hpki.signatures.facts import Level
from hpki.signatures.formats import read_signed_document
from hpki.signatures.judge import judge_document, unreadable_document
from hpki.signatures.report_xml import HPKI, VR, report_xml
from hpki.signatures.xml.extending import XmlExtension, extend_xml
from hpki.signatures.xml.making import sign_enveloped
from tests import signing_scene
from tests.interop.dss_judge import LIBRARIES, dss_judge
from tests.signing_scene import DAY, MINUTE, SIGNED_AT

SCENE = signing_scene.scene()
SAID = Claims(SIGNED_AT, roles=("主治医",), commitments=("1.2.840.113549.1.9.16.6.1",))
SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "eprescription"


# What the schema calls by an address, and its name in the archives.
_LOCAL = {"ts_119612v020201_201601xsd.xsd": "ts_119612v020101_xsd.xsd"}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    """The schema with all that it imports in one folder; nothing is fetched."""
    folder = tmp_path_factory.mktemp("schema")
    dss_judge(folder)
    for archive in sorted(LIBRARIES.glob("specs-*.jar")):
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.namelist():
                if entry.startswith("xsd/") and entry.endswith(".xsd"):
                    text = opened.read(entry).decode()
                    (folder / entry.rpartition("/")[2]).write_text(_LOCATION.sub(_localised, text))
    return etree.XMLSchema(etree.parse(folder / "1910202xmlSchema.xsd"))


_LOCATION = re.compile(r'schemaLocation="(?:[^"]*/)?([^"/]+)"')


def _localised(found: re.Match[str]) -> str:
    return f'schemaLocation="{_LOCAL.get(found[1], found[1])}"'


def report_of(content: bytes) -> bytes:
    at = SIGNED_AT + DAY
    facts = read_signed_document(content)
    return report_xml(judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at))


def signed(level: Level) -> bytes:
    content = sign_enveloped("<紹介状>経過</紹介状>".encode(), SCENE.unit(), SAID)
    if level is Level.B:
        return content
    extension = XmlExtension(SCENE.authority(SIGNED_AT + MINUTE), SCENE.evidence(SIGNED_AT + MINUTE))
    return extend_xml(content, level, extension)


@pytest.mark.parametrize("level", [Level.B, Level.T, Level.LT, Level.LTA])
def test_a_report_keeps_to_the_schema_and_names_the_qualification(
    schema: etree.XMLSchema, level: Level
) -> None:
    root = etree.fromstring(report_of(signed(level)))
    schema.assertValid(root)
    status = root.findtext(
        f".//{{{VR}}}SignatureValidationReport/{{{VR}}}SignatureValidationStatus/{{{VR}}}MainIndication"
    )
    assert status == "urn:etsi:019102:mainindication:total-passed"
    stated = root.find(f".//{{{HPKI}}}Qualification")
    assert stated is not None
    assert stated.get("code") == "physician"


def test_a_refusal_keeps_to_the_schema_too(schema: etree.XMLSchema) -> None:
    changed = signed(Level.LTA).replace("経過".encode(), "経口".encode())
    root = etree.fromstring(report_of(changed))
    schema.assertValid(root)
    assert root.findtext(f".//{{{VR}}}SubIndication") == "urn:etsi:019102:subindication:HASH_FAILURE"


def test_a_document_that_cannot_be_read_has_a_report(schema: etree.XMLSchema) -> None:
    report = unreadable_document("no\x00thing", signing_scene.POLICY, SIGNED_AT)
    schema.assertValid(etree.fromstring(report_xml(report)))


@pytest.mark.skipif(not SAMPLES.exists(), reason="the shared samples are not beside the project")
@pytest.mark.parametrize("name", ["Dispensing-005_03.xml", "Scan_20170511154438586_ESXLA.xml"])
def test_the_samples_of_the_field_have_reports_that_keep_to_the_schema(
    schema: etree.XMLSchema, name: str
) -> None:
    schema.assertValid(etree.fromstring(report_of((SAMPLES / name).read_bytes())))
