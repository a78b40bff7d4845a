"""XML that asks for hours of work, lists that are not looked at, and words that two programs read in two ways."""

import time
from typing import Any

import pytest

from hpki.errors import MalformedInput
from hpki.signatures.judge import judge_document
from hpki.signatures.report import DocumentReport
from hpki.signatures.xml.names import DS, XADES
from hpki.signatures.xml.reader import read_xml_signatures
from hpki.signatures.xml.reading import XmlLimits, read_xml
from tests import pki, signing_scene, xml_forging
from tests.signing_scene import DAY, POLICY, SIGNED_AT
from tests.xml_forging import MANIFEST, Forgery, manifest, reference, to_manifest, to_the_text

SCENE = signing_scene.scene()
HANAKO = SCENE.unit()
CHANGED = to_the_text(b"another text")


def judged(document: str) -> DocumentReport:
    at = SIGNED_AT + DAY
    return judge_document(
        read_xml_signatures(document.encode()), SCENE.evidence(at), POLICY, SCENE.anchors, at
    )


def codes(report: DocumentReport) -> set[str]:
    return {found.code for each in report.signatures for found in each.findings}


def test_the_forger_s_workshop_writes_a_document_that_passes() -> None:
    assert judged(Forgery(HANAKO).document()).indication == "TOTAL_PASSED"


# --- too much ---------------------------------------------------------------------------------------------------


def unsigned(references: str, objects: str = "") -> str:
    methods = "<CanonicalizationMethod Algorithm=''/><SignatureMethod Algorithm=''/>"
    return f"<Signature xmlns='{DS}'><SignedInfo>{methods}{references}</SignedInfo><SignatureValue/>{objects}</Signature>"


A_MEBIBYTE_OF_WORK = XmlLimits(work=1 << 20)


@pytest.mark.parametrize(
    "document",
    [
        f"<a>{unsigned(reference('', b'') * 300)}</a>",
        f"<a><t Id='t'/>{unsigned(reference('#t', b'')) * 250}</a>",
        f"<a>{unsigned(reference('#m', b'', kind=MANIFEST), f'<Object>{manifest(to_manifest(manifest()) * 300)}</Object>')}</a>",
    ],
    ids=["one signature", "many signatures", "a list of itself"],
)
def test_references_that_ask_for_too_much_work_end_it(document: str) -> None:
    facts = read_xml_signatures(document.encode(), limits=A_MEBIBYTE_OF_WORK)
    report = judge_document(facts, SCENE.evidence(), POLICY, SCENE.anchors, SIGNED_AT + DAY)
    assert report.sub_indication == "FORMAT_FAILURE"
    assert "more than is judged" in str(report.as_json())


def test_a_list_that_lists_itself_is_told_once() -> None:
    itself = manifest(*[reference("#m", b"", kind=MANIFEST)] * 3)
    report = judged(Forgery(HANAKO, [to_manifest(itself)], [itself]).document())
    assert [found.code for found in report.signatures[0].findings].count("digest_broken") == 1


def test_names_and_namespaces_are_bounded() -> None:
    namesakes = read_xml(b"<a>" + b"<t Id='t'/>" * 1000 + b"</a>").with_identifier("t")
    assert 1 < len(namesakes) < 10
    many = " ".join(f"xmlns:p{number}='urn:{number}'" for number in range(33))
    with pytest.raises(MalformedInput, match="32 namespaces"):
        read_xml(f"<a {many}/>".encode())
    with pytest.raises(MalformedInput, match="32 namespaces"):
        read_xml(f"<a {many}/>".encode("utf-16"))
    one_after_another = "".join(f"<b xmlns:p{number}='urn:{number}'/>" for number in range(100))
    assert len(read_xml(f"<a>{one_after_another}</a>".encode()).root) == 100


def test_what_stands_beside_the_signatures_is_looked_at_once() -> None:
    document = f"<a><t Id='t'/>{'<x/>' * 20_000}{unsigned(reference('#t', b'')) * 120}</a>"
    began = time.process_time()
    assert len(read_xml_signatures(document.encode()).signatures) == 120
    assert time.process_time() - began < 4


