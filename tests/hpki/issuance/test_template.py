"""The pre-encoded path and `CertificateBuilder` write the same octets, whatever is asked for."""

import datetime as dt
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from hpki.certs import names
from hpki.certs.hcrole import HcRole
from hpki.errors import MalformedInput, SignatureMismatch
from hpki.issuance import content, profiles
from hpki.issuance.candidate import Candidate
from hpki.issuance.prepare import _compare_with_builder, sign_with_throwaway_key
from hpki.issuance.profiles import Environment, Presence, Profile
from hpki.issuance.request import CertificateRequest, new_serial_number
from hpki.issuance.template import IssuanceTemplate, oid_der, time_der
from hpki.keys.algorithms import KeyAlgorithm
from tests import pki

HOLDER_ALGORITHMS = (KeyAlgorithm.RSA_2048, KeyAlgorithm.P_256, KeyAlgorithm.P_384, KeyAlgorithm.ML_DSA_65)
LETTERS = st.characters(codec="utf-8", exclude_categories=("C", "Z"))


@cache
def hierarchy() -> pki.Hierarchy:
    return pki.hierarchy()


def holder(algorithm: KeyAlgorithm) -> CertificateIssuerPublicKeyTypes:
    return pki.key(algorithm, "holder").public_key()


moments = st.datetimes(
    min_value=dt.datetime(1950, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=dt.datetime(2150, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=9))]),
).map(lambda moment: moment.replace(microsecond=0))
texts = st.text(LETTERS, min_size=1, max_size=20)
serials = st.integers(1, (1 << 159) - 1) | st.sampled_from([1, 127, 128, 255, 256, (1 << 159) - 1])
roles = st.lists(
    st.builds(HcRole, st.sampled_from(["Medical Doctor", "Pharmacist", "Dentist", "Witch Doctor"])),
    max_size=3,
)


@st.composite
def requests(draw: st.DrawFn) -> CertificateRequest:
    profile = draw(
        st.sampled_from([each for each in profiles.PROFILES.values() if each is not profiles.ROOT])
    )
    begins, ends = sorted([draw(moments), draw(moments)])
    japanese = names.japanese_name(
        family_name=draw(texts),
        given_name=draw(texts),
        serial_number="T1",
        organisation=draw(st.none() | texts),
    )
    with_japanese = profile.japanese_subject is not Presence.FORBIDDEN and draw(st.booleans())
    has_roles = profile.hcrole is not Presence.FORBIDDEN
    return CertificateRequest(
        profile=profile,
        environment=draw(st.sampled_from(Environment)),
        subject=names.subject_name(
            common_name=draw(texts),
            serial_number=draw(st.none() | st.just("33-1")),
            organisation=draw(st.none() | texts),
        ),
        public_key=holder(draw(st.sampled_from(HOLDER_ALGORITHMS))),
        serial_number=draw(serials),
        not_before=begins,
        not_after=ends,
        subject_ja=japanese if with_japanese else None,
        hcroles=tuple(draw(roles)) if has_roles else (),
    )


@pytest.mark.filterwarnings(
    "ignore:Attribute's length"
)  # cryptography counts octets where RFC 5280 counts characters
@settings(max_examples=200, deadline=None)
@given(request=requests(), algorithm=st.sampled_from([KeyAlgorithm.P_256, KeyAlgorithm.P_384]))
def test_template_and_builder_agree_on_every_request(
    request: CertificateRequest, algorithm: KeyAlgorithm
) -> None:
    issuer = hierarchy().authorities["SIGNING_CA"].issuer
    facts = content.facts_of(issuer, request.profile)
    template = IssuanceTemplate(request.profile, request.environment, facts, algorithm)
    built = sign_with_throwaway_key(content.builder(request, facts), algorithm)

    assert template.tbs(request) == built.tbs_certificate_bytes


