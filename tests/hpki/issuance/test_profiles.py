"""The profiles as data: every field has its source, and what must never be possible is not."""

from dataclasses import FrozenInstanceError, fields

import pytest

from hpki import oids
from hpki.issuance import profiles
from hpki.issuance.profiles import Environment, KeyUsage, Presence, Profile
from tests.hpki.certs import vectors
from tests.hpki.issuance import profile_pages

ALL = list(profiles.PROFILES.values())
END_ENTITIES = [profile for profile in ALL if not profile.is_authority]
SERVED = {
    profiles.ROOT: ["root_mhlw_v2"],
    profiles.SIGNING_CA: ["ca_jma_sign", "ca_medis_sign"],
    profiles.AUTHENTICATION_CA: ["ca_medis_auth"],
    profiles.SIGNING: [
        "ee_medis_sign_medicaldoctor_015E",
        "ee_medis_sign_medicaldoctor_6F",
        "ee_medis_sign_pharmacist_0164",
        "ee_jma_sign_medicaldoctor_8090",
        "ee_jpa_sign_pharmacist_83E3",
    ],
}


@pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)
def test_every_field_names_the_clause_or_sample_it_follows(profile: Profile) -> None:
    assert {field.name for field in fields(profile)} == set(profile.sources)
    assert all(profile.sources.values())


@vectors.needed
@pytest.mark.parametrize(
    ("profile", "name"),
    [(profile, name) for profile, served in SERVED.items() for name in served],
    ids=lambda value: getattr(value, "name", value),
)
def test_the_extensions_are_those_of_the_certificates_in_service(profile: Profile, name: str) -> None:
    served = {each.oid: each.critical for each in vectors.certificate(name).extensions}
    wanted = {rule.oid: rule.critical for rule in profile.extensions}
    required = {rule.oid for rule in profile.extensions if rule.presence is Presence.REQUIRED}

    assert required <= set(served) <= set(wanted)
    assert all(critical is wanted[oid] for oid, critical in served.items())


@vectors.needed
def test_the_order_of_a_holders_extensions_is_that_of_a_certificate_in_service() -> None:
    served = [each.oid for each in vectors.certificate("ee_medis_sign_medicaldoctor_015E").extensions]
    assert served == [rule.oid for rule in profiles.SIGNING.extensions]


def test_a_card_that_answers_without_a_pin_can_neither_log_in_nor_sign() -> None:
    presence = profiles.PRESENCE

    assert presence.extended_key_usage == (oids.EKU_CARD_PRESENCE,)
    assert next(rule for rule in presence.extensions if rule.oid.dotted_string == "2.5.29.37").critical
    assert KeyUsage.NON_REPUDIATION not in presence.key_usage
    assert presence.hcrole is presence.japanese_subject is Presence.FORBIDDEN
    others = [other for other in END_ENTITIES if other not in {presence, profiles.OCSP_RESPONDER}]
    assert not {name for other in others for name in other.issued_by} & presence.issued_by
    for environment in Environment:
        assert presence.policy(environment) not in {other.policy(environment) for other in others}


def test_login_and_signature_never_share_a_key() -> None:
    for profile in END_ENTITIES:
        signs = KeyUsage.NON_REPUDIATION in profile.key_usage
        logs_in = oids.EKU_CLIENT_AUTH in profile.extended_key_usage
        assert not (signs and logs_in)
        assert not profile.key_usage & {KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN}


def test_production_and_test_share_no_policy() -> None:
    production = {profile.policy(Environment.PRODUCTION) for profile in ALL} - {None}
    test = {profile.policy(Environment.TEST) for profile in ALL} - {None}

    assert not production & test
    for profile in END_ENTITIES:
        for issuer in profile.issued_by if profile.policies else ():
            assert dict(profiles.PROFILES[issuer].policies) == dict(profile.policies)


def test_no_holder_lives_longer_than_five_years() -> None:
    assert all(profile.longest_life.years <= 5 for profile in END_ENTITIES)


def test_profiles_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        profiles.SIGNING.name = "OTHER"  # type: ignore[misc]  # the refusal is the point


@pytest.mark.parametrize("name", profile_pages.pages())
def test_the_pages_say_what_the_profiles_say(name: str) -> None:
    written = (profile_pages.FOLDER / name).read_text(encoding="utf-8")
    assert written == profile_pages.pages()[name]
