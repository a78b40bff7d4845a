"""XAdES: 花子 signs XML, 太郎 signs beside her, time-stamps are added for decades, and attackers move things about."""

import base64
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xmlsec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from hpki.errors import MalformedInput, NotExtended
from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.algorithms import SHA_256
from hpki.signatures.claims import Claims
from hpki.signatures.content import Content, FileContent, OctetContent
from hpki.signatures.facts import Level, PolicyReference
from hpki.signatures.judge import judge_document
from hpki.signatures.policy import SHIPPED, SignaturePolicy
from hpki.signatures.report import DocumentReport
from hpki.signatures.xml.canonical import EXCLUSIVE, canonical_document
from hpki.signatures.xml.extending import XmlExtension, extend_xml
from hpki.signatures.xml.making import Shape, sign_detached, sign_enveloped, sign_enveloping
from hpki.signatures.xml.names import DS, FILTER_2, ds
from hpki.signatures.xml.properties import read_signed_properties
from hpki.signatures.xml.reader import read_xml_signatures
from hpki.signatures.xml.reading import read_xml
from hpki.signatures.xml.references import (
    NodeSet,
    Refused,
    Surroundings,
    leaves_out,
    octets_after,
    read_reference,
    resolve,
)
from hpki.signatures.xml.text import Prefixes
from hpki.validation.evidence import Evidence
from hpki.validation.facts import read_certificate
from hpki.validation.policy import TrustAnchor
from tests import signing_scene
from tests.signing_scene import CLAIMS, DAY, SIGNED_AT, YEAR, Scene

LETTER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<紹介状 xmlns="urn:letter" xml:lang="ja"><患者 no="1">葛󠄀城</患者>'
    "<!-- 控え --><所見>経過は&lt;良好&gt;\r\nです</所見></紹介状>"
).encode()
KEYS = (KeyAlgorithm.RSA_2048, KeyAlgorithm.RSA_3072, KeyAlgorithm.P_256, KeyAlgorithm.P_384)
SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "vectors"
needs_samples = pytest.mark.skipif(
    not SHARED.exists(), reason="the shared samples are not beside the project"
)


def judged(
    content: bytes,
    scene: Scene,
    *,
    at: dt.datetime = SIGNED_AT + DAY,
    detached: Mapping[str, Content] | None = None,
    evidence: Evidence | None = None,
    policy: SignaturePolicy = signing_scene.POLICY,
) -> DocumentReport:
    facts = read_xml_signatures(content, detached=detached or {})
    at_hand = scene.evidence(at) if evidence is None else evidence
    return judge_document(facts, at_hand, policy, scene.anchors, at)


def shown(report: DocumentReport) -> Any:
    """The report as a machine reads it."""
    return report.as_json()


def codes(report: DocumentReport) -> set[str]:
    return {finding["code"] for signature in shown(report)["signatures"] for finding in signature["findings"]}


def verified_by_xmlsec(content: bytes, scene: Scene, number: int = 0) -> None:
    """xmlsec's word on the core of the n-th signature; raises when it says no."""
    root = etree.fromstring(content)
    signature = list(root.iter(ds("Signature")))[number]
    octets = signature.findtext(f".//{{{DS}}}X509Certificate") or ""
    context = xmlsec.SignatureContext()
    pem = read_certificate(base64.b64decode(octets)).certificate.public_bytes(Encoding.PEM)
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
    for element in root.iter(etree.Element):
        if element.get("Id"):
            context.register_id(element, "Id")
    context.verify(signature)


# --- made -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", KEYS)
def test_every_packaging_passes_here_and_at_xmlsec(algorithm: KeyAlgorithm) -> None:
    scene = signing_scene.scene(algorithm)
    unit = scene.unit()
    for content in (
        sign_enveloped(LETTER, unit, CLAIMS),
        sign_enveloped(LETTER, unit, CLAIMS, is_last=True),
        sign_enveloping(b"%PDF-1.7 not XML \x00", unit, CLAIMS, media_type="application/pdf"),
        sign_enveloped(LETTER, unit, CLAIMS, shape=Shape(Prefixes("xs", "xa"), signs_key_info=True)),
    ):
        report = shown(judged(content, scene))
        assert report["indication"] == "TOTAL_PASSED", report
        [signature] = report["signatures"]
        assert (signature["format"], signature["level"], signature["intact"]) == ("XAdES", "B", True)
        assert signature["qualifications"][0]["code"] == "physician"
        verified_by_xmlsec(content, scene)


