"""What Mallory does to a CMS signature: each is a finding with its sub-indication, never an exception."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import pytest

from hpki import oids
from hpki.certs import der
from hpki.errors import MalformedInput
from hpki.issuance import profiles
from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.claims import Claims
from hpki.signatures.cms import ber
from hpki.signatures.cms.encoding import attribute_der, message_der
from hpki.signatures.cms.extending import Extension, extend
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.cms.octets import read_signed_data
from hpki.signatures.cms.reading import read_document
from hpki.signatures.content import OctetContent
from hpki.signatures.facts import Level
from hpki.signatures.indication import Indication
from hpki.signatures.judge import judge_document
from hpki.signatures.report import DocumentReport
from hpki.validation.evidence import Evidence
from hpki.validation.facts import facts_of
from hpki.validation.policy import TrustAnchor
from tests import pki
from tests.cms_forging import (
    SHA_512_DER,
    Forgery,
    content_type,
    message_digest,
    reference_v1,
    signing_certificate,
    signing_time,
)
from tests.signing_scene import CLAIMS, LETTER, MINUTE, POLICY, SIGNED_AT, LocalAuthority, scene

SCENE = scene()
HANAKO = SCENE.unit()
KEN = SCENE.unit("ken", roles=(pki.PHARMACIST,))
CONTENT = OctetContent(LETTER)
OF_HANAKO = signing_certificate(HANAKO.certificate)


def judged(
    message: bytes,
    *,
    at: dt.datetime = SIGNED_AT + 5 * MINUTE,
    evidence: Evidence | None = None,
    anchors: Sequence[TrustAnchor] | None = None,
    detached: bytes | None = None,
) -> DocumentReport:
    document = read_document(message, None if detached is None else OctetContent(detached))
    given = SCENE.evidence() if evidence is None else evidence
    return judge_document(document, given, POLICY, SCENE.anchors if anchors is None else anchors, at)


def codes(report: DocumentReport) -> set[str]:
    found = [*report.findings, *(each for one in report.all_signatures() for each in one.findings)]
    return {each.code for each in found if each.sub_indication is not None}


def test_the_forger_s_workshop_writes_a_message_that_passes() -> None:
    assert judged(Forgery(HANAKO).message()).indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    ("attributes", "code", "sub"),
    [
        ((message_digest(), OF_HANAKO), "attribute_missing", "FORMAT_FAILURE"),
        ((content_type(), OF_HANAKO), "attribute_missing", "HASH_FAILURE"),
        ((content_type(), message_digest()), "signing_certificate_not_signed", "SIG_CONSTRAINTS_FAILURE"),
        (
            (content_type(), message_digest(), message_digest(b"other"), OF_HANAKO),
            "attribute_doubled",
            "FORMAT_FAILURE",
        ),
        (
            (content_type(), content_type(), message_digest(), OF_HANAKO),
            "attribute_doubled",
            "FORMAT_FAILURE",
        ),
        (
            (content_type(), message_digest(), OF_HANAKO, signing_certificate(KEN.certificate)),
            "attribute_doubled",
            "FORMAT_FAILURE",
        ),
        (
            (content_type(b"\x06\x01\x2a"), message_digest(), OF_HANAKO),
            "content_type_differs",
            "FORMAT_FAILURE",
        ),
        (
            (content_type(), message_digest(), signing_certificate(KEN.certificate)),
            "signing_certificate_differs",
            "NO_SIGNING_CERTIFICATE_FOUND",
        ),
        (
            (content_type(), message_digest(), OF_HANAKO, reference_v1(KEN.certificate)),
            "signing_certificate_differs",
            "NO_SIGNING_CERTIFICATE_FOUND",
        ),
        (
            (content_type(), message_digest(), attribute_der(oids.SIGNING_CERTIFICATE_V2, b"\x30\x00")),
            "attribute_not_readable",
            "FORMAT_FAILURE",
        ),
    ],
)
def test_signed_attributes_are_all_there_once_and_about_this_signature(
    attributes: Sequence[bytes], code: str, sub: str
) -> None:
    report = judged(Forgery(HANAKO, attributes=attributes).message())
    assert code in codes(report)
    if sub != "HASH_FAILURE":
        assert report.sub_indication == sub
    assert report.indication is not Indication.TOTAL_PASSED


def test_changed_content_is_named_with_its_place() -> None:
    report = judged(sign_cms(CONTENT, HANAKO, CLAIMS), detached=LETTER + b"!")
    [signature] = report.signatures
    assert (report.sub_indication, signature.is_intact) == ("HASH_FAILURE", False)
    assert any("detached content" in each.sentence("en") for each in signature.findings)


def test_absent_content_is_no_broken_signature() -> None:
    report = judged(sign_cms(CONTENT, HANAKO, CLAIMS))
    assert (report.sub_indication, report.signatures[0].is_intact) == ("SIGNED_DATA_NOT_FOUND", True)


def test_one_good_signature_does_not_carry_a_bad_one() -> None:
    bad = Forgery(KEN, attributes=(content_type(), message_digest(b"another letter"), signing_time(),
                                   signing_certificate(KEN.certificate)))  # fmt: skip
    certificates = (HANAKO.certificate, KEN.certificate, *HANAKO.chain)
    message = Forgery(HANAKO, more_signers=(bad.signer_info(),), certificates=certificates).message()
    report = judged(message)
    assert (report.indication, report.sub_indication) == (Indication.TOTAL_FAILED, "HASH_FAILURE")
    assert sorted(each.indication for each in report.signatures) == [
        Indication.TOTAL_FAILED,
        Indication.TOTAL_PASSED,
    ]


def test_signed_attributes_shown_again_as_a_document_are_told() -> None:
    """RFC 5652 5.4: without signed attributes the signature is over the content itself."""
    honest = Forgery(HANAKO)
    [signer] = read_signed_data(honest.message()).signers
    replayed = der.tlv(der.SET, *(each.der for each in signer.signed_attributes))
    forged = Forgery(HANAKO, without_attributes=True, content=replayed, signed_octets=signer.signature)
    report = judged(forged.message())
    assert "attributes_as_content" in codes(report)
    assert report.sub_indication == "FORMAT_FAILURE"


def test_a_certificate_of_the_same_key_and_another_role_is_not_the_signer_s() -> None:
    """The key fits both certificates; the signed attribute binds one of them."""
    public = pki.key(KeyAlgorithm.P_256, "hanako").public_key()
    promoted = facts_of(SCENE.hierarchy.issue(profiles.SIGNING, public, roles=(pki.PHARMACIST,)))
    swapped = Forgery(HANAKO, named=promoted, certificates=(promoted, *HANAKO.chain))
    assert judged(swapped.message()).sub_indication == "NO_SIGNING_CERTIFICATE_FOUND"
    both = Forgery(HANAKO, named=promoted, certificates=(promoted, HANAKO.certificate, *HANAKO.chain))
    report = judged(both.message())
    assert report.sub_indication == "NO_SIGNING_CERTIFICATE_FOUND"
    assert [each.hcrole for each in report.signatures[0].qualifications] == ["Medical Doctor"]
    beside = Forgery(HANAKO, certificates=(promoted, HANAKO.certificate, *HANAKO.chain))
    report = judged(beside.message())
    assert report.indication is Indication.TOTAL_PASSED
    assert [each.hcrole for each in report.signatures[0].qualifications] == ["Medical Doctor"]


def test_algorithms_that_contradict_each_other_are_told() -> None:
    report = judged(Forgery(HANAKO, digest_algorithm=SHA_512_DER).message())
    assert {"algorithm_substituted", "digest_broken"} <= codes(report)
    message = sign_cms(CONTENT, SCENE.unit("hanako", algorithm=KeyAlgorithm.RSA_2048), CLAIMS, attached=True)
    # sha256WithRSAEncryption → sha512WithRSAEncryption, outside the signed attributes
    swapped = message.replace(b"\x01\x01\x0b\x05\x00\x04", b"\x01\x01\x0d\x05\x00\x04")
    assert swapped != message
    report = judged(swapped)
    assert {"algorithm_substituted", "signature_broken"} <= codes(report)
    assert report.sub_indication == "SIG_CRYPTO_FAILURE"


def test_a_policy_with_a_hash_of_zeros_binds_nothing() -> None:
    hashed = der.tlv(
        der.SEQUENCE, bytes.fromhex("300b0609608648016503040201"), der.tlv(der.OCTET_STRING, bytes(32))
    )
    policy = attribute_der(oids.SIGNATURE_POLICY, der.tlv(der.SEQUENCE, b"\x06\x03\x2a\x03\x04", hashed))
    report = judged(
        Forgery(HANAKO, attributes=(content_type(), message_digest(), OF_HANAKO, policy)).message()
    )
    assert report.sub_indication == "POLICY_PROCESSING_ERROR"


def test_trailing_octets_and_another_message_behind_are_refused() -> None:
    message = Forgery(HANAKO).message()
    for added in (b"\x00", message):
        report = judged(message + added)
        assert (report.indication, report.sub_indication) == (Indication.TOTAL_FAILED, "FORMAT_FAILURE")


def test_an_authentication_certificate_signs_nothing() -> None:
    unit = SCENE.unit("hanako-auth", profile=profiles.AUTHENTICATION)
    report = judged(sign_cms(CONTENT, unit, CLAIMS, attached=True))
    assert report.sub_indication == "CHAIN_CONSTRAINTS_FAILURE"
    assert {"key_usage_missing", "policy_refused"} & codes(report)


def test_an_anchor_in_the_document_is_no_anchor() -> None:
    mallory = pki.hierarchy(KeyAlgorithm.P_384)
    public = pki.key(KeyAlgorithm.P_256, "mallory").public_key()
    own = facts_of(mallory.issue(profiles.SIGNING, public))
    chain = (
        facts_of(mallory.authority_for(profiles.SIGNING).issuer.certificate),
        facts_of(mallory.root.issuer.certificate),
    )
    unit = type(HANAKO)(pki.key(KeyAlgorithm.P_256, "mallory"), own, chain)
    report = judged(sign_cms(CONTENT, unit, CLAIMS, attached=True))
    assert report.indication is Indication.INDETERMINATE
    assert report.sub_indication in {"NO_CERTIFICATE_CHAIN_FOUND", "CERTIFICATE_CHAIN_GENERAL_FAILURE"}


def test_an_untrusted_authority_proves_no_time() -> None:
    mallory = LocalAuthority(pki.hierarchy(KeyAlgorithm.P_384), SIGNED_AT - 300 * 1440 * MINUTE)
    mallory.moment = SIGNED_AT - MINUTE * 30
    message = extend(
        sign_cms(CONTENT, HANAKO, CLAIMS, attached=True), Level.T, Extension(mallory, SCENE.evidence())
    )
    [signature] = judged(message).signatures
    assert signature.proven_at is None
    assert "time_stamp_refused" in {each.code for each in signature.findings}
    assert not signature.time_stamps[0].is_proof


def test_a_time_stamp_of_another_signature_is_told() -> None:
    stamped = extend(
        sign_cms(CONTENT, HANAKO, CLAIMS, attached=True),
        Level.T,
        Extension(SCENE.authority(), SCENE.evidence()),
    )
    [signer] = read_signed_data(stamped).signers
    borrowed = Forgery(HANAKO, unsigned=[each.der for each in signer.unsigned_attributes])
    report = judged(borrowed.message())
    assert report.indication is not Indication.TOTAL_PASSED
    assert {each.code for each in report.signatures[0].time_stamps[0].findings} >= {"time_stamp_broken"}
    assert report.signatures[0].proven_at is None


def test_a_back_dated_signing_time_is_told_by_what_is_proven() -> None:
    later = Claims(SIGNED_AT + 60 * MINUTE)
    message = extend(
        sign_cms(CONTENT, HANAKO, later, attached=True),
        Level.T,
        Extension(SCENE.authority(), SCENE.evidence()),
    )
    [signature] = judged(message, at=SIGNED_AT + 90 * MINUTE).signatures
    assert "claimed_after_proof" in {each.code for each in signature.findings}


def test_a_signing_time_that_has_not_come_yet_is_told() -> None:
    message = sign_cms(CONTENT, HANAKO, Claims(SIGNED_AT + 60 * MINUTE), attached=True)
    [signature] = judged(message).signatures
    assert "claimed_later" in {each.code for each in signature.findings}


def test_something_that_the_archive_time_stamp_covers_and_that_is_gone_is_told() -> None:
    message = sign_cms(CONTENT, HANAKO, CLAIMS, attached=True)
    archived = extend(message, Level.LTA, Extension(SCENE.authority(), SCENE.evidence()))
    data = read_signed_data(archived)
    lost = min(data.crls, key=len)
    without = tuple(each for each in data.crls if each != lost)
    report = judged(message_der(replace(data, crls=without, crls_der=der.tlv(0xA1, *without))))
    stamps = report.signatures[0].time_stamps
    assert any(each.code == "hash_index_broken" for stamp in stamps for each in stamp.findings)
    assert report.indication is not Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"\x30\x80" * 2000,
        b"\x24\x80" * 100_000,
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x88" + b"\xff" * 8,
        b"\x04\x80\x00\x00",
        b"\x1f\x81\x01\x00",
        b"\x30\x03\x02\x01\x01",
    ],
)
def test_what_is_no_message_is_refused_at_once(octets: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_document(octets)


def test_depth_and_pieces_are_bounded() -> None:
    with pytest.raises(MalformedInput, match="deep"):
        ber.normalised(b"\x30\x80" * 100 + b"\x00\x00" * 100)
    with pytest.raises(MalformedInput, match="elements"):
        ber.normalised(b"\x30\x83\x0f\xff\xff" + b"\x05\x00" * 600_000)


def test_what_is_too_much_is_told_and_quickly() -> None:
    """Hundreds of time-stamps, counter-signatures upon counter-signatures, and a crowd of certificates of one name."""
    stamped = extend(
        sign_cms(CONTENT, HANAKO, CLAIMS, attached=True),
        Level.T,
        Extension(SCENE.authority(), SCENE.evidence()),
    )
    [signer] = read_signed_data(stamped).signers
    [stamp] = signer.unsigned_attributes
    many = attribute_der(oids.SIGNATURE_TIME_STAMP, *[stamp.values[0]] * 500)
    report = judged(Forgery(HANAKO, unsigned=[many]).message())
    assert "too_many" in codes(report)
    counter = signer.der
    for _ in range(6):
        upon = attribute_der(oids.COUNTER_SIGNATURE, counter, counter)
        counter = Forgery(HANAKO, unsigned=[upon]).signer_info()
    report = judged(Forgery(HANAKO, unsigned=[attribute_der(oids.COUNTER_SIGNATURE, counter)]).message())
    assert "too_many" in codes(report)
    crowd = [facts_of(SCENE.hierarchy.issue(profiles.SIGNING, HANAKO.signer.public_key())) for _ in range(60)]
    report = judged(Forgery(HANAKO, certificates=(HANAKO.certificate, *crowd, *HANAKO.chain)).message())
    assert report.indication is Indication.TOTAL_PASSED
    assert report.signatures[0].signer == HANAKO.certificate
