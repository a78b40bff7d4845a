"""Names and the constraints on them (RFC 5280 4.2.1.10), kind by kind."""

import ipaddress
from collections.abc import Sequence

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from hpki.validation.facts import CertificateFacts
from hpki.validation.name_constraints import NameRules, TooManyComparisons, malformed_constraints
from tests.hpki.validation.status_world import certificate

Names = Sequence[x509.GeneralName]


def authority(permitted: Names = (), excluded: Names = ()) -> CertificateFacts:
    constraints = x509.NameConstraints(list(permitted) or None, list(excluded) or None)
    return certificate("CA", "authority", "Root", "root", extensions=[(constraints, True)])


def holder(*names: x509.GeneralName, subject: str = "Hanako") -> CertificateFacts:
    extensions = [(x509.SubjectAlternativeName(names), False)] if names else []
    return certificate(subject, "holder", "CA", "authority", extensions=extensions)


def codes(above: CertificateFacts, below: CertificateFacts, comparisons: int = 1000) -> set[str]:
    rules = NameRules(comparisons)
    rules.add(above)
    return {finding.code for finding in rules.findings(below)}


def dns(name: str) -> x509.GeneralName:
    return x509.DNSName(name)


def mail(name: str) -> x509.GeneralName:
    return x509.RFC822Name(name)


def uri(name: str) -> x509.GeneralName:
    return x509.UniformResourceIdentifier(name)


def net(name: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_network(name))


def address(name: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(name))


def directory(*pairs: tuple[x509.ObjectIdentifier, str]) -> x509.GeneralName:
    return x509.DirectoryName(x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs]))


JP = (NameOID.COUNTRY_NAME, "JP")
INSIDE = [
    (dns("hospital.example"), dns("hospital.example")),
    (dns("hospital.example"), dns("WWW.Hospital.Example")),
    (dns("hospital.example"), dns("*.hospital.example")),
    (mail("hospital.example"), mail("hanako@Hospital.example")),
    (mail(".example"), mail("hanako@hospital.example")),
    (mail("hanako@hospital.example"), mail("hanako@hospital.example")),
    (uri("hospital.example"), uri("https://hospital.example:8443/x?y")),
    (uri(".example"), uri("https://a.hospital.example")),
    (net("192.0.2.0/24"), address("192.0.2.7")),
    (net("2001:db8::/32"), address("2001:db8::1")),
    (directory(JP), directory(JP, (NameOID.ORGANIZATION_NAME, "Clinic"))),
    (
        directory(JP, (NameOID.ORGANIZATION_NAME, "A  clinic")),
        directory(JP, (NameOID.ORGANIZATION_NAME, "a CLINIC ")),
    ),
]
OUTSIDE = [
    (dns("hospital.example"), dns("badhospital.example")),
    (dns("www.hospital.example"), dns("hospital.example")),
    (mail("hospital.example"), mail("hanako@a.hospital.example")),
    (mail(".hospital.example"), mail("hanako@hospital.example")),
    (mail("hanako@hospital.example"), mail("Hanako@hospital.example")),
    (uri(".hospital.example"), uri("https://hospital.example")),
    (uri("hospital.example"), uri("https://a.hospital.example")),
    (net("192.0.2.0/24"), address("192.0.3.7")),
    (net("192.0.2.0/24"), address("::c000:207")),
    (directory(JP, (NameOID.ORGANIZATION_NAME, "A")), directory(JP, (NameOID.ORGANIZATION_NAME, "B"))),
]


@pytest.mark.parametrize(("subtree", "name"), INSIDE, ids=str)
def test_a_name_inside_is_permitted_or_excluded(subtree: x509.GeneralName, name: x509.GeneralName) -> None:
    subjects = [subtree, directory(JP)] if isinstance(subtree, x509.DirectoryName) else [subtree]
    assert codes(authority(permitted=subjects), holder(name)) == set()
    assert "name_excluded" in codes(authority(excluded=[subtree]), holder(name))