def test_a_detached_file_is_found_by_its_name_and_hashed_in_pieces(tmp_path: Path) -> None:
    scene = signing_scene.scene()
    scan = tmp_path / "scan 1.jpg"
    scan.write_bytes(b"\xff\xd8" + bytes(5_000_000))
    files: dict[str, tuple[Content, str]] = {
        "scans/scan%201.jpg": (FileContent(scan), "image/jpeg"),
        "b.txt": (OctetContent(b"text"), "text/plain"),
    }
    content = sign_detached(files, scene.unit(), CLAIMS)
    both: dict[str, Content] = {"scan 1.jpg": FileContent(scan), "b.txt": OctetContent(b"text")}
    assert shown(judged(content, scene, detached=both))["indication"] == "TOTAL_PASSED"
    missing = judged(content, scene, detached={"b.txt": OctetContent(b"text")})
    assert shown(missing)["sub_indication"] == "SIGNED_DATA_NOT_FOUND"
    changed = judged(content, scene, detached=both | {"b.txt": OctetContent(b"TEXT")})
    assert shown(changed)["sub_indication"] == "HASH_FAILURE"
    assert "b.txt" in str(shown(changed)["signatures"][0]["findings"])


def test_what_the_signer_claims_is_told_and_proves_nothing() -> None:
    scene = signing_scene.scene()
    policy = PolicyReference("1.2.392.100495.1.99", SHA_256, b"\x11" * 32, "https://policy.example/1")
    claims = Claims(
        SIGNED_AT,
        roles=("Medical Doctor", 'R&D <"lead">'),
        commitments=("1.2.840.113549.1.9.16.6.1",),
        policy=policy,
    )
    content = sign_enveloped(LETTER, scene.unit(), claims)
    verified_by_xmlsec(content, scene)
    [signature] = read_xml_signatures(content).signatures
    assert signature.claimed_roles == claims.roles
    assert signature.commitments == ("urn:oid:1.2.840.113549.1.9.16.6.1",)
    assert signature.policy == policy
    assert signature.claimed_signed_at == SIGNED_AT


def test_two_people_sign_one_document_side_by_side_or_one_over_the_other() -> None:
    scene = signing_scene.scene()
    first = sign_enveloped(LETTER, scene.unit("hanako"), CLAIMS)
    both = sign_enveloped(first, scene.unit("taro"), Claims(SIGNED_AT + DAY / 24))
    assert shown(judged(both, scene))["indication"] == "TOTAL_PASSED"
    assert len(read_xml_signatures(both).signatures) == 2
    for number in (0, 1):
        verified_by_xmlsec(both, scene, number)
    # 太郎 signs over 花子's signature: then hers may not change any more.
    over = sign_enveloped(first, scene.unit("taro"), CLAIMS, is_last=True)
    assert shown(judged(over, scene))["signatures"][1]["indication"] == "TOTAL_PASSED"


# --- extended ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("level", [Level.T, Level.LT, Level.LTA])
def test_a_signature_is_extended_and_still_judged_when_everything_has_expired(
    algorithm: KeyAlgorithm, level: Level
) -> None:
    scene = signing_scene.scene(algorithm)
    signed = sign_enveloped(LETTER, scene.unit(), CLAIMS)
    later = SIGNED_AT + 2 * signing_scene.MINUTE
    extended = extend_xml(signed, level, XmlExtension(scene.authority(later), scene.evidence(later)))
    verified_by_xmlsec(extended, scene)
    [signature] = shown(judged(extended, scene))["signatures"]
    assert (signature["indication"], signature["level"]) == ("TOTAL_PASSED", level)
    assert signature["proven_at"] is not None
    if level is Level.LTA:
        # The signer's certificate ended in 2030 or 2031; the archive time-stamp's own lives on.
        far = judged(extended, scene, at=SIGNED_AT + 4 * YEAR, evidence=scene.evidence(SIGNED_AT + 4 * YEAR))
        assert shown(far)["indication"] == "TOTAL_PASSED", shown(far)["signatures"][0]["findings"]


def test_renewal_adds_a_time_stamp_and_no_signature() -> None:
    scene = signing_scene.scene()
    signed = sign_enveloped(LETTER, scene.unit(), CLAIMS)
    moment = SIGNED_AT + signing_scene.MINUTE
    for year in range(3):
        at = moment + year * YEAR
        signed = extend_xml(signed, Level.LTA, XmlExtension(scene.authority(at), scene.evidence(at)))
    root = etree.fromstring(signed)
    assert len(list(root.iter(ds("Signature")))) == 1
    assert len(list(root.iter("{http://uri.etsi.org/01903/v1.4.1#}ArchiveTimeStamp"))) == 3
    report = judged(signed, scene, at=moment + 3 * YEAR)
    assert shown(report)["indication"] == "TOTAL_PASSED", codes(report)


