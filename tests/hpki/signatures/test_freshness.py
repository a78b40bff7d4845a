"""Extending with the wrong lists: what passes today and would be worth nothing in decades is told before it is kept."""

import datetime as dt
from dataclasses import replace

import pytest

from hpki.issuance import profiles
from hpki.issuance.crl_request import RevokedEntry
from hpki.signatures import freshness
from hpki.signatures.claims import SigningUnit
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.content import OctetContent
from hpki.signatures.extending import DocumentExtension, ExtendedDocument, extend_and_judge
from hpki.signatures.facts import Level
from hpki.signatures.policy import SHIPPED
from hpki.validation.evidence import Evidence
from hpki.validation.revocation_list import read_revocation_list
from tests import pki, signing_scene
from tests.signing_scene import CLAIMS, DAY, LETTER, MINUTE, SIGNED_AT, YEAR

SCENE = signing_scene.scene()
HOUR = dt.timedelta(hours=1)
STAMPED_AT = SIGNED_AT + MINUTE


def signed(unit: SigningUnit | None = None) -> bytes:
    return sign_cms(OctetContent(LETTER), unit or SCENE.unit(), CLAIMS, attached=True)


def extended(
    message: bytes, level: Level, at: dt.datetime, evidence: Evidence, *, is_trusting: bool = True
) -> ExtendedDocument:
    how = DocumentExtension(SCENE.authority(at), evidence)
    anchors = SCENE.anchors if is_trusting else []
    return extend_and_judge(message, level, how, signing_scene.POLICY, anchors, at + MINUTE)


def codes(made: ExtendedDocument) -> list[str]:
    return [doubt.code for doubt in made.doubts]


@pytest.fixture(scope="module")
def stamped() -> bytes:
    """花子's letter with a time-stamp, as it lies there a minute later."""
    made = extended(signed(), Level.T, STAMPED_AT, Evidence())
    assert (made.report, made.doubts) == (None, ())
    return made.octets


def test_with_the_list_of_the_day_after_nothing_is_to_be_feared(stamped: bytes) -> None:
    made = extended(stamped, Level.LTA, SIGNED_AT + DAY, SCENE.evidence(SIGNED_AT + DAY))
    assert made.report is not None
    assert (made.report.indication, codes(made)) == ("TOTAL_PASSED", [])


def test_a_list_from_before_the_time_stamp_passes_today_and_is_refused(stamped: bytes) -> None:
    made = extended(stamped, Level.LTA, SIGNED_AT + HOUR, SCENE.evidence(SIGNED_AT))
    assert made.report is not None
    assert made.report.indication == "TOTAL_PASSED"
    assert codes(made) == [freshness.STATUS_OLDER] * 2
    assert made.doubts[0].about == SCENE.unit().certificate.words
    assert "2026-11-04 12:00:00 JST < 2026-11-04 12:01:00 JST" in made.doubts[0].sentence("en")
    assert all(doubt.is_refusing for doubt in made.doubts)


def test_in_one_go_no_list_can_be_newer_and_people_are_told_to_come_again() -> None:
    at = STAMPED_AT
    made = extended(signed(), Level.LTA, at, SCENE.evidence(SIGNED_AT))
    assert codes(made) == [freshness.TO_FOLLOW]
    assert not made.doubts[0].is_refusing
    again = extended(made.octets, Level.LTA, SIGNED_AT + DAY, SCENE.evidence(SIGNED_AT + DAY))
    assert codes(again) == []


def test_lists_out_of_date_are_refused_by_name(stamped: bytes) -> None:
    made = extended(stamped, Level.LTA, SIGNED_AT + 30 * DAY, SCENE.evidence(SIGNED_AT))
    assert set(codes(made)) == {freshness.STATUS_STALE, freshness.NOT_PASSED}
    about = {doubt.about for doubt in made.doubts if doubt.code == freshness.STATUS_STALE}
    assert SCENE.unit().certificate.words in about
    assert len(about) >= 3


def test_a_signer_without_a_list_is_refused(stamped: bytes) -> None:
    at = SIGNED_AT + DAY
    whole = SCENE.evidence(at)
    issuer = SCENE.unit().certificate.issuer_name
    without = replace(whole, crls=tuple(each for each in whole.crls if each.issuer_name != issuer))
    made = extended(stamped, Level.LT, at, without)
    assert codes(made) == [freshness.STATUS_MISSING, freshness.NOT_PASSED]
    assert "TRY_LATER" in made.doubts[1].sentence("ja")


def test_without_anchors_nothing_is_judged_and_that_is_said(stamped: bytes) -> None:
    made = extended(stamped, Level.LTA, SIGNED_AT + DAY, SCENE.evidence(SIGNED_AT + DAY), is_trusting=False)
    assert (made.report, codes(made)) == (None, [freshness.NOT_JUDGED])


def test_a_test_card_under_the_production_policy_is_refused_as_the_judge_does(stamped: bytes) -> None:
    at = SIGNED_AT + DAY
    how = DocumentExtension(SCENE.authority(at), SCENE.evidence(at))
    production = SHIPPED["hpki-signing"]
    made = extend_and_judge(stamped, Level.LTA, how, production, SCENE.anchors, at)
    assert freshness.NOT_PASSED in codes(made)


@pytest.mark.parametrize("level", [Level.LTA, Level.ES_A])
def test_a_renewal_asks_for_lists_about_the_last_time_stamp_only(stamped: bytes, level: Level) -> None:
    first = extended(stamped, level, SIGNED_AT + DAY, SCENE.evidence(SIGNED_AT + DAY))
    in_time = SIGNED_AT + 4 * YEAR
    renewed = extended(first.octets, level, in_time, SCENE.evidence(in_time))
    assert renewed.report is not None
    assert (renewed.report.indication, codes(renewed)) == ("TOTAL_PASSED", [])
    careless = extended(first.octets, level, in_time, SCENE.evidence(SIGNED_AT + DAY))
    assert freshness.STATUS_STALE in codes(careless)


def test_when_the_authority_is_gone_the_refused_document_is_indeterminate_and_the_other_one_passes(
    stamped: bytes,
) -> None:
    """In 2029 the authority of 花子's card is revoked; both documents were renewed in 2030 by the same lists."""
    issuer = SCENE.hierarchy.authority_for(profiles.SIGNING).issuer.certificate
    gone = RevokedEntry(issuer.serial_number, SIGNED_AT.replace(year=2029))
    root = SCENE.hierarchy.root

    def at_hand(at: dt.datetime) -> Evidence:
        listed = root.revocation_list(at=at, entries=(gone,)).public_bytes(pki.DER)
        known = SCENE.evidence(at)
        names = {known.certificates[0].subject_name, SCENE.unit().certificate.issuer_name}
        others = (each for each in known.crls if each.issuer_name not in names)
        return replace(known, crls=(read_revocation_list(listed), *others))

    def outcome(issued_at: dt.datetime) -> str:
        message = extended(stamped, Level.LTA, SIGNED_AT + HOUR, SCENE.evidence(issued_at)).octets
        at = SIGNED_AT.replace(year=2030)
        made = extended(message, Level.LTA, at, at_hand(at))
        assert made.report is not None
        return made.report.indication

    assert outcome(SIGNED_AT + HOUR) == "TOTAL_PASSED"
    assert outcome(SIGNED_AT) == "INDETERMINATE"