@pytest.mark.parametrize(("subtree", "name"), OUTSIDE, ids=str)
def test_a_name_outside_is_not_permitted_and_not_excluded(
    subtree: x509.GeneralName, name: x509.GeneralName
) -> None:
    assert "name_not_permitted" in codes(authority(permitted=[subtree]), holder(name))
    assert codes(authority(excluded=[subtree]), holder(name)) == set()


def test_a_wildcard_names_the_excluded_host_too() -> None:
    assert codes(authority(excluded=[dns("www.hospital.example")]), holder(dns("*.hospital.example")))
    assert not codes(authority(excluded=[dns("a.b.hospital.example")]), holder(dns("*.hospital.example")))


def test_a_constraint_on_one_kind_says_nothing_of_others() -> None:
    assert codes(authority(permitted=[dns("hospital.example")]), holder(mail("a@other.example"))) == set()


@pytest.mark.parametrize(
    "text",
    [
        "https://192.0.2.1/",
        "urn:isbn:1",
        "https:///path",
        "https://[::1]/",
        "https://elsewhere.example\\@hospital.example/",
        "https://hospital\t.example/",
    ],
)
def test_a_uri_without_a_host_name_cannot_be_compared(text: str) -> None:
    assert codes(authority(permitted=[uri(".example")]), holder(uri(text))) == {"name_not_comparable"}
    assert codes(authority(excluded=[uri(".example")]), holder(uri(text))) == {"name_not_comparable"}


def test_a_kind_that_nobody_compares_is_refused_only_where_it_is_constrained() -> None:
    other = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.32473.5"), b"\x05\x00")
    assert codes(authority(excluded=[other]), holder(other)) == {"name_not_comparable"}
    assert codes(authority(excluded=[other]), holder(dns("hospital.example"))) == set()


def test_every_authority_above_has_to_permit() -> None:
    rules = NameRules(1000)
    rules.add(authority(permitted=[dns("example")]))
    rules.add(authority(permitted=[dns("hospital.example")]))

    assert not list(rules.findings(holder(dns("www.hospital.example"))))
    assert list(rules.findings(holder(dns("clinic.example"))))


def test_comparisons_are_counted() -> None:
    many = [dns(f"d{number}.example") for number in range(200)]
    with pytest.raises(TooManyComparisons):
        codes(authority(excluded=many), holder(*many), comparisons=10_000)


@pytest.mark.parametrize(
    "constraint",
    [dns(".hospital.example"), dns("a b"), mail("-.example"), uri("https://x/")],
    ids=str,
)
def test_constraints_of_no_form_are_named(constraint: x509.GeneralName) -> None:
    assert list(malformed_constraints(authority(permitted=[constraint])))


@pytest.mark.parametrize("text", ["www.hospital.example.", "w*.hospital.example", "a..hospital.example"])
def test_a_host_of_no_form_does_not_slip_past_what_is_excluded(text: str) -> None:
    assert codes(authority(excluded=[dns("hospital.example")]), holder(dns(text))) == {"name_not_comparable"}
    assert codes(authority(permitted=[dns("hospital.example")]), holder(dns(text))) == {"name_not_comparable"}


def test_a_constraint_of_no_form_lets_no_host_through() -> None:
    above = authority(excluded=[dns(".hospital.example")])
    assert codes(above, holder(dns("www.hospital.example"))) == {"name_not_comparable"}


def test_an_excluded_network_is_excluded_in_an_address_that_wraps_it() -> None:
    wrapped = address("::ffff:10.0.0.1")
    assert codes(authority(excluded=[net("10.0.0.0/8")]), holder(wrapped)) == {"name_excluded"}
    assert codes(authority(permitted=[net("10.0.0.0/8")]), holder(wrapped)) == {"name_not_permitted"}
    assert codes(authority(excluded=[net("192.0.2.0/24")]), holder(wrapped)) == set()


def test_a_mailbox_in_utf8_falls_under_what_is_said_of_mailboxes() -> None:
    mailbox = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9"), b"\x0c\x13a@elsewhere.example")
    above = authority(permitted=[mail("hospital.example")])
    assert codes(above, holder(mailbox)) == {"name_not_comparable"}
    assert codes(authority(permitted=[dns("hospital.example")]), holder(mailbox)) == set()