def test_the_japanese_family_is_kept_when_there_is_no_data_object_format() -> None:
    scene = signing_scene.scene()
    signed = sign_enveloped(LETTER, scene.unit(), CLAIMS, media_type="")
    assert read_xml_signatures(signed).signatures[0].level is Level.ES
    later = SIGNED_AT + signing_scene.MINUTE
    for level in (Level.ES_T, Level.ES_XL, Level.ES_A):
        signed = extend_xml(signed, level, XmlExtension(scene.authority(later), scene.evidence(later)))
        assert read_xml_signatures(signed).signatures[0].level is level
        assert shown(judged(signed, scene))["indication"] == "TOTAL_PASSED"


def test_a_broken_signature_and_one_under_another_are_not_extended() -> None:
    scene = signing_scene.scene()
    extension = XmlExtension(scene.authority(), scene.evidence())
    signed = sign_enveloped(LETTER, scene.unit(), CLAIMS)
    with pytest.raises(NotExtended, match="broken"):
        extend_xml(signed.replace("良好".encode(), "不良".encode()), Level.T, extension)
    over = sign_enveloped(signed, scene.unit("taro"), CLAIMS, is_last=True)
    inner = str(etree.fromstring(signed).find(ds("Signature")).get("Id"))  # type: ignore[union-attr]  # it was just made
    with pytest.raises(NotExtended, match="another signature"):
        extend_xml(over, Level.T, XmlExtension(scene.authority(), scene.evidence(), only=inner))
    extended = extend_xml(over, Level.LTA, extension)
    assert shown(judged(extended, scene))["indication"] == "TOTAL_PASSED"
    assert [each.level for each in read_xml_signatures(extended).signatures] == [Level.B, Level.LTA]


def test_without_revocation_data_there_is_no_long_term_level() -> None:
    scene = signing_scene.scene()
    signed = sign_enveloped(LETTER, scene.unit(), CLAIMS)
    with pytest.raises(NotExtended, match="revocation"):
        extend_xml(signed, Level.LT, XmlExtension(scene.authority()))


# --- attacked ---------------------------------------------------------------------------------------------------


def enveloped(scene: Scene) -> etree._Element:
    return etree.fromstring(sign_enveloped(b'<r><a Id="x">one</a></r>', scene.unit(), CLAIMS))


def test_a_second_set_of_properties_is_told_and_the_real_one_is_not_believed() -> None:
    scene = signing_scene.scene()
    root = enveloped(scene)
    holder = root.find(f".//{ds('Object')}")
    assert holder is not None
    forged = etree.fromstring(
        etree.tostring(holder[0]).replace(b"-signedprops", b"-forged").replace(b"2026-11-04", b"2020-01-01")
    )
    holder.append(forged)
    report = judged(etree.tostring(root), scene)
    assert shown(report)["sub_indication"] == "FORMAT_FAILURE"
    assert "xml_properties_doubled" in codes(report)


def test_properties_that_nothing_signs_are_not_believed() -> None:
    scene = signing_scene.scene()
    content = sign_enveloped(LETTER, scene.unit(), CLAIMS)
    plain = re.sub(rb' Type="http://uri.etsi.org/01903#SignedProperties"', b"", content)
    report = judged(plain, scene)
    assert shown(report)["indication"] != "TOTAL_PASSED"
    assert "xml_properties_not_signed" in codes(report)
    assert shown(report)["signatures"][0]["signed_at"] is None


def test_a_doubled_identifier_is_refused_wherever_the_decoy_stands() -> None:
    scene = signing_scene.scene()
    content = sign_enveloping(b"real", scene.unit(), CLAIMS, media_type="text/plain")
    identifier = re.search(rb'Id="(id-[0-9a-f]+-o1)"', content)
    assert identifier is not None
    for name in (b"Id", b"ID", b"id", b"xml:id"):
        decoy = b'<decoy %s="%s">ZmFrZQ==</decoy>' % (name, identifier[1])
        wrapped = content.replace(b"\n<", b"\n<outer>" + decoy + b"<", 1) + b"</outer>"
        report = judged(wrapped, scene)
        assert shown(report)["indication"] != "TOTAL_PASSED"
        assert "xml_identifier_doubled" in codes(report)


