"""A physician signs a prescription, a pharmacist the dispensing record around it, and both are kept for years."""

import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from hpki.certs.hcrole import HcRole
from hpki.errors import MalformedInput, NotExtended
from hpki.issuance import profiles
from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.claims import SigningUnit
from hpki.signatures.facts import Level
from hpki.signatures.judge import judge_document
from hpki.signatures.prescription import (
    Content,
    Kind,
    csv_of,
    dispensing_document,
    prescription_document,
    sign_dispensing,
    sign_prescription,
)
from hpki.signatures.xml.extending import XmlExtension, extend_xml
from hpki.signatures.xml.names import ds
from hpki.signatures.xml.reader import read_xml_signatures
from tests import pki, signing_scene
from tests.signing_scene import CLAIMS, DAY, MINUTE, SIGNED_AT

SCENE = signing_scene.scene(KeyAlgorithm.RSA_2048)
ORDER = Content(uuid.UUID(int=1), "SJ1,1\r\n1,1,1,渡邉　花子\r\n".encode())
GIVEN = Content(
    uuid.UUID(int=2),
    b"CJ1,1\r\n",
    '<AdditionalDispensedInformation id="AdditionalDispensedInformation"><Note>粉砕</Note>'
    "</AdditionalDispensedInformation>".encode(),
)
SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "vectors" / "eprescription"


def pharmacist() -> SigningUnit:
    return SCENE.unit("taro", roles=(pki.PHARMACIST,))


def extended(content: bytes, level: Level, minutes: int = 1) -> bytes:
    moment = SIGNED_AT + minutes * MINUTE
    return extend_xml(content, level, XmlExtension(SCENE.authority(moment), SCENE.evidence(moment)))


def whole() -> bytes:
    """The prescription at ES-XL inside the dispensing record at ES-A, as in the field."""
    signed = extended(sign_prescription(prescription_document(ORDER), SCENE.unit(), CLAIMS), Level.ES_XL)
    record = sign_dispensing(dispensing_document(signed, GIVEN), pharmacist(), CLAIMS)
    return extended(record, Level.ES_A, minutes=5)


def report(content: bytes) -> Any:
    at = SIGNED_AT + DAY
    facts = read_xml_signatures(content)
    return judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at).as_json()


def test_both_signatures_pass_with_their_qualifications_and_what_they_leave_out() -> None:
    found = report(whole())
    assert found["indication"] == "TOTAL_PASSED", found
    physician, pharmacy = found["signatures"]
    assert (physician["level"], pharmacy["level"]) == ("ES-XL", "ES-A")
    assert physician["qualifications"][0]["code"] == "physician"
    assert pharmacy["qualifications"][0]["code"] == "pharmacist"
    assert physician["leaves_out"] == [
        "DispensingManagement",
        "PrescriptionManagement",
        "AdditionalPrescriptionInformation",
        "DispensingDocument",
        "AdditionalDispensedInformation",
    ]
    assert pharmacy["leaves_out"] == ["DispensingManagement", "AdditionalDispensedInformation"]


def test_xmlsec_verifies_both_with_the_chain(tmp_path: Path) -> None:
    (tmp_path / "record.xml").write_bytes(whole())
    root = SCENE.hierarchy.root.issuer.certificate
    above = SCENE.hierarchy.authority_for(profiles.SIGNING).issuer.certificate
    (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (tmp_path / "sub.pem").write_bytes(above.public_bytes(Encoding.PEM))
    for identifier in ("PrescriptionSign", "DispensingSign"):
        arguments = [
            *("xmlsec1", "--verify", "--trusted-pem", "root.pem", "--untrusted-pem", "sub.pem"),
            *("--verification-gmt-time", "2026-11-05 00:00:00", "--enabled-key-data", "x509"),
            *("--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"),
            *("--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:KeyInfo"),
            *("--id-attr:id", "PrescriptionDocument", "--id-attr:id", "Dispensing"),
            *("--node-xpath", f"//*[local-name()='Signature' and @Id='{identifier}']", "record.xml"),
        ]
        done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not SHARED.exists(), reason="the shared samples are not beside the project")
def test_ours_has_the_shape_of_the_sample() -> None:
    """The same elements in the same order, down to what is signed and which references have transforms."""

    def outline(element: etree._Element) -> list[str]:
        shown = []
        for each in element.iter(etree.Element):
            name = str(each.tag)
            if each.get("id") or name.endswith(
                ("Sign", "Signature", "Properties", "TimeStamp", "Info", "Values")
            ):
                shown.append(name)
            elif name == ds("Reference"):
                shown.append(f"Reference {bool(len(each.findall(ds('Transforms'))))} {each.get('Type', '')}")
        return shown

    sample = etree.fromstring((SHARED / "Dispensing-005_03.xml").read_bytes())
    ours = etree.fromstring(whole())
    assert sample.get("id") == ours.get("id")
    for identifier in ("PrescriptionSign", "DispensingSign"):
        theirs, made = (
            outline(next(each for each in root.iter(ds("Signature")) if each.get("Id") == identifier))
            for root in (sample, ours)
        )
        assert theirs[:12] == made[:12]


def test_the_csv_comes_out_as_it_went_in() -> None:
    document = prescription_document(ORDER)
    assert csv_of(document, Kind.PRESCRIPTION) == ORDER.csv


def test_the_inner_signature_is_not_extended_once_the_pharmacist_has_signed() -> None:
    extension = XmlExtension(SCENE.authority(), SCENE.evidence(), only="PrescriptionSign")
    with pytest.raises(NotExtended, match="another signature"):
        extend_xml(whole(), Level.ES_A, extension)


@pytest.mark.parametrize(
    "content",
    [
        Content(uuid.UUID(int=1), b"CJ1,1"),
        Content(uuid.UUID(int=1), b"SJ1,\xff"),
        Content(uuid.UUID(int=1), b"SJ1,1", b"<Other/>"),
        Content(uuid.UUID(int=1), b"SJ1," + bytes(1 << 20)),
    ],
)
def test_a_content_that_is_none_is_refused(content: Content) -> None:
    with pytest.raises(MalformedInput):
        prescription_document(content)


def test_a_document_is_signed_once_and_only_as_what_it_is() -> None:
    signed = sign_prescription(prescription_document(ORDER), SCENE.unit(), CLAIMS)
    with pytest.raises(MalformedInput, match="already"):
        sign_prescription(signed, SCENE.unit(), CLAIMS)
    with pytest.raises(MalformedInput, match="no place"):
        sign_dispensing(signed, pharmacist(), CLAIMS)
    with pytest.raises(MalformedInput, match="no signed prescription"):
        dispensing_document(prescription_document(ORDER), GIVEN)


def test_a_nurse_s_signature_is_not_a_physician_s() -> None:
    nurse = SCENE.unit("jiro", roles=(HcRole("General Nurse"),))
    signed = sign_prescription(prescription_document(ORDER), nurse, CLAIMS)
    at = SIGNED_AT + DAY
    found = judge_document(
        read_xml_signatures(signed),
        SCENE.evidence(at),
        signing_scene.POLICY,
        SCENE.anchors,
        at,
        require_qualification={"physician"},
    ).as_json()
    assert found["sub_indication"] == "SIG_CONSTRAINTS_FAILURE"
