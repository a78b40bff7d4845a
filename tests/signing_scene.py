"""花子 signs documents, a time-stamp authority stamps them, and years pass: the scene of every test of signatures."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from cryptography import x509

from hpki import oids
from hpki.certs.hcrole import HcRole
from hpki.issuance import profiles
from hpki.issuance.crl_request import RevokedEntry
from hpki.issuance.timestamp import TimeStampUnit, prepare_token, sign_token
from hpki.issuance.timestamp_request import ImprintHash, TimeStampRequest
from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.algorithms import HashKind
from hpki.signatures.claims import Claims, SigningUnit
from hpki.signatures.policy import SHIPPED, SignaturePolicy
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, facts_of
from hpki.validation.policy import TrustAnchor
from hpki.validation.revocation_list import read_revocation_list
from tests import pki

# A Wednesday at noon in Japan: the physician signs.
SIGNED_AT = dt.datetime(2026, 11, 4, 3, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
YEAR = dt.timedelta(days=365)
LETTER = "診療情報提供書　花子".encode()
POLICY: SignaturePolicy = SHIPPED["hpki-signing-test"]
_IMPRINTS = {each.hash.name: each for each in ImprintHash}


@dataclass
class LocalAuthority:
    """A time-stamp authority in this process; each token is a minute later than the last, or at `moment`."""

    hierarchy: pki.Hierarchy
    moment: dt.datetime
    algorithm: KeyAlgorithm = KeyAlgorithm.P_256
    serial: int = 0
    units: dict[int, TimeStampUnit] = field(default_factory=dict)

    def unit(self) -> TimeStampUnit:
        """The unit of this half-decade: its certificate lives five years."""
        term = (self.moment.year - SIGNED_AT.year) // 4
        if term not in self.units:
            public = pki.key(self.algorithm, f"stamp {term}").public_key()
            issued = SIGNED_AT.replace(year=SIGNED_AT.year + 4 * term, month=1) if term else pki.CEREMONY_DAY
            certificate = self.hierarchy.issue(profiles.TIME_STAMP, public, at=issued)
            authority = self.hierarchy.authority_for(profiles.TIME_STAMP).issuer.certificate
            self.units[term] = TimeStampUnit(certificate, oids.POLICY_TIME_STAMP_TEST, (authority,))
        return self.units[term]

    def stamp(self, kind: HashKind, imprint: bytes) -> bytes:
        self.serial += 1
        term = (self.moment.year - SIGNED_AT.year) // 4
        known = _IMPRINTS[kind.hash.name]
        request = TimeStampRequest(known, known.identifier_der, imprint, wants_certificate=True)
        prepared = prepare_token(request, self.unit(), serial_number=self.serial, at=self.moment)
        self.moment += dt.timedelta(seconds=1)
        return sign_token(prepared, pki.key(self.algorithm, f"stamp {term}"))


@dataclass(frozen=True)
class Scene:
    """One hierarchy with its people and its lists."""

    hierarchy: pki.Hierarchy
    algorithm: KeyAlgorithm
    units: dict[tuple[str, str, KeyAlgorithm, tuple[str, ...]], SigningUnit] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def anchors(self) -> Sequence[TrustAnchor]:
        return [TrustAnchor(facts_of(self.hierarchy.root.issuer.certificate))]

    def unit(
        self,
        name: str = "hanako",
        *,
        roles: tuple[HcRole, ...] = (pki.PHYSICIAN,),
        profile: profiles.Profile = profiles.SIGNING,
        algorithm: KeyAlgorithm | None = None,
    ) -> SigningUnit:
        """Someone's key and card certificate."""
        kind = algorithm or self.algorithm
        key = (name, profile.name, kind, tuple(role.text for role in roles))
        if key not in self.units:
            signer = pki.key(kind, name)
            certificate: x509.Certificate = self.hierarchy.issue(profile, signer.public_key(), roles=roles)
            above = self.hierarchy.authority_for(profile).issuer.certificate
            self.units[key] = SigningUnit(signer, facts_of(certificate), (facts_of(above),))
        return self.units[key]

    def authority(self, moment: dt.datetime = SIGNED_AT + MINUTE) -> LocalAuthority:
        """A time-stamp authority whose clock stands at a moment."""
        return LocalAuthority(self.hierarchy, moment, self.hierarchy.root.signer.algorithm)

    def evidence(self, at: dt.datetime = SIGNED_AT, *revoked: RevokedEntry) -> Evidence:
        """The certificates of all authorities and the lists of a day; `revoked` stand on the list of signing cards."""
        certificates = [self.hierarchy.root.issuer.certificate]
        certificates += (each.issuer.certificate for each in self.hierarchy.authorities.values())
        lists = [self.hierarchy.root.revocation_list(at=at)]
        for name, authority in self.hierarchy.authorities.items():
            entries = revoked if name == profiles.SIGNING_CA.name else ()
            lists.append(authority.revocation_list(at=at, entries=entries))
        return Evidence(
            tuple(facts_of(each) for each in certificates),
            tuple(read_revocation_list(each.public_bytes(pki.DER)) for each in lists),
        )

    def certificate(self, name: str) -> CertificateFacts:
        return self.unit(name).certificate


@cache
def scene(algorithm: KeyAlgorithm = KeyAlgorithm.P_256) -> Scene:
    """The hierarchy is P-256 with a signer of an algorithm; made once."""
    return Scene(_hierarchy(), algorithm)


@cache
def _hierarchy() -> pki.Hierarchy:
    return pki.hierarchy()


CLAIMS = Claims(SIGNED_AT)
