"""The judge's outcomes: one reason each, with its word of EN 319 102-1 and its sentence."""

import datetime as dt
import json
from dataclasses import replace
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from hpki.certs.policies import KNOWN_POLICIES
from hpki.issuance import profiles
from hpki.issuance.crl_request import RevokedEntry
from hpki.issuance.profiles import Environment
from hpki.keys.algorithms import KeyAlgorithm
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, facts_of
from hpki.validation.finding import Finding
from hpki.validation.indication import Indication, SubIndication
from hpki.validation.judge import judge, judge_octets
from hpki.validation.policy import TrustAnchor, ValidationPolicy
from hpki.validation.report import Report
from hpki.validation.revocation import RevocationDemand
from hpki.validation.revocation_list import read_revocation_list
from hpki.validation.wording import FINDINGS
from tests import pki
from tests.hpki.validation.status_world import certificate, name, usage

HOUR = dt.timedelta(hours=1)
AT = pki.CEREMONY_DAY + HOUR
SIGNING_TEST = profiles.SIGNING.policy(Environment.TEST)
assert SIGNING_TEST is not None
POLICY = ValidationPolicy("signing", initial_policies=frozenset({SIGNING_TEST}), explicit_policy=True)
OFFLINE = replace(POLICY, revocation=RevocationDemand(required=False))


@cache
def made() -> pki.Hierarchy:
    return pki.hierarchy()


@cache
def hanako() -> CertificateFacts:
    return facts_of(made().issue(profiles.SIGNING, pki.key(KeyAlgorithm.P_256, "holder").public_key()))


def anchor() -> TrustAnchor:
    return TrustAnchor(facts_of(made().root.issuer.certificate))


def evidence(*revoked: int, lists: bool = True) -> Evidence:
    authority = made().authorities["SIGNING_CA"]
    entries = tuple(
        RevokedEntry(serial, pki.CEREMONY_DAY, x509.ReasonFlags.key_compromise) for serial in revoked
    )
    crls = (made().root.revocation_list(), authority.revocation_list(entries=entries))
    return Evidence(
        (facts_of(authority.issuer.certificate),),
        tuple(read_revocation_list(each.public_bytes(pki.DER)) for each in crls) if lists else (),
    )


def judged(
    *, policy: ValidationPolicy = POLICY, at: dt.datetime = AT, among: Evidence | None = None
) -> Report:
    return judge(hanako(), among or evidence(), policy, [anchor()], at)


def outcome(report: Report) -> tuple[Indication, SubIndication | None]:
    return report.indication, report.sub_indication


def test_hanakos_certificate_passes_and_says_who_she_is() -> None:
    report = judged()

    assert outcome(report) == (Indication.PASSED, None)
    assert [each.subject_words for each in report.path][-1] == hanako().subject_words
    assert report.policies == {SIGNING_TEST}
    assert report.environment == "test"
    assert [stated.name_ja for stated in report.qualifications] == ["医師"]
    assert len(report.statuses) == 2


def test_a_revoked_certificate_fails() -> None:
    report = judged(among=evidence(hanako().serial_number))
    assert outcome(report) == (Indication.FAILED, SubIndication.REVOKED)


def test_without_lists_it_cannot_be_told() -> None:
    report = judged(among=evidence(lists=False))
    assert outcome(report) == (Indication.INDETERMINATE, SubIndication.TRY_LATER)


def test_that_nobody_looked_for_revocation_is_told() -> None:
    report = judged(policy=OFFLINE, among=evidence(lists=False))
    assert report.is_passed
    assert [finding.code for finding in report.findings] == ["status_not_checked"]


@pytest.mark.parametrize(
    ("at", "sub_indication"),
    [
        (pki.CEREMONY_DAY - 400 * dt.timedelta(days=1), SubIndication.NOT_YET_VALID),
        (pki.CEREMONY_DAY + 9000 * dt.timedelta(days=1), SubIndication.EXPIRED),
    ],
)
def test_outside_its_time_it_fails(at: dt.datetime, sub_indication: SubIndication) -> None:
    assert outcome(judged(policy=OFFLINE, at=at)) == (Indication.FAILED, sub_indication)


def test_under_the_policy_of_production_it_fails_for_its_policy() -> None:
    production = profiles.SIGNING.policy(Environment.PRODUCTION)
    assert production is not None
    report = judged(policy=replace(POLICY, initial_policies=frozenset({production})))
    assert outcome(report) == (Indication.FAILED, SubIndication.CHAIN_CONSTRAINTS_FAILURE)
    assert "policy_required" in {finding.code for finding in report.findings}


DEMANDS = {
    "key_usage_missing": replace(OFFLINE, key_usages=frozenset({"digital_signature"})),
    "key_usage_forbidden": replace(OFFLINE, forbidden_key_usages=frozenset({"content_commitment"})),
    "purpose_missing": replace(
        OFFLINE, extended_key_usages=frozenset({ExtendedKeyUsageOID.CLIENT_AUTH}), absent_purpose_is_any=False
    ),
    "policy_refused": replace(OFFLINE, refused_policies=frozenset(KNOWN_POLICIES)),
    "policy_required": replace(
        OFFLINE, explicit_policy=False, end_entity_policies=frozenset(KNOWN_POLICIES) - {SIGNING_TEST}
    ),
}


