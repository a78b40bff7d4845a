"""The chains in service, judged at their own moments with the lists of those days."""

import datetime as dt
from dataclasses import replace
from functools import cache

import pytest

from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, read_certificate
from hpki.validation.judge import judge
from hpki.validation.policies import SHIPPED
from hpki.validation.policy import TrustAnchor
from hpki.validation.report import Report
from hpki.validation.revocation_list import read_revocation_list
from tests.hpki.certs import vectors

pytestmark = vectors.needed

# An hour after the root's list of that day: all three lists are in force.
THAT_DAY = dt.datetime(2022, 9, 29, 20, 0, tzinfo=dt.UTC)
SPRING = dt.datetime(2022, 3, 1, tzinfo=dt.UTC)
LISTS = ("crl_jma_20220929", "crl_medis_20220928", "sarl_20220929")
AUTHORITIES = ("ca_jma_sign", "ca_medis_sign", "ca_medis_auth")
IN_FORCE = (
    "ee_jma_sign_medicaldoctor_8090",
    "ee_jpa_sign_pharmacist_83E3",
    "ee_medis_sign_medicaldoctor_015E",
    "ee_medis_sign_pharmacist_0164",
)
ENDED = "ee_medis_sign_medicaldoctor_6F"


def octets(name: str) -> bytes:
    return (vectors.FOLDER / f"{name}.der").read_bytes()


@cache
def card(name: str) -> CertificateFacts:
    return read_certificate(octets(name))


def judged(
    name: str,
    policy: str = "hpki-signing-test",
    at: dt.datetime = THAT_DAY,
    lists: tuple[str, ...] = LISTS,
    authorities: tuple[str, ...] = AUTHORITIES,
) -> Report:
    evidence = Evidence(
        tuple(card(authority) for authority in authorities),
        tuple(read_revocation_list(octets(each)) for each in lists),
    )
    return judge(card(name), evidence, SHIPPED[policy], (TrustAnchor(card("root_mhlw_v2")),), at)


@pytest.mark.parametrize("name", IN_FORCE)
def test_a_test_card_passes_as_a_test_card(name: str) -> None:
    report = judged(name)

    assert report.is_passed, report.words("en")
    assert (len(report.path), report.path[0], report.path[-1]) == (3, card("root_mhlw_v2"), card(name))
    assert {oid.dotted_string for oid in report.policies} == {"1.2.392.100495.1.5.1.1.0.1"}
    assert all(status.status.is_good for status in report.statuses)
    assert report.environment == "test"
    role = "physician" if "medicaldoctor" in name else "pharmacist"
    assert [stated.code for stated in report.qualifications] == [role]


@pytest.mark.parametrize("name", IN_FORCE)
def test_and_never_in_production(name: str) -> None:
    """Its sub-CA asserts the production policy, the card does not: with explicit policy nothing is left."""
    report = judged(name, "hpki-signing")

    assert (report.indication, report.sub_indication) == ("FAILED", "CHAIN_CONSTRAINTS_FAILURE")
    sentences = " ".join(found.sentence("en") for found in report.findings)
    assert "not issued under a policy that is asked for (1.2.392.100495.1.5.1.1.3.1)" in sentences
    assert "asserts a policy that this use refuses (1.2.392.100495.1.5.1.1.0.1)" in sentences


@pytest.mark.parametrize("policy", sorted(set(SHIPPED) - {"hpki-signing-test"}))
@pytest.mark.parametrize("name", IN_FORCE)
def test_a_signing_certificate_serves_no_other_use(name: str, policy: str) -> None:
    assert judged(name, policy).indication == "FAILED"


def test_a_card_that_had_ended_fails_and_its_list_says_nothing_of_it() -> None:
    report = judged(ENDED)

    assert (report.indication, report.sub_indication) == ("FAILED", "EXPIRED")


@pytest.mark.parametrize("name", [*IN_FORCE, ENDED])
def test_without_a_list_of_the_moment_it_stays_open(name: str) -> None:
    """In spring all five were in force; the lists at hand are of autumn, and might be of use one day, not today."""
    report = judged(name, at=SPRING)

    assert (report.indication, report.sub_indication) == ("INDETERMINATE", "TRY_LATER")
    assert "issued after that moment" in report.findings[0].sentence("en")
    assert "判定時点より後" in report.findings[0].sentence("ja")


@pytest.mark.parametrize(
    ("lists", "at", "words"),
    [
        ((), THAT_DAY, "no revocation data are at hand"),
        (("crl_jma_20220929",), THAT_DAY, "no revocation data are at hand"),
        (("sarl_20220929",), THAT_DAY, "no revocation data are at hand"),
        (("crl_jma_20220929", "rarl_20170425"), THAT_DAY, "are not about this certificate"),
        (LISTS, THAT_DAY + dt.timedelta(days=4), "outdated"),
        (LISTS, THAT_DAY - dt.timedelta(hours=2), "issued after that moment"),
    ],
    ids=[
        "none",
        "no list of the root",
        "no list of the authority",
        "the other list of the root",
        "too late",
        "too early",
    ],
)
def test_what_is_missing_is_told(lists: tuple[str, ...], at: dt.datetime, words: str) -> None:
    report = judged(IN_FORCE[0], at=at, lists=lists)

    assert (report.indication, report.sub_indication) == ("INDETERMINATE", "TRY_LATER")
    assert words in " ".join(found.sentence("en") for found in report.findings)


def test_later_lists_serve_a_moment_of_the_past_when_the_relying_party_says_so() -> None:
    policy = SHIPPED["hpki-signing-test"]
    lenient = replace(policy, revocation=replace(policy.revocation, accept_later=True))
    evidence = Evidence(
        tuple(card(name) for name in AUTHORITIES), tuple(read_revocation_list(octets(name)) for name in LISTS)
    )
    anchors = (TrustAnchor(card("root_mhlw_v2")),)

    assert judge(card(IN_FORCE[0]), evidence, lenient, anchors, SPRING).is_passed
    ended = judge(card(ENDED), evidence, lenient, anchors, SPRING)
    assert ended.sub_indication == "TRY_LATER", "its entry may have been dropped when it ended"
    assert "need not name expired certificates" in ended.findings[0].sentence("en")


def test_without_the_authority_there_is_no_path() -> None:
    report = judged(IN_FORCE[0], authorities=("ca_medis_sign",))

    assert (report.indication, report.sub_indication) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")


def test_the_revoked_of_the_real_lists_are_found() -> None:
    for name, count in (("crl_jma_20220929", 370), ("crl_medis_20220928", 30)):
        crl = read_revocation_list(octets(name))
        assert crl.index.count == count
        for entry in crl.crl:
            found = crl.index.find(crl.issuer_name, entry.serial_number)
            assert found is not None
            assert found.revoked_at == entry.revocation_date_utc
            assert found.reason is not None
            assert found.reason.name == "cessation_of_operation"
