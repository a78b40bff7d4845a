"""Signed XML rearranged: every digest still holds, and what people or programs find is not what was signed."""

import base64
import uuid
from collections.abc import Callable

import pytest
from lxml import etree

from hpki.errors import MalformedInput
from hpki.signatures.facts import Level
from hpki.signatures.judge import judge_document
from hpki.signatures.prescription import (
    Content,
    Kind,
    csv_of,
    prescription_document,
    sign_prescription,
)
from hpki.signatures.report import DocumentReport
from hpki.signatures.xml.extending import XmlExtension, extend_xml
from hpki.signatures.xml.making import sign_enveloped, sign_enveloping
from hpki.signatures.xml.names import ds
from hpki.signatures.xml.reader import read_xml_signatures
from tests import signing_scene
from tests.signing_scene import CLAIMS, DAY, SIGNED_AT

SCENE = signing_scene.scene()
PRESCRIPTION = sign_prescription(
    prescription_document(Content(uuid.UUID(int=1), "SJ1,薬,1錠".encode())), SCENE.unit(), CLAIMS
)
LETTER = b"<letter><text>one</text></letter>"


def judged(content: bytes) -> DocumentReport:
    at = SIGNED_AT + DAY
    facts = read_xml_signatures(content)
    return judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at)


def codes(report: DocumentReport) -> set[str]:
    return {each.code for signature in report.signatures for each in signature.findings}


def rearranged(content: bytes, change: Callable[[etree._Element], object]) -> bytes:
    root = etree.fromstring(content)
    change(root)
    return etree.tostring(root)


def found(root: etree._Element, name: str) -> etree._Element:
    return next(root.iter(name))


def decoy(name: str = "PrescriptionDocument") -> etree._Element:
    made = etree.Element(name)
    made.text = base64.b64encode(b"SJ1,another").decode()
    return made


def move_and_replace(root: etree._Element) -> None:
    """The signed element goes where nobody looks; another one stands in its place."""
    real = found(root, "PrescriptionDocument")
    parent = real.getparent()
    assert parent is not None
    parent.replace(real, decoy())
    found(root, "AdditionalPrescriptionInformation").append(real)


def stand_before(root: etree._Element) -> None:
    found(root, "PrescriptionDocument").addprevious(decoy())


def stand_before_in_another_namespace(root: etree._Element) -> None:
    found(root, "PrescriptionDocument").addprevious(decoy("{urn:x}PrescriptionDocument"))


def move_away(root: etree._Element) -> None:
    found(root, "AdditionalPrescriptionInformation").append(found(root, "PrescriptionDocument"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (move_and_replace, {"xml_decoy", "xml_displaced"}),
        (stand_before, {"xml_decoy", "xml_displaced"}),
        (stand_before_in_another_namespace, {"xml_decoy", "xml_displaced"}),
        (move_away, {"xml_displaced"}),
    ],
)
def test_a_prescription_whose_signed_part_is_not_the_one_in_its_place_fails(
    change: Callable[[etree._Element], None], told: set[str]
) -> None:
    assert judged(PRESCRIPTION).indication == "TOTAL_PASSED"
    report = judged(rearranged(PRESCRIPTION, change))
    assert (report.indication, report.sub_indication) == ("TOTAL_FAILED", "FORMAT_FAILURE")
    assert told <= codes(report)
    assert report.signatures[0].is_intact


def test_another_whole_document_around_the_signed_one_is_told() -> None:
    whole = etree.tostring(etree.fromstring(PRESCRIPTION))
    other = (
        b"<Document><Prescription><PrescriptionDocument>U0ox</PrescriptionDocument></Prescription></Document>"
    )
    report = judged(b"<Bundle>" + other + whole + b"</Bundle>")
    assert report.indication == "INDETERMINATE"
    assert codes(report) == {"xml_decoy"}


def test_a_comment_that_cuts_a_signed_text_is_told_and_nobody_reads_half_a_prescription() -> None:
    def cut(root: etree._Element) -> None:
        real = found(root, "PrescriptionDocument")
        comment = etree.Comment("here")
        comment.tail, real.text = (real.text or "")[8:], (real.text or "")[:8]
        real.append(comment)

    report = judged(rearranged(PRESCRIPTION, cut))
    assert report.indication == "INDETERMINATE"
    assert codes(report) == {"xml_comment_in_text"}
    with pytest.raises(MalformedInput, match="text"):
        csv_of(rearranged(PRESCRIPTION, cut), Kind.PRESCRIPTION)
    between = sign_enveloped(b"<a><b>one</b><!-- a note --><b>two</b></a>", SCENE.unit(), CLAIMS)
    assert codes(judged(between)) == set()


def test_what_nobody_signed_inside_a_signature_is_told() -> None:
    def one_object_more(root: etree._Element) -> None:
        signature = next(root.iter(ds("Signature")))
        added = etree.SubElement(signature, ds("Object"))
        added.append(decoy("text"))

    def beside_the_properties(root: etree._Element) -> None:
        properties = next(root.iter("{http://uri.etsi.org/01903/v1.3.2#}QualifyingProperties"))
        properties.addnext(decoy("text"))

    def loose_text(root: etree._Element) -> None:
        next(root.iter(ds("SignatureValue"))).tail = "as agreed"

    enveloping = sign_enveloping(b"one", SCENE.unit(), CLAIMS, media_type="text/plain")
    for signed in (sign_enveloped(LETTER, SCENE.unit(), CLAIMS), enveloping):
        assert judged(signed).indication == "TOTAL_PASSED"
        for change in (one_object_more, beside_the_properties):
            report = judged(rearranged(signed, change))
            assert report.indication == "INDETERMINATE"
            assert codes(report) == {"xml_object_not_signed"}
        assert "xml_structure" in codes(judged(rearranged(signed, loose_text)))


def test_nothing_unknown_stands_around_the_unsigned_properties() -> None:
    signed = sign_enveloped(LETTER, SCENE.unit(), CLAIMS)
    stamped = extend_xml(signed, Level.T, XmlExtension(SCENE.authority(), SCENE.evidence()))
    assert judged(stamped).indication == "TOTAL_PASSED"
    space = "{http://uri.etsi.org/01903/v1.3.2#}"

    def data_object_properties(root: etree._Element) -> None:
        etree.SubElement(found(root, f"{space}UnsignedProperties"), f"{space}UnsignedDataObjectProperties")

    def a_second_group(root: etree._Element) -> None:
        etree.SubElement(found(root, f"{space}QualifyingProperties"), f"{space}UnsignedProperties")

    def an_empty_counter_signature(root: etree._Element) -> None:
        etree.SubElement(found(root, f"{space}UnsignedSignatureProperties"), f"{space}CounterSignature")

    for change in (data_object_properties, a_second_group):
        assert "xml_property_unknown" in codes(judged(rearranged(stamped, change)))
    assert "xml_structure" in codes(judged(rearranged(stamped, an_empty_counter_signature)))
