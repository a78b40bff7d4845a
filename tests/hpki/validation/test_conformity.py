"""What section 4 of RFC 5280 asks of each certificate: one broken rule, one finding."""

import ipaddress
from collections.abc import Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import AuthorityInformationAccessOID

from hpki.keys.algorithms import KeyAlgorithm
from hpki.validation.conformity import nonconformities
from hpki.validation.facts import NO_REV_AVAIL, CertificateFacts, facts_of
from tests.hpki.validation.status_world import AT, CRL_SIGN, DAY, name, usage
from tests.pki import key

Extensions = Sequence[tuple[x509.ExtensionType, bool]]


def public_key(name: str) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key(KeyAlgorithm.P_256, name).public_key())


AKI = (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(public_key("ca")), False)
SKI = (public_key("own"), False)
IS_CA = (x509.BasicConstraints(ca=True, path_length=None), True)
NO_REVOCATION = (x509.UnrecognizedExtension(NO_REV_AVAIL, b"\x05\x00"), False)
LISTS = (
    x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier("http://x.example/c")], None, None, None)]
    ),
    False,
)
RESPONDER = (
    x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://x.example")
            )
        ]
    ),
    False,
)


def names(*found: x509.GeneralName) -> tuple[x509.ExtensionType, bool]:
    return x509.SubjectAlternativeName(found), False


def constraints(*permitted: x509.GeneralName, critical: bool = True) -> tuple[x509.ExtensionType, bool]:
    return x509.NameConstraints(list(permitted), None), critical


def made(extensions: Extensions) -> CertificateFacts:
    builder = (
        x509.CertificateBuilder()
        .subject_name(name("Hanako"))
        .issuer_name(name("CA"))
        .public_key(key(KeyAlgorithm.P_256, "own").public_key())
        .serial_number(7)
        .not_valid_before(AT - DAY)
        .not_valid_after(AT + DAY)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return facts_of(builder.sign(key(KeyAlgorithm.P_256, "ca").builder_key(), hashes.SHA256()))


AUTHORITY = (AKI, SKI, IS_CA, (usage(*CRL_SIGN), True))
BROKEN: list[tuple[str, Extensions]] = [
    ("no authorityKeyIdentifier", [SKI]),
    ("2.5.29.35 is marked critical", [(AKI[0], True)]),
    ("2.5.29.14 is marked critical", [AKI, (SKI[0], True)]),
    ("no subjectKeyIdentifier", [AKI, IS_CA, (usage(*CRL_SIGN), True)]),
    ("keyCertSign stands", [AKI, (usage("key_cert_sign"), True)]),
    (
        "pathLenConstraint stands",
        [AKI, SKI, (x509.BasicConstraints(ca=True, path_length=0), True), (usage("crl_sign"), True)],
    ),
    ("basicConstraints of an authority", [AKI, SKI, (IS_CA[0], False)]),
    ("nameConstraints stand", [AKI, constraints(x509.DNSName("example"))]),
    ("2.5.29.30 is not marked critical", [*AUTHORITY, constraints(x509.DNSName("example"), critical=False)]),
    ("2.5.29.36 is not marked critical", [*AUTHORITY, (x509.PolicyConstraints(0, None), False)]),
    ("2.5.29.54 is not marked critical", [*AUTHORITY, (x509.InhibitAnyPolicy(0), False)]),
    ("a dNSName is no name", [AKI, names(x509.DNSName("a_b.example"))]),
    ("a dNSName is no name", [AKI, names(x509.DNSName("192.0.2.1"))]),
    ("an rfc822Name is no mailbox", [AKI, names(x509.RFC822Name("example"))]),
    ("noRevAvail stands in the certificate of an authority", [*AUTHORITY, NO_REVOCATION]),
    ("pointer to revocation lists", [AKI, NO_REVOCATION, LISTS]),
    ("OCSP responder", [AKI, NO_REVOCATION, RESPONDER]),
]
KEPT: list[Extensions] = [
    [AKI],
    AUTHORITY,
    [*AUTHORITY, constraints(x509.DNSName("example"))],
    [AKI, names(x509.DNSName("*.hospital.example"), x509.IPAddress(ipaddress.ip_address("192.0.2.1")))],
    [AKI, names(x509.RFC822Name("hanako@hospital.example"))],
    [AKI, NO_REVOCATION],
]


@pytest.mark.parametrize(("what", "extensions"), BROKEN, ids=[what for what, _ in BROKEN])
def test_a_broken_rule_is_named(what: str, extensions: Extensions) -> None:
    found = nonconformities(made(extensions), is_anchor=False)
    assert [finding.detail for finding in found if what in finding.detail], found


@pytest.mark.parametrize("extensions", KEPT, ids=range(len(KEPT)))
def test_what_keeps_the_rules_is_left_alone(extensions: Extensions) -> None:
    assert nonconformities(made(extensions), is_anchor=False) == ()
