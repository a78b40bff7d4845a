"""A certificate or list in people's words."""

import datetime as dt
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from hpki import oids
from hpki.certs.describe import StatedQualification, describe
from hpki.certs.describe_crl import describe_crl
from hpki.certs.hcrole import HcRole, build_hcrole_extension
from hpki.certs.wording import WARNINGS
from hpki.errors import MalformedInput
from hpki.issuance import profiles
from hpki.issuance.crl_request import RevokedEntry
from hpki.keys.algorithms import KeyAlgorithm
from tests import pki
from tests.hpki.certs import vectors

AUTUMN_2022 = dt.datetime(2022, 10, 1, tzinfo=dt.UTC)
HOLDER = pki.key(KeyAlgorithm.P_256, "holder")


def codes_of(described: x509.Certificate, at: dt.datetime = pki.CEREMONY_DAY) -> list[str]:
    return [remark.code for remark in describe(described, at=at).warnings]


def odd_certificate(*extensions: x509.ExtensionType, bits: int | None = None) -> x509.Certificate:
    """Something no profile of ours allows."""
    subject = pki.subject_of(profiles.SIGNING)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(pki.subject_of(profiles.SIGNING_CA))
        .public_key(HOLDER.public_key() if bits is None else weak_key(bits))
        .serial_number(7)
        .not_valid_before(pki.CEREMONY_DAY)
        .not_valid_after(pki.CEREMONY_DAY + dt.timedelta(days=1))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(HOLDER.builder_key(), hashes.SHA256())


def weak_key(bits: int) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(65537, (1 << (bits - 1)) + 1).public_key()


@vectors.needed
def test_a_physicians_test_card_in_service() -> None:
    described = describe(vectors.certificate("ee_medis_sign_medicaldoctor_015E"), at=AUTUMN_2022)

    assert described.environment == "test"
    assert described.use == "signing"
    assert described.qualifications == (StatedQualification("physician", "医師", "Medical Doctor"),)
    assert described.holder_name_ja == "神楽坂　三十四"
    assert described.key_usage == ("content_commitment",)
    assert [remark.code for remark in described.warnings] == ["test_certificate"]


@vectors.needed
def test_authorities_in_service() -> None:
    root = describe(vectors.certificate("root_mhlw_v2"), at=AUTUMN_2022)
    signing = describe(vectors.certificate("ca_jma_sign"), at=AUTUMN_2022)
    authentication = describe(vectors.certificate("ca_medis_auth"), at=AUTUMN_2022)

    assert (root.level, root.environment, root.warnings) == ("root", None, ())
    assert (signing.level, signing.environment, signing.use) == ("authority", "production", "signing")
    assert (authentication.environment, authentication.use) == ("production", "authentication")
    assert 'O="Ministry of Health, Labour and Welfare"' in signing.issuer


@vectors.needed
def test_lists_in_service() -> None:
    medical = describe_crl(vectors.revocation_list("crl_jma_20220929"), at=AUTUMN_2022)
    roots = describe_crl(vectors.revocation_list("sarl_20220929"), at=AUTUMN_2022)

    assert (medical.scope, medical.number, len(medical.entries)) == ("all", 3553, 370)
    assert {entry.reason for entry in medical.entries} == {"cessation_of_operation"}
    assert (roots.scope, roots.number, roots.entries) == ("authorities", 3293, ())
    assert medical.warnings == ()


def test_an_unknown_role_is_shown_as_such_and_never_dropped() -> None:
    described = describe(
        odd_certificate(build_hcrole_extension([HcRole("Witch Doctor"), HcRole("Dentist")])),
        at=pki.CEREMONY_DAY,
    )

    assert set(described.qualifications) == {
        StatedQualification(None, None, "Witch Doctor"),
        StatedQualification("dentist", "歯科医師", "Dentist"),
    }
    assert "unknown_role" in [remark.code for remark in described.warnings]
    assert "Witch Doctor" in dict(described.words("ja"))["資格"]


