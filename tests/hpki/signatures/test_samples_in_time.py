"""The signed samples of the field, judged years later: with the roots of their time-stamp authorities they still hold.

Those roots stand in the documents themselves.  The tests trust them by hand; the product never does.
"""

import datetime as dt
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from hpki.signatures.facts import DocumentFacts, TimeStampKind
from hpki.signatures.formats import read_signed_document
from hpki.signatures.judge import judge_document
from hpki.signatures.policy import SHIPPED, SignaturePolicy
from hpki.signatures.report import DocumentReport
from hpki.validation.algorithms import STRENGTHS, AlgorithmTable
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, read_certificate
from hpki.validation.policy import TrustAnchor

VECTORS = Path(__file__).resolve().parents[3].parent / "shared" / "vectors"
POLICY = SHIPPED["hpki-signing-test"]
pytestmark = pytest.mark.skipif(not VECTORS.exists(), reason="the samples are not beside the project")


@cache
def document(name: str) -> DocumentFacts:
    return read_signed_document((VECTORS / "eprescription" / name).read_bytes())


@cache
def ministry() -> CertificateFacts:
    return read_certificate((VECTORS / "hpki" / "root_mhlw_v2.der").read_bytes())


def judged(
    name: str, day: str, policy: SignaturePolicy = POLICY, *, with_stamp_roots: bool = True
) -> DocumentReport:
    facts = document(name)
    roots = [each for each in facts.evidence.certificates if each.is_self_issued and each != ministry()]
    anchors = [TrustAnchor(ministry()), *(TrustAnchor(each) for each in (roots if with_stamp_roots else ()))]
    at = dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC)
    return judge_document(facts, Evidence(), policy, anchors, at)


DISPENSING = "Dispensing-005_03.xml"
SCAN = "Scan_20170511154438586_ESXLA.xml"


@pytest.mark.parametrize("day", ["2022-10-01", "2024-01-01", "2026-11-22"])
def test_physician_and_pharmacist_of_the_dispensing_record_hold(day: str) -> None:
    report = judged(DISPENSING, day)
    assert report.indication == "TOTAL_PASSED"
    assert [each.facts.level for each in report.signatures] == ["ES-XL", "ES-A"]
    assert [each.qualifications[0].hcrole for each in report.signatures] == ["Medical Doctor", "Pharmacist"]
    assert [each.environment for each in report.signatures] == ["test", "test"]
    assert all(each.is_intact and each.proven_at is not None for each in report.signatures)


def test_without_its_authority_s_root_no_time_stamp_proves_anything() -> None:
    report = judged(DISPENSING, "2022-10-01", with_stamp_roots=False)
    assert report.indication == "INDETERMINATE"
    assert [each.proven_at for each in report.signatures] == [None, None]
    assert all(each.is_intact for each in report.signatures)


def test_in_production_the_cards_of_the_samples_are_refused() -> None:
    report = judged(DISPENSING, "2022-10-01", SHIPPED["hpki-signing"])
    assert {each.sub_indication for each in report.signatures} == {"CHAIN_CONSTRAINTS_FAILURE"}


def longer_sha_1() -> SignaturePolicy:
    """The authority of the scanned bundle signed with SHA-1 in 2017: a policy that took it until then."""
    until = dt.datetime(2017, 12, 31, tzinfo=dt.UTC)
    table = AlgorithmTable(
        STRENGTHS.keys,
        tuple(replace(row, until=until) if row.kind == "sha1" else row for row in STRENGTHS.hashes),
    )
    stamps = replace(
        POLICY.time_stamp,
        algorithms=table,
        revocation=replace(POLICY.time_stamp.revocation, algorithms=table),
    )
    return replace(POLICY, suite=table, time_stamp=stamps)


def test_the_scanned_bundle_s_four_archive_time_stamps_are_judged() -> None:
    report = judged(SCAN, "2017-05-12", longer_sha_1())
    [signature] = report.signatures
    assert [stamp.facts.kind for stamp in signature.time_stamps].count(TimeStampKind.ARCHIVE) == 4
    assert all(stamp.is_intact for stamp in signature.time_stamps)
    assert signature.is_intact
    assert signature.facts.level == "ES-A"
    strict = judged(SCAN, "2017-05-12").signatures[0]
    assert {stamp.sub_indication for stamp in strict.time_stamps} == {"CRYPTO_CONSTRAINTS_FAILURE_NO_POE"}
    assert report.indication == "TOTAL_PASSED", signature.words("en")
