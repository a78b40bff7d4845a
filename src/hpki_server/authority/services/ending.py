"""A card ends, pauses or goes on because a rule of the life of cards said so.

`revoking` serves officers who decide at a page of their own duty.  Here the caller has decided: a holder reported the
own card, a register wrote, a term passed, a new card was handed over.  So no duty is asked for; who acted is recorded.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from cryptography.x509 import ReasonFlags
from django.db import transaction

from hpki_server.authority import ledger
from hpki_server.authority.models import Card, Certificate, StatusChange
from hpki_server.authority.services.cards import card_act
from hpki_server.authority.services.revoking import Changed
from hpki_server.people import audit
from hpki_server.people.models import Account
from hpki_server.people.officer import Officer

Actor = Officer | Account | str
Kind = StatusChange.Kind


@dataclass(frozen=True)
class Ending:
    """Why a card ends: a short word for the record, and the CRLReason of each certificate by its profile."""

    case: str
    reasons: Mapping[str, ReasonFlags]
    is_urgent: bool


@transaction.atomic
def end_card(card_id: UUID, ending: Ending, *, by: Actor, at: dt.datetime) -> Changed:
    """The card is stopped and every certificate that lives is revoked; what was only intended is given up.

    Works for a card without certificates (issued elsewhere) too.  What has ended already stays as it is: the second
    call changes nothing and leaves no line.
    """
    card = Card.objects.select_for_update().defer("photo_sealed").get(id=card_id)
    rows = ledger.signed_certificates(card.id)
    living = [row for row in rows if row.revoked_at is None]
    has_ended = card.state in {Card.State.STOPPED, Card.State.SCRAPPED}
    if has_ended and not living:
        return Changed(card.id, (), frozenset(), is_urgent=False)
    by_reason = sorted(living, key=lambda row: (ending.reasons[row.profile].value, row.profile))
    for reason, group in groupby(by_reason, key=lambda row: ending.reasons[row.profile]):
        ledger.revoke_signed(list(group), reason, at=at)
    intended = [one.intention for one in ledger.living_certificates([card.id]).values() if one.is_intended]
    ledger.store_abandoned([one.id for one in intended], at=at)
    if not has_ended:
        card.state = Card.State.STOPPED
        card.save(update_fields=["state"])
    said = {row.profile: f"{row.serial_hex} {row.revocation_reason}" for row in living}
    said |= {one.profile: one.serial_hex for one in intended}
    audit.record_many([card_act("card:end", card, by=_named(by), case=ending.case, **said)], at=at)
    ledger.record_changes(living, Kind.REVOKE, at=at)
    ledger.record_changes(intended, Kind.ABANDON, at=at)
    return _changed(card, living, is_urgent=ending.is_urgent)


@transaction.atomic
def pause_card(card_id: UUID, *, case: str, by: Actor, at: dt.datetime) -> Changed:
    """The certificates that live pause (certificateHold); what is on hold already stays so."""
    card = Card.objects.select_for_update().defer("photo_sealed").get(id=card_id)
    rows = [
        row for row in ledger.signed_certificates(card.id) if row.revoked_at is None and row.held_at is None
    ]
    if not rows:
        return Changed(card.id, (), frozenset(), is_urgent=False)
    ledger.hold_signed(rows, held_at=at, at=at)
    _record("card:hold", card, rows, case, by=by, at=at)
    ledger.record_changes(rows, Kind.HOLD, at=at)
    return _changed(card, rows, is_urgent=True)


@transaction.atomic
def resume_card(card_id: UUID, *, case: str, by: Actor, at: dt.datetime) -> Changed:
    """What was on hold is good again, as if it had never been held."""
    card = Card.objects.select_for_update().defer("photo_sealed").get(id=card_id)
    rows = [row for row in ledger.signed_certificates(card.id) if row.held_at is not None]
    if not rows:
        return Changed(card.id, (), frozenset(), is_urgent=False)
    ledger.hold_signed(rows, held_at=None, at=at)
    _record("card:release", card, rows, case, by=by, at=at)
    ledger.record_changes(rows, Kind.RELEASE, at=at)
    return _changed(card, rows, is_urgent=False)


def _record(act: str, card: Card, rows: list[Certificate], case: str, *, by: Actor, at: dt.datetime) -> None:
    serials = {row.profile: row.serial_hex for row in rows}
    audit.record_many([card_act(act, card, by=_named(by), case=case, **serials)], at=at)


def _named(by: Actor) -> Officer | str:
    return str(by.pk) if isinstance(by, Account) else by


def _changed(card: Card, rows: list[Certificate], *, is_urgent: bool) -> Changed:
    serials = tuple(row.serial_hex for row in rows)
    return Changed(card.id, serials, frozenset(row.issuer_id for row in rows), is_urgent=is_urgent)
