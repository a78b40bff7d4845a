"""What each kind of certificate must look like, as frozen values.

`Profile.sources` names for every field the clause or the sample it follows.  "sample" is a certificate in service
whose bytes were read (the ministry's root V2, the sub-CAs of the two authorities, five test end entities);
"own" is our decision; "unverified" waits to be compared with the certificate policy in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from hpki import oids
from hpki.keys.algorithms import KeyAlgorithm


class Environment(StrEnum):
    """Whether a certificate speaks of a real holder or of a test person."""

    PRODUCTION = "production"
    TEST = "test"


class ProfileKind(StrEnum):
    """Where in a chain the certificate stands."""

    ROOT = "root"
    AUTHORITY = "authority"
    END_ENTITY = "end entity"


class Presence(StrEnum):
    """Whether something stands in a certificate."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    FORBIDDEN = "forbidden"


class KeyUsage(StrEnum):
    """The bits of keyUsage that our profiles use (RFC 5280 4.2.1.3), as cryptography names them."""

    DIGITAL_SIGNATURE = "digital_signature"
    NON_REPUDIATION = "content_commitment"
    KEY_CERT_SIGN = "key_cert_sign"
    CRL_SIGN = "crl_sign"


@dataclass(frozen=True)
class Life:
    """The longest life a certificate may have: calendar years plus days."""

    years: int = 0
    days: int = 0


@dataclass(frozen=True)
class ExtensionRule:
    """One extension of a profile; the order of the rules is the order in the certificate."""

    oid: x509.ObjectIdentifier
    critical: bool
    presence: Presence = Presence.REQUIRED


@dataclass(frozen=True, eq=False)
class Profile:
    """One kind of certificate.

    `issued_by` names the profiles that may issue it.  `policies` is empty where the
    certificate carries no policy.  `subject` lists the attribute types in their order, each required or optional.
    """

    name: str
    kind: ProfileKind
    issued_by: frozenset[str]
    policies: Mapping[Environment, x509.ObjectIdentifier]
    key_usage: frozenset[KeyUsage]
    extended_key_usage: tuple[x509.ObjectIdentifier, ...]
    longest_life: Life
    subject: tuple[tuple[x509.ObjectIdentifier, Presence], ...]
    extensions: tuple[ExtensionRule, ...]
    sources: Mapping[str, str]
    hcrole: Presence = Presence.FORBIDDEN
    japanese_subject: Presence = Presence.FORBIDDEN
    subject_algorithms: frozenset[KeyAlgorithm] = field(default_factory=lambda: frozenset(KeyAlgorithm))

    def policy(self, environment: Environment) -> x509.ObjectIdentifier | None:
        """The certificate policy for an environment; None where the profile carries none."""
        return self.policies.get(environment)

    @property
    def is_authority(self) -> bool:
        """Whether the certificate's key signs certificates."""
        return self.kind is not ProfileKind.END_ENTITY


_AKI: Final = ExtensionRule(ExtensionOID.AUTHORITY_KEY_IDENTIFIER, critical=False)
_SKI: Final = ExtensionRule(ExtensionOID.SUBJECT_KEY_IDENTIFIER, critical=False)
_BC: Final = ExtensionRule(ExtensionOID.BASIC_CONSTRAINTS, critical=True)
_KU: Final = ExtensionRule(ExtensionOID.KEY_USAGE, critical=True)
_EKU: Final = ExtensionRule(ExtensionOID.EXTENDED_KEY_USAGE, critical=False)
_EKU_CRITICAL: Final = ExtensionRule(ExtensionOID.EXTENDED_KEY_USAGE, critical=True)
_SAN: Final = ExtensionRule(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, critical=False, presence=Presence.OPTIONAL)
_CRLDP: Final = ExtensionRule(ExtensionOID.CRL_DISTRIBUTION_POINTS, critical=False)
_SDA: Final = ExtensionRule(oids.SUBJECT_DIRECTORY_ATTRIBUTES, critical=False)
_CP: Final = ExtensionRule(ExtensionOID.CERTIFICATE_POLICIES, critical=True)
_NO_CHECK: Final = ExtensionRule(ExtensionOID.OCSP_NO_CHECK, critical=False)

