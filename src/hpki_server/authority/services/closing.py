"""What a power cut left open is brought to an end."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from hpki_server.authority import ledger
from hpki_server.authority.ledger import Intention
from hpki_server.authority.models import Card, Issuer, StatusChange
from hpki_server.authority.services.finishing import abandoned_act, finish
from hpki_server.people import audit

BATCH = 200


@dataclass(frozen=True)
class Closed:
    """How many records were signed, abandoned, or wait because their issuer's key cannot be reached."""

    signed: int = 0
    abandoned: int = 0
    waiting: int = 0


def close_open_records(*, at: dt.datetime) -> Closed:
    """Sign every recorded intention as it was recorded, or abandon it when its card or issuer is no more.

    An intention may have been signed just before the power went; nobody can know.  So its serial stays taken, and
    the same bytes are signed again: with RSA this gives the very certificate that was lost.  An abandoned serial
    counts as revoked, never as unknown.  Safe to run beside issuing: whoever records first is right for both.
    """
    signed = abandoned = 0
    seen: set[UUID] = set()
    while True:
        batch = [one.intention for one in ledger.open_records(limit=BATCH + len(seen))]
        batch = [one for one in batch if one.id not in seen]
        if not batch:
            return Closed(signed=signed, abandoned=abandoned, waiting=len(seen))
        dead, living = _sorted(batch)
        abandoned += _abandon(dead, at=at)
        for group in _by_issuer(living).values():
            finished = finish(group, by="system", at=at)
            signed += len(finished.issued)
            abandoned += len(finished.mismatched)
            seen.update(one.id for one in finished.waiting)


def _sorted(batch: Sequence[Intention]) -> tuple[list[Intention], list[Intention]]:
    """Those whose card or issuer is no more, and the others."""
    ended = Card.objects.filter(
        id__in={one.card for one in batch}, state__in=[Card.State.SCRAPPED, Card.State.STOPPED]
    )
    closed = Issuer.objects.filter(id__in={one.issuer for one in batch}, state=Issuer.State.CLOSED)
    gone = set(ended.values_list("id", flat=True)) | set(closed.values_list("id", flat=True))
    dead = [one for one in batch if one.card in gone or one.issuer in gone]
    return dead, [one for one in batch if one not in dead]


@transaction.atomic
def _abandon(intentions: Sequence[Intention], *, at: dt.datetime) -> int:
    stored = ledger.lock([one.id for one in intentions])
    still_open = [one for one in intentions if stored[one.id].is_intended]
    if still_open:
        ledger.store_abandoned([one.id for one in still_open], at=at)
        acts = [abandoned_act(one.id, one.serial_hex, "card_or_issuer_ended", "system") for one in still_open]
        audit.record_many(acts, at=at)
        ledger.record_changes(still_open, StatusChange.Kind.ABANDON, at=at)
    return len(still_open)


def _by_issuer(intentions: Sequence[Intention]) -> Mapping[UUID, list[Intention]]:
    groups: dict[UUID, list[Intention]] = {}
    for one in intentions:
        groups.setdefault(one.issuer, []).append(one)
    return groups
