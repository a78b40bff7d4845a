"""The authority's books as a ceremony sees them: who issues, and where a new issuer is written down."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from cryptography import x509

from hpki.issuance.issuer import Issuer as IssuerFacts
from hpki_server.authority import services
from hpki_server.authority.models import Issuer
from hpki_server.authority.orders import IssuerRegistration
from hpki_server.people.models import AuditLine


@dataclass(frozen=True)
class KnownIssuer:
    """An issuer in the books."""

    slug: str
    profile: str
    environment: str
    certificate_der: bytes
    key_store: Mapping[str, str]
    crl_url: str
    cps_url: str

    def facts(self) -> IssuerFacts:
        certificate = x509.load_der_x509_certificate(self.certificate_der)
        return IssuerFacts(certificate=certificate, crl_url=self.crl_url, cps_url=self.cps_url)


class Books(Protocol):
    """Where issuers are found and registered."""

    def find(self, slug: str) -> KnownIssuer | None:
        """The issuer of that name, if there is one."""
        ...

    def register(self, registration: IssuerRegistration, at: dt.datetime) -> None:
        """Write the issuer down, all or nothing; the same registration again changes nothing."""
        ...


class DatabaseBooks:
    """The server's database; a registration is one transaction with one audit line."""

    def find(self, slug: str) -> KnownIssuer | None:
        row = Issuer.objects.filter(slug=slug).first()
        if row is None:
            return None
        return KnownIssuer(
            slug=row.slug,
            profile=row.profile,
            environment=row.environment,
            certificate_der=bytes(row.certificate_der),
            key_store=row.key_store,
            crl_url=row.crl_url,
            cps_url=row.cps_url,
        )

    def register(self, registration: IssuerRegistration, at: dt.datetime) -> None:
        services.register_issuer(registration, by="ceremony", at=at)


def audited_transcript_hash(slug: str) -> str | None:
    """The transcript's hash in the audit line of an issuer's registration; None when it was not registered here."""
    row = Issuer.objects.filter(slug=slug).first()
    if row is None:
        return None
    line = AuditLine.objects.filter(act="issuer:register", subject_id=str(row.id)).first()
    found = None if line is None else json.loads(line.details).get("transcript_sha256")
    return found if isinstance(found, str) else None
