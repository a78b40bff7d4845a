"""A registered hierarchy, ordered cards and keys on hand: where the authority's tests begin."""

import datetime as dt
import hashlib
from functools import cache
from itertools import count

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hpki.issuance.profiles import PROFILES, Environment
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.signer import Signer
from hpki.keys.software import generate_software_key
from hpki_server.authority import ports, services
from hpki_server.authority.models import Card, Issuer
from hpki_server.authority.orders import CardOrder, HolderNames, IssuerRegistration
from hpki_server.authority.possession import KeyClaim, ProvenKey, possession_message, prove_possession
from hpki_server.authority.services import IssueOrder
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import AuditLine
from tests import cast, pki

CARD_PROFILES = ("SIGNING", "AUTHENTICATION", "PRESENCE")
SUB_CAS = {"SIGNING_CA": "SIGNING", "AUTHENTICATION_CA": "AUTHENTICATION", "PRESENCE_CA": "PRESENCE"}
_ISSUES = {**SUB_CAS, "TIME_STAMP_CA": "TIME_STAMP"}
# The cards are ordered and issued on one day.
NOON = cast.NOON
PHOTO = b"\x89PNG\r\n\x1a\n not really a picture"
_references = count(1)


@cache
def _hierarchy(algorithm: KeyAlgorithm) -> pki.Hierarchy:
    return pki.hierarchy(algorithm, environment=Environment.PRODUCTION)


def hierarchy(algorithm: KeyAlgorithm = KeyAlgorithm.P_256) -> dict[str, Issuer]:
    """The root and the three sub-CAs of a card, registered; by profile of what they are."""
    made = _hierarchy(algorithm)
    wanted = {"ROOT": made.root, **{name: made.authorities[name] for name in SUB_CAS}}
    return {name: _registered(name, authority) for name, authority in wanted.items()}


def time_stamp_authority() -> Issuer:
    """The one below the same root."""
    hierarchy()
    return _registered("TIME_STAMP_CA", _hierarchy(KeyAlgorithm.P_256).authorities["TIME_STAMP_CA"])


def _registered(name: str, authority: pki.Authority) -> Issuer:
    crl = authority.revocation_list()
    issuer = services.register_issuer(
        IssuerRegistration(
            slug=f"test-{name.lower().replace('_', '-')}",
            profile=PROFILES[name].name,
            issues=_ISSUES.get(name, ""),
            environment="production",
            certificate_der=authority.issuer.certificate.public_bytes(Encoding.DER),
            parent_slug=None if name == "ROOT" else "test-root",
            key_store={"kind": "memory"},
            crl_url=authority.issuer.crl_url,
            cps_url=authority.issuer.cps_url,
            first_crl_der=crl.public_bytes(Encoding.DER),
            transcript_sha256="0" * 64,
        ),
        by="system",
        at=pki.CEREMONY_DAY,
    )
    ports.adopt(issuer, authority.signer)
    return issuer


def order(**changed: object) -> CardOrder:
    """花子's card; every order is another application unless `reference` is given."""
    facts: dict[str, object] = {
        "reference": f"33-2026-{next(_references):06d}",
        "organisation_id": cast.organisation("okayama").id,
        "prefecture": "33",
        "environment": "production",
        "names": HolderNames("渡邉", "花子", "わたなべ", "はなこ", "Watanabe", "Hanako"),
        "born_on": dt.date(1984, 5, 17),
        "qualification_code": "physician",
        "registration_number": "470123",
        "registered_on": dt.date(2010, 4, 20),
        "member_kind": MemberKind.MEMBER,
        "member_id": "3300012345",
        "photo_png": PHOTO,
        "layout": "guideline",
    }
    return CardOrder(**{**facts, **changed})  # type: ignore[arg-type]  # the names above are the fields


def ordered_card(*, at: dt.datetime = NOON, **changed: object) -> Card:
    return services.order_card(order(**changed), by=cast.officer(cast.TANAKA), at=at)


def begun_card(*, at: dt.datetime = NOON, **changed: object) -> Card:
    card = ordered_card(at=at, **changed)
    services.begin_personalisation([card.id], by=cast.officer(cast.TANAKA), at=at)
    card.refresh_from_db()
    return card


def proven_key(card: Card, profile: str, key: Signer | None = None) -> ProvenKey:
    """A fresh P-256 key that proved itself for a card; what the chip would have made."""
    key = key or generate_software_key(KeyAlgorithm.P_256)
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signature = key.sign(possession_message(card.card_id, profile, der))
    return prove_possession(KeyClaim(profile, der, signature), card_id=card.card_id)


def issue_order(card: Card) -> IssueOrder:
    return IssueOrder(card=card.id, keys=tuple(proven_key(card, profile) for profile in CARD_PROFILES))


def audited(act: str) -> dict[str, list[list[str]]]:
    """What the audit says of each serial under `certificates:intend` or `certificates:sign`: the words beside it."""
    found: dict[str, list[list[str]]] = {}
    for line in AuditLine.objects.filter(act=act):
        for profile, words in line.facts().items():
            if profile in CARD_PROFILES:
                *before, serial, sha256_hex = str(words).split()
                found.setdefault(serial, []).append([*before, sha256_hex])
    return found


def sha256(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()