def test_signatures_upon_signatures_count_too() -> None:
    upon = f"<x:CounterSignature xmlns:x='{XADES}'><Signature xmlns='{DS}'/></x:CounterSignature>"
    with pytest.raises(MalformedInput, match="over 256 signatures"):
        read_xml_signatures(f"<a><Signature xmlns='{DS}'>{upon * 256}</Signature></a>".encode())


# --- lists ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("references", "objects"),
    [
        ([to_manifest(manifest(CHANGED))], [manifest(CHANGED)]),
        ([to_manifest(manifest(CHANGED), kind="")], [manifest(CHANGED)]),
        (
            [to_manifest(manifest(to_manifest(manifest(CHANGED, name="n"), "n")))],
            [manifest(to_manifest(manifest(CHANGED, name="n"), "n")), manifest(CHANGED, name="n")],
        ),
        (
            [to_manifest(manifest(*[reference("a.txt", b"")] * 2000, CHANGED))],
            [manifest(*[reference("a.txt", b"")] * 2000, CHANGED)],
        ),
    ],
    ids=["as it should be", "without its Type", "a list in a list", "behind two thousand others"],
)
def test_a_changed_part_is_found_wherever_it_is_listed(references: list[str], objects: list[str]) -> None:
    report = judged(Forgery(HANAKO, references, objects).document())
    assert report.sub_indication == "HASH_FAILURE"
    told: Any = report.signatures[0].as_json()["findings"]
    assert any(found["code"] == "digest_broken" and "(#t)" in str(found["en"]) for found in told)


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        ((), "xml_structure"),
        ((to_the_text().replace("Reference", "Other"),), "xml_structure"),
        ([reference("a.txt", b"")] * 10_001, "too_many"),
    ],
    ids=["empty", "no references", "too many"],
)
def test_a_list_that_is_none_or_too_long_is_told(listed: list[str], code: str) -> None:
    report = judged(Forgery(HANAKO, [to_manifest(manifest(*listed))], [manifest(*listed)]).document())
    assert report.indication != "TOTAL_PASSED"
    assert code in codes(report)


# --- two readings -----------------------------------------------------------------------------------------------


def test_elements_that_cut_a_text_in_base64_are_refused() -> None:
    """XMLDSig 6.6.2 decodes the text without its tags; programs read it up to the first one."""
    references = [to_the_text(), reference("#o", b"ABCDEF", xml_forging.BASE64)]
    document = (
        Forgery(HANAKO, references, ["QUJDREVG"]).document().replace("<Object>QUJD", "<Object Id='o'>QUJD")
    )
    assert judged(document).indication == "TOTAL_PASSED"
    assert "xml_transform_refused" in codes(judged(document.replace("QUJD", "QUJD<x/>")))


def test_both_versions_of_the_certificate_s_property_name_one_certificate() -> None:
    """The same key under a certificate with another qualification."""
    other = SCENE.unit("hanako", roles=(pki.PHARMACIST,)).certificate
    doubled = Forgery(
        HANAKO,
        more_properties=xml_forging.property_of(other, "SigningCertificate"),
        more_certificates=[other],
    )
    report = judged(doubled.document())
    assert report.sub_indication == "NO_SIGNING_CERTIFICATE_FOUND"
    assert "signing_certificate_differs" in codes(report)
    same = xml_forging.property_of(HANAKO.certificate, "SigningCertificate")
    assert judged(Forgery(HANAKO, more_properties=same).document()).indication == "TOTAL_PASSED"


def test_another_version_of_xml_is_refused_and_a_stylesheet_is_told_as_not_signed() -> None:
    document = Forgery(HANAKO).document()
    with pytest.raises(MalformedInput, match=r"XML 1\.0"):
        judged(f"<?xml version='1.1'?>{document}")
    report = judged(f"<?xml-stylesheet href='http://example.com/other.xsl'?>{document}")
    assert "<?xml-stylesheet?>" in report.signatures[0].facts.leaves_out
