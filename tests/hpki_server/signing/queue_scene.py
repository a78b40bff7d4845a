"""花子 and 健's cards are in their hands, a hospital's system has its key, and our own authority stamps: now, by the real clock."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from uuid import uuid4

from cryptography.hazmat.primitives.serialization import Encoding
from django.utils import timezone

from hpki.issuance import profiles
from hpki.issuance.profiles import Environment
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.signer import Signer
from hpki.keys.software import generate_software_key
from hpki.signatures.claims import Claims, SigningUnit
from hpki.signatures.drafts import sign_draft
from hpki.validation.facts import read_certificate
from hpki_server.authority import ports, services, stamping_units
from hpki_server.authority.models import Card, Certificate, Issuer
from hpki_server.authority.orders import IssuerRegistration
from hpki_server.authority.services import IssueOrder
from hpki_server.authority.services.publishing import publish_due
from hpki_server.authority.services.time_stamp_units import UnitOrder, set_up_unit
from hpki_server.signing.holder import Holder, holder_of
from hpki_server.signing.queue_models import ClientSystem, HolderSession, SigningTask
from hpki_server.signing.services import clients
from hpki_server.signing.services.depositing import Deposit, HolderClaim, deposit
from tests import cast, pki
from tests.hpki_server.authority import stage

# The API reads the machine's clock, so everything here happens now.
NOW = timezone.now().replace(microsecond=0)  # noqa: TID251 - as said
BEGAN = NOW - dt.timedelta(days=2)
LETTER = "診療情報提供書　花子".encode()
LETTER_XML = (
    "<?xml version='1.0' encoding='UTF-8'?>\n<紹介状><宛先>岡山病院</宛先><!-- 内科 --></紹介状>".encode()
)
_SUB_CAS = {**stage.SUB_CAS, "TIME_STAMP_CA": "TIME_STAMP"}


@cache
def _hierarchy() -> pki.Hierarchy:
    return pki.hierarchy(environment=Environment.PRODUCTION, at=BEGAN)


def authority(*, stamps: bool = False) -> None:
    """The root and those below it, with fresh lists; with `stamps` a unit that gives time-stamps too."""
    made = _hierarchy()
    _registered("ROOT", made.root)
    for name in _SUB_CAS:
        _registered(name, made.authorities[name])
    stamping_units.forget()
    if stamps:
        set_up_unit(UnitOrder(algorithm=KeyAlgorithm.P_256), by="system", at=BEGAN)
    publish_due(at=NOW)


def _registered(name: str, made: pki.Authority) -> Issuer:
    issuer = services.register_issuer(
        IssuerRegistration(
            slug=f"queue-{name.lower().replace('_', '-')}",
            profile=profiles.PROFILES[name].name,
            issues=_SUB_CAS.get(name, ""),
            environment="production",
            certificate_der=made.issuer.certificate.public_bytes(Encoding.DER),
            parent_slug=None if name == "ROOT" else "queue-root",
            key_store={"kind": "memory"},
            crl_url=made.issuer.crl_url,
            cps_url=made.issuer.cps_url,
            first_crl_der=made.revocation_list(at=BEGAN).public_bytes(Encoding.DER),
            transcript_sha256="0" * 64,
        ),
        by="system",
        at=BEGAN,
    )
    ports.adopt(issuer, made.signer)
    return issuer


@dataclass(frozen=True)
class Person:
    """Somebody with a card in force, and the keys that the chip would keep."""

    card: Card
    signing: Signer
    authentication: Signer

    @property
    def holders(self) -> tuple[Holder, ...]:
        return (holder_of(self.card),)

    def certificate(self, profile: str) -> Certificate:
        return Certificate.objects.get(card=self.card, profile=profile)

    def unit(self) -> SigningUnit:
        row = self.certificate("SIGNING")
        leaf = read_certificate(bytes(row.certificate_der or b""))
        return SigningUnit(self.signing, leaf, (read_certificate(bytes(row.issuer.certificate_der)),))

    def signs(self, draft: bytes) -> bytes:
        return sign_draft(draft, self.unit(), Claims(NOW))

    def session(self) -> HolderSession:
        """As if the card had answered; signing in has tests of its own."""
        return HolderSession.objects.create(
            token_sha256=uuid4().hex,
            card=self.card,
            certificate=self.certificate("AUTHENTICATION"),
            made_at=NOW,
            expires_at=NOW + dt.timedelta(minutes=15),
        )


def person(born: Callable[[str], Signer] | None = None, **changed: object) -> Person:
    """花子, or somebody else with another registration number; the card was handed over yesterday.

    `born` makes the key of a profile where the holder keeps it; otherwise it is in memory.
    """
    card = stage.begun_card(at=BEGAN, **changed)
    make = born or (lambda _profile: generate_software_key(KeyAlgorithm.P_256))
    keys = {profile: make(profile) for profile in stage.CARD_PROFILES}
    proven = tuple(stage.proven_key(card, profile, key) for profile, key in keys.items())
    services.issue_certificates([IssueOrder(card=card.id, keys=proven)], by="system", at=BEGAN)
    Card.objects.filter(id=card.id).update(state="active", issued_at=BEGAN, activated_at=BEGAN)
    card.refresh_from_db()
    return Person(card, keys["SIGNING"], keys["AUTHENTICATION"])


def ken() -> Person:
    """Another physician."""
    return person(registration_number="470999")


def hospital(name: str = "電子カルテ") -> tuple[ClientSystem, str]:
    """A system of 岡山県医師会 and its key."""
    place = cast.organisation("okayama").id
    client = clients.register_client(name=name, organisation_id=place, days=365, by="system", at=BEGAN)
    return client, clients.make_key(client.id, by="system", at=BEGAN).key.reveal()


def waiting(
    client: ClientSystem, octets: bytes = LETTER, *, level: str = "B", file_name: str = "letter.txt"
) -> SigningTask:
    """A letter that waits for 花子."""
    what = Deposit(octets, file_name, "紹介状", level)
    return deposit(what, HolderClaim(registration_number="470123"), by=client, at=NOW).task