@pytest.mark.parametrize("algorithm", KeyAlgorithm)
@pytest.mark.parametrize("profile", profiles.PROFILES.values(), ids=lambda profile: profile.name)
def test_template_and_builder_agree_under_every_authority_key(
    profile: Profile, algorithm: KeyAlgorithm
) -> None:
    issuer = None if profile is profiles.ROOT else hierarchy().root.issuer
    request = pki.request_for(profile, holder(KeyAlgorithm.P_256), issuer)
    url = "http://crl.test.example/rarl.crl"
    facts = content.root_facts(request, url) if issuer is None else content.facts_of(issuer, profile)
    built = sign_with_throwaway_key(content.builder(request, facts), algorithm)

    assert (
        IssuanceTemplate(profile, request.environment, facts, algorithm).tbs(request)
        == built.tbs_certificate_bytes
    )


def test_the_first_certificate_of_a_shape_is_compared_with_the_builder() -> None:
    issuer = hierarchy().authorities["SIGNING_CA"].issuer
    request = pki.request_for(profiles.SIGNING, holder(KeyAlgorithm.P_256), issuer)
    facts = content.facts_of(issuer, profiles.SIGNING)
    wrong = Candidate(b"\x30\x00", request, facts, KeyAlgorithm.P_256, pki.CEREMONY_DAY)

    with pytest.raises(SignatureMismatch, match="CertificateBuilder"):
        _compare_with_builder(wrong)


def test_a_template_serves_its_own_profile_and_environment_only() -> None:
    issuer = hierarchy().authorities["SIGNING_CA"].issuer
    facts = content.facts_of(issuer, profiles.SIGNING)
    template = IssuanceTemplate(profiles.SIGNING, Environment.TEST, facts, KeyAlgorithm.P_256)
    other = pki.request_for(profiles.AUTHENTICATION, holder(KeyAlgorithm.P_256), issuer)

    with pytest.raises(MalformedInput, match="another profile"):
        template.tbs(other)


@pytest.mark.parametrize(
    "moment",
    [
        dt.datetime(2026, 1, 1),  # noqa: DTZ001 - the missing zone is the point
        dt.datetime(2026, 1, 1, microsecond=1, tzinfo=dt.UTC),
        dt.datetime(1949, 12, 31, tzinfo=dt.UTC),
    ],
)
def test_a_moment_that_no_certificate_can_state_is_refused(moment: dt.datetime) -> None:
    with pytest.raises(MalformedInput, match="validity"):
        time_der(moment)


def test_times_change_their_form_at_the_end_of_2049() -> None:
    # RFC 5280 4.1.2.5: UTCTime through the year 2049, GeneralizedTime from 2050.
    assert time_der(dt.datetime(2049, 12, 31, 23, 59, 59, tzinfo=dt.UTC)) == b"\x17\x0d491231235959Z"
    assert time_der(dt.datetime(2050, 1, 1, tzinfo=dt.UTC)) == b"\x18\x0f20500101000000Z"


# cryptography knows none that is longer than 63 octets; one of these arcs has up to ten.
@given(st.lists(st.integers(0, 1 << 64), min_size=1, max_size=6))
def test_object_identifiers_are_those_of_cryptography(arcs: list[int]) -> None:
    dotted = "1.3." + ".".join(str(arc) for arc in arcs)
    oid = x509.ObjectIdentifier(dotted)
    expected = x509.ExtendedKeyUsage([oid]).public_bytes()
    assert expected.endswith(oid_der(oid))


def test_serials_are_twenty_octets_and_never_the_same() -> None:
    drawn = {new_serial_number() for _ in range(1000)}

    assert len(drawn) == 1000
    assert {serial.bit_length() for serial in drawn} == {159}


def test_zero_is_no_serial() -> None:
    issuer = hierarchy().authorities["SIGNING_CA"].issuer
    request = pki.request_for(profiles.SIGNING, holder(KeyAlgorithm.P_256), issuer)
    facts = content.facts_of(issuer, profiles.SIGNING)
    template = IssuanceTemplate(profiles.SIGNING, Environment.TEST, facts, KeyAlgorithm.P_256)
    zero = CertificateRequest(**{**vars(request), "serial_number": 0})

    with pytest.raises(MalformedInput, match="positive"):
        template.tbs(zero)


def test_country_and_serial_are_printable_strings() -> None:
    name = names.subject_name(common_name="Hanako Iryo", serial_number="T1")
    attributes = {attribute.oid: attribute for attribute in name}

    assert attributes[NameOID.COUNTRY_NAME].value == "JP"
    assert b"\x13\x02T1" in name.public_bytes()
