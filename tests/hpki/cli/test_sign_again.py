"""`hpki sign … --more` and `--counter`: what is signed already is signed once more, and nothing that held is broken."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from hpki.cli.main import main
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.secret import Secret
from hpki.keys.software import save_software_key
from hpki.signatures.asic.container import Kind
from hpki.signatures.asic.making import Inside, sign_container
from hpki.signatures.cms.extending import Extension, extend
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.content import OctetContent
from hpki.signatures.facts import DocumentFacts, Level
from hpki.signatures.formats import read_signed_document
from hpki.signatures.judge import judge_document
from hpki.signatures.xml.making import sign_enveloped
from tests import pki, signing_scene
from tests.signing_scene import CLAIMS, LETTER, MINUTE, SIGNED_AT

SCENE = signing_scene.scene()
HANAKO = SCENE.unit("hanako")
XML = "<紹介状><所見>良好</所見></紹介状>".encode()


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """The pharmacist's key and certificate; what the physician signed is put beside them."""
    unit = SCENE.unit("ken", roles=(pki.PHARMACIST,))
    save_software_key(pki.key(KeyAlgorithm.P_256, "ken"), tmp_path / "ken.key", Secret("himitsu"))
    (tmp_path / "passphrase").write_text("himitsu\n")
    pem = (each.certificate.public_bytes(Encoding.PEM) for each in (unit.certificate, *unit.chain))
    (tmp_path / "ken.pem").write_bytes(b"".join(pem))
    return tmp_path


def sign(desk: Path, kind: str, name: str, *options: str) -> int:
    key = ["--key", str(desk / "ken.key"), "--passphrase-file", str(desk / "passphrase")]
    return main(["sign", kind, str(desk / name), *key, "--certificate", str(desk / "ken.pem"), *options])


def who(facts: DocumentFacts) -> list[str]:
    """The qualifications of all that passes, counter-signatures behind what they stand upon."""
    at = SIGNED_AT + MINUTE
    report = judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at)
    assert report.indication == "TOTAL_PASSED", report.words("en")
    return [each.qualifications[0].hcrole for each in report.all_signatures()]


def test_the_pharmacist_signs_beside_the_physician(desk: Path) -> None:
    (desk / "letter.txt").write_bytes(LETTER)
    (desk / "letter.p7s").write_bytes(sign_cms(OctetContent(LETTER), HANAKO, CLAIMS))
    assert sign(desk, "cms", "letter.p7s", "--more", "--detached", str(desk / "letter.txt")) == 0
    facts = read_signed_document((desk / "letter.p7s").read_bytes(), {"letter.txt": OctetContent(LETTER)})
    assert sorted(who(facts)) == ["Medical Doctor", "Pharmacist"]
    boxed = sign_container({"a.txt": LETTER}, HANAKO, CLAIMS, kind=Kind.EXTENDED, inside=Inside.XADES)
    (desk / "box.asice").write_bytes(boxed)
    assert sign(desk, "asic", "box.asice", "--more", "--inside", "cades") == 0
    facts = read_signed_document((desk / "box.asice").read_bytes())
    assert sorted(who(facts)) == ["Medical Doctor", "Pharmacist"]
    assert [each.format for each in facts.signatures] == ["XAdES", "CAdES"]


@pytest.mark.parametrize(
    ("kind", "signed"),
    [
        ("cms", sign_cms(OctetContent(LETTER), HANAKO, CLAIMS, attached=True)),
        ("xml", sign_enveloped(XML, HANAKO, CLAIMS)),
    ],
    ids=["CAdES", "XAdES"],
)
def test_the_pharmacist_counter_signs(desk: Path, kind: str, signed: bytes) -> None:
    (desk / "signed").write_bytes(signed)
    assert sign(desk, kind, "signed", "--counter") == 0
    facts = read_signed_document((desk / "signed").read_bytes())
    assert who(facts) == ["Medical Doctor", "Pharmacist"]
    [counter] = facts.signatures[0].counter_signatures
    assert (counter.level, len(facts.signatures)) == (Level.B, 1)


def test_a_counter_signature_upon_a_signature_that_another_covers_is_refused(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    over = sign_enveloped(sign_enveloped(XML, HANAKO, CLAIMS), HANAKO, CLAIMS, is_last=True)
    (desk / "over.xml").write_bytes(over)
    assert sign(desk, "xml", "over.xml", "--counter") == 1
    assert "another signature covers" in capsys.readouterr().err
    assert (desk / "over.xml").read_bytes() == over


def test_what_an_older_archive_time_stamp_is_over_is_not_added_to(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An archive time-stamp of version 2 is over all certificates of the message: one more would break it."""
    message = sign_cms(OctetContent(LETTER), HANAKO, CLAIMS, attached=True)
    archived = extend(message, Level.ES_A, Extension(SCENE.authority(), SCENE.evidence()))
    (desk / "archived.p7m").write_bytes(archived)
    assert sign(desk, "cms", "archived.p7m", "--more") == 1
    assert "before it is archived" in capsys.readouterr().err
    assert (desk / "archived.p7m").read_bytes() == archived


def test_a_japanese_level_of_xml_is_what_it_says(desk: Path) -> None:
    (desk / "order.xml").write_bytes(XML)
    assert sign(desk, "xml", "order.xml", "--level", "ES", "--out", str(desk / "es.xml")) == 0
    assert sign(desk, "xml", "order.xml", "--out", str(desk / "b.xml")) == 0
    levels = [
        read_signed_document((desk / name).read_bytes()).signatures[0].level for name in ("es.xml", "b.xml")
    ]
    assert levels == [Level.ES, Level.B]
