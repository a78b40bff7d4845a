"""CAdES made, extended, renewed and judged: what every level says and proves."""

import datetime as dt
import hashlib
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from hpki import oids
from hpki.certs import der
from hpki.errors import MalformedInput, NotExtended, ProfileViolation, SignatureMismatch
from hpki.issuance.crl_request import RevokedEntry
from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.algorithms import SHA_256
from hpki.signatures.claims import Claims
from hpki.signatures.cms import ber
from hpki.signatures.cms.encoding import attribute_der
from hpki.signatures.cms.extending import LEVELS, Extension, extend
from hpki.signatures.cms.making import add_signature, counter_sign, sign_cms
from hpki.signatures.cms.octets import read_signed_data
from hpki.signatures.cms.reading import read_document
from hpki.signatures.content import FileContent, OctetContent
from hpki.signatures.facts import Level, PolicyReference
from hpki.signatures.indication import Indication
from hpki.signatures.judge import judge_document
from hpki.signatures.policy import ETSI_SUITE
from hpki.signatures.report import DocumentReport
from hpki.validation.evidence import Evidence
from tests import pki
from tests.cms_forging import (
    Forgery,
    content_type,
    message_digest,
    signing_certificate,
    signing_time,
)
from tests.signing_scene import (
    CLAIMS,
    DAY,
    LETTER,
    MINUTE,
    POLICY,
    SIGNED_AT,
    YEAR,
    LocalAuthority,
    Scene,
    scene,
)

SCENE = scene()
CONTENT = OctetContent(LETTER)
SOON = SIGNED_AT + 9 * MINUTE
PASSED = Indication.TOTAL_PASSED


def judged(
    message: bytes, at: dt.datetime = SOON, evidence: Evidence | None = None, detached: bytes | None = None
) -> DocumentReport:
    """Judged with what stands in the message alone, unless evidence is given."""
    document = read_document(message, None if detached is None else OctetContent(detached))
    return judge_document(document, evidence or Evidence(), POLICY, SCENE.anchors, at)


def signed(where: Scene = SCENE, *, attached: bool = True, claims: Claims = CLAIMS) -> bytes:
    return sign_cms(CONTENT, where.unit(), claims, attached=attached)


def extended(
    message: bytes, level: Level, at: dt.datetime = SIGNED_AT + MINUTE, detached: bytes | None = None
) -> bytes:
    content = None if detached is None else OctetContent(detached)
    return extend(message, level, Extension(SCENE.authority(at), SCENE.evidence(at), content))


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.P_256, KeyAlgorithm.P_384, KeyAlgorithm.RSA_2048])
@pytest.mark.parametrize("way", ["attached", "detached"])
def test_a_signature_at_level_b_passes_with_the_lists_of_the_day(algorithm: KeyAlgorithm, way: str) -> None:
    attached = way == "attached"
    message = signed(scene(algorithm), attached=attached)
    report = judged(message, evidence=SCENE.evidence(), detached=None if attached else LETTER)
    [signature] = report.signatures
    assert (report.indication, signature.facts.level, signature.is_intact) == (PASSED, Level.B, True)
    assert (signature.facts.claimed_signed_at, signature.proven_at) == (SIGNED_AT, None)
    assert [each.hcrole for each in signature.qualifications] == ["Medical Doctor"]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("way", ["attached", "detached"])
def test_every_level_says_what_it_is_and_proves_when(level: Level, way: str) -> None:
    attached = way == "attached"
    message = extended(signed(attached=attached), level, detached=None if attached else LETTER)
    report = judged(message, evidence=SCENE.evidence(), detached=None if attached else LETTER)
    [signature] = report.signatures
    assert report.indication is PASSED
    # Without values or references nothing tells ES-T from T.
    assert signature.facts.level == (Level.T if level is Level.ES_T else level)
    assert signature.proven_at == SIGNED_AT + MINUTE
    assert all(stamp.is_proof for stamp in signature.time_stamps)


@pytest.mark.parametrize("level", [Level.LT, Level.LTA, Level.ES_XL, Level.ES_A])
def test_long_term_levels_need_nothing_beside_them(level: Level) -> None:
    message = extended(signed(), level)
    for later in (DAY, 200 * DAY, 4 * YEAR):
        assert judged(message, SIGNED_AT + later).indication is PASSED


@pytest.mark.parametrize("level", [Level.LTA, Level.ES_A])
def test_a_renewed_archive_outlives_its_certificates(level: Level) -> None:
    """花子's certificate and the first authority's end after five years; a new time-stamp is all that is added."""
    message = extended(signed(), level)
    assert judged(message, SIGNED_AT + 6 * YEAR).sub_indication == "OUT_OF_BOUNDS_NO_POE"
    renewed = extended(message, level, SIGNED_AT + 4 * YEAR)
    [before], [after] = read_signed_data(message).signers, read_signed_data(renewed).signers
    assert before.fixed_der == after.fixed_der
    again = extended(renewed, level, SIGNED_AT + 7 * YEAR)
    for later in (5, 6, 7):
        assert judged(renewed, SIGNED_AT + later * YEAR + DAY).indication is PASSED
    report = judged(again, SIGNED_AT + 8 * YEAR)
    assert report.indication is PASSED
    assert report.signatures[0].proven_at == SIGNED_AT + MINUTE
    assert len(report.signatures[0].time_stamps) == 4


