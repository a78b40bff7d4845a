"""Evidence records in XML (RFC 6283) beside 花子's signed files: what an archive of another make keeps."""

import base64
import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from hpki.errors import MalformedInput
from hpki.signatures.algorithms import SHA_256
from hpki.signatures.asic.container import Kind, read_container
from hpki.signatures.asic.making import ContainerExtension, Inside, extend_container, sign_container
from hpki.signatures.asic.manifest import manifest_of
from hpki.signatures.asic.packing import write_container
from hpki.signatures.asic.reader import read_container_signatures
from hpki.signatures.evidence_record import MOST_CHAINS
from hpki.signatures.evidence_record_xml import read_xml_evidence_record
from hpki.signatures.facts import Level
from hpki.signatures.judge import judge_document
from hpki.signatures.report import DocumentReport
from tests import signing_scene
from tests.evidence_records import ERS, Archive, XmlArchive, kept_for_nine_years
from tests.signing_scene import CLAIMS, DAY, MINUTE, SIGNED_AT, YEAR

SCENE = signing_scene.scene()
FILES = {"letter.txt": b"all is well", "answer.xml": b"<a b='1'  ><!-- nothing --><c/></a>"}
RECORD, LISTED = "META-INF/evidencerecord001.xml", "META-INF/ASiCEvidenceRecordManifest001.xml"
LATER = SIGNED_AT + 9 * YEAR


@pytest.fixture(scope="module")
def signed() -> dict[str, bytes]:
    """A container of XAdES, so that the signatures are XML too, with its validation data (LT)."""
    content = sign_container(FILES, SCENE.unit(), CLAIMS, kind=Kind.EXTENDED, inside=Inside.XADES)
    moment = SIGNED_AT + MINUTE
    how = ContainerExtension(SCENE.authority(moment), SCENE.evidence(moment))
    return dict(read_container(extend_container(content, Level.LT, how)).files)


@pytest.fixture(scope="module")
def kept(signed: dict[str, bytes]) -> bytes:
    return kept_for_nine_years(XmlArchive(list(signed.values())), SCENE).octets()


def container(files: dict[str, bytes], record: bytes, of: dict[str, bytes] | None = None) -> bytes:
    listing = manifest_of(RECORD, "application/xml", files if of is None else of, SHA_256, {})
    return write_container(Kind.EXTENDED, {**files, LISTED: listing, RECORD: record})


def judged(content: bytes, at: dt.datetime = LATER) -> DocumentReport:
    facts = read_container_signatures(content)
    return judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at)


def codes(report: DocumentReport) -> set[str]:
    return {found.code for stamp in report.time_stamps for found in stamp.findings}


def changed(record: bytes, change: Callable[[etree._Element], object]) -> bytes:
    root = etree.fromstring(record)
    change(root)
    return etree.tostring(root)


def first(root: etree._Element, name: str) -> etree._Element:
    return next(root.iter(f"{{{ERS}}}{name}"))


def test_a_record_proves_a_signature_whose_signer_and_first_time_stamps_have_long_ended(
    signed: dict[str, bytes], kept: bytes
) -> None:
    report = judged(container(signed, kept))
    assert report.indication == "TOTAL_PASSED", [each.sentence("en") for each in report.findings]
    assert [stamp.facts.profile for stamp in report.time_stamps] == ["RFC 6283"] * 3
    assert report.signatures[0].proven_at == SIGNED_AT + MINUTE
    assert judged(write_container(Kind.EXTENDED, signed)).indication == "INDETERMINATE"


def test_a_changed_file_is_named_and_xml_is_looked_at_in_its_canonical_form(
    signed: dict[str, bytes], kept: bytes
) -> None:
    spelled = {**signed, "answer.xml": b"<a b='1'><!-- nothing at all --><c></c></a>"}
    assert "record_object" not in codes(judged(container(spelled, kept)))
    assert judged(container(spelled, kept)).sub_indication == "HASH_FAILURE", "the signature is over octets"
    for name, octets in (("answer.xml", b"<a b='2'><c/></a>"), ("letter.txt", b"all is ill")):
        report = judged(container({**signed, name: octets}, kept))
        found = [
            each for stamp in report.time_stamps for each in stamp.findings if each.code == "record_object"
        ]
        assert [each.sentence("en").count(name) for each in found] == [1, 1], "in both trees over the data"


def test_a_file_that_the_list_names_and_is_not_there_refuses_the_record(
    signed: dict[str, bytes], kept: bytes
) -> None:
    listing = manifest_of(RECORD, "", {**signed, "lost.txt": b"lost"}, SHA_256, {})
    content = write_container(Kind.EXTENDED, {**signed, LISTED: listing, RECORD: kept})
    report = judged(content)
    assert "record_object" in codes(report)
    assert not any(stamp.is_proof for stamp in (report.time_stamps[0], report.time_stamps[2]))
    assert report.indication == "INDETERMINATE"


