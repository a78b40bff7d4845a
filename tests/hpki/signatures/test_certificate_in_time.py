"""A certificate at the proven moment: responders that have ended since, and revocations that came after."""

import datetime as dt
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

from hpki import oids
from hpki.issuance import profiles
from hpki.issuance.crl_request import RevokedEntry
from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.cms.extending import Extension, extend
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.cms.octets import read_signed_data
from hpki.signatures.cms.reading import document_facts
from hpki.signatures.content import OctetContent
from hpki.signatures.facts import Level
from hpki.signatures.judge import judge_document
from hpki.signatures.report import SignatureReport
from hpki.validation.evidence import Evidence
from hpki.validation.facts import facts_of
from hpki.validation.ocsp_answer import read_ocsp_answer
from tests import pki, signing_scene
from tests.hpki.validation.status_world import usage
from tests.signing_scene import CLAIMS, DAY, LETTER, MINUTE, SIGNED_AT, YEAR

SCENE = signing_scene.scene()
STAMPED_AT = SIGNED_AT + MINUTE
_AUTHORITY = SCENE.hierarchy.authority_for(profiles.SIGNING)


def responded(life: dt.timedelta) -> Evidence:
    """The lists of the day, but for the signing cards an OCSP answer by a responder that lives so long."""
    known = SCENE.evidence(STAMPED_AT)
    above = _AUTHORITY.issuer.certificate
    key = pki.key(KeyAlgorithm.P_256, "responder")
    responder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Responder")]))
        .issuer_name(above.subject)
        .serial_number(77)
        .not_valid_before(SIGNED_AT - DAY)
        .not_valid_after(SIGNED_AT + life)
        .public_key(key.public_key())
        .add_extension(x509.ExtendedKeyUsage([oids.EKU_OCSP_SIGNING]), critical=False)
        .add_extension(x509.OCSPNoCheck(), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(_AUTHORITY.signer.public_key()), critical=False
        )
        .add_extension(usage("digital_signature"), critical=True)
        .sign(_AUTHORITY.signer.builder_key(), hashes.SHA256())
    )
    answer = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=SCENE.unit().certificate.certificate,
            issuer=above,
            algorithm=hashes.SHA256(),
            cert_status=ocsp.OCSPCertStatus.GOOD,
            this_update=STAMPED_AT,
            next_update=STAMPED_AT + DAY,
            revocation_time=None,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder)
        .certificates([responder])
        .sign(key.builder_key(), hashes.SHA256())
    )
    signing = facts_of(above).subject_name
    lists = tuple(each for each in known.crls if each.issuer_name != signing)
    answers = (read_ocsp_answer(answer.public_bytes(pki.DER)),)
    return Evidence((*known.certificates, facts_of(responder)), lists, answers)


def extended(level: Level, evidence: Evidence) -> bytes:
    message = sign_cms(OctetContent(LETTER), SCENE.unit(), CLAIMS, attached=True)
    return extend(message, level, Extension(SCENE.authority(STAMPED_AT), evidence))


def judged(message: bytes, at: dt.datetime, evidence: Evidence) -> SignatureReport:
    facts = document_facts(read_signed_data(message), OctetContent(LETTER))
    report = judge_document(facts, evidence, signing_scene.POLICY, SCENE.anchors, at)
    return report.signatures[0]


def test_an_answer_is_not_believed_that_its_responder_may_have_written_after_its_end() -> None:
    """Whoever gets hold of a key of long ago can date an answer back; only a time-stamp over it tells."""
    short = responded(30 * DAY)
    later = Evidence(certificates=short.certificates)
    inside = judged(extended(Level.LT, short), SIGNED_AT + 20 * DAY, later)
    assert inside.indication == "TOTAL_PASSED"
    after = judged(extended(Level.LT, short), SIGNED_AT + YEAR, later)
    assert (after.indication, after.sub_indication) == ("INDETERMINATE", "TRY_LATER")
    assert "answer_unproven" in {found.code for found in after.findings}
    assert (
        judged(extended(Level.LT, responded(5 * YEAR)), SIGNED_AT + YEAR, later).indication == "TOTAL_PASSED"
    )


def test_an_archive_time_stamp_proves_the_answer_for_the_years_after_its_responder() -> None:
    short = responded(30 * DAY)
    message = extended(Level.LTA, short)
    assert judged(message, SIGNED_AT + YEAR, Evidence()).indication == "TOTAL_PASSED"


def test_revoked_only_after_the_proven_moment_it_is_expired_and_not_revoked() -> None:
    """Stamped a day after 花子's card had ended; its serial number came onto the list another day later."""
    card = SCENE.unit().certificate
    stamped_at = card.not_after + DAY
    message = sign_cms(OctetContent(LETTER), SCENE.unit(), CLAIMS, attached=True)
    message = extend(message, Level.T, Extension(SCENE.authority(stamped_at)))
    revoked = RevokedEntry(card.serial_number, stamped_at + DAY)
    later = SCENE.evidence(stamped_at + 2 * DAY, revoked)
    report = judged(message, stamped_at + 3 * DAY, later)
    assert report.sub_indication == "OUT_OF_BOUNDS_NOT_REVOKED"
    early = replace(revoked, revoked_at=SIGNED_AT + DAY)
    report = judged(message, stamped_at + 3 * DAY, SCENE.evidence(stamped_at + 2 * DAY, early))
    assert report.sub_indication == "REVOKED_NO_POE"
