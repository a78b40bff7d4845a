"""Twelve policies and every kind of certificate: each passes its own and no other."""

import datetime as dt
from functools import cache

import pytest

from hpki import oids
from hpki.certs.policies import KNOWN_POLICIES
from hpki.issuance import profiles
from hpki.issuance.profiles import Environment, Profile
from hpki.keys.algorithms import KeyAlgorithm
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, facts_of
from hpki.validation.judge import judge
from hpki.validation.policies import SHIPPED
from hpki.validation.policy import TrustAnchor
from hpki.validation.report import Report
from hpki.validation.revocation_list import read_revocation_list
from tests import pki

AT = pki.CEREMONY_DAY + dt.timedelta(hours=2)
OWN_POLICY = {
    profiles.SIGNING: "hpki-signing",
    profiles.AUTHENTICATION: "hpki-authentication",
    profiles.ORGANISATION: "hpki-organisation",
    profiles.PRESENCE: "hpki-presence",
}
ENVIRONMENTS = (Environment.PRODUCTION, Environment.TEST)


@cache
def world(environment: Environment) -> tuple[pki.Hierarchy, TrustAnchor, Evidence]:
    made = pki.hierarchy(environment=environment)
    everyone = [made.root, *made.authorities.values()]
    at = pki.CEREMONY_DAY + dt.timedelta(hours=1)
    evidence = Evidence(
        certificates=tuple(facts_of(authority.issuer.certificate) for authority in everyone[1:]),
        crls=tuple(
            read_revocation_list(authority.revocation_list(at=at).public_bytes(pki.DER))
            for authority in everyone
        ),
    )
    return made, TrustAnchor(facts_of(made.root.issuer.certificate)), evidence


@cache
def issued(profile: Profile, environment: Environment) -> CertificateFacts:
    holder = pki.key(KeyAlgorithm.P_256, "holder").public_key()
    return facts_of(world(environment)[0].issue(profile, holder))


def judged(profile: Profile, environment: Environment, policy: str) -> Report:
    _, anchor, evidence = world(environment)
    return judge(issued(profile, environment), evidence, SHIPPED[policy], (anchor,), AT)


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
@pytest.mark.parametrize("policy", sorted(SHIPPED))
@pytest.mark.parametrize("profile", OWN_POLICY, ids=lambda profile: profile.name)
def test_a_certificate_passes_its_own_policy_and_no_other(
    profile: Profile, policy: str, environment: Environment
) -> None:
    report = judged(profile, environment, policy)

    own = OWN_POLICY[profile] + ("-test" if environment is Environment.TEST else "")
    assert report.is_passed is (policy == own), report.words("en")
    if policy != own:
        assert report.indication == "FAILED", "it is refused and not left open"
        assert any(found.clause for found in report.findings)


@pytest.mark.parametrize("policy", sorted(SHIPPED))
def test_the_certificate_of_an_authority_serves_no_use(policy: str) -> None:
    made, anchor, evidence = world(Environment.PRODUCTION)
    authority = facts_of(made.authorities["SIGNING_CA"].issuer.certificate)

    assert judge(authority, evidence, SHIPPED[policy], (anchor,), AT).indication == "FAILED"


def test_the_names_are_those_of_the_command_line() -> None:
    uses = (
        "hpki-signing",
        "hpki-authentication",
        "hpki-organisation",
        "hpki-presence",
        "jpki-signing",
        "jpki-authentication",
    )

    assert set(SHIPPED) == {*uses, *(f"{use}-test" for use in uses)}
    for known, policy in SHIPPED.items():
        assert policy.name == policy.anchor_purpose == known
        assert policy.revocation.required
        assert policy.explicit_policy


def test_each_policy_wants_one_object_identifier_and_refuses_all_others() -> None:
    wanted = [policy.end_entity_policies for policy in SHIPPED.values()]

    assert len(set(wanted)) == len(SHIPPED)
    for policy in SHIPPED.values():
        assert policy.end_entity_policies | policy.refused_policies == set(KNOWN_POLICIES)
    assert SHIPPED["hpki-signing"].end_entity_policies == {oids.POLICY_SIGNING}
    assert not SHIPPED["hpki-signing"].assumed_mappings, "nothing is assumed in production"


def test_signing_logging_in_and_presence_exclude_each_other_by_key_usage_too() -> None:
    signing, login, presence = (SHIPPED[f"hpki-{use}"] for use in ("signing", "authentication", "presence"))

    assert signing.key_usages <= login.forbidden_key_usages
    assert login.key_usages <= signing.forbidden_key_usages
    assert (
        oids.EKU_CARD_PRESENCE in signing.forbidden_extended_key_usages & login.forbidden_extended_key_usages
    )
    assert presence.extended_key_usages == {oids.EKU_CARD_PRESENCE}
    assert not presence.absent_purpose_is_any
    assert SHIPPED["jpki-signing"].key_usages <= SHIPPED["jpki-authentication"].forbidden_key_usages


def test_an_anchor_for_one_purpose_serves_no_other() -> None:
    made, anchor, evidence = world(Environment.PRODUCTION)
    only = TrustAnchor(anchor.certificate, frozenset({"hpki-authentication"}))

    report = judge(
        issued(profiles.SIGNING, Environment.PRODUCTION), evidence, SHIPPED["hpki-signing"], (only,), AT
    )
    assert report.sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"
    assert made.environment is Environment.PRODUCTION