def test_a_role_that_cannot_be_read_is_a_warning_and_the_rest_is_shown() -> None:
    broken = x509.UnrecognizedExtension(oids.SUBJECT_DIRECTORY_ATTRIBUTES, b"\x30\x05abc")
    described = describe(odd_certificate(broken), at=pki.CEREMONY_DAY)

    assert described.qualifications == ()
    assert described.warnings[-1].code == "malformed_role"
    assert "subjectDirectoryAttributes" in described.warnings[-1].detail


def test_validity_is_judged_for_the_moment_that_is_given() -> None:
    certificate = pki.hierarchy().issue(profiles.SIGNING, HOLDER.public_key())

    assert codes_of(certificate) == ["test_certificate"]
    assert "expired" in codes_of(certificate, pki.CEREMONY_DAY + dt.timedelta(days=365 * 6))
    assert "not_yet_valid" in codes_of(certificate, pki.CEREMONY_DAY - dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("policies", "environment", "warning"),
    [
        ((oids.POLICY_SIGNING,), "production", "no_role"),
        ((oids.POLICY_SIGNING_TEST,), "test", "test_certificate"),
        ((oids.POLICY_SIGNING, oids.POLICY_SIGNING_TEST), None, "mixed_policies"),
        ((oids.EKU_CLIENT_AUTH,), None, "unknown_policy"),
        ((), None, "no_policy"),
        ((oids.POLICY_PRESENCE,), "production", "presence_only"),
    ],
)
def test_the_policy_tells_the_environment(
    policies: tuple[x509.ObjectIdentifier, ...], environment: str | None, warning: str
) -> None:
    stated = [x509.CertificatePolicies([x509.PolicyInformation(each, None) for each in policies])]
    described = describe(odd_certificate(*(stated if policies else [])), at=pki.CEREMONY_DAY)

    assert described.environment == environment
    assert warning in [remark.code for remark in described.warnings]


def test_a_weak_key_is_noticed() -> None:
    assert "weak_key" in codes_of(odd_certificate(bits=1024))


def test_every_warning_speaks_both_languages() -> None:
    for code, words in WARNINGS.items():
        assert words.ja
        assert words.en.isascii(), code


def test_a_list_that_is_overdue_says_so() -> None:
    authority = pki.hierarchy().authorities["SIGNING_CA"]
    revoked = RevokedEntry(5, pki.CEREMONY_DAY)
    described = describe_crl(
        authority.revocation_list(entries=(revoked,)), at=pki.CEREMONY_DAY + dt.timedelta(hours=97)
    )

    assert [remark.code for remark in described.warnings] == ["outdated"]
    assert described.entries[0].reason is None
    assert dict(described.words("en"))["Revoked certificates"] == "1"


def test_control_characters_never_reach_a_terminal() -> None:
    described = describe(odd_certificate(build_hcrole_extension([HcRole("\x1b[2J")])), at=pki.CEREMONY_DAY)

    assert all(value.isprintable() or "\u3000" in value for _, value in described.words("en"))


def test_an_extension_that_stands_twice_is_refused() -> None:
    # RFC 5280 4.2: "A certificate MUST NOT include more than one instance of a particular extension."
    twice = one_certificate().replace(b"\x55\x1d\x0e", b"\x55\x1d\x0f")
    with pytest.raises(MalformedInput, match="Duplicate"):
        describe(x509.load_der_x509_certificate(twice), at=pki.CEREMONY_DAY)


@cache
def one_certificate() -> bytes:
    return (
        pki.hierarchy(KeyAlgorithm.RSA_2048)
        .issue(profiles.SIGNING, HOLDER.public_key())
        .public_bytes(pki.DER)
    )


@pytest.mark.filterwarnings(
    "ignore"
)  # cryptography warns of what a mutation may well make, such as a serial below 0
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_mutation_raises_anything_but_malformed_input(data: st.DataObject) -> None:
    octets = bytearray(one_certificate())
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        certificate = x509.load_der_x509_certificate(bytes(octets))
    except (ValueError, x509.InvalidVersion):
        return
    try:
        describe(certificate, at=pki.CEREMONY_DAY).words("ja")
    except MalformedInput:
        return