def test_a_renewal_that_came_too_late_heals_nothing() -> None:
    message = extended(signed(), Level.LTA)
    late = extended(message, Level.LTA, SIGNED_AT + 6 * YEAR)
    assert judged(late, SIGNED_AT + 6 * YEAR + DAY).indication is Indication.INDETERMINATE


def test_revoked_after_the_proven_moment_still_passes_and_before_does_not() -> None:
    serial = SCENE.certificate("hanako").serial_number
    message = extended(signed(), Level.T)
    later = SIGNED_AT + 2 * DAY
    for revoked_at, passes in ((SIGNED_AT + DAY, True), (SIGNED_AT - DAY, False)):
        evidence = SCENE.evidence(later, RevokedEntry(serial, revoked_at))
        report = judged(message, later + MINUTE, evidence)
        assert report.sub_indication == (None if passes else "REVOKED_NO_POE")
    plain = judged(signed(), later, SCENE.evidence(later, RevokedEntry(serial, SIGNED_AT + DAY)))
    assert plain.sub_indication == "REVOKED_NO_POE"


def test_a_certificate_that_has_expired_needs_proof() -> None:
    later = SIGNED_AT + 6 * YEAR
    evidence = SCENE.evidence(later)
    assert judged(signed(), later + MINUTE, evidence).sub_indication in {
        "OUT_OF_BOUNDS_NO_POE",
        "OUT_OF_BOUNDS_NOT_REVOKED",
    }


def test_a_content_time_stamp_proves_that_it_was_signed_too_late() -> None:
    """Without it nobody can tell a late signature from an old one; with it the signature fails for good."""
    stamped_at = SIGNED_AT + 2 * MINUTE
    token = SCENE.authority(stamped_at).stamp(SHA_256, SHA_256.digest(LETTER))
    unit = SCENE.unit()
    attributes = (
        content_type(), message_digest(), signing_time(), signing_certificate(unit.certificate),
        attribute_der(oids.CONTENT_TIME_STAMP, token),
    )  # fmt: skip
    message = Forgery(unit, attributes=attributes).message()
    assert judged(message, evidence=SCENE.evidence()).indication is PASSED
    later = SIGNED_AT + DAY
    for revoked_at, sub in ((SIGNED_AT + MINUTE, "REVOKED"), (stamped_at + MINUTE, "REVOKED_NO_POE")):
        entry = RevokedEntry(unit.certificate.serial_number, revoked_at)
        assert judged(message, later + MINUTE, SCENE.evidence(later, entry)).sub_indication == sub


def test_no_authority_stamps_outside_its_life() -> None:
    authority = LocalAuthority(SCENE.hierarchy, SIGNED_AT)
    authority.moment = pki.CEREMONY_DAY - 20 * dt.timedelta(hours=1)
    with pytest.raises(ProfileViolation, match="life"):
        extend(signed(), Level.T, Extension(authority, SCENE.evidence()))


def test_algorithms_by_date_are_the_policy_s() -> None:
    strict = replace(POLICY, suite=ETSI_SUITE)
    message = sign_cms(CONTENT, scene(KeyAlgorithm.RSA_2048).unit(), CLAIMS, attached=True)
    document = read_document(message)
    today = judge_document(document, SCENE.evidence(), strict, SCENE.anchors, SOON)
    assert today.indication is PASSED
    later = dt.datetime(2029, 3, 1, tzinfo=dt.UTC)
    then = judge_document(document, SCENE.evidence(later), strict, SCENE.anchors, later + MINUTE)
    assert then.sub_indication == "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    archived = extend(message, Level.LTA, Extension(SCENE.authority(), SCENE.evidence()))
    proven = judge_document(read_document(archived), Evidence(), strict, SCENE.anchors, later)
    assert proven.indication is PASSED


def test_physician_and_pharmacist_sign_the_same_letter() -> None:
    ken = SCENE.unit("ken", roles=(pki.PHARMACIST,))
    message = add_signature(signed(), ken, Claims(SIGNED_AT + MINUTE))
    report = judged(message, evidence=SCENE.evidence())
    roles = sorted(each.qualifications[0].hcrole for each in report.signatures)
    assert (report.indication, roles) == (PASSED, ["Medical Doctor", "Pharmacist"])
    archived = extended(message, Level.LTA)
    assert judged(archived, SIGNED_AT + YEAR).indication is PASSED


