"""Certificates for remote use: the service makes and keeps the holder's keys, sealed, and has them certified.

Issued in groups, because nobody has to change cards in a reader in between.  Nothing here lets anybody sign with these
keys: remote signing comes later, with its own proof that the holder wants it.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from django.db import transaction

from hpki.issuance.profiles import AUTHENTICATION, SIGNING
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.software import SoftwareSigner, generate_software_key
from hpki_server.authority import rules
from hpki_server.authority.models import Card, Certificate
from hpki_server.authority.possession import KeyClaim, ProvenKey, possession_message, prove_possession
from hpki_server.authority.production_models import RemoteKey
from hpki_server.authority.services.cards import begin_personalisation, card_act
from hpki_server.authority.services.duty import require_at_centre
from hpki_server.authority.services.issuing import IssueOrder, issue_certificates
from hpki_server.people import audit
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.sealing import open_sealed, seal

# A desk's presence key makes no sense without a card that is touched.
REMOTE_PROFILES: Final = (SIGNING.name, AUTHENTICATION.name)
GROUP: Final = 20


@dataclass(frozen=True)
class Certified:
    """How many remote cards got their certificates, and how many keys of ended ones were erased."""

    issued: int = 0
    erased: int = 0


def certify_remote(cards: Sequence[UUID], *, by: Officer | str, at: dt.datetime) -> int:
    """Keys and certificates for remote cards; how many were finished.

    Whatever stops it, the next call uses the keys that were made and gives the certificates that were recorded.
    Raises `Denied` as `issue_certificates` does; then the group goes on at the next call.
    """
    done = 0
    for begin in range(0, len(cards), GROUP):
        group = cards[begin : begin + GROUP]
        begin_personalisation(group, by=by, at=at)
        rows = list(Card.objects.defer("photo_sealed").filter(id__in=group, carrier=Card.Carrier.REMOTE))
        orders = [IssueOrder(card.id, _proven(card, _keys_of(card, at=at))) for card in rows]
        issue_certificates(orders, by=by, at=at)
        done += record_remote([card.id for card in rows], by=by, at=at)
    return done


def certify_waiting(*, at: dt.datetime) -> Certified:
    """What a power cut or a token out of reach left behind; and keys of ended cards are erased."""
    waiting = Card.objects.filter(
        carrier=Card.Carrier.REMOTE, state__in=(Card.State.ORDERED, Card.State.PERSONALISING)
    )
    ids = list(waiting.order_by("ordered_at").values_list("id", flat=True)[: 10 * GROUP])
    return Certified(certify_remote(ids, by="system", at=at), erase_ended(at=at))


@transaction.atomic
def record_remote(cards: Sequence[UUID], *, by: Officer | str, at: dt.datetime) -> int:
    """Both certificates are signed: the remote cards stand as issued; how many now do.

    Raises `Denied`: `no_duty`, `wrong_state`, `card_incomplete`.
    """
    require_at_centre(by, Duty.ISSUING)
    rows = list(Card.objects.select_for_update().defer("photo_sealed").filter(id__in=cards))
    open_ones = [card for card in rows if card.state != Card.State.ISSUED]
    for card in open_ones:
        if denials := rules.step_denials("hold-remotely", card.state):
            raise Denied(denials)
        signed = Certificate.objects.filter(card=card, state=Certificate.State.SIGNED)
        if set(signed.values_list("profile", flat=True)) != set(REMOTE_PROFILES):
            raise Denied([rules.REMOTE_INCOMPLETE])
        card.state, card.issued_at = Card.State.ISSUED, at
        card.save(update_fields=["state", "issued_at"])
    if open_ones:
        audit.record_many([card_act("card:issue-remote", card, by=by) for card in open_ones], at=at)
    return len(open_ones)


@transaction.atomic
def erase_ended(*, at: dt.datetime) -> int:
    """A key whose card has ended signs nothing any more, so it is not kept; how many were erased."""
    ended = RemoteKey.objects.select_for_update().filter(
        erased_at__isnull=True, card__state__in=(Card.State.STOPPED, Card.State.SCRAPPED)
    )
    keys = list(ended.select_related("card").defer("card__photo_sealed"))
    for key in keys:
        key.sealed, key.erased_at = b"", at
        key.save(update_fields=["sealed", "erased_at"])
    if keys:
        acts = [card_act("card:erase-remote-key", key.card, by="system", profile=key.profile) for key in keys]
        audit.record_many(acts, at=at)
    return len(keys)


@transaction.atomic
def _keys_of(card: Card, *, at: dt.datetime) -> Mapping[str, SoftwareSigner]:
    """Made and sealed at the first call; later ones open the same."""
    Card.objects.select_for_update().get(id=card.id)
    known = {key.profile: key for key in RemoteKey.objects.filter(card=card)}
    return {
        profile: _opened(card, known[profile]) if profile in known else _made(card, profile, at=at)
        for profile in REMOTE_PROFILES
    }


def _made(card: Card, profile: str, *, at: dt.datetime) -> SoftwareSigner:
    signer = generate_software_key(KeyAlgorithm.RSA_2048, label=f"{card.card_id} {profile}")
    private_der = signer.builder_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    RemoteKey.objects.create(
        card=card,
        profile=profile,
        sealed=seal(private_der, purpose=_purpose(card, profile)),
        public_key_sha256=hashlib.sha256(_public_der(signer)).hexdigest(),
        made_at=at,
    )
    return signer


def _opened(card: Card, key: RemoteKey) -> SoftwareSigner:
    private_der = open_sealed(bytes(key.sealed), purpose=_purpose(card, key.profile))
    private = load_der_private_key(private_der, None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError(f"{card.card_id} {key.profile}: no RSA key under the seal")
    return SoftwareSigner(private, label=f"{card.card_id} {key.profile}")


def _purpose(card: Card, profile: str) -> str:
    return f"authority:remote-key:{card.id}:{profile}"


def _public_der(signer: SoftwareSigner) -> bytes:
    return signer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _proven(card: Card, keys: Mapping[str, SoftwareSigner]) -> tuple[ProvenKey, ...]:
    """The same proof as a card gives, so that there is one way to a certificate."""
    proven = []
    for profile, signer in keys.items():
        der = _public_der(signer)
        signature = signer.sign(possession_message(card.card_id, profile, der))
        proven.append(prove_possession(KeyClaim(profile, der, signature), card_id=card.card_id))
    return tuple(proven)
