"""Time-stamps by whoever is no time-stamp authority, or of something else: none of them proves anything."""

import datetime as dt
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from hpki import oids
from hpki.certs import der
from hpki.issuance import profiles
from hpki.issuance.template import oid_der
from hpki.signatures.algorithms import HASHES, SHA_256, HashKind
from hpki.signatures.claims import SigningUnit
from hpki.signatures.cms.extending import Extension, extend
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.cms.reading import read_document
from hpki.signatures.content import OctetContent
from hpki.signatures.facts import Level
from hpki.signatures.judge import judge_document
from hpki.signatures.report import TimeStampReport
from hpki.validation.facts import facts_of
from tests import pki
from tests.cms_forging import SHA_256_DER, Forgery
from tests.signing_scene import CLAIMS, DAY, LETTER, MINUTE, POLICY, SIGNED_AT, scene

SCENE = scene()
STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
SHA_1_DER = bytes.fromhex("300906052b0e03021a0500")
Forged = Callable[[HashKind, bytes], bytes]


def stamper(
    *purposes: x509.ObjectIdentifier, critical: bool = True, ends: dt.datetime | None = None
) -> SigningUnit:
    """A certificate of the time-stamp authority's issuer with these purposes."""
    unit = SCENE.authority().unit()
    known = unit.certificate
    made = (
        x509.CertificateBuilder()
        .subject_name(known.subject)
        .issuer_name(known.issuer)
        .public_key(known.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(known.not_valid_before_utc)
        .not_valid_after(ends or known.not_valid_after_utc)
    )
    for each in known.extensions:
        if each.oid != ExtensionOID.EXTENDED_KEY_USAGE:
            made = made.add_extension(each.value, each.critical)
    if purposes:
        made = made.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical)
    authority = SCENE.hierarchy.authority_for(profiles.TIME_STAMP)
    certificate = facts_of(made.sign(authority.signer.builder_key(), hashes.SHA256()))
    key = pki.key(SCENE.hierarchy.root.signer.algorithm, "stamp 0")
    return SigningUnit(key, certificate, (facts_of(authority.issuer.certificate),))


def token(unit: SigningUnit, imprint: bytes, identifier: bytes = SHA_256_DER) -> bytes:
    info = der.tlv(
        der.SEQUENCE,
        b"\x02\x01\x01",
        oid_der(oids.POLICY_TIME_STAMP_TEST),
        der.tlv(der.SEQUENCE, identifier, der.tlv(der.OCTET_STRING, imprint)),
        b"\x02\x01\x07",
        der.tlv(0x18, (SIGNED_AT + MINUTE).strftime("%Y%m%d%H%M%SZ").encode()),
    )
    return Forgery(unit, content=info, kind=oids.TST_INFO, version=3).message()


class _Stamper:
    def __init__(self, made: Forged) -> None:
        self._made = made

    def stamp(self, kind: HashKind, imprint: bytes) -> bytes:
        return self._made(kind, imprint)


def judged(made: Forged) -> tuple[TimeStampReport, str]:
    """The time-stamp upon a good signature, and what the document comes to."""
    signed = sign_cms(OctetContent(LETTER), SCENE.unit(), CLAIMS, attached=True)
    stamped = extend(signed, Level.T, Extension(_Stamper(made), SCENE.evidence()))
    at = SIGNED_AT + DAY
    report = judge_document(read_document(stamped), SCENE.evidence(at), POLICY, SCENE.anchors, at)
    return report.signatures[0].time_stamps[0], str(report.indication)


def test_the_forger_s_token_is_a_proof_when_nothing_is_wrong_with_it() -> None:
    stamp, outcome = judged(lambda _, imprint: token(stamper(STAMPING), imprint))
    assert (stamp.is_proof, outcome) == (True, "TOTAL_PASSED"), stamp.findings


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        (stamper(), "time_stamp_purpose"),
        (stamper(STAMPING, critical=False), "time_stamp_purpose"),
        (stamper(STAMPING, ExtendedKeyUsageOID.EMAIL_PROTECTION), "time_stamp_purpose"),
        (stamper(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE), "time_stamp_purpose"),
        (SCENE.unit("taro"), "time_stamp_purpose"),
        (stamper(STAMPING, ends=SIGNED_AT), "expired"),
    ],
    ids=["no purpose", "not critical", "two purposes", "any purpose", "a physician's card", "expired before"],
)
def test_who_is_no_authority_proves_no_time(unit: SigningUnit, code: str) -> None:
    stamp, outcome = judged(lambda _, imprint: token(unit, imprint))
    assert code in {found.code for found in stamp.findings}
    assert (stamp.is_proof, outcome) == (False, "INDETERMINATE")


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda _, imprint: token(stamper(STAMPING), SHA_256.digest(imprint)), "time_stamp_broken"),
        (lambda _, imprint: token(stamper(STAMPING), imprint[:20], SHA_1_DER), "time_stamp_broken"),
        (lambda _, imprint: token(stamper(STAMPING), imprint[:16]), "time_stamp_broken"),
        (lambda *_: Forgery(SCENE.unit()).message(), "time_stamp_not_readable"),
        (lambda *_: b"\x30\x00", "time_stamp_not_readable"),
    ],
    ids=["of something else", "another hash", "a short hash", "a letter", "nothing"],
)
def test_what_is_no_time_stamp_of_the_signature_proves_nothing(made: Forged, code: str) -> None:
    stamp, outcome = judged(made)
    assert code in {found.code for found in stamp.findings}
    assert (stamp.is_proof, outcome) == (False, "INDETERMINATE")


def test_a_hash_that_was_too_weak_proves_nothing() -> None:
    value = read_document(sign_cms(OctetContent(LETTER), SCENE.unit(), CLAIMS, attached=True)).signatures[0]
    imprint = HASHES["sha1"].digest(value.message.value)
    stamp, outcome = judged(lambda *_: token(stamper(STAMPING), imprint, SHA_1_DER))
    assert "weak_algorithm" in {found.code for found in stamp.findings}
    assert (stamp.is_proof, outcome) == (False, "INDETERMINATE")