_CA_USAGE: Final = frozenset({KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN})
_CA_SUBJECT: Final = (
    (NameOID.COUNTRY_NAME, Presence.REQUIRED),
    (NameOID.ORGANIZATION_NAME, Presence.REQUIRED),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, Presence.OPTIONAL),
    (NameOID.COMMON_NAME, Presence.OPTIONAL),
)
_PERSON: Final = (
    (NameOID.COUNTRY_NAME, Presence.REQUIRED),
    (NameOID.ORGANIZATION_NAME, Presence.OPTIONAL),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, Presence.OPTIONAL),
    (NameOID.COMMON_NAME, Presence.REQUIRED),
    (NameOID.SERIAL_NUMBER, Presence.REQUIRED),
)
_FACILITY: Final = (
    (NameOID.COUNTRY_NAME, Presence.REQUIRED),
    (NameOID.ORGANIZATION_NAME, Presence.REQUIRED),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, Presence.OPTIONAL),
    (NameOID.COMMON_NAME, Presence.REQUIRED),
    (NameOID.SERIAL_NUMBER, Presence.OPTIONAL),
)
_CARD: Final = (
    (NameOID.COUNTRY_NAME, Presence.REQUIRED),
    (NameOID.COMMON_NAME, Presence.REQUIRED),
    (NameOID.SERIAL_NUMBER, Presence.REQUIRED),
)
_SERVICE: Final = (
    (NameOID.COUNTRY_NAME, Presence.REQUIRED),
    (NameOID.ORGANIZATION_NAME, Presence.REQUIRED),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, Presence.OPTIONAL),
    (NameOID.COMMON_NAME, Presence.REQUIRED),
)

_COMMON_SOURCES: Final = {
    "name": "own: the word used in ceremony files and records",
    "kind": "RFC 5280 3.2: authorities and end entities",
    "subject": "samples: order C, O, OU, CN, serialNumber; C and serialNumber PrintableString, the rest UTF8String",
    "sources": "own: this table",
    "subject_algorithms": "samples: RSA-2048; issue of larger and post-quantum keys is own (RFC 5480, RFC 9881)",
    "japanese_subject": "sample MEDIS 015E: subjectAltName directoryName in Japanese; JMA 8090 has none",
}
_CA_EXTENSIONS_SOURCE: Final = (
    "samples HPKI_JV2, MedisSignCA2: AKI (keyid, issuer, serial), SKI, critical BC without pathLen, critical CP, "
    "critical KU, CRLDP (CN=SARL and http); no AIA, no NameConstraints (RFC 5280 4.2.1.10 allows them, none is in "
    "service, and directoryName constraints would bind every later organisation)"
)
_EE_EXTENSIONS_SOURCE: Final = (
    "samples MEDIS 015E, 0164, 6F: AKI, SKI, KU*, SAN, CRLDP, SDA, CP* in this order; no BC, AIA"
)


def _sources(**particular: str) -> Mapping[str, str]:
    return MappingProxyType({**_COMMON_SOURCES, **particular})


def _policies(
    production: x509.ObjectIdentifier, test: x509.ObjectIdentifier
) -> Mapping[Environment, x509.ObjectIdentifier]:
    return MappingProxyType({Environment.PRODUCTION: production, Environment.TEST: test})


_SIGNING_POLICIES: Final = _policies(oids.POLICY_SIGNING, oids.POLICY_SIGNING_TEST)
_AUTHENTICATION_POLICIES: Final = _policies(oids.POLICY_AUTHENTICATION, oids.POLICY_AUTHENTICATION_TEST)
_ORGANISATION_POLICIES: Final = _policies(oids.POLICY_ORGANISATION, oids.POLICY_ORGANISATION_TEST)
_PRESENCE_POLICIES: Final = _policies(oids.POLICY_PRESENCE, oids.POLICY_PRESENCE_TEST)
_TIME_STAMP_POLICIES: Final = _policies(oids.POLICY_TIME_STAMP, oids.POLICY_TIME_STAMP_TEST)

