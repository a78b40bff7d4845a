"""What a case does to certificates: end, pause, go on; and the lists that have to follow at once."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hpki_server.authority import services as authority
from hpki_server.authority.models import Card
from hpki_server.authority.services import ending
from hpki_server.authority.services.ending import Ending
from hpki_server.authority.services.revoking import Changed
from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.rules import CaseState
from hpki_server.lifecycle.situations import By
from hpki_server.people.officer import Officer

# These concern the person: whatever else was made for the same application ends with the card.
OF_THE_PERSON: Final = frozenset(
    {
        # A certificate for remote use says the old name too.
        LifeEvent.NAME_CHANGE,
        LifeEvent.STOP,
        LifeEvent.DEATH,
        LifeEvent.DEATH_REGISTERED,
        LifeEvent.LICENCE_REVOKED,
        LifeEvent.LICENCE_SUSPENDED,
        LifeEvent.EMERGENCY,
    }
)


@dataclass(frozen=True)
class Told:
    """A case after its step, what became of the certificates, and whether the lists say so already."""

    case: LifeCase
    changed: tuple[Changed, ...] = ()
    lists_are_out: bool = True

    @property
    def serials(self) -> tuple[str, ...]:
        return tuple(serial for one in self.changed for serial in one.serials)


def end(case: LifeCase, *, by: By, at: dt.datetime) -> tuple[Changed, ...]:
    """Inside the transaction of a step: the certificates of the case's card are revoked, each with its reason."""
    rule = case.rule
    why = Ending(case.event, rule.reasons, is_urgent=rule.is_urgent)
    case.ended_at = case.ended_at or at
    return tuple(ending.end_card(card_id, why, by=by, at=at) for card_id in _reached(case))


def pause(case: LifeCase, *, by: By, at: dt.datetime) -> tuple[Changed, ...]:
    case.held_at = at
    return tuple(ending.pause_card(card_id, case=case.event, by=by, at=at) for card_id in _reached(case))


def resume(case: LifeCase, *, by: By, at: dt.datetime) -> tuple[Changed, ...]:
    """What another case still holds stays on hold: a card that was found is none whose licence is in force again."""
    of_holder = LifeCase.objects.filter(card__reference=case.card.reference, state=CaseState.HELD.value)
    others = of_holder.exclude(id=case.id).select_related("card").defer("card__photo_sealed")
    held = {card_id for other in others for card_id in _reached(other)}
    return tuple(
        ending.resume_card(card_id, case=case.event, by=by, at=at)
        for card_id in _reached(case)
        if card_id not in held
    )


def with_lists(case: LifeCase, changed: Sequence[Changed], *, by: By, at: dt.datetime) -> Told:
    """After the commit: where somebody else may have the card, the new lists go out in the same breath.

    The status services say it already; a list that cannot go out now comes with the next round.
    """
    issuers = sorted({issuer for one in changed if one.is_urgent for issuer in one.issuers})
    if not issuers:
        return Told(case, tuple(changed))
    author = by if isinstance(by, Officer | str) else str(by.pk)
    published = authority.publish_now(issuers, by=author, at=at)
    return Told(case, tuple(changed), lists_are_out=not published.obstacles)


def _reached(case: LifeCase) -> list[UUID]:
    if LifeEvent(case.event) not in OF_THE_PERSON:
        return [case.card_id]
    return list(
        Card.objects.filter(reference=case.card.reference)
        .exclude(state=Card.State.SCRAPPED)
        .order_by("card_id")
        .values_list("id", flat=True)
    )
