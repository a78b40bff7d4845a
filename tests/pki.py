"""A small hierarchy for tests: a root, the sub-CAs below it, and what they issue.

The environment is `test` and every sub-CA asserts its test policy, so chains validate under an explicit policy and
still can never be taken for production.
"""

import datetime as dt
from dataclasses import dataclass, field
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hpki.certs import names
from hpki.certs.hcrole import HcRole
from hpki.issuance import profiles
from hpki.issuance.algorithms import validity
from hpki.issuance.crl import prepare_crl, sign_crl
from hpki.issuance.crl_request import CRL_LIFE, CrlRequest, ListScope, RevokedEntry
from hpki.issuance.issuer import Issuer
from hpki.issuance.prepare import prepare, prepare_root
from hpki.issuance.profiles import Environment, Presence, Profile
from hpki.issuance.request import CertificateRequest, new_serial_number
from hpki.issuance.sign import sign
from hpki.keys.algorithms import KeyAlgorithm, algorithm_of
from hpki.keys.software import SoftwareSigner, generate_software_key

# The named moment of tests: a Wednesday morning in Japan.
CEREMONY_DAY = dt.datetime(2026, 11, 4, 1, 0, tzinfo=dt.UTC)
DER = Encoding.DER
SPKI = PublicFormat.SubjectPublicKeyInfo
PHYSICIAN = HcRole("Medical Doctor")
PHARMACIST = HcRole("Pharmacist")
SUB_CAS = (
    profiles.SIGNING_CA,
    profiles.AUTHENTICATION_CA,
    profiles.ORGANISATION_CA,
    profiles.PRESENCE_CA,
    profiles.TIME_STAMP_CA,
)


@cache
def key(algorithm: KeyAlgorithm, name: str) -> SoftwareSigner:
    """One key for each name, made once a test run: RSA keys are slow to make."""
    return generate_software_key(algorithm, label=name)


@dataclass(frozen=True)
class Authority:
    """An issuer with its key."""

    issuer: Issuer
    signer: SoftwareSigner

    def issue(self, request: CertificateRequest, at: dt.datetime) -> x509.Certificate:
        prepared = prepare(request, self.issuer, at=at, signer_algorithm=self.signer.algorithm)
        return sign(prepared, self.signer)

    def revocation_list(
        self,
        *,
        at: dt.datetime = CEREMONY_DAY,
        number: int = 1,
        entries: tuple[RevokedEntry, ...] = (),
        scope: ListScope | None = None,
    ) -> x509.CertificateRevocationList:
        if scope is None:
            scope = ListScope.SUBORDINATES if self.issuer.is_root else ListScope.ALL
        request = CrlRequest(scope, number, at, at + CRL_LIFE, entries)
        return sign_crl(
            prepare_crl(request, self.issuer, signer_algorithm=self.signer.algorithm), self.signer
        )


@dataclass(frozen=True)
class Hierarchy:
    """A root and its sub-CAs by profile name."""

    root: Authority
    authorities: dict[str, Authority]
    environment: Environment
    serials: list[int] = field(default_factory=list)

    def authority_for(self, profile: Profile) -> Authority:
        """The sub-CA that issues a profile."""
        return next(self.authorities[name] for name in sorted(profile.issued_by) if name in self.authorities)

    def issue(
        self,
        profile: Profile,
        public_key: CertificatePublicKeyTypes,
        *,
        at: dt.datetime = CEREMONY_DAY,
        roles: tuple[HcRole, ...] = (PHYSICIAN,),
        subject: x509.Name | None = None,
        subject_ja: x509.Name | None = None,
    ) -> x509.Certificate:
        authority = self.authority_for(profile)
        made = request_for(
            profile,
            public_key,
            authority.issuer,
            environment=self.environment,
            at=at,
            roles=roles,
            subject=subject,
            subject_ja=subject_ja,
        )
        return authority.issue(made, at)


def request_for(
    profile: Profile,
    public_key: CertificatePublicKeyTypes,
    issuer: Issuer | None,
    *,
    environment: Environment = Environment.TEST,
    at: dt.datetime = CEREMONY_DAY,
    roles: tuple[HcRole, ...] = (PHYSICIAN,),
    subject: x509.Name | None = None,
    subject_ja: x509.Name | None = None,
) -> CertificateRequest:
    """A request that its profile accepts, about 花子 (or a thing, where the profile speaks of a thing)."""
    algorithms = {algorithm_of(public_key)} | ({issuer.algorithm} if issuer else set())
    begins, ends = validity(profile, issuer.certificate if issuer else None, algorithms, at)
    if subject_ja is None and profile.japanese_subject is not Presence.FORBIDDEN and not profile.is_authority:
        subject_ja = names.japanese_name(family_name="医療", given_name="花子", serial_number="T000001")
    return CertificateRequest(
        profile=profile,
        environment=environment,
        subject=subject or subject_of(profile),
        public_key=public_key,
        serial_number=new_serial_number(),
        not_before=begins,
        not_after=ends,
        subject_ja=subject_ja,
        hcroles=roles if profile.hcrole is not Presence.FORBIDDEN else (),
    )


def subject_of(profile: Profile) -> x509.Name:
    """A subject that fits a profile."""
    if profile is profiles.PRESENCE:
        return names.presence_name("33-000001")
    if profile in {profiles.SIGNING, profiles.AUTHENTICATION}:
        return names.subject_name(common_name="Hanako Iryo", serial_number="T000001")
    if profile.is_authority:
        return names.authority_name(
            organisation="openhpki Test Association",
            organisational_units=("Test Certificate Center",),
            common_name=None if profile is profiles.ROOT else f"HPKI-01-Test-{profile.name}",
        )
    return names.subject_name(common_name=f"Test {profile.name}", organisation="Test Hospital")


def hierarchy(
    algorithm: KeyAlgorithm = KeyAlgorithm.P_256,
    *,
    environment: Environment = Environment.TEST,
    at: dt.datetime = CEREMONY_DAY,
) -> Hierarchy:
    """A root with all sub-CAs; P-256 unless asked otherwise, as it is the quickest to make and to use."""
    root = _root(algorithm, environment, at)
    authorities = {profile.name: _sub_ca(root, profile, environment, at) for profile in SUB_CAS}
    return Hierarchy(root, authorities, environment)


def _root(algorithm: KeyAlgorithm, environment: Environment, at: dt.datetime) -> Authority:
    signer = key(algorithm, "root")
    request = request_for(profiles.ROOT, signer.public_key(), None, environment=environment, at=at)
    prepared = prepare_root(
        request, crl_url="http://crl.test.example/rarl.crl", at=at, signer_algorithm=signer.algorithm
    )
    certificate = sign(prepared, signer)
    issuer = Issuer(certificate, "http://crl.test.example/sarl.crl", "http://www.test.example/cps/")
    return Authority(issuer, signer)


def _sub_ca(root: Authority, profile: Profile, environment: Environment, at: dt.datetime) -> Authority:
    signer = key(root.signer.algorithm, profile.name)
    request = request_for(profile, signer.public_key(), root.issuer, environment=environment, at=at)
    certificate = root.issue(request, at)
    url = f"http://crl.test.example/{profile.name.lower()}.crl"
    return Authority(Issuer(certificate, url, "http://www.test.example/cps/"), signer)
