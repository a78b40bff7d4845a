"""Certificates for cards: prepare, record, sign, compare, record.

Three parts, each whole in itself:

1. one transaction stores the linted bytes of every certificate of the group as intentions, with audit lines;
2. the issuers' keys sign, outside any transaction: a token may be slow, and what was written must be safe first;
3. one transaction stores the certificates, with audit lines, and only then does anyone get them.

Whatever stops the process in between leaves intentions; `closing.close_open_records`, or the next call for the
same card, signs the very bytes that were recorded.  docs/operations/issuing.md says what that means for an operator.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from hpki.errors import KeyError_
from hpki.issuance.algorithms import latest_not_after
from hpki.issuance.issuer import Issuer as IssuerFacts
from hpki.issuance.prepare import prepare
from hpki.issuance.profiles import PROFILES
from hpki.issuance.request import CertificateRequest
from hpki.keys.algorithms import KeyAlgorithm
from hpki_server.authority import candidates, ledger, rules
from hpki_server.authority.ledger import CardFacts, Intention, IssuedCertificate
from hpki_server.authority.models import Card, Issuer
from hpki_server.authority.ports import IssuingUnit, unit_of
from hpki_server.authority.possession import ProvenKey
from hpki_server.authority.services.duty import require_at_centre
from hpki_server.authority.services.finishing import finish
from hpki_server.people import audit
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer


@dataclass(frozen=True, slots=True)
class IssueOrder:
    """The proven keys of one card, at most one for each profile."""

    card: UUID
    keys: tuple[ProvenKey, ...]


class _Draft(NamedTuple):
    """One key of one card on its way, and what was prepared for it."""

    card: CardFacts
    key: ProvenKey
    unit: IssuingUnit
    intention: Intention


def issue_certificates(
    orders: Sequence[IssueOrder], *, by: Officer | str, at: dt.datetime
) -> tuple[IssuedCertificate, ...]:
    """Certificates for the keys of the cards; a group of cards shares its two transactions.

    A certificate that a card has already is given back, one that was only intended is signed as recorded: calling
    again never counts a card twice.  Raises `Denied`: with the codes of `rules.issue_denials`, `no_duty`, `card_unknown`,
    `no_issuer`, `key_certified` (nothing was written), or `key_unavailable` (intentions may wait, nothing is half
    issued).  Raises ProfileViolation when a lint finds something; nothing was written.
    """
    require_at_centre(by, Duty.ISSUING)
    drafts = _prepared(orders, _cards(orders), _units(), at=at)
    with transaction.atomic():
        done, open_intentions = _record_intentions(drafts, by=by, at=at)
    finished = finish(open_intentions, by=by, at=at)
    if isinstance(finished.obstacle, KeyError_):
        raise Denied([rules.KEY_UNAVAILABLE]) from finished.obstacle
    if finished.obstacle is not None:
        raise finished.obstacle
    return (*done, *finished.issued)


def _cards(orders: Sequence[IssueOrder]) -> Mapping[UUID, CardFacts]:
    cards = ledger.card_facts([order.card for order in orders])
    if len(cards) != len({order.card for order in orders}):
        raise Denied([rules.CARD_UNKNOWN])
    return cards


def _units() -> Mapping[tuple[str, str], IssuingUnit]:
    """The newest active issuer for each environment and profile, its key at hand."""
    active = Issuer.objects.filter(state=Issuer.State.ACTIVE).exclude(issues="").order_by("registered_at")
    try:
        return {(issuer.environment, issuer.issues): unit_of(issuer) for issuer in active}
    except KeyError_ as error:
        raise Denied([rules.KEY_UNAVAILABLE]) from error


def _prepared(
    orders: Sequence[IssueOrder],
    cards: Mapping[UUID, CardFacts],
    units: Mapping[tuple[str, str], IssuingUnit],
    *,
    at: dt.datetime,
) -> list[_Draft]:
    drafts = []
    today = candidates.local_day(at)
    for order in orders:
        card = cards[order.card]
        chosen = [_unit_for(card, key, units) for key in order.keys]
        validities = [candidates.validity(today, card.expires_on, unit.begins_at) for unit in chosen]
        requests = candidates.certificate_requests(card, order.keys, validities)
        drafts += [
            _draft(card, key, unit, request, at=at)
            for key, unit, request in zip(order.keys, chosen, requests, strict=True)
        ]
    return drafts


def _unit_for(card: CardFacts, key: ProvenKey, units: Mapping[tuple[str, str], IssuingUnit]) -> IssuingUnit:
    unit = units.get((card.environment, key.profile))
    if unit is None:
        raise Denied([rules.NO_ISSUER])
    return unit


def _draft(
    card: CardFacts, key: ProvenKey, unit: IssuingUnit, request: CertificateRequest, *, at: dt.datetime
) -> _Draft:
    if denials := rules.issue_denials(_facts(card, key, unit, request, at=at)):
        raise Denied(denials)
    shard = unit.shard_of(request.serial_number)
    prepared = prepare(request, unit.facts_for(shard), at=at, signer_algorithm=unit.signer.algorithm)
    intention = Intention(
        id=uuid.uuid4(),
        issuer=unit.id,
        card=card.id,
        profile=key.profile,
        serial_hex=f"{prepared.serial_number:040x}",
        tbs_der=prepared.tbs_der,
        tbs_sha256=hashlib.sha256(prepared.tbs_der).hexdigest(),
        public_key_sha256=key.public_key_sha256,
        not_before=request.not_before,
        not_after=request.not_after,
        crl_shard=shard,
    )
    return _Draft(card, key, unit, intention)


def _facts(
    card: CardFacts, key: ProvenKey, unit: IssuingUnit, request: CertificateRequest, *, at: dt.datetime
) -> rules.IssueFacts:
    algorithms = (unit.signer.algorithm, key.algorithm)
    return rules.IssueFacts(
        card_state=card.state,
        card_id=card.card_id,
        proven_card_id=key.card_id,
        not_after=request.not_after,
        latest_not_after=_latest(request.profile.name, unit.facts, algorithms, request.not_before),
        at=at,
    )


@lru_cache(maxsize=256)
def _latest(
    profile: str, issuer: IssuerFacts, algorithms: tuple[KeyAlgorithm, ...], not_before: dt.datetime
) -> dt.datetime:
    return latest_not_after(PROFILES[profile], issuer.certificate, algorithms, not_before)


def _record_intentions(
    drafts: Sequence[_Draft], *, by: Officer | str, at: dt.datetime
) -> tuple[list[IssuedCertificate], list[Intention]]:
    """Decide under lock and store what is new; also what the cards have already, signed or waiting."""
    card_ids = {draft.card.id for draft in drafts}
    states = dict(Card.objects.select_for_update().filter(id__in=card_ids).values_list("id", "state"))
    living = ledger.living_certificates(card_ids)
    done: list[IssuedCertificate] = []
    waiting: list[Intention] = []
    new: list[_Draft] = []
    for draft in drafts:
        # Asked again under lock: only the state can have changed since the card was read.
        if denials := rules.step_denials("issue-certificates", states[draft.card.id]):
            raise Denied(denials)
        known = living.get((draft.card.id, draft.key.profile))
        if known is None:
            new.append(draft)
        elif known.intention.public_key_sha256 != draft.key.public_key_sha256:
            raise Denied([rules.KEY_CERTIFIED])
        elif known.issued is not None:
            done.append(known.issued)
        else:
            waiting.append(known.intention)
    intentions = [draft.intention for draft in new]
    ledger.insert_intentions(intentions, at=at)
    if new:
        audit.record_many(list(_intended_acts(new, by)), at=at)
    return done, waiting + intentions


def _intended_acts(drafts: Sequence[_Draft], by: Officer | str) -> Iterator[audit.Act]:
    """One line for each card: what is about to be signed for it, and by whom."""
    for card, group in groupby(drafts, key=attrgetter("card")):
        details = {
            draft.intention.profile: f"{draft.unit.slug} {draft.intention.serial_hex} {draft.intention.tbs_sha256}"
            for draft in group
        }
        yield audit.Act(
            act="certificates:intend",
            by=by,
            subject_kind="card",
            subject_id=card.id,
            organisation=card.organisation_id,
            details={"card_id": card.card_id, **details},
        )
