"""Evidence records inside XAdES (TS 119 132-3): 花子's signature, sealed by the archive that keeps it."""

import base64
import datetime as dt
from collections.abc import Mapping

import pytest
from lxml import etree

from hpki.errors import NotExtended
from hpki.signatures.algorithms import HashKind
from hpki.signatures.content import Content, OctetContent
from hpki.signatures.facts import Level
from hpki.signatures.judge import judge_document
from hpki.signatures.report import DocumentReport
from hpki.signatures.xml.extending import XmlExtension, extend_xml
from hpki.signatures.xml.making import sign_detached
from hpki.signatures.xml.names import DS, XADES, XADES_ER
from hpki.signatures.xml.reader import read_xml_signatures
from tests import signing_scene
from tests.evidence_records import Archive, XmlArchive, kept_for_nine_years
from tests.signing_scene import CLAIMS, DAY, LETTER, MINUTE, SIGNED_AT, YEAR

SCENE = signing_scene.scene()
BESIDE: Mapping[str, Content] = {"letter.txt": OctetContent(LETTER)}
LATER = SIGNED_AT + 9 * YEAR


def signed_letter() -> bytes:
    """A signature of a letter beside it, with its validation data (LT)."""
    made = sign_detached({"letter.txt": (BESIDE["letter.txt"], "text/plain")}, SCENE.unit(), CLAIMS)
    moment = SIGNED_AT + MINUTE
    return extend_xml(made, Level.LT, XmlExtension(SCENE.authority(moment), SCENE.evidence(moment), BESIDE))


@pytest.fixture(scope="module")
def signed() -> bytes:
    return signed_letter()


def with_properties(document: bytes) -> bytes:
    """A signature without unsigned properties, with an empty place for them."""
    root = etree.fromstring(document)
    unsigned = etree.SubElement(
        next(root.iter(f"{{{XADES}}}QualifyingProperties")), f"{{{XADES}}}UnsignedProperties"
    )
    etree.SubElement(unsigned, f"{{{XADES}}}UnsignedSignatureProperties")
    return etree.tostring(root)


class Group:
    """What a record is of, as the standard has it: one hash over the sorted hashes of all parts."""

    def __init__(self, document: bytes, letter: bytes = LETTER) -> None:
        self.root = etree.fromstring(document)
        signature = next(self.root.iter(f"{{{DS}}}Signature"))
        parts = [next(signature.iter(f"{{{XADES}}}SignedProperties"))]
        parts += [child for child in signature if str(child.tag) != f"{{{DS}}}Object"]
        parts += list(next(signature.iter(f"{{{XADES}}}UnsignedSignatureProperties")))
        self.pieces = [letter, *(etree.tostring(each, method="c14n", exclusive=True) for each in parts)]

    def __call__(self, kind: HashKind) -> bytes:
        return kind.digest(b"".join(sorted(kind.digest(each) for each in self.pieces)))


def sealed(document: bytes, *records: bytes | etree._Element) -> bytes:
    root = etree.fromstring(document)
    properties = next(root.iter(f"{{{XADES}}}UnsignedSignatureProperties"))
    sealing = etree.SubElement(
        properties, f"{{{XADES_ER}}}SealingEvidenceRecords", nsmap={"xadesen": XADES_ER}
    )
    for record in records:
        if isinstance(record, bytes):
            made = etree.SubElement(sealing, f"{{{XADES_ER}}}ASN1EvidenceRecord")
            made.text = base64.b64encode(record).decode()
        else:
            sealing.append(record)
    return etree.tostring(root)


def judged(content: bytes, at: dt.datetime = LATER, beside: Mapping[str, Content] = BESIDE) -> DocumentReport:
    facts = read_xml_signatures(content, detached=beside)
    return judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at)


def codes(report: DocumentReport) -> set[str]:
    return {found.code for one in report.signatures for stamp in one.time_stamps for found in stamp.findings}


def of_records(report: DocumentReport) -> list[str]:
    return [each.facts.profile for each in report.signatures[0].time_stamps if "RFC" in each.facts.profile]


@pytest.mark.parametrize("made", [Archive, XmlArchive])
def test_a_record_in_either_syntax_proves_what_has_long_ended(
    signed: bytes, made: type[Archive | XmlArchive]
) -> None:
    archive = kept_for_nine_years(made([Group(signed)]), SCENE)
    whole = sealed(signed, archive.root if isinstance(archive, XmlArchive) else archive.octets())
    report = judged(whole)
    assert report.indication == "TOTAL_PASSED", [
        each.sentence("en") for each in report.signatures[0].findings
    ]
    assert of_records(report) == [{Archive: "RFC 4998", XmlArchive: "RFC 6283"}[made]] * 3
    assert report.signatures[0].facts.level is Level.LTA
    assert judged(signed).indication == "INDETERMINATE"
    how = XmlExtension(SCENE.authority(LATER), SCENE.evidence(LATER), BESIDE)
    with pytest.raises(NotExtended, match="evidence record"):
        extend_xml(whole, Level.LTA, how)


def test_what_is_missing_or_changed_refuses_the_record(signed: bytes) -> None:
    archive = Archive([Group(signed)])
    archive.begin(SCENE.authority(SIGNED_AT + DAY))
    whole = sealed(signed, archive.octets())
    at = SIGNED_AT + 2 * DAY
    assert "record_object" not in codes(judged(whole, at))
    assert "record_object" in codes(judged(whole, at, {}))
    assert "record_object" in codes(judged(whole, at, {"letter.txt": OctetContent(b"another")}))
    root = etree.fromstring(whole)
    next(root.iter(f"{{{XADES}}}CertificateValues")).set("Id", "changed")
    assert "record_object" in codes(judged(etree.tostring(root), at))
    root = etree.fromstring(whole)
    next(root.iter(f"{{{DS}}}Signature")).append(etree.Element(f"{{{DS}}}Object"))
    assert "record_object" in codes(judged(etree.tostring(root), at))


def test_a_later_record_is_of_the_earlier_one_and_what_is_none_is_told(signed: bytes) -> None:
    first = XmlArchive([Group(signed)])
    first.begin(SCENE.authority(SIGNED_AT + DAY))
    inside = sealed(signed, first.root)
    second = Archive([Group(inside)])
    second.begin(SCENE.authority(SIGNED_AT + YEAR))
    whole = sealed(inside, second.octets())
    *_, early, late = read_xml_signatures(whole, detached=BESIDE).signatures[0].time_stamps
    assert early.token is not None
    assert early.token.identity in late.covers
    assert not (*early.troubles, *late.troubles)
    for stranger in (b"\x30\x00", etree.Element("stranger")):
        assert "time_stamp_not_readable" in codes(judged(sealed(signed, stranger), SIGNED_AT + DAY))
    [crowded] = judged(sealed(signed, *[b"\x30\x00"] * 9), SIGNED_AT + DAY).signatures
    assert "xml_structure" in {each.code for each in crowded.findings}