def test_a_signed_element_moved_away_from_its_place_is_no_longer_whole() -> None:
    scene = signing_scene.scene()
    root = enveloped(scene)
    moved = etree.fromstring(b"<r><a Id='x'>two</a><old/></r>")
    moved[1].extend(list(root))
    report = judged(etree.tostring(moved), scene)
    assert shown(report)["sub_indication"] in {"HASH_FAILURE", "FORMAT_FAILURE"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (rb'Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"', rb'Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"', "xml_transform_refused"),
        (rb"not\(ancestor-or-self::ds:Signature\)", rb"false()", "xml_transform_refused"),
        (rb'Algorithm="[^"]*ecdsa-sha256"', rb'Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1"', "algorithm_unknown"),
        (rb'Target="#', rb'Target="#another-', "xml_properties_target"),
        (rb"<ds:SignatureValue [^>]*>", rb"<ds:SignatureValue>AAAA", "xml_structure"),
        (rb'URI=""', rb'URI="http://attacker.example/x.xml"', "content_not_at_hand"),
    ],
)  # fmt: skip
def test_an_attack_is_a_finding_and_never_passes(old: bytes, new: bytes, code: str) -> None:
    scene = signing_scene.scene()
    content = sign_enveloped(LETTER, scene.unit(), CLAIMS)
    attacked, times = re.subn(old, new, content, count=1)
    assert times == 1
    report = judged(attacked, scene)
    assert shown(report)["indication"] != "TOTAL_PASSED"
    assert code in codes(report)


def essence(content: bytes) -> bytes:
    """The document without its signatures, in the form in which it was signed."""
    root = read_xml(content).root
    for each in list(root.iter(ds("Signature"))):
        each.getparent().remove(each)  # type: ignore[union-attr]  # an enveloped signature has a parent
    return canonical_document(root, EXCLUSIVE)


@cache
def signed_letter() -> bytes:
    return sign_enveloped(LETTER, signing_scene.scene().unit(), CLAIMS)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.integers(min_value=0), octet=st.integers(min_value=1, max_value=255))
@example(place=60, octet=1)
def test_no_changed_octet_passes_but_where_the_signed_form_is_the_same(place: int, octet: int) -> None:
    """White space in base64 or between attributes changes no canonical form; everything else is found out."""
    content = bytearray(signed_letter())
    content[place % len(content)] ^= octet
    try:
        report = judged(bytes(content), signing_scene.scene())
    except MalformedInput:
        return
    if shown(report)["indication"] == "TOTAL_PASSED":
        assert essence(bytes(content)) == essence(signed_letter())


# --- the samples of the field -----------------------------------------------------------------------------------


def sample(name: str) -> bytes:
    return (SHARED / "eprescription" / name).read_bytes()


def root_of_the_ministry() -> list[TrustAnchor]:
    return [TrustAnchor(read_certificate((SHARED / "hpki" / "root_mhlw_v2.der").read_bytes()))]


@needs_samples
def test_both_signatures_of_the_dispensing_record_are_whole_and_name_their_qualifications() -> None:
    facts = read_xml_signatures(sample("Dispensing-005_03.xml"))
    at = dt.datetime(2022, 10, 1, tzinfo=dt.UTC)
    report = shown(
        judge_document(facts, Evidence(), SHIPPED["hpki-signing-test"], root_of_the_ministry(), at)
    )
    physician, pharmacist = report["signatures"]
    assert (physician["level"], pharmacist["level"]) == ("ES-XL", "ES-A")
    assert physician["intact"]
    assert pharmacist["intact"]
    assert physician["qualifications"][0]["code"] == "physician"
    assert pharmacist["qualifications"][0]["code"] == "pharmacist"
    assert physician["environment"] == pharmacist["environment"] == "test"
    # The prescription's own number is not under the physician's signature.
    assert "PrescriptionManagement" in physician["leaves_out"]
    assert "PrescriptionManagement" not in pharmacist["leaves_out"]


@needs_samples
def test_test_cards_are_refused_by_the_production_policy() -> None:
    facts = read_xml_signatures(sample("Dispensing-005_03.xml"))
    at = dt.datetime(2022, 10, 1, tzinfo=dt.UTC)
    report = shown(judge_document(facts, Evidence(), SHIPPED["hpki-signing"], root_of_the_ministry(), at))
    assert report["indication"] == "INDETERMINATE"
    assert {each["sub_indication"] for each in report["signatures"]} == {"CHAIN_CONSTRAINTS_FAILURE"}


@needs_samples
def test_the_scanned_bundle_names_five_files_that_are_not_at_hand_and_four_archive_time_stamps() -> None:
    content = sample("Scan_20170511154438586_ESXLA.xml")
    facts = read_xml_signatures(content)
    at = dt.datetime(2017, 5, 12, tzinfo=dt.UTC)
    report = shown(
        judge_document(facts, Evidence(), SHIPPED["hpki-signing-test"], root_of_the_ministry(), at)
    )
    [signature] = report["signatures"]
    assert (signature["level"], signature["intact"]) == ("ES-A", True)
    missing = [finding for finding in signature["findings"] if finding["code"] == "not_at_hand"]
    assert len(missing) == 5
    stamps = signature["time_stamps"]
    assert [stamp["kind"] for stamp in stamps].count("archive") == 4
    assert all(stamp["intact"] for stamp in stamps)


