"""The keys and cards that the authority works with, built from settings and records."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from hpki.card.layouts import Layout
from hpki.card.transport import CardTransport
from hpki.card.virtual import VirtualCard
from hpki.errors import CardUnavailable, KeyRefused
from hpki.issuance.crl_request import shard_url
from hpki.issuance.issuer import Issuer as IssuerFacts
from hpki.keys.secret import DrawnSecret, Secret
from hpki.keys.signer import Signer
from hpki_server.authority.models import Issuer
from hpki_server.config.secret_files import secret_file


@dataclass(frozen=True)
class IssuingUnit:
    """An issuer that can sign now: its facts and its key."""

    id: UUID
    slug: str
    # Name of the end-entity profile that it issues.
    issues: str
    environment: str
    facts: IssuerFacts
    signer: Signer
    # The beginning of its own validity.
    begins_at: dt.datetime
    # Over so many lists are its certificates spread; 0: they stand on the full list only.
    shards: int = 0

    def shard_of(self, serial_number: int) -> int:
        """The list of a certificate, bound when it is issued: 1, 2, … or 0."""
        return serial_number % self.shards + 1 if self.shards else 0

    def facts_for(self, shard: int) -> IssuerFacts:
        """The facts as the certificates of a shard name them: their distribution point is the shard's."""
        return _facts_for(self.facts, shard) if shard else self.facts


@lru_cache(maxsize=1024)
def _facts_for(facts: IssuerFacts, shard: int) -> IssuerFacts:
    return replace(facts, crl_url=shard_url(facts.crl_url, shard))


# One open key for each issuer and process.
_units: dict[UUID, IssuingUnit] = {}


def unit_of(issuer: Issuer) -> IssuingUnit:
    """The issuer, ready to sign.  Raises KeyUnavailable, KeyRefused, WrongPassphrase."""
    unit = _units.get(issuer.id)
    if unit is None:
        return adopt(issuer, signer_for(issuer))
    # The spreading may have been changed since the key was opened.
    return unit if unit.shards == issuer.crl_shards else adopt(issuer, unit.signer)


def unit_with_id(issuer: UUID) -> IssuingUnit:
    """The same for a record that names its issuer."""
    unit = _units.get(issuer)
    return unit_of(Issuer.objects.get(id=issuer)) if unit is None else unit


def facts_of(issuer: Issuer) -> IssuerFacts:
    return IssuerFacts(
        certificate=x509.load_der_x509_certificate(bytes(issuer.certificate_der)),
        crl_url=issuer.crl_url,
        cps_url=issuer.cps_url,
    )


def signer_for(issuer: Issuer) -> Signer:
    """The issuer's key, opened where its record says it lives.

    Raises KeyRefused when the key found there is not the one in the issuer's certificate.
    """
    # The ceremony room stands beside us and registers issuers through our services: imported when needed.
    from hpki_server.authority.ceremony.key_store import open_signer

    signer = open_signer(issuer.key_store)
    certificate = x509.load_der_x509_certificate(bytes(issuer.certificate_der))
    if signer.public_key() != certificate.public_key():
        raise KeyRefused(f"the key of issuer {issuer.slug} is not the one in its certificate")
    return signer


def adopt(issuer: Issuer, signer: Signer) -> IssuingUnit:
    """Use a signer that is in memory only: a rehearsal's or a measurement's throw-away key."""
    facts = facts_of(issuer)
    unit = IssuingUnit(
        id=issuer.id,
        slug=issuer.slug,
        issues=issuer.issues,
        environment=issuer.environment,
        facts=facts,
        signer=signer,
        begins_at=facts.certificate.not_valid_before_utc,
        shards=issuer.crl_shards,
    )
    _units[issuer.id] = unit
    return unit


def forget_signers() -> None:
    """Close the book on opened keys: after a fork, or when a token was changed."""
    _units.clear()


# --- the card on the desk's reader ------------------------------------------------------------------------------

# Opens the reader with the card of a printed number in it; a blank card of a layout where there is none yet.
SlotOpener = Callable[[str, str], AbstractContextManager[CardTransport]]


@dataclass(frozen=True)
class CardSecrets:
    """What a blank card of a number was made with: the key of its file and the issuer's secret."""

    file: Secret
    issuer: Secret


def card_secrets(card_id: str) -> CardSecrets:
    """Derived from one installation secret, so that nothing is stored for each card (RFC 5869)."""
    master = secret_file(Path(settings.VAR) / "secrets" / "cards.key").reveal().encode()

    def derived(purpose: str) -> Secret:
        info = f"openhpki card 1\n{purpose}\n{card_id}".encode()
        return DrawnSecret(HKDF(SHA256(), 32, salt=None, info=info).derive(master).hex())

    return CardSecrets(file=derived("file"), issuer=derived("issuer"))


def virtual_card_path(card_id: str) -> Path:
    return Path(settings.VAR) / "cards" / f"{card_id}.card"


@contextmanager
def card_slot(card_id: str, layout: str) -> Iterator[CardTransport]:
    """The reader of settings.CARD_READER: `virtual`, or `pcsc:NAME`.  Raises CardUnavailable."""
    kind, _, reader = settings.CARD_READER.partition(":")
    if kind == "pcsc":
        from hpki.card.pcsc import PcscCard  # needs pyscard, which is optional

        with PcscCard(reader) as card:
            yield card
    elif kind == "virtual":
        with _virtual(card_id, layout) as card:
            yield card
    else:
        raise CardUnavailable(f"no such kind of reader: {kind}")


def _virtual(card_id: str, layout: str) -> VirtualCard:
    path, held = virtual_card_path(card_id), card_secrets(card_id)
    if path.exists():
        return VirtualCard.open(path, held.file)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return VirtualCard.create(
        path, layout=Layout(layout), card_id=card_id, passphrase=held.file, admin=held.issuer
    )