@pytest.mark.parametrize("code", DEMANDS)
def test_each_demand_has_its_finding(code: str) -> None:
    report = judged(policy=DEMANDS[code])
    assert outcome(report) == (Indication.FAILED, SubIndication.CHAIN_CONSTRAINTS_FAILURE)
    assert code in {finding.code for finding in report.findings}


def test_an_authority_is_no_end_entity() -> None:
    sub = facts_of(made().authorities["SIGNING_CA"].issuer.certificate)
    report = judge(sub, evidence(), replace(OFFLINE, end_entity_only=True), [anchor()], AT)
    assert "is_authority" in {finding.code for finding in report.findings}


def test_an_anchor_serves_its_purposes_and_its_time_only() -> None:
    policy = replace(OFFLINE, anchor_purpose="hpki-signing")
    other = replace(anchor(), purposes=frozenset({"jpki-signing"}))
    late = replace(anchor(), not_before=AT + HOUR)

    assert judge(hanako(), evidence(), policy, [other], AT).findings[0].code == "no_anchor"
    assert judge(hanako(), evidence(), policy, [late], AT).indication is Indication.INDETERMINATE
    assert judge(hanako(), evidence(), policy, [other, anchor()], AT).is_passed


def test_a_forged_certificate_fails_for_its_signature() -> None:
    octets = bytearray(hanako().der)
    octets[-1] ^= 1
    report = judge_octets(bytes(octets), evidence(), POLICY, [anchor()], AT)
    assert outcome(report) == (Indication.FAILED, SubIndication.SIG_CRYPTO_FAILURE)


def test_an_older_root_of_the_same_name_is_no_forgery() -> None:
    namesake = pki.hierarchy(KeyAlgorithm.P_384).root.issuer.certificate
    report = judge(hanako(), evidence(), POLICY, [TrustAnchor(facts_of(namesake))], AT)
    assert outcome(report) == (Indication.INDETERMINATE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)


@pytest.mark.parametrize("octets", [b"", b"\x30\x80", b"not a certificate", b"\x30\x03\x02\x01\x01"])
def test_what_is_no_certificate_fails_for_its_format(octets: bytes) -> None:
    report = judge_octets(octets, evidence(), POLICY, [anchor()], AT)
    assert outcome(report) == (Indication.FAILED, SubIndication.FORMAT_FAILURE)
    assert report.as_json()["path"] == []


def weak_certificate() -> CertificateFacts:
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - weak on purpose
    # 1024 bits are not signed with here: only the certificate's own key is weak.
    issuer = pki.key(KeyAlgorithm.P_256, "weak issuer").builder_key()
    return facts_of(
        x509.CertificateBuilder()
        .subject_name(name("Old card"))
        .issuer_name(name("Old CA"))
        .public_key(key.public_key())
        .serial_number(5)
        .not_valid_before(dt.datetime(2010, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
        .sign(issuer, hashes.SHA256())
    )


@pytest.mark.parametrize(("year", "is_weak"), [(2012, False), (2014, True), (2026, True)])
def test_how_strong_a_key_has_to_be_depends_on_the_moment(year: int, is_weak: bool) -> None:  # noqa: FBT001 - a table
    assert POLICY.algorithms is not None
    found = list(POLICY.algorithms.findings(weak_certificate(), dt.datetime(year, 6, 1, tzinfo=dt.UTC)))
    assert [finding.code for finding in found] == (["weak_key"] if is_weak else [])


def test_authorities_that_break_their_profile_fail_under_a_strict_policy_only() -> None:
    extensions = [(x509.BasicConstraints(ca=True, path_length=None), False), (usage("key_cert_sign"), True)]
    root = certificate("Root", "root", "Root", "root", extensions=extensions)
    below = certificate("Hanako", "hanako", "Root", "root")
    lenient = ValidationPolicy("x", revocation=RevocationDemand(required=False), strict=False)
    at = below.not_before + HOUR

    assert judge(below, Evidence(), lenient, [TrustAnchor(root)], at).is_passed
    report = judge(below, Evidence(), replace(lenient, strict=True), [TrustAnchor(root)], at)
    assert "does_not_conform" in {finding.code for finding in report.findings}


def test_a_report_is_json_and_words_in_both_languages() -> None:
    for report in (
        judged(),
        judged(among=evidence(hanako().serial_number)),
        judged(among=evidence(lists=False)),
    ):
        again = json.loads(json.dumps(report.as_json(), ensure_ascii=False))
        assert again["indication"] == report.indication
        assert again["at"] == "2026-11-04T02:00:00Z"
        for lang in ("ja", "en"):
            assert all(label and value for label, value in report.words(lang))
    assert ("判定", "合格") in judged().words("ja")


@pytest.mark.parametrize("code", FINDINGS)
def test_every_finding_has_its_clause_and_its_sentences(code: str) -> None:
    finding = Finding(code, "detail", "CN=Hanako")
    assert finding.clause
    for lang in ("ja", "en"):
        sentence = finding.sentence(lang)
        assert sentence.startswith("CN=Hanako: ")
        assert "{" not in sentence
    assert set(finding.sentence("ja")) & set("。にのがをはまいす")
