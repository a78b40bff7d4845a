"""The content of a certificate: what a profile, a request and an issuer together say, extension by extension."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID

from hpki import oids
from hpki.certs.hcrole import HcRole, build_hcrole_extension
from hpki.certs.names import with_common_name
from hpki.errors import MalformedInput
from hpki.issuance.issuer import Issuer
from hpki.issuance.profiles import Environment, KeyUsage, Profile, ProfileKind
from hpki.issuance.request import CertificateRequest

# The ministry's root splits its list: CN=RARL for itself, CN=SARL for the sub-CAs (samples, ARLs of 2017 and 2022).
ROOT_LIST = "RARL"
SUBORDINATE_LIST = "SARL"


@dataclass(frozen=True)
class IssuingFacts:
    """What a certificate says about who issued it."""

    name: x509.Name
    public_key: CertificatePublicKeyTypes
    key_identifier: bytes
    certificate_issuer: x509.Name
    certificate_serial: int
    crl_names: tuple[x509.GeneralName, ...]
    cps_url: str
    certificate: x509.Certificate | None

    @cached_property
    def public_key_der(self) -> bytes:
        """DER of the issuer's SubjectPublicKeyInfo."""
        return self.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @cached_property
    def validity(self) -> tuple[dt.datetime, dt.datetime] | None:
        """First and last moment of the issuer's certificate; None for a root, which is its own issuer."""
        issuer = self.certificate
        return None if issuer is None else (issuer.not_valid_before_utc, issuer.not_valid_after_utc)


@lru_cache(maxsize=256)
def facts_of(issuer: Issuer, profile: Profile) -> IssuingFacts:
    """The issuer as certificates of `profile` name it."""
    certificate = issuer.certificate
    return IssuingFacts(
        name=certificate.subject,
        public_key=issuer.public_key,
        key_identifier=issuer.key_identifier,
        certificate_issuer=certificate.issuer,
        certificate_serial=certificate.serial_number,
        crl_names=_crl_names(certificate.subject, issuer.crl_url, profile),
        cps_url=issuer.cps_url,
        certificate=certificate,
    )


def root_facts(request: CertificateRequest, crl_url: str) -> IssuingFacts:
    """A root as its own issuer."""
    return IssuingFacts(
        name=request.subject,
        public_key=request.public_key,
        key_identifier=subject_key_identifier(request.public_key).digest,
        certificate_issuer=request.subject,
        certificate_serial=request.serial_number,
        crl_names=_crl_names(request.subject, crl_url, request.profile),
        cps_url="",
        certificate=None,
    )


def subject_key_identifier(public_key: CertificatePublicKeyTypes) -> x509.SubjectKeyIdentifier:
    """RFC 5280 4.2.1.2 method (1): SHA-1 over the bits of the key, as the samples do."""
    return x509.SubjectKeyIdentifier.from_public_key(public_key)


def extension_value(
    oid: x509.ObjectIdentifier, request: CertificateRequest, facts: IssuingFacts
) -> x509.ExtensionType | None:
    """The value of one extension of the request's profile; None when an optional one is absent.

    Raises MalformedInput for an extension that no profile has.
    """
    if oid == ExtensionOID.SUBJECT_KEY_IDENTIFIER:
        return subject_key_identifier(request.public_key)
    if oid == ExtensionOID.SUBJECT_ALTERNATIVE_NAME:
        return None if request.subject_ja is None else alternative_name(request.subject_ja)
    if oid == oids.SUBJECT_DIRECTORY_ATTRIBUTES:
        return hcrole_value(request.hcroles) if request.hcroles else None
    return fixed_extension_value(oid, request.profile, request.environment, facts)


def alternative_name(subject_ja: x509.Name) -> x509.SubjectAlternativeName:
    """The Japanese subject as directoryName (sample MEDIS 015E)."""
    return x509.SubjectAlternativeName([x509.DirectoryName(subject_ja)])


@lru_cache(maxsize=256)
def hcrole_value(roles: tuple[HcRole, ...]) -> x509.UnrecognizedExtension:
    """The hcRole extension of a list of roles; a handful of lists serves nearly every holder."""
    return build_hcrole_extension(roles)