@needs_samples
def test_a_file_of_the_bundle_is_checked_when_it_is_given() -> None:
    content = sample("Scan_20170511154438586_ESXLA.xml")
    name = "00000100_20170426112755053_00000008_20170426113038844.txt"
    facts = read_xml_signatures(content, detached={name: OctetContent(b"another text")})
    at = dt.datetime(2017, 5, 12, tzinfo=dt.UTC)
    report = shown(
        judge_document(facts, Evidence(), SHIPPED["hpki-signing-test"], root_of_the_ministry(), at)
    )
    assert report["signatures"][0]["intact"] is False
    broken = [each for each in report["signatures"][0]["findings"] if each["code"] == "digest_broken"]
    assert name in str(broken)


@needs_samples
@pytest.mark.parametrize(
    ("old", "place"),
    [
        (b'PrescriptionId Value="1439e0c5', "#Dispensing"),
        ("ミニリンメルト".encode(), "#Dispensing"),
        (b"2022-09-08T09:25:11", "SignedProperties"),
    ],
)
def test_one_changed_octet_is_named_with_its_place(old: bytes, place: str) -> None:
    content = sample("Dispensing-005_03.xml")
    assert old in content
    changed = content.replace(old, old[:-1] + bytes([old[-1] ^ 1]), 1)
    facts = read_xml_signatures(changed)
    at = dt.datetime(2022, 10, 1, tzinfo=dt.UTC)
    report = shown(
        judge_document(facts, Evidence(), SHIPPED["hpki-signing-test"], root_of_the_ministry(), at)
    )
    assert report["signatures"][1]["indication"] == "TOTAL_FAILED"
    broken = [each for each in report["signatures"][1]["findings"] if each["code"] == "digest_broken"]
    assert place in str(broken)


def test_a_role_that_somebody_else_certifies_is_told_and_not_verified() -> None:
    """EN 319 132-1 5.2.6: certified roles and signed assertions."""
    unit, x = signing_scene.scene().unit(), "xmlns='http://uri.etsi.org/01903/v1.3.2#'"
    roles = f"<SignerRoleV2 {x}><CertifiedRolesV2/><SignedAssertions/></SignerRoleV2>"
    properties = etree.fromstring(
        f"<SignedProperties {x}><SignedSignatureProperties>{roles}</SignedSignatureProperties></SignedProperties>"
    )
    assert read_signed_properties(properties).certified == ("CertifiedRolesV2", "SignedAssertions")
    made = sign_enveloped(b"<a/>", unit, replace(CLAIMS, roles=("主治医",)))
    changed = made.replace(b"ClaimedRoles>", b"CertifiedRoles>").replace(b"ClaimedRole>", b"CertifiedRole>")
    [signature] = read_xml_signatures(changed).signatures
    assert "role_not_verified" in {each.code for each in signature.troubles}
    assert signature.claimed_roles == ()


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("/*/s:Signature", 1),
        ("/descendant::s:Signature", 0),
        ("//s:Signature", 0),
        ("/*/*/s:Signature", None),
    ],
)
def test_a_filter_that_leaves_signatures_out_is_understood_and_no_other(path: str, left: int | None) -> None:
    """W3C xmldsig-filter2: what is subtracted goes with all that is in it."""
    document = read_xml(f"<a xmlns:s='{DS}'><s:Signature/><b><s:Signature/></b></a>".encode())
    reference = etree.fromstring(
        f"<Reference xmlns='{DS}' URI=''><Transforms><Transform Algorithm='{FILTER_2}'>"
        f"<XPath xmlns='{FILTER_2}' xmlns:s='{DS}' Filter='subtract'>{path}</XPath></Transform></Transforms>"
        "<DigestMethod Algorithm=''/><DigestValue/></Reference>"
    )
    if left is None:
        with pytest.raises(Refused):
            resolve(read_reference(reference), Surroundings(document))
        return
    data = resolve(read_reference(reference), Surroundings(document)).data
    assert isinstance(data, NodeSet)
    assert octets_after(data).count(b"<s:Signature>") == left
    below, deeper = document.root.iter(ds("Signature"))
    told = [leaves_out(read_reference(reference), each) for each in (below, deeper)]
    assert told == [True, left == 0]