def test_renewals_have_to_hold_what_they_renew(signed: dict[str, bytes], kept: bytes) -> None:
    old, fresh = XmlArchive(list(signed.values())), XmlArchive(list(signed.values()))
    old.begin(SCENE.authority(SIGNED_AT + DAY))
    fresh.begin(SCENE.authority(SIGNED_AT + 4 * YEAR))
    chain = fresh.sequence[0]
    chain.set("Order", "2")
    old.sequence.append(chain)
    facts = read_container_signatures(container(signed, old.octets()))
    assert facts.time_stamps[1].covers == frozenset()
    assert "record_chain" in codes(judged(container(signed, old.octets()), SIGNED_AT + 5 * YEAR))
    moved = changed(kept, lambda root: first(root, "TimeStamp").append(etree.Element(f"{{{ERS}}}Attributes")))
    assert "record_chain" in codes(judged(container(signed, moved)))


def test_a_record_over_another_record_proves_its_time_stamps(signed: dict[str, bytes]) -> None:
    inner = XmlArchive(list(signed.values()))
    inner.begin(SCENE.authority(SIGNED_AT + DAY))
    files = {**signed, RECORD: inner.octets()}
    outer = Archive(list(files.values()))
    outer.begin(SCENE.authority(SIGNED_AT + 4 * YEAR))
    over = "META-INF/evidencerecord002.ers"
    lists = {
        LISTED: manifest_of(RECORD, "", signed, SHA_256, {}),
        "META-INF/ASiCEvidenceRecordManifest002.xml": manifest_of(over, "", files, SHA_256, {}),
    }
    facts = read_container_signatures(
        write_container(Kind.EXTENDED, {**files, **lists, over: outer.octets()})
    )
    below, above = facts.time_stamps
    assert below.token is not None
    assert below.token.identity in above.covers


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.integers(min_value=0), octet=st.integers(min_value=1, max_value=255))
def test_no_changed_value_of_a_record_passes(
    signed: dict[str, bytes], kept: bytes, place: int, octet: int
) -> None:
    root = etree.fromstring(kept)
    values = [each for each in root.iter(etree.Element) if each.text and each.text.strip()]
    value = values[place % len(values)]
    octets = bytearray(base64.b64decode(str(value.text)))
    octets[(place // len(values)) % len(octets)] ^= octet
    value.text = base64.b64encode(octets).decode()
    assert judged(container(signed, etree.tostring(root))).indication != "TOTAL_PASSED"


@pytest.mark.parametrize(
    "change",
    [
        lambda root: root.set("Version", "2.0"),
        lambda root: root.insert(0, etree.Element(f"{{{ERS}}}EncryptionInformation")),
        lambda root: first(root, "ArchiveTimeStampChain").set("Order", "3"),
        lambda root: first(root, "Sequence").set("Order", "0"),
        lambda root: first(root, "DigestMethod").set("Algorithm", "urn:unknown"),
        lambda root: first(root, "CanonicalizationMethod").set("Algorithm", "urn:unknown"),
        lambda root: first(root, "TimeStampToken").set("Type", "XMLENTRUST"),
        lambda root: first(root, "ArchiveTimeStamp").append(etree.Element(f"{{{ERS}}}TimeStamp")),
        lambda root: first(root, "ArchiveTimeStampSequence").clear(),
    ],
)
def test_what_is_no_record_is_a_finding(
    signed: dict[str, bytes], kept: bytes, change: Callable[[etree._Element], object]
) -> None:
    record = changed(kept, change)
    with pytest.raises(MalformedInput):
        read_xml_evidence_record(record)
    report = judged(container(signed, record), SIGNED_AT + DAY)
    assert codes(report) == {"time_stamp_not_readable"}


def test_parts_that_are_not_read_are_told_and_refuse_nothing(signed: dict[str, bytes], kept: bytes) -> None:
    more = changed(kept, lambda root: root.insert(0, etree.Element(f"{{{ERS}}}SupportingInformationList")))
    report = judged(container(signed, more))
    assert (report.indication, "record_unread" in codes(report)) == ("TOTAL_PASSED", True)


def test_too_much_is_refused_and_the_order_is_that_of_the_attributes(
    signed: dict[str, bytes], kept: bytes
) -> None:
    backwards = changed(kept, lambda root: first(root, "HashTree").append(first(root, "Sequence")))
    chains = read_xml_evidence_record(backwards).chains
    assert chains[0][0].tree == read_xml_evidence_record(kept).chains[0][0].tree
    many = XmlArchive([])
    for _ in range(MOST_CHAINS + 1):
        many.sequence.append(etree.fromstring(kept)[0][0])
        many.sequence[-1].set("Order", str(len(many.sequence)))
    with pytest.raises(MalformedInput, match="over"):
        read_xml_evidence_record(many.octets())
    with pytest.raises(MalformedInput):
        read_xml_evidence_record(b"<!DOCTYPE a>" + kept)