def test_a_counter_signature_stands_upon_the_signature() -> None:
    ken = SCENE.unit("ken", roles=(pki.PHARMACIST,))
    message = counter_sign(signed(), 1, ken, Claims(SIGNED_AT + MINUTE))
    report = judged(message, evidence=SCENE.evidence())
    [signature] = report.signatures
    [counter] = signature.counter_signatures
    assert (report.indication, counter.indication, counter.is_intact) == (PASSED, PASSED, True)
    assert counter.qualifications[0].hcrole == "Pharmacist"
    archived = extended(message, Level.LTA)
    assert judged(archived, SIGNED_AT + YEAR).indication is PASSED
    with pytest.raises(MalformedInput, match="no signature 2"):
        counter_sign(signed(), 2, ken, CLAIMS)


def test_role_commitment_and_policy_are_signed_and_told() -> None:
    text = b"A referral letter is signed by the physician who wrote it."
    policy = PolicyReference(
        "1.2.392.200.1", SHA_256, hashlib.sha256(text).digest(), "http://example.jp/policy"
    )
    claims = Claims(SIGNED_AT, ("主治医",), (oids.PROOF_OF_APPROVAL.dotted_string,), policy)
    document = read_document(signed(claims=claims))
    [facts] = document.signatures
    assert (facts.claimed_roles, facts.commitments) == (("主治医",), claims.commitments)
    assert facts.policy == policy
    for known, sub in ((text, None), (b"another text", "POLICY_PROCESSING_ERROR")):
        asking = replace(POLICY, signature_policies={policy.identifier: known}, require_signature_policy=True)
        report = judge_document(document, SCENE.evidence(), asking, SCENE.anchors, SOON)
        assert report.sub_indication == sub
    asking = replace(POLICY, require_signature_policy=True)
    report = judge_document(document, SCENE.evidence(), asking, SCENE.anchors, SOON)
    assert report.sub_indication == "SIGNATURE_POLICY_NOT_AVAILABLE"


def test_a_qualification_can_be_asked_for() -> None:
    document = read_document(signed())
    for wanted, sub in ((("physician", "dentist"), None), (("pharmacist",), "SIG_CONSTRAINTS_FAILURE")):
        report = judge_document(
            document, SCENE.evidence(), POLICY, SCENE.anchors, SOON, require_qualification=wanted
        )
        assert report.sub_indication == sub


def test_ber_is_read_and_says_so() -> None:
    message = extended(signed(), Level.LTA)
    loose = in_ber(message)
    assert ber.normalised(loose) == (message, len(loose))
    report = judged(loose, SIGNED_AT + YEAR)
    assert report.indication is PASSED
    assert "ber" in {each.code for each in report.findings}


def in_ber(message: bytes) -> bytes:
    """The message with indefinite lengths around, and its content in pieces."""
    data = read_signed_data(message)
    assert data.content is not None
    pieces = b"".join(
        der.tlv(der.OCTET_STRING, data.content[at : at + 7]) for at in range(0, len(data.content), 7)
    )
    end = b"\x00\x00"
    content = b"\xa0\x80" + b"\x24\x80" + pieces + end + end
    inner = b"\x30\x80" + data.content_type_der + content + end
    head = message.index(data.encapsulated_der)
    start = message.index(b"\xa0", 4)
    version_and_hashes = message[start:head]
    body = version_and_hashes[version_and_hashes.index(b"\x02\x01") :]
    rest = message[head + len(data.encapsulated_der) :]
    kind = message[message.index(b"\x06") : start]
    return b"\x30\x80" + kind + b"\xa0\x80" + b"\x30\x80" + body + inner + rest + end + end + end


def test_a_broken_signature_is_not_extended_and_nothing_without_data() -> None:
    broken = signed().replace(LETTER, bytes(len(LETTER)))
    with pytest.raises(NotExtended, match="broken"):
        extended(broken, Level.T)
    with pytest.raises(NotExtended, match="revocation"):
        extend(signed(), Level.LT, Extension(SCENE.authority()))
    with pytest.raises(NotExtended, match="content"):
        extended(signed(attached=False), Level.LTA)
    with pytest.raises(NotExtended, match="ES-A"):
        extended(extended(signed(), Level.ES_A), Level.LTA)


def test_a_key_does_not_sign_for_another_certificate() -> None:
    unit = replace(SCENE.unit(), signer=pki.key(KeyAlgorithm.P_256, "ken"))
    with pytest.raises(SignatureMismatch):
        sign_cms(CONTENT, unit, CLAIMS)


def test_a_large_file_is_hashed_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "series.bin"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    tracemalloc.start()
    message = sign_cms(FileContent(path), SCENE.unit(), CLAIMS)
    archived = extend(message, Level.LTA, Extension(SCENE.authority(), SCENE.evidence(), FileContent(path)))
    document = read_document(archived, FileContent(path))
    report = judge_document(document, Evidence(), POLICY, SCENE.anchors, SIGNED_AT + YEAR)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert report.indication is PASSED
    assert peak < 8 * 1024 * 1024