ROOT: Final = Profile(
    name="ROOT",
    kind=ProfileKind.ROOT,
    issued_by=frozenset({"ROOT"}),
    policies=MappingProxyType({}),
    key_usage=_CA_USAGE,
    extended_key_usage=(),
    longest_life=Life(years=30),
    subject=_CA_SUBJECT,
    extensions=(_AKI, _SKI, _BC, _KU, _SAN, _CRLDP),
    japanese_subject=Presence.OPTIONAL,
    sources=_sources(
        issued_by="RFC 5280 3.2: self-signed",
        policies="sample root V2: no certificatePolicies",
        key_usage="sample root V2: critical keyCertSign, cRLSign",
        extended_key_usage="sample root V2: none",
        longest_life="sample root V2: 30 years",
        extensions="sample root V2: AKI (keyid, issuer, serial), SKI, critical BC without pathLen, critical KU, SAN, CRLDP",
        hcrole="sample root V2: none",
    ),
)


def _sub_ca(
    name: str,
    policies: Mapping[Environment, x509.ObjectIdentifier],
    policy_source: str,
    *,
    only_usage: x509.ObjectIdentifier | None = None,
) -> Profile:
    """A sub-CA as in service; `only_usage` narrows what its end entities may be used for."""
    narrowed = () if only_usage is None else (only_usage, oids.EKU_OCSP_SIGNING)
    return Profile(
        name=name,
        kind=ProfileKind.AUTHORITY,
        issued_by=frozenset({"ROOT"}),
        policies=policies,
        key_usage=_CA_USAGE,
        extended_key_usage=narrowed,
        longest_life=Life(years=20),
        subject=_CA_SUBJECT,
        extensions=(_AKI, _SKI, _BC, _CP, _KU, *((_EKU,) if narrowed else ()), _CRLDP),
        sources=_sources(
            issued_by="samples HPKI_JV2, MedisSignCA2: directly under the root",
            policies=policy_source,
            key_usage="samples HPKI_JV2, MedisSignCA2: critical keyCertSign, cRLSign",
            extended_key_usage=(
                "own: the sub-CA names the only usage of its end entities and its responder's, so that a path judged for another "
                "purpose ends here too (widely processed as a constraint; RFC 5280 4.2.1.12 speaks of the subject's key)"
                if narrowed
                else "samples HPKI_JV2, MedisSignCA2: none"
            ),
            longest_life="samples HPKI_JV2, MedisSignCA2: 20 years",
            extensions=_CA_EXTENSIONS_SOURCE,
            hcrole="samples HPKI_JV2, MedisSignCA2: none",
        ),
    )


SIGNING_CA: Final = _sub_ca(
    "SIGNING_CA",
    _SIGNING_POLICIES,
    "samples HPKI_JV2, MedisSignCA2: …1.5.1.1.3.1; test: own hierarchy, …1.1.0.1",
)
AUTHENTICATION_CA: Final = _sub_ca(
    "AUTHENTICATION_CA",
    _AUTHENTICATION_POLICIES,
    "sample MedisAuthCA2: …1.5.1.2.3.1; test …1.2.0.1 unverified",
)
ORGANISATION_CA: Final = _sub_ca(
    "ORGANISATION_CA", _ORGANISATION_POLICIES, "unverified: …1.5.1.3.3.1 and …1.3.0.1 by analogy"
)
PRESENCE_CA: Final = _sub_ca(
    "PRESENCE_CA", _PRESENCE_POLICIES, "own: our arc", only_usage=oids.EKU_CARD_PRESENCE
)
TIME_STAMP_CA: Final = _sub_ca(
    "TIME_STAMP_CA", _TIME_STAMP_POLICIES, "own: our arc", only_usage=oids.EKU_TIME_STAMPING
)