def fixed_extension_value(
    oid: x509.ObjectIdentifier, profile: Profile, environment: Environment, facts: IssuingFacts
) -> x509.ExtensionType:
    """The value of an extension that is the same for every certificate of one issuer, profile and environment.

    Raises MalformedInput for an extension that no profile has.
    """
    make = _FIXED.get(oid)
    if make is None:
        raise MalformedInput("profile", f"no content is known for extension {oid.dotted_string}")
    return make(profile, environment, facts)


def key_usage(profile: Profile) -> x509.KeyUsage:
    """KeyUsage of a profile."""
    return x509.KeyUsage(
        digital_signature=KeyUsage.DIGITAL_SIGNATURE in profile.key_usage,
        content_commitment=KeyUsage.NON_REPUDIATION in profile.key_usage,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=KeyUsage.KEY_CERT_SIGN in profile.key_usage,
        crl_sign=KeyUsage.CRL_SIGN in profile.key_usage,
        encipher_only=False,
        decipher_only=False,
    )


def builder(request: CertificateRequest, facts: IssuingFacts) -> x509.CertificateBuilder:
    """The certificate as cryptography's own builder makes it.  Raises MalformedInput for what it refuses."""
    try:
        built = (
            x509.CertificateBuilder()
            .subject_name(request.subject)
            .issuer_name(facts.name)
            .public_key(request.public_key)
            .serial_number(request.serial_number)
            .not_valid_before(request.not_before.astimezone(dt.UTC))
            .not_valid_after(request.not_after.astimezone(dt.UTC))
        )
    except (ValueError, TypeError) as refused:
        raise MalformedInput("certificate request", str(refused)) from refused
    for rule in request.profile.extensions:
        value = extension_value(rule.oid, request, facts)
        if value is not None:
            built = built.add_extension(value, critical=rule.critical)
    return built


def _authority_key(profile: Profile, environment: Environment, facts: IssuingFacts) -> x509.ExtensionType:
    del profile, environment
    # Samples: keyIdentifier, authorityCertIssuer and authorityCertSerialNumber all stand.
    return x509.AuthorityKeyIdentifier(
        facts.key_identifier, [x509.DirectoryName(facts.certificate_issuer)], facts.certificate_serial
    )


def _distribution_points(
    profile: Profile, environment: Environment, facts: IssuingFacts
) -> x509.ExtensionType:
    del profile, environment
    # Samples: one DistributionPoint for each name.
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint([name], None, None, None) for name in facts.crl_names]
    )


def _policies(profile: Profile, environment: Environment, facts: IssuingFacts) -> x509.CertificatePolicies:
    policy = profile.policy(environment)
    if policy is None:
        raise MalformedInput("profile", f"{profile.name} has no policy for {environment}")
    # Samples: one policy, one qualifier, the CPS URI (RFC 5280 4.2.1.4 id-qt-cps).
    return x509.CertificatePolicies([x509.PolicyInformation(policy, [facts.cps_url])])


def _crl_names(name: x509.Name, crl_url: str, profile: Profile) -> tuple[x509.GeneralName, ...]:
    url = x509.UniformResourceIdentifier(crl_url)
    if profile.kind is ProfileKind.END_ENTITY:
        return (url,)
    which = ROOT_LIST if profile.kind is ProfileKind.ROOT else SUBORDINATE_LIST
    return (x509.DirectoryName(with_common_name(name, which)), url)


_Make = Callable[[Profile, Environment, IssuingFacts], x509.ExtensionType]
_FIXED: Final[Mapping[x509.ObjectIdentifier, _Make]] = MappingProxyType(
    {
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER: _authority_key,
        # Samples: no pathLenConstraint in the root or any sub-CA.
        ExtensionOID.BASIC_CONSTRAINTS: lambda *_: x509.BasicConstraints(ca=True, path_length=None),
        ExtensionOID.KEY_USAGE: lambda profile, *_: key_usage(profile),
        ExtensionOID.EXTENDED_KEY_USAGE: lambda profile, *_: x509.ExtendedKeyUsage(
            profile.extended_key_usage
        ),
        ExtensionOID.CRL_DISTRIBUTION_POINTS: _distribution_points,
        ExtensionOID.CERTIFICATE_POLICIES: _policies,
        ExtensionOID.OCSP_NO_CHECK: lambda *_: x509.OCSPNoCheck(),
    }
)
