"""What section 4 of RFC 5280 asks of each certificate beyond what the path algorithm of section 6 looks at.

An authority that breaks these makes certificates that software judges differently; under a strict policy they fail.
Each rule yields the words of what it finds.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

from hpki.validation.facts import NO_REV_AVAIL, CertificateFacts
from hpki.validation.finding import Finding
from hpki.validation.name_constraints import malformed_constraints, malformed_names
from hpki.validation.signature_check import signature_holds

Rule = Callable[[CertificateFacts], Iterator[str]]
_V3: Final = 2
_MAX_SERIAL_OCTETS: Final = 20

# RFC 5280 4.2.1.1, 4.2.1.2, 4.2.1.8, 4.2.1.15, 4.2.2.1, 4.2.2.2, RFC 9608 2: "MUST mark this extension as non-critical".
_NEVER_CRITICAL: Final = (
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    ExtensionOID.SUBJECT_DIRECTORY_ATTRIBUTES,
    ExtensionOID.FRESHEST_CRL,
    ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
    ExtensionOID.SUBJECT_INFORMATION_ACCESS,
    NO_REV_AVAIL,
)
# RFC 5280 4.2.1.10, 4.2.1.11, 4.2.1.14: "MUST mark this extension as critical".
_ALWAYS_CRITICAL: Final = (
    ExtensionOID.NAME_CONSTRAINTS,
    ExtensionOID.POLICY_CONSTRAINTS,
    ExtensionOID.INHIBIT_ANY_POLICY,
)


@lru_cache(maxsize=1024)
def nonconformities(certificate: CertificateFacts, *, is_anchor: bool) -> tuple[Finding, ...]:
    """Everything in one certificate that breaks its profile."""
    rules = _RULES if is_anchor else (*_RULES, *_BELOW_ANCHOR)
    return tuple(
        Finding("does_not_conform", what, certificate.words) for rule in rules for what in rule(certificate)
    )


def _criticality(certificate: CertificateFacts) -> Iterator[str]:
    for oid in _NEVER_CRITICAL:
        if oid in certificate.critical:
            yield f"{oid.dotted_string} is marked critical"
    for oid in _ALWAYS_CRITICAL:
        if oid in certificate.extensions and oid not in certificate.critical:
            yield f"{oid.dotted_string} is not marked critical"
    if certificate.is_authority and ExtensionOID.BASIC_CONSTRAINTS not in certificate.critical:
        # RFC 5280 4.2.1.9: "MUST mark the extension as critical in such certificates" (those of authorities).
        yield "basicConstraints of an authority are not marked critical"


def _version(certificate: CertificateFacts) -> Iterator[str]:
    if certificate.extensions and certificate.version != _V3:
        yield "it has extensions and is not of version 3"  # RFC 5280 4.1.2.1


def _serial(certificate: CertificateFacts) -> Iterator[str]:
    serial = certificate.serial_number
    if serial <= 0:
        yield "its serial number is not positive"  # RFC 5280 4.1.2.2
    if serial.bit_length() // 8 + 1 > _MAX_SERIAL_OCTETS:
        yield "its serial number is longer than 20 octets"  # RFC 5280 4.1.2.2


def _names(certificate: CertificateFacts) -> Iterator[str]:
    if not certificate.issuer_name:
        yield "its issuer is empty"  # RFC 5280 4.1.2.4
    if certificate.is_authority and not certificate.subject_name:
        yield "the subject of an authority is empty"  # RFC 5280 4.1.2.6
    alternative = certificate.extension(x509.SubjectAlternativeName)
    if not certificate.subject_name and (
        alternative is None or ExtensionOID.SUBJECT_ALTERNATIVE_NAME not in certificate.critical
    ):
        yield "its subject is empty and subjectAltName is not there or not critical"  # RFC 5280 4.1.2.6
    if alternative is not None and not list(alternative):
        yield "its subjectAltName is empty"  # RFC 5280 4.2.1.6
    yield from malformed_names(certificate)


def _key_identifiers(certificate: CertificateFacts) -> Iterator[str]:
    if certificate.is_authority and certificate.subject_key_identifier is None:
        yield "an authority has no subjectKeyIdentifier"  # RFC 5280 4.2.1.2
    authority_key = certificate.authority_key_identifier
    if authority_key is None or authority_key.key_identifier is None:
        # RFC 5280 4.2.1.1: "The keyIdentifier field … MUST be included in all certificates …", self-signed ones excepted
        if not (certificate.is_self_issued and signature_holds(certificate, certificate)):
            yield "it has no authorityKeyIdentifier with a keyIdentifier"
    elif (authority_key.authority_cert_issuer is None) != (
        authority_key.authority_cert_serial_number is None
    ):
        yield "authorityCertIssuer and authorityCertSerialNumber do not stand together"


def _authority(certificate: CertificateFacts) -> Iterator[str]:
    usage, constraints = certificate.key_usage, certificate.basic_constraints
    signs = usage is not None and "key_cert_sign" in usage
    if signs and not certificate.is_authority:
        # RFC 5280 4.2.1.3: "If the keyCertSign bit is asserted, then the cA bit in the basic constraints extension MUST
        # also be asserted."
        yield "keyCertSign stands in a certificate that is no authority's"
    if (
        constraints is not None
        and constraints.path_length is not None
        and not (constraints.ca and (usage is None or signs))
    ):
        yield "pathLenConstraint stands without cA or keyCertSign"  # RFC 5280 4.2.1.9
    if ExtensionOID.NAME_CONSTRAINTS in certificate.extensions and not certificate.is_authority:
        yield "nameConstraints stand in a certificate that is no authority's"  # RFC 5280 4.2.1.10
    if certificate.has_no_revocation and certificate.is_authority:
        yield "noRevAvail stands in the certificate of an authority"  # RFC 9608 2
    yield from malformed_constraints(certificate)


def _policies(certificate: CertificateFacts) -> Iterator[str]:
    policies = certificate.extension(x509.CertificatePolicies)
    if policies is not None and len({entry.policy_identifier for entry in policies}) != len(list(policies)):
        yield "a certificate policy stands there twice"  # RFC 5280 4.2.1.4
    limits = certificate.extension(x509.PolicyConstraints)
    if (
        limits is not None
        and limits.require_explicit_policy is None
        and limits.inhibit_policy_mapping is None
    ):
        yield "policyConstraints are empty"  # RFC 5280 4.2.1.11


def _no_revocation(certificate: CertificateFacts) -> Iterator[str]:
    # RFC 9608 2: certificates with noRevAvail "MUST NOT include" pointers to lists or to OCSP responders.
    if not certificate.has_no_revocation:
        return
    access = certificate.extension(x509.AuthorityInformationAccess) or ()
    if any(each.access_method == AuthorityInformationAccessOID.OCSP for each in access):
        yield "noRevAvail stands beside the address of an OCSP responder"
    if ExtensionOID.CRL_DISTRIBUTION_POINTS in certificate.extensions or (
        ExtensionOID.FRESHEST_CRL in certificate.extensions
    ):
        yield "noRevAvail stands beside a pointer to revocation lists"


_RULES: Final[tuple[Rule, ...]] = (
    _criticality,
    _version,
    _names,
    _key_identifiers,
    _authority,
    _policies,
    _no_revocation,
)
# The serial number of an anchor decides nothing: the anchor is a name and a key (RFC 5280 6.1.1 d).
_BELOW_ANCHOR: Final[tuple[Rule, ...]] = (_serial,)
