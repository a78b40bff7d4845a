"""A throw-away hierarchy for a card to try things out with: made, used once, its keys forgotten.

Everything it issues carries the test policies, so no careful relying party takes it for production.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding

from hpki.card.objects import CardApplication
from hpki.card.personalise import CardCertificates, PublicKeys
from hpki.certs import names
from hpki.certs.hcrole import HcRole
from hpki.issuance import profiles
from hpki.issuance.algorithms import validity
from hpki.issuance.issuer import Issuer
from hpki.issuance.prepare import prepare, prepare_root
from hpki.issuance.profiles import Environment, Presence, Profile
from hpki.issuance.request import CertificateRequest, new_serial_number
from hpki.issuance.sign import sign
from hpki.keys.algorithms import KeyAlgorithm, algorithm_of
from hpki.keys.software import SoftwareSigner, generate_software_key

_CERTIFICATES = {
    CardApplication.SIGNING: (profiles.SIGNING, profiles.SIGNING_CA),
    CardApplication.AUTHENTICATION: (profiles.AUTHENTICATION, profiles.AUTHENTICATION_CA),
    CardApplication.PRESENCE: (profiles.PRESENCE, profiles.PRESENCE_CA),
}
_STATEMENT = "http://www.demo.example/cps/"


@dataclass(frozen=True)
class DemoHolder:
    """Whom the demonstration card speaks about."""

    common_name: str
    card_id: str
    hcrole: str


@dataclass(frozen=True)
class _Authority:
    issuer: Issuer
    signer: SoftwareSigner

    def issue(self, request: CertificateRequest, at: dt.datetime) -> x509.Certificate:
        return sign(prepare(request, self.issuer, at=at, signer_algorithm=self.signer.algorithm), self.signer)


class DemoAuthority:
    """A root and the three sub-CAs of a card, with RSA-2048 keys in this process's memory only."""

    def __init__(self, at: dt.datetime) -> None:
        self._at = at
        self._root = self._make_root()
        self._authorities = {
            kind: self._make_sub_ca(authority) for kind, (_, authority) in _CERTIFICATES.items()
        }

    @property
    def certificates(self) -> Mapping[str, x509.Certificate]:
        """The authorities' certificates, by a name for a file."""
        below = {f"{kind}-ca": authority.issuer.certificate for kind, authority in self._authorities.items()}
        return {"root-ca": self._root.issuer.certificate, **below}

    def certify(self, keys: PublicKeys, holder: DemoHolder) -> Mapping[CardApplication, CardCertificates]:
        """The card's certificates with their chains, one for each key."""
        root = _der(self._root.issuer.certificate)
        return {
            kind: CardCertificates(
                end_entity=_der(self._end_entity(kind, keys, holder)),
                root=root,
                issuer=_der(authority.issuer.certificate),
            )
            for kind, authority in self._authorities.items()
        }

    def _end_entity(self, kind: CardApplication, keys: PublicKeys, holder: DemoHolder) -> x509.Certificate:
        profile, _ = _CERTIFICATES[kind]
        if kind is CardApplication.PRESENCE:
            subject = names.presence_name(holder.card_id)
        else:
            subject = names.subject_name(common_name=holder.common_name, serial_number=holder.card_id)
        roles = () if profile.hcrole is Presence.FORBIDDEN else (HcRole(holder.hcrole),)
        authority = self._authorities[kind]
        request = _request(_Wanted(profile, subject, keys[kind], roles), authority.issuer, self._at)
        return authority.issue(request, self._at)

    def _make_root(self) -> _Authority:
        signer = generate_software_key(KeyAlgorithm.RSA_2048)
        wanted = _Wanted(profiles.ROOT, _authority_name(None), signer.public_key())
        prepared = prepare_root(
            _request(wanted, None, self._at),
            crl_url=_url("rarl"),
            at=self._at,
            signer_algorithm=signer.algorithm,
        )
        return _Authority(Issuer(sign(prepared, signer), _url("sarl"), _STATEMENT), signer)

    def _make_sub_ca(self, profile: Profile) -> _Authority:
        signer = generate_software_key(KeyAlgorithm.RSA_2048)
        wanted = _Wanted(
            profile, _authority_name(f"HPKI-01-Demonstration-{profile.name}"), signer.public_key()
        )
        certificate = self._root.issue(_request(wanted, self._root.issuer, self._at), self._at)
        return _Authority(Issuer(certificate, _url(profile.name.lower()), _STATEMENT), signer)


@dataclass(frozen=True)
class _Wanted:
    """What differs from certificate to certificate."""

    profile: Profile
    subject: x509.Name
    public_key: CertificatePublicKeyTypes
    hcroles: tuple[HcRole, ...] = ()


def _request(wanted: _Wanted, issuer: Issuer | None, at: dt.datetime) -> CertificateRequest:
    algorithms = {algorithm_of(wanted.public_key)} | ({issuer.algorithm} if issuer else set())
    begins, ends = validity(wanted.profile, issuer.certificate if issuer else None, algorithms, at)
    return CertificateRequest(
        profile=wanted.profile,
        environment=Environment.TEST,
        subject=wanted.subject,
        public_key=wanted.public_key,
        serial_number=new_serial_number(),
        not_before=begins,
        not_after=ends,
        hcroles=wanted.hcroles,
    )


def _authority_name(common_name: str | None) -> x509.Name:
    return names.authority_name(
        organisation="openhpki Demonstration",
        organisational_units=("Not for production",),
        common_name=common_name,
    )


def _url(name: str) -> str:
    return f"http://crl.demo.example/{name}.crl"  # RFC 2606: nothing answers under .example


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