_LIFE_SOURCE: Final = "certificate policies in force: at most 5 years (sample MEDIS 6F: exactly 5 years)"
_HCROLE_SOURCE: Final = (
    "draft policy of 2004: mandatory for licence holders and administrators; our cards go to nobody else"
)

SIGNING: Final = Profile(
    name="SIGNING",
    kind=ProfileKind.END_ENTITY,
    issued_by=frozenset({"SIGNING_CA"}),
    policies=_SIGNING_POLICIES,
    key_usage=frozenset({KeyUsage.NON_REPUDIATION}),
    extended_key_usage=(),
    longest_life=Life(years=5),
    subject=_PERSON,
    extensions=(_AKI, _SKI, _KU, _SAN, _CRLDP, _SDA, _CP),
    hcrole=Presence.REQUIRED,
    japanese_subject=Presence.OPTIONAL,
    sources=_sources(
        issued_by="samples: signing certificates come from the signing sub-CAs only",
        policies="samples (test) …1.5.1.1.0.1; production as its sub-CA, else RFC 5280 6.1 leaves no policy",
        key_usage="samples, all five: critical nonRepudiation only",
        extended_key_usage="samples, all five: none",
        longest_life=_LIFE_SOURCE,
        extensions=_EE_EXTENSIONS_SOURCE,
        hcrole=_HCROLE_SOURCE,
    ),
)
AUTHENTICATION: Final = Profile(
    name="AUTHENTICATION",
    kind=ProfileKind.END_ENTITY,
    issued_by=frozenset({"AUTHENTICATION_CA"}),
    policies=_AUTHENTICATION_POLICIES,
    key_usage=frozenset({KeyUsage.DIGITAL_SIGNATURE}),
    extended_key_usage=(oids.EKU_CLIENT_AUTH,),
    longest_life=Life(years=5),
    subject=_PERSON,
    extensions=(_AKI, _SKI, _KU, _EKU, _SAN, _CRLDP, _SDA, _CP),
    hcrole=Presence.REQUIRED,
    japanese_subject=Presence.OPTIONAL,
    sources=_sources(
        issued_by="sample MedisAuthCA2: an authority of its own for authentication",
        policies="sample MedisAuthCA2 …1.5.1.2.3.1; test …1.2.0.1 unverified, by analogy",
        key_usage="unverified: critical digitalSignature; card guideline 3.1, EF.PrKD usage `sign`",
        extended_key_usage="unverified: clientAuth, which TLS servers ask for (RFC 5280 4.2.1.12)",
        longest_life=_LIFE_SOURCE,
        extensions=_EE_EXTENSIONS_SOURCE + "; EKU unverified",
        hcrole=_HCROLE_SOURCE,
    ),
)
ORGANISATION: Final = Profile(
    name="ORGANISATION",
    kind=ProfileKind.END_ENTITY,
    issued_by=frozenset({"ORGANISATION_CA"}),
    policies=_ORGANISATION_POLICIES,
    key_usage=frozenset({KeyUsage.DIGITAL_SIGNATURE}),
    extended_key_usage=(oids.EKU_CLIENT_AUTH,),
    longest_life=Life(years=5),
    subject=_FACILITY,
    extensions=(_AKI, _SKI, _KU, _EKU, _SAN, _CRLDP, _CP),
    japanese_subject=Presence.OPTIONAL,
    sources=_sources(
        issued_by="unverified: an authority of its own for organisations",
        policies="unverified: …1.5.1.3.x.1 by analogy",
        key_usage="unverified: critical digitalSignature as for persons",
        extended_key_usage="unverified: clientAuth as for persons",
        longest_life=_LIFE_SOURCE,
        extensions=_EE_EXTENSIONS_SOURCE + "; unverified for organisations",
        hcrole="unverified: a role speaks of a person, so none here",
    ),
)
PRESENCE: Final = Profile(
    name="PRESENCE",
    kind=ProfileKind.END_ENTITY,
    issued_by=frozenset({"PRESENCE_CA"}),
    policies=_PRESENCE_POLICIES,
    key_usage=frozenset({KeyUsage.DIGITAL_SIGNATURE}),
    extended_key_usage=(oids.EKU_CARD_PRESENCE,),
    longest_life=Life(years=5),
    subject=_CARD,
    # RFC 5280 4.2.1.12: a critical EKU "MUST only be used for one of the purposes indicated"; no clientAuth, so no login.
    extensions=(_AKI, _SKI, _KU, _EKU_CRITICAL, _CRLDP, _CP),
    sources=_sources(
        issued_by="own: an authority of its own, so that trusting it never means trusting a login",
        policies="own: our arc, no policy of the ministry's",
        key_usage="own: digitalSignature, for answering a challenge",
        extended_key_usage="own: critical, card presence and nothing else",
        longest_life="own: as the card's other certificates",
        extensions="own: as authentication, without SAN and SDA",
        hcrole="own: readable without a PIN, so it says nothing about the holder but the card's number",
    ),
)
OCSP_RESPONDER: Final = Profile(
    name="OCSP_RESPONDER",
    kind=ProfileKind.END_ENTITY,
    issued_by=frozenset(
        {"ROOT", "SIGNING_CA", "AUTHENTICATION_CA", "ORGANISATION_CA", "PRESENCE_CA", "TIME_STAMP_CA"}
    ),
    policies=MappingProxyType({}),
    key_usage=frozenset({KeyUsage.DIGITAL_SIGNATURE}),
    extended_key_usage=(oids.EKU_OCSP_SIGNING,),
    longest_life=Life(days=90),
    subject=_SERVICE,
    extensions=(_AKI, _SKI, _KU, _EKU, _NO_CHECK),
    sources=_sources(
        issued_by='RFC 6960 4.2.2.2: "MUST be issued directly by the CA that is identified in the request"',
        policies="own: none, the responder speaks for its issuer only",
        key_usage="RFC 5280 4.2.1.12: id-kp-OCSPSigning goes with digitalSignature and/or nonRepudiation",
        extended_key_usage="RFC 6960 4.2.2.2: id-kp-OCSPSigning",
        longest_life='RFC 6960 4.2.2.2.1: nocheck wants "a very short lifetime"; 90 days is own',
        extensions="RFC 6960 4.2.2.2.1: id-pkix-ocsp-nocheck instead of revocation pointers",
        hcrole="own: none",
    ),
)
TIME_STAMP: Final = Profile(
    name="TIME_STAMP",
    kind=ProfileKind.END_ENTITY,
    issued_by=frozenset({"TIME_STAMP_CA"}),
    policies=_TIME_STAMP_POLICIES,
    key_usage=frozenset({KeyUsage.DIGITAL_SIGNATURE}),
    extended_key_usage=(oids.EKU_TIME_STAMPING,),
    longest_life=Life(years=5),
    subject=_SERVICE,
    extensions=(_AKI, _SKI, _KU, _EKU_CRITICAL, _CRLDP, _CP),
    sources=_sources(
        issued_by="own: an authority of its own, as policy chaining under its own policy needs",
        policies="own: our arc",
        key_usage="RFC 5280 4.2.1.12: id-kp-timeStamping goes with digitalSignature and/or nonRepudiation",
        extended_key_usage='RFC 3161 2.3: "MUST contain only one instance", id-kp-timeStamping, critical',
        longest_life="own: as every end entity",
        extensions="own: as other end entities, EKU critical by RFC 3161 2.3",
        hcrole="own: none",
    ),
)

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            ROOT,
            SIGNING_CA,
            AUTHENTICATION_CA,
            ORGANISATION_CA,
            PRESENCE_CA,
            TIME_STAMP_CA,
            SIGNING,
            AUTHENTICATION,
            ORGANISATION,
            PRESENCE,
            OCSP_RESPONDER,
            TIME_STAMP,
        )
    }
)
