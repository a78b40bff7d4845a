"""A card's certificates end for good, pause, or go on.

Each use case writes a handful of rows, whatever the size of the lists: those are made by `publishing`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from hpki_server.authority import ledger, revocation
from hpki_server.authority.models import Card, Certificate, StatusChange
from hpki_server.authority.revocation import Case, StatusFacts, StatusRule
from hpki_server.authority.services import guards, hearers
from hpki_server.authority.services.cards import card_act
from hpki_server.authority.services.hearers import Heard
from hpki_server.people import audit, queries
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer

Kind = StatusChange.Kind


@dataclass(frozen=True)
class Changed:
    """What changed, and the lists of which issuers speak of it; urgent ones go out at once."""

    card: UUID
    serials: tuple[str, ...]
    issuers: frozenset[UUID]
    is_urgent: bool


@transaction.atomic
def revoke_card(card_id: UUID, *, case: Case, by: Officer, at: dt.datetime) -> Changed:
    """Every certificate of the card is revoked and the card is stopped; what was only intended is given up.

    Raises `Denied`: `out_of_reach`, `no_certificate`, `already_revoked`.
    """
    card = Card.objects.select_for_update().defer("photo_sealed").get(id=card_id)
    rows = ledger.signed_certificates(card.id)
    _decide(revocation.REVOCATION_RULES, rows, card, Duty.REVOKING, by=by, at=at)
    living = ledger.revoke_signed(rows, case.reason, at=at)
    intended = [one.intention for one in ledger.living_certificates([card.id]).values() if one.is_intended]
    ledger.store_abandoned([one.id for one in intended], at=at)
    if card.state != Card.State.SCRAPPED:
        card.state = Card.State.STOPPED
        card.save(update_fields=["state"])
    serials = {row.profile: row.serial_hex for row in living} | {
        one.profile: one.serial_hex for one in intended
    }
    audit.record_many(
        [card_act("card:revoke", card, by=by, case=case.value, reason=case.reason.value, **serials)], at=at
    )
    ledger.record_changes(living, Kind.REVOKE, at=at)
    ledger.record_changes(intended, Kind.ABANDON, at=at)
    hearers.tell(Heard(card, Kind.REVOKE, at, case))
    issuers = frozenset(row.issuer_id for row in living)
    return Changed(card.id, tuple(row.serial_hex for row in living), issuers, case.is_urgent)


@transaction.atomic
def revoke_certificate(certificate_id: UUID, *, case: Case, by: Officer, at: dt.datetime) -> Changed:
    """One certificate alone is revoked; the card and its other certificates stay as they are.  Raises as `revoke_card`."""
    card = Card.objects.select_for_update().defer("photo_sealed").get(certificates=certificate_id)
    rows = [row for row in ledger.signed_certificates(card.id) if row.id == certificate_id]
    _decide(revocation.REVOCATION_RULES, rows, card, Duty.REVOKING, by=by, at=at)
    [row] = ledger.revoke_signed(rows, case.reason, at=at)
    audit.record(
        "certificate:revoke",
        by=by,
        subject_kind="certificate",
        subject_id=row.id,
        at=at,
        organisation=card.organisation_id,
        details={
            "card_id": card.card_id,
            "case": case.value,
            "reason": case.reason.value,
            row.profile: row.serial_hex,
        },
    )
    ledger.record_changes([row], Kind.REVOKE, at=at)
    return Changed(card.id, (row.serial_hex,), frozenset({row.issuer_id}), case.is_urgent)


@transaction.atomic
def hold_card(card_id: UUID, *, by: Officer, at: dt.datetime) -> Changed:
    """The card's certificates pause (certificateHold), until `release_card` or `revoke_card`.  Raises `Denied`."""
    card = Card.objects.select_for_update().defer("photo_sealed").get(id=card_id)
    rows = ledger.signed_certificates(card.id)
    _decide(revocation.HOLD_RULES, rows, card, Duty.HOLDING, by=by, at=at)
    living = [row for row in rows if row.revoked_at is None]
    ledger.hold_signed(living, held_at=at, at=at)
    serials = {row.profile: row.serial_hex for row in living}
    audit.record_many([card_act("card:hold", card, by=by, **serials)], at=at)
    ledger.record_changes(living, Kind.HOLD, at=at)
    hearers.tell(Heard(card, Kind.HOLD, at))
    return Changed(
        card.id, tuple(serials.values()), frozenset(row.issuer_id for row in living), is_urgent=True
    )


@transaction.atomic
def release_card(card_id: UUID, *, by: Officer, at: dt.datetime) -> Changed:
    """What was held is good again, as if it had never been held.  Raises `Denied`, also as guards of rooms above do."""
    card = Card.objects.select_for_update().defer("photo_sealed").get(id=card_id)
    if denials := guards.release_denials(card):
        raise Denied(denials)
    rows = ledger.signed_certificates(card.id)
    _decide(revocation.RELEASE_RULES, rows, card, Duty.HOLDING, by=by, at=at)
    held = [row for row in rows if row.held_at is not None]
    ledger.hold_signed(held, held_at=None, at=at)
    serials = {row.profile: row.serial_hex for row in held}
    audit.record_many([card_act("card:release", card, by=by, **serials)], at=at)
    ledger.record_changes(held, Kind.RELEASE, at=at)
    hearers.tell(Heard(card, Kind.RELEASE, at))
    return Changed(
        card.id, tuple(serials.values()), frozenset(row.issuer_id for row in held), is_urgent=False
    )


def may_act(officer: Officer, duty: Duty, organisation_id: UUID) -> bool:
    """An officer of the card's association, or of the centre."""
    held = officer.organisations(duty)
    return organisation_id in held or bool(held & queries.centre_ids())


def _decide(
    rules: tuple[StatusRule, ...],
    rows: Sequence[Certificate],
    card: Card,
    duty: Duty,
    *,
    by: Officer,
    at: dt.datetime,
) -> None:
    facts = StatusFacts(
        signed=len(rows),
        revoked=sum(row.revoked_at is not None for row in rows),
        held=sum(row.held_at is not None for row in rows),
        not_after=max((row.not_after for row in rows), default=None),
        officer_reaches=may_act(by, duty, card.organisation_id),
        at=at,
    )
    if denials := revocation.denials(rules, facts):
        raise Denied(denials)
