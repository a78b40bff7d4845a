"""Small lies in good documents: parameters, moments, roles and files beside them that are not what they seem."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from lxml import etree

from hpki import oids
from hpki.certs import der
from hpki.certs.hcrole import HcRole, encode_hcroles
from hpki.certs.printing import storable
from hpki.errors import MalformedInput
from hpki.issuance import profiles
from hpki.issuance.template import oid_der
from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.algorithms import SHA_256
from hpki.signatures.claims import SigningUnit
from hpki.signatures.cms.encoding import attribute_der
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.cms.reading import read_document
from hpki.signatures.cms.tst_info import read_tst_info
from hpki.signatures.content import Content, OctetContent
from hpki.signatures.formats import read_signed_document
from hpki.signatures.judge import MOST_CARRIED, judge_document
from hpki.signatures.pdf.making import sign_pdf
from hpki.signatures.report import DocumentReport
from hpki.signatures.report_xml import report_xml
from hpki.signatures.xml.making import sign_enveloped
from hpki.validation.evidence import Evidence
from hpki.validation.facts import facts_of, read_certificate
from tests import signing_scene
from tests.cms_forging import SHA_256_DER, Forgery, content_type, message_digest, signing_certificate
from tests.signed_pdfs import letter
from tests.signing_scene import CLAIMS, DAY, LETTER, SIGNED_AT

SCENE = signing_scene.scene()
HANAKO = SCENE.unit()
CONTENT = OctetContent(LETTER)


def judged(octets: bytes, *wanted: str, **detached: bytes) -> DocumentReport:
    at = SIGNED_AT + DAY
    beside: dict[str, Content] = {name: OctetContent(each) for name, each in detached.items()}
    facts = read_signed_document(octets, beside)
    return judge_document(
        facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at, require_qualification=wanted
    )


def codes(report: DocumentReport) -> set[str]:
    return {each.code for each in (*report.findings, *(f for s in report.signatures for f in s.findings))}


@pytest.mark.parametrize(
    "parameters",
    ["300ea20c020a7fffffffffffffffffff", "3005a203020180", "3009a0073005 06032a0304", "3005a303020102"],
    ids=["salt of 2^79", "salt below 0", "unknown hash", "another trailer"],
)
def test_odd_parameters_of_pss_are_an_unknown_algorithm(parameters: str) -> None:
    identifier = der.tlv(der.SEQUENCE, bytes.fromhex("06092a864886f70d01010a" + parameters.replace(" ", "")))
    unit = SCENE.unit("hanako", algorithm=KeyAlgorithm.RSA_2048)
    report = judged(Forgery(unit, signature_algorithm=identifier).message())
    assert report.sub_indication == "SIG_CRYPTO_FAILURE"
    assert "algorithm_unknown" in codes(report)


def test_thousands_of_certificates_in_a_document_are_not_all_looked_at() -> None:
    known, number = HANAKO.certificate.der, der.unsigned_integer(HANAKO.certificate.serial_number)
    others = (number[:3] + each.to_bytes(len(number) - 3) for each in range(MOST_CARRIED + 1))
    carried = tuple(read_certificate(known.replace(number, other)) for other in others)
    document = read_document(sign_cms(CONTENT, HANAKO, CLAIMS, attached=True))
    at = SIGNED_AT + DAY

    def judged_with(count: int) -> set[str]:
        held = document.evidence.joined(Evidence(carried[:count]))
        report = judge_document(
            replace(document, evidence=held), SCENE.evidence(), signing_scene.POLICY, SCENE.anchors, at
        )
        return {found.code for found in report.findings}

    assert judged_with(3) == {"envelope_unverified"}
    assert "too_many" in judged_with(MOST_CARRIED + 1)


def test_another_curve_beside_the_signature_than_the_key_s_is_a_lie() -> None:
    def judged_with(curve: str) -> str:
        identifier = der.tlv(der.SEQUENCE, bytes.fromhex("06072a8648ce3d0201" + curve))
        return str(judged(Forgery(HANAKO, signature_algorithm=identifier).message()).sub_indication)

    assert judged_with("") == judged_with("06082a8648ce3d030107") == "None"
    assert judged_with("06052b81040022") == judged_with("06032a0304") == "SIG_CRYPTO_FAILURE"


def with_role(role: HcRole, cut: int = 0) -> SigningUnit:
    """花子's key under a certificate of her authority with a role that it would never write."""
    known = HANAKO.certificate.certificate
    made = (
        x509.CertificateBuilder()
        .subject_name(known.subject)
        .issuer_name(known.issuer)
        .public_key(known.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(known.not_valid_before_utc)
        .not_valid_after(known.not_valid_after_utc)
    )
    for each in known.extensions:
        is_role = each.oid == oids.SUBJECT_DIRECTORY_ATTRIBUTES
        encoded = encode_hcroles([role])
        written = encoded[: len(encoded) - cut]
        value = x509.UnrecognizedExtension(each.oid, written) if is_role else each.value
        made = made.add_extension(value, each.critical)
    key = SCENE.hierarchy.authority_for(profiles.SIGNING).signer.builder_key()
    return SigningUnit(HANAKO.signer, facts_of(made.sign(key, hashes.SHA256())), HANAKO.chain)


def test_a_title_of_another_country_s_list_makes_no_physician() -> None:
    foreign = HcRole("Medical Doctor", coding_scheme=x509.ObjectIdentifier("1.2.3.4"))
    message = sign_cms(CONTENT, with_role(foreign), CLAIMS, attached=True)
    report = judged(message, "physician")
    assert "qualification_missing" in codes(report)
    [stated] = report.signatures[0].qualifications
    assert (stated.code, stated.hcrole) == (None, "Medical Doctor")
    older = HcRole("Medical Doctor", coding_scheme=x509.ObjectIdentifier("1.2.392.100495.1.6.1"))
    assert (
        judged(sign_cms(CONTENT, with_role(older), CLAIMS, attached=True), "physician").indication
        == "TOTAL_PASSED"
    )


def test_a_role_with_control_characters_is_told_in_every_report() -> None:
    report = judged(sign_cms(CONTENT, with_role(HcRole("Medical\x00\x1b[31m")), CLAIMS, attached=True))
    assert etree.fromstring(report_xml(report)) is not None
    assert not any("\x1b" in value for _, value in report.words("ja"))


def test_a_role_that_cannot_be_read_is_told_and_is_no_qualification() -> None:
    message = sign_cms(CONTENT, with_role(HcRole("Medical Doctor"), cut=3), CLAIMS, attached=True)
    report = judged(message)
    assert (report.signatures[0].qualifications, codes(report)) == ((), {"role_not_readable"})
    assert "qualification_missing" in codes(judged(message, "physician"))


def tst_info(moment: bytes, extensions: bytes = b"") -> bytes:
    imprint = der.tlv(der.SEQUENCE, SHA_256_DER, der.tlv(der.OCTET_STRING, hashlib.sha256(LETTER).digest()))
    policy, number = oid_der(oids.POLICY_TIME_STAMP_TEST), b"\x02\x01\x07"
    return der.tlv(der.SEQUENCE, b"\x02\x01\x01", policy, imprint, number, der.tlv(0x18, moment), extensions)


def test_a_critical_extension_that_nobody_knows_refuses_a_token() -> None:
    def extension(critical: bytes) -> bytes:
        return der.tlv(0xA1, der.tlv(der.SEQUENCE, b"\x06\x03\x2a\x03\x04", critical, b"\x04\x00"))

    assert read_tst_info(tst_info(b"20261104030100Z", extension(b""))).imprint_hash is not None
    with pytest.raises(MalformedInput, match=r"1\.2\.3\.4"):
        read_tst_info(tst_info(b"20261104030100Z", extension(b"\x01\x01\xff")))


def test_the_calendar_s_last_day_and_first_are_moments_like_others() -> None:
    moment = b"2026-11-04T03:00:00Z"
    xml = sign_enveloped(b"<a/>", HANAKO, CLAIMS)
    early = judged(xml.replace(moment, b"0001-01-01T00:00:00+14:00"))
    assert "xml_structure" in codes(early)
    late = judged(xml.replace(moment, b"9999-12-31T23:59:59Z"))
    assert late.sub_indication == "HASH_FAILURE"
    assert any("9999-12-31 23:59:59 UTC" in value for _, value in late.words("en"))


def test_a_file_beside_a_signature_is_the_one_asked_about() -> None:
    attached, beside = sign_cms(CONTENT, HANAKO, CLAIMS, attached=True), sign_cms(CONTENT, HANAKO, CLAIMS)
    assert judged(attached, letter=LETTER).indication == "TOTAL_PASSED"
    other = judged(attached, letter=b"another letter")
    assert (other.sub_indication, other.signatures[0].is_intact) == ("HASH_FAILURE", True)
    assert codes(other) == {"detached_differs"}
    two = judged(beside, other=b"another letter", letter=LETTER)
    assert (two.indication, codes(two)) == ("TOTAL_PASSED", {"detached_unused"})
    assert judged(beside, other=b"another letter").sub_indication == "HASH_FAILURE"
    enveloped = judged(sign_enveloped(b"<a/>", HANAKO, CLAIMS), other=b"x")
    assert (enveloped.indication, codes(enveloped)) == ("TOTAL_PASSED", {"detached_unused"})


def test_a_signature_that_cannot_be_read_names_nobody() -> None:
    xml = sign_enveloped(b"<a/>", HANAKO, CLAIMS)
    [signature] = judged(
        xml.replace(b"<ds:SignatureValue", b"<!-- --><ds:KeyInfo/><ds:SignatureValue")
    ).signatures
    assert signature.signer is None
    assert signature.sub_indication == "FORMAT_FAILURE"


def test_a_claimed_role_with_a_zero_octet_goes_into_no_database() -> None:
    text = der.tlv(der.SEQUENCE, b"\x0c\x05ab\x00\x1bc")
    roles = attribute_der(oids.SIGNER_ATTRIBUTES_V2, der.tlv(der.SEQUENCE, der.tlv(0xA0, text)))
    of_hanako = (content_type(), message_digest(), signing_certificate(HANAKO.certificate))
    report = judged(Forgery(HANAKO, attributes=(*of_hanako, roles)).message())
    assert report.signatures[0].facts.claimed_roles == ("ab\x00\x1bc",)
    kept = json.dumps(storable(report.as_json()))
    assert "ab\\\\u0000\\\\u001bc" in kept
    assert "\x00" not in json.loads(kept)["signatures"][0]["claimed_roles"][0]


def test_a_pdf_is_judged_from_its_file_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "large.pdf"
    with path.open("wb") as target:
        sign_pdf(letter(40), HANAKO, CLAIMS, target=target)
    with path.open("rb") as source:
        facts = read_signed_document(source, {"other": CONTENT})
    at = SIGNED_AT + DAY
    report = judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at)
    assert (report.indication, codes(report)) == ("TOTAL_PASSED", {"detached_unused"})


def test_an_authority_s_answer_is_judged_as_the_token_in_it() -> None:
    """What `openssl ts` and curl keep: TimeStampResp."""
    token = SCENE.authority().stamp(SHA_256, SHA_256.digest(LETTER))
    granted = der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, b"\x02\x01\x00"), token)
    for octets in (token, granted):
        report = judged(octets, letter=LETTER)
        assert (report.indication, report.format) == ("TOTAL_PASSED", "time-stamp")
    with pytest.raises(MalformedInput, match="refused"):
        judged(der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, b"\x02\x01\x02")))
