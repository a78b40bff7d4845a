"""Lints of what is the same for all certificates of one issuer, profile and environment."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from hpki.certs import der, tbs
from hpki.issuance import content
from hpki.issuance.candidate import Candidate
from hpki.issuance.finding import Finding
from hpki.issuance.profiles import Presence
from hpki.issuance.template import SIGNATURE_ALGORITHMS
from hpki.keys.algorithms import algorithm_of

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


def version(candidate: Candidate) -> Iterator[Finding]:
    if candidate.fields.version != tbs.V3:
        yield Finding("version", "it is not version 3", "RFC 5280 4.1.2.1")


def signature_algorithm(candidate: Candidate) -> Iterator[Finding]:
    written = der.element(candidate.fields.signature)
    if written != SIGNATURE_ALGORITHMS[candidate.algorithm]:
        yield Finding("signature_algorithm", "it names another algorithm than the key's", "RFC 5280 4.1.2.3")
    if algorithm_of(candidate.facts.public_key) is not candidate.algorithm:
        yield Finding("signing_key", "the signing key is not of the issuer's algorithm", "RFC 5280 4.1.1.3")


def issuer_name(candidate: Candidate) -> Iterator[Finding]:
    written = der.element(candidate.fields.issuer)
    if written != candidate.facts.name.public_bytes():
        yield Finding(
            "issuer_name", "it is not, byte for byte, the issuer's subject", "RFC 5280 4.1.2.4, 7.1"
        )


def issuer_authority(candidate: Candidate) -> Iterator[Finding]:
    issuer = candidate.facts.certificate
    profile = candidate.request.profile
    if issuer is None:
        if profile.issued_by != {profile.name}:
            yield Finding(
                "issuer_missing", f"{profile.name} is not self-signed", profile.sources["issued_by"]
            )
        return
    usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    if not (usage.key_cert_sign and usage.crl_sign):
        yield Finding("issuer_usage", "the issuer's key may not sign certificates", "RFC 5280 4.2.1.3")
    if "ROOT" in profile.issued_by and issuer.subject == issuer.issuer:
        return
    if profile.issued_by == {"ROOT"}:
        yield Finding(
            "issuer_level", f"{profile.name} stands directly under the root", profile.sources["issued_by"]
        )
        return
    policy = profile.policy(candidate.request.environment)
    if policy is not None and policy not in _policies_of(issuer):
        # RFC 5280 6.1: valid_policy_tree would be empty.  This also keeps production and test apart.
        yield Finding(
            "issuer_policy",
            f"the issuer's certificate does not assert {policy.dotted_string}",
            "RFC 5280 6.1.3 (d)",
        )


def extension_set(candidate: Candidate) -> Iterator[Finding]:
    rules = candidate.request.profile.extensions
    source = candidate.request.profile.sources["extensions"]
    written = [(entry.oid, entry.critical) for entry in candidate.fields.extensions]
    present = [oid for oid, _ in written]
    if len(set(present)) != len(present):
        yield Finding("extension_twice", "an extension stands twice", "RFC 5280 4.2")
    known = {rule.oid: rule for rule in rules}
    for oid, critical in written:
        if oid not in known:
            yield Finding("extension_unexpected", f"{oid.dotted_string} has no place", source)
        elif known[oid].critical is not critical:
            yield Finding("extension_critical", f"{oid.dotted_string} has the wrong criticality", source)
    for rule in rules:
        if rule.presence is Presence.REQUIRED and rule.oid not in present:
            yield Finding("extension_missing", f"{rule.oid.dotted_string} is missing", source)
    order = [rule.oid for rule in rules if rule.oid in present]
    if not set(present) - set(known) and order != list(dict.fromkeys(present)):
        yield Finding("extension_order", "the extensions stand in another order", source)


def basic_constraints(candidate: Candidate) -> Iterator[Finding]:
    value = _value(candidate, x509.BasicConstraints)
    if value is not None and (not value.ca or value.path_length is not None):
        yield Finding(
            "basic_constraints", "CA TRUE without pathLen belongs here", "samples root V2, HPKI_JV2"
        )


def key_usage(candidate: Candidate) -> Iterator[Finding]:
    if _value(candidate, x509.KeyUsage) != content.key_usage(candidate.request.profile):
        yield Finding("key_usage", "it is not the profile's", candidate.request.profile.sources["key_usage"])


def extended_key_usage(candidate: Candidate) -> Iterator[Finding]:
    value = _value(candidate, x509.ExtendedKeyUsage)
    written = () if value is None else tuple(value)
    if written != candidate.request.profile.extended_key_usage:
        yield Finding(
            "extended_key_usage",
            "it is not the profile's",
            candidate.request.profile.sources["extended_key_usage"],
        )


def authority_key_identifier(candidate: Candidate) -> Iterator[Finding]:
    value = _value(candidate, x509.AuthorityKeyIdentifier)
    facts = candidate.facts
    if value is None:
        return
    if value.key_identifier != facts.key_identifier:
        yield Finding("aki_key", "AKI does not name the issuer's key", "RFC 5280 4.2.1.1")
    if value.authority_cert_serial_number != facts.certificate_serial or value.authority_cert_issuer != [
        x509.DirectoryName(facts.certificate_issuer)
    ]:
        yield Finding(
            "aki_certificate",
            "AKI does not name the issuer's certificate",
            "samples: issuer and serial stand",
        )


def distribution_points(candidate: Candidate) -> Iterator[Finding]:
    value = _value(candidate, x509.CRLDistributionPoints)
    if value is None:
        return
    names = [name for point in value for name in point.full_name or ()]
    if names != list(candidate.facts.crl_names) or any(point.crl_issuer or point.reasons for point in value):
        yield Finding("distribution_points", "they are not the issuer's", "samples; RFC 5280 4.2.1.13")
    urls = [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)]
    if len(urls) != 1 or not _is_web_address(urls[0]):
        yield Finding(
            "distribution_url", "exactly one http address belongs here", "RFC 5280 4.2.1.13; samples"
        )


def policies(candidate: Candidate) -> Iterator[Finding]:
    value = _value(candidate, x509.CertificatePolicies)
    request = candidate.request
    wanted = request.profile.policy(request.environment)
    if value is None:
        if wanted is not None:
            yield Finding("policy", "no policy stands in it", request.profile.sources["policies"])
        return
    if [entry.policy_identifier for entry in value] != [wanted]:
        yield Finding(
            "policy", f"it is not the one for {request.environment}", request.profile.sources["policies"]
        )
    if any(entry.policy_qualifiers != [candidate.facts.cps_url] for entry in value):
        yield Finding("policy_qualifier", "the CPS address is not the issuer's", "RFC 5280 4.2.1.4; samples")
    if not _is_web_address(candidate.facts.cps_url):
        yield Finding("policy_url", "the CPS qualifier is no http(s) address", "RFC 5280 4.2.1.4")


ALL: Final[Sequence[Callable[[Candidate], Iterator[Finding]]]] = (
    version,
    signature_algorithm,
    issuer_name,
    issuer_authority,
    extension_set,
    basic_constraints,
    key_usage,
    extended_key_usage,
    authority_key_identifier,
    distribution_points,
    policies,
)


def _value(candidate: Candidate, kind: type[_Extension]) -> _Extension | None:
    try:
        return candidate.certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _policies_of(certificate: x509.Certificate) -> set[x509.ObjectIdentifier]:
    try:
        found = certificate.extensions.get_extension_for_oid(ExtensionOID.CERTIFICATE_POLICIES).value
    except x509.ExtensionNotFound:
        return set()
    return (
        {entry.policy_identifier for entry in found} if isinstance(found, x509.CertificatePolicies) else set()
    )


def _is_web_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
