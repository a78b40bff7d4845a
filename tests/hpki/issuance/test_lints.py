"""Each lint is broken once, and says so by its code."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID, NameOID

from hpki import oids
from hpki.certs import names
from hpki.certs.hcrole import HcRole
from hpki.errors import MalformedInput, ProfileViolation
from hpki.issuance import content, lint, profiles
from hpki.issuance.candidate import Candidate
from hpki.issuance.issuer import Issuer
from hpki.issuance.prepare import prepare, prepare_root, sign_with_throwaway_key
from hpki.issuance.profiles import Environment
from hpki.issuance.request import CertificateRequest
from hpki.keys.algorithms import KeyAlgorithm
from tests import pki

DAY = dt.timedelta(days=1)
HOLDER = pki.key(KeyAlgorithm.P_256, "holder").public_key()
HIERARCHY = pki.hierarchy()
SIGNING = HIERARCHY.authorities["SIGNING_CA"]

Change = Callable[[CertificateRequest], CertificateRequest]
Extensions = Mapping[x509.ObjectIdentifier, tuple[x509.ExtensionType, bool] | None]


def good(profile: profiles.Profile = profiles.SIGNING) -> CertificateRequest:
    return pki.request_for(profile, HOLDER, HIERARCHY.authority_for(profile).issuer)


def codes(refused: pytest.ExceptionInfo[ProfileViolation]) -> set[str]:
    return {finding.code for finding in refused.value.findings}  # type: ignore[attr-defined]  # any object may be one


def person(*attributes: x509.NameAttribute[str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"), *attributes])


CN = x509.NameAttribute(NameOID.COMMON_NAME, "Hanako Iryo")
SERIAL = x509.NameAttribute(NameOID.SERIAL_NUMBER, "T000001")
MANAGER = HcRole("Director of Hospital")

BROKEN_REQUESTS: dict[str, tuple[str, Change]] = {
    "short serial": ("serial_form", lambda r: replace(r, serial_number=1)),
    "long serial": ("serial_form", lambda r: replace(r, serial_number=1 << 160)),
    "ends before it begins": ("validity_empty", lambda r: replace(r, not_after=r.not_before)),
    "already over": ("validity_past", lambda r: replace(r, not_after=pki.CEREMONY_DAY)),
    "far ahead": ("validity_far", lambda r: replace(r, not_before=pki.CEREMONY_DAY + 40 * DAY)),
    "before its issuer": ("validity_not_nested", lambda r: replace(r, not_before=r.not_before - DAY)),
    "after its issuer": ("validity_not_nested", lambda r: replace(r, not_after=r.not_after + 6000 * DAY)),
    "five years and a second": (
        "validity_too_long",
        lambda r: replace(r, not_after=r.not_after + dt.timedelta(seconds=1)),
    ),
    "no serialNumber": ("subject_missing", lambda r: replace(r, subject=person(CN))),
    "surname": (
        "subject_attribute",
        lambda r: replace(r, subject=person(x509.NameAttribute(NameOID.SURNAME, "Iryo"), CN, SERIAL)),
    ),
    "order": ("subject_order", lambda r: replace(r, subject=person(SERIAL, CN))),
    "string type": (
        "name_string_type",
        lambda r: replace(
            r,
            subject=person(
                x509.NameAttribute(NameOID.COMMON_NAME, "Hanako", x509.name._ASN1Type.PrintableString), SERIAL
            ),
        ),
    ),
    "empty": (
        "name_empty",
        lambda r: replace(r, subject=person(x509.NameAttribute(NameOID.ORGANIZATION_NAME, ""), CN, SERIAL)),
    ),
    "multi-valued": (
        "name_multi_valued",
        lambda r: replace(
            r,
            subject=x509.Name(
                [
                    x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COUNTRY_NAME, "JP")]),
                    x509.RelativeDistinguishedName([CN, SERIAL]),
                ]
            ),
        ),
    ),
    "small key": (
        "key_kind",
        lambda r: replace(r, public_key=rsa.RSAPublicNumbers(65537, (1 << 1023) + 1).public_key()),
    ),
    "odd exponent": (
        "key_kind",
        lambda r: replace(r, public_key=rsa.RSAPublicNumbers(3, (1 << 2047) + 1).public_key()),
    ),
    "odd curve": (
        "key_kind",
        lambda r: replace(r, public_key=ec.generate_private_key(ec.SECP521R1()).public_key()),
    ),
    "odd kind": (
        "key_kind",
        lambda r: replace(r, public_key=ed25519.Ed25519PrivateKey.generate().public_key()),
    ),
    "issuer's key": ("key_of_issuer", lambda r: replace(r, public_key=SIGNING.signer.public_key())),
    "no role": ("hcrole_missing", lambda r: replace(r, hcroles=())),
    "unknown role": ("hcrole_unknown", lambda r: replace(r, hcroles=(HcRole("Witch Doctor"),))),
    "role with a code": (
        "hcrole_form",
        lambda r: replace(r, hcroles=(HcRole("Medical Doctor", code="1"),)),
    ),
    "manager without a facility": ("hcrole_director", lambda r: replace(r, hcroles=(MANAGER,))),
    "much too large": (
        "too_large",
        lambda r: replace(r, hcroles=tuple(HcRole("Medical Doctor", code="1" * n) for n in range(100))),
    ),
}


@pytest.mark.parametrize(("code", "change"), BROKEN_REQUESTS.values(), ids=BROKEN_REQUESTS)
def test_a_request_that_breaks_its_profile_is_refused_before_any_key_moves(code: str, change: Change) -> None:
    with pytest.raises(ProfileViolation) as refused:
        prepare(change(good()), SIGNING.issuer, at=pki.CEREMONY_DAY, signer_algorithm=KeyAlgorithm.P_256)
    assert code in codes(refused)


def test_all_findings_are_told_at_once() -> None:
    wrong = replace(good(), serial_number=1, hcroles=(), not_after=pki.CEREMONY_DAY)
    with pytest.raises(ProfileViolation) as refused:
        prepare(wrong, SIGNING.issuer, at=pki.CEREMONY_DAY, signer_algorithm=KeyAlgorithm.P_256)
    assert codes(refused) >= {"serial_form", "hcrole_missing", "validity_past"}


def test_a_manager_with_facility_is_accepted() -> None:
    subject = names.subject_name(
        common_name="Ken Yakuzai",
        serial_number="T000002",
        organisation="Test Hospital",
        organisational_unit="Director",
    )
    request = replace(good(), subject=subject, hcroles=(MANAGER, HcRole("Medical Doctor")))
    prepare(request, SIGNING.issuer, at=pki.CEREMONY_DAY, signer_algorithm=KeyAlgorithm.P_256)


@pytest.mark.parametrize(
    ("profile", "code", "change"),
    [
        (profiles.PRESENCE, "presence_names_a_person", lambda r: replace(r, subject=person(CN, SERIAL))),
        (profiles.PRESENCE, "hcrole_missing", lambda r: replace(r, hcroles=(pki.PHYSICIAN,))),
        (profiles.PRESENCE, "subject_ja_missing", lambda r: replace(r, subject_ja=r.subject)),
        (profiles.OCSP_RESPONDER, "validity_too_long", lambda r: replace(r, not_after=r.not_after + DAY)),
    ],
)
def test_profiles_forbid_what_is_not_theirs(profile: profiles.Profile, code: str, change: Change) -> None:
    issuer = HIERARCHY.authority_for(profile).issuer
    with pytest.raises(ProfileViolation) as refused:
        prepare(change(good(profile)), issuer, at=pki.CEREMONY_DAY, signer_algorithm=KeyAlgorithm.P_256)
    assert code in codes(refused)


def test_a_sunset_ends_every_certificate_of_its_algorithm() -> None:
    hierarchy = pki.hierarchy(KeyAlgorithm.RSA_2048)
    issuer = hierarchy.authorities["SIGNING_CA"].issuer
    request = pki.request_for(profiles.SIGNING, HOLDER, issuer)
    five_years = replace(request, not_after=request.not_after + 300 * DAY)

    assert request.not_after == dt.datetime(2030, 12, 31, 14, 59, 59, tzinfo=dt.UTC)
    with pytest.raises(ProfileViolation, match="algorithm_sunset"):
        prepare(five_years, issuer, at=pki.CEREMONY_DAY, signer_algorithm=KeyAlgorithm.RSA_2048)


@pytest.mark.parametrize(
    ("code", "authority", "environment"),
    [
        ("issuer_policy", "AUTHENTICATION_CA", Environment.TEST),
        ("issuer_policy", "PRESENCE_CA", Environment.TEST),
        # Production below a test sub-CA: RFC 5280 would leave no policy, as it does for the test cards in service.
        ("issuer_policy", "SIGNING_CA", Environment.PRODUCTION),
    ],
)
def test_an_authority_issues_only_what_its_own_policy_covers(
    code: str, authority: str, environment: Environment
) -> None:
    issuer = HIERARCHY.authorities[authority].issuer
    with pytest.raises(ProfileViolation) as refused:
        prepare(
            replace(good(), environment=environment),
            issuer,
            at=pki.CEREMONY_DAY,
            signer_algorithm=KeyAlgorithm.P_256,
        )
    assert code in codes(refused)


def test_a_sub_ca_stands_directly_below_the_root() -> None:
    request = pki.request_for(profiles.SIGNING_CA, HOLDER, SIGNING.issuer)
    with pytest.raises(ProfileViolation, match="issuer_level"):
        prepare(request, SIGNING.issuer, at=pki.CEREMONY_DAY, signer_algorithm=KeyAlgorithm.P_256)


def test_only_a_root_is_its_own_issuer() -> None:
    with pytest.raises(ProfileViolation, match="issuer_missing"):
        prepare_root(
            replace(good(), subject=person(CN, SERIAL)),
            crl_url="http://crl.test.example/x.crl",
            at=pki.CEREMONY_DAY,
            signer_algorithm=KeyAlgorithm.P_256,
        )


@pytest.mark.parametrize(
    ("code", "crl_url", "cps_url"),
    [
        ("distribution_url", "ldap://crl.test.example/x", "http://www.test.example/"),
        ("policy_url", "http://crl.test.example/x.crl", "www.test.example"),
    ],
)
def test_addresses_are_web_addresses(code: str, crl_url: str, cps_url: str) -> None:
    issuer = Issuer(SIGNING.issuer.certificate, crl_url, cps_url)
    with pytest.raises(ProfileViolation) as refused:
        prepare(good(), issuer, at=pki.CEREMONY_DAY, signer_algorithm=KeyAlgorithm.P_256)
    assert code in codes(refused)


def test_the_signing_key_is_of_the_issuers_algorithm() -> None:
    with pytest.raises(ProfileViolation, match="signing_key"):
        prepare(good(), SIGNING.issuer, at=pki.CEREMONY_DAY, signer_algorithm=KeyAlgorithm.P_384)


def built_otherwise(
    extensions: Extensions, *, extra: x509.ExtensionType | None = None, reverse: bool = False
) -> Candidate:
    """A candidate whose bytes a wrong builder made: some extensions replaced (None: left out)."""
    request = good()
    facts = content.facts_of(SIGNING.issuer, request.profile)
    builder = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(facts.name)
        .public_key(request.public_key)
        .serial_number(request.serial_number)
        .not_valid_before(request.not_before)
        .not_valid_after(request.not_after)
    )
    rules = request.profile.extensions
    for rule in reversed(rules) if reverse else rules:
        value = content.extension_value(rule.oid, request, facts)
        assert value is not None
        changed = extensions.get(rule.oid, (value, rule.critical))
        if changed is not None:
            builder = builder.add_extension(changed[0], critical=changed[1])
    if extra is not None:
        builder = builder.add_extension(extra, critical=False)
    tbs = sign_with_throwaway_key(builder, KeyAlgorithm.P_256).tbs_certificate_bytes
    return Candidate(tbs, request, facts, KeyAlgorithm.P_256, pki.CEREMONY_DAY)


def usage(**bits: bool) -> x509.KeyUsage:
    known = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign "
        "crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: bits.get(name, False) for name in known.split()})


def policy(oid: x509.ObjectIdentifier, qualifier: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(oid, [qualifier])])


CPS = SIGNING.issuer.cps_url
FACTS = content.facts_of(SIGNING.issuer, profiles.SIGNING)
CA_NAME = [x509.DirectoryName(FACTS.certificate_issuer)]
BROKEN_BYTES: dict[str, tuple[str, Callable[[], Candidate]]] = {
    "no AKI": ("extension_missing", lambda: built_otherwise({ExtensionOID.AUTHORITY_KEY_IDENTIFIER: None})),
    "critical SKI": (
        "extension_critical",
        lambda: built_otherwise(
            {ExtensionOID.SUBJECT_KEY_IDENTIFIER: (content.subject_key_identifier(HOLDER), True)}
        ),
    ),
    "non-critical KU": (
        "extension_critical",
        lambda: built_otherwise({ExtensionOID.KEY_USAGE: (usage(content_commitment=True), False)}),
    ),
    "an OCSP pointer": (
        "extension_unexpected",
        lambda: built_otherwise(
            {},
            extra=x509.AuthorityInformationAccess(
                [
                    x509.AccessDescription(
                        AuthorityInformationAccessOID.OCSP,
                        x509.UniformResourceIdentifier("http://x.example"),
                    )
                ]
            ),
        ),
    ),
    "a CA": (
        "basic_constraints",
        lambda: built_otherwise({}, extra=x509.BasicConstraints(ca=False, path_length=None)),
    ),
    "EKU": (
        "extended_key_usage",
        lambda: built_otherwise({}, extra=x509.ExtendedKeyUsage([oids.EKU_CLIENT_AUTH])),
    ),
    "order": ("extension_order", lambda: built_otherwise({}, reverse=True)),
    "login usage": (
        "key_usage",
        lambda: built_otherwise(
            {ExtensionOID.KEY_USAGE: (usage(content_commitment=True, digital_signature=True), True)}
        ),
    ),
    "wrong AKI key": (
        "aki_key",
        lambda: built_otherwise(
            {
                ExtensionOID.AUTHORITY_KEY_IDENTIFIER: (
                    x509.AuthorityKeyIdentifier(b"x" * 20, CA_NAME, FACTS.certificate_serial),
                    False,
                )
            }
        ),
    ),
    "bare AKI": (
        "aki_certificate",
        lambda: built_otherwise(
            {
                ExtensionOID.AUTHORITY_KEY_IDENTIFIER: (
                    x509.AuthorityKeyIdentifier(FACTS.key_identifier, None, None),
                    False,
                )
            }
        ),
    ),
    "another list": (
        "distribution_points",
        lambda: built_otherwise(
            {
                ExtensionOID.CRL_DISTRIBUTION_POINTS: (
                    x509.CRLDistributionPoints(
                        [
                            x509.DistributionPoint(
                                [x509.UniformResourceIdentifier("http://other.example/")], None, None, None
                            )
                        ]
                    ),
                    False,
                )
            }
        ),
    ),
    "production policy": (
        "policy",
        lambda: built_otherwise(
            {ExtensionOID.CERTIFICATE_POLICIES: (policy(oids.POLICY_SIGNING, CPS), True)}
        ),
    ),
    "another CPS": (
        "policy_qualifier",
        lambda: built_otherwise(
            {
                ExtensionOID.CERTIFICATE_POLICIES: (
                    policy(oids.POLICY_SIGNING_TEST, "http://other.example/"),
                    True,
                )
            }
        ),
    ),
    "another key's SKI": (
        "key_identifier",
        lambda: built_otherwise(
            {ExtensionOID.SUBJECT_KEY_IDENTIFIER: (x509.SubjectKeyIdentifier(b"x" * 20), False)}
        ),
    ),
    "another role": (
        "hcrole_changed",
        lambda: built_otherwise(
            {oids.SUBJECT_DIRECTORY_ATTRIBUTES: (content.hcrole_value((pki.PHARMACIST,)), False)}
        ),
    ),
    "no role": ("hcrole_missing", lambda: built_otherwise({oids.SUBJECT_DIRECTORY_ATTRIBUTES: None})),
    "another Japanese name": (
        "subject_ja_changed",
        lambda: built_otherwise(
            {
                ExtensionOID.SUBJECT_ALTERNATIVE_NAME: (
                    content.alternative_name(names.japanese_name(family_name="偽", given_name="者")),
                    False,
                )
            }
        ),
    ),
    "a mail address": (
        "not_readable",
        lambda: built_otherwise(
            {
                ExtensionOID.SUBJECT_ALTERNATIVE_NAME: (
                    x509.SubjectAlternativeName([x509.RFC822Name("a@test.example")]),
                    False,
                )
            }
        ),
    ),
}


@pytest.mark.parametrize(("code", "make"), BROKEN_BYTES.values(), ids=BROKEN_BYTES)
def test_bytes_that_differ_from_the_profile_are_found(code: str, make: Callable[[], Candidate]) -> None:
    found = lint.findings_of(make(), [*lint.SLOT_LINTS, *lint.SHAPE_LINTS])

    assert code in {finding.code for finding in found}
    assert all(finding.sentence and finding.clause for finding in found)


def tampered(before: bytes, after: bytes) -> Candidate:
    untouched = built_otherwise({})
    assert before in untouched.tbs_der
    return replace(untouched, tbs_der=untouched.tbs_der.replace(before, after, 1))


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("version", bytes.fromhex("a003020102"), bytes.fromhex("a003020101")),
        ("signature_algorithm", bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d040303")),
        ("issuer_name", b"Test Association", b"Best Association"),
        ("subject_changed", b"Hanako", b"Honako"),
        ("subject_ja_changed", "医療".encode(), "医瞭".encode()),
        ("validity_changed", b"311103145959Z", b"311103145958Z"),
        ("key_changed", HOLDER.public_bytes(pki.DER, pki.SPKI)[-8:], b"12345678"),
        ("not_readable", b"\x30\x82", b"\x31\x82"),
        ("extension_twice", b"\x55\x1d\x0e", b"\x55\x1d\x0f"),
    ],
    # The key differs in every run; two processes must give the cases the same names.
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_changed_octet_is_found(code: str, before: bytes, after: bytes) -> None:
    found = lint.findings_of(tampered(before, after), [*lint.SLOT_LINTS, *lint.SHAPE_LINTS])
    assert code in {finding.code for finding in found}


def test_a_changed_serial_is_found() -> None:
    untouched = built_otherwise({})
    other = replace(untouched, request=replace(untouched.request, serial_number=1 << 158))
    assert "serial_changed" in {finding.code for finding in lint.findings_of(other, lint.SLOT_LINTS)}


def test_an_untouched_candidate_has_no_finding() -> None:
    assert lint.findings_of(built_otherwise({}), [*lint.SLOT_LINTS, *lint.SHAPE_LINTS]) == []


def test_the_shape_holds_all_that_slot_lints_do_not_read() -> None:
    """Whatever octet is changed, a slot lint finds it or the shape becomes another one, which is linted anew."""
    untouched = built_otherwise({})
    shape = untouched.shape()
    for place in range(len(untouched.tbs_der)):
        octets = bytearray(untouched.tbs_der)
        octets[place] ^= 0x01
        changed = replace(untouched, tbs_der=bytes(octets))
        try:
            same_shape = changed.shape() == shape
        except MalformedInput:
            continue
        assert not same_shape or lint.findings_of(changed, lint.SLOT_LINTS), f"octet {place}"
