"""Six months are over and papers are missing: the emergency card is revoked the day after, by itself."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from hpki_server.authority.services.revoking import Changed
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle.events import LetterKind, LifeEvent
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.rules import CaseState, Step
from hpki_server.lifecycle.services import ending_cards, telling
from hpki_server.lifecycle.services.each import each
from hpki_server.lifecycle.services.record import SYSTEM, decide, locked_case, move


def lapse_overdue(*, at: dt.datetime) -> tuple[UUID, ...]:
    """Every emergency card whose last day has passed with papers missing; the cases that lapsed.

    Raises `SomeFailed` when all the others have lapsed.
    """
    due = LifeCase.objects.filter(
        event=LifeEvent.EMERGENCY.value, state=CaseState.PAPERS.value, due_on__lt=day_of(at)
    )
    # Its holder has done everything; that the centre has not looked yet costs nobody a card.
    due = due.exclude(papers_missing=[])

    def lapse(case_id: UUID) -> UUID:
        case, changed = _lapsed(case_id, at=at)
        ending_cards.with_lists(case, changed, by=SYSTEM, at=at)
        return case_id

    return each(list(due.order_by("due_on").values_list("id", flat=True)), lapse)


@transaction.atomic
def _lapsed(case_id: UUID, *, at: dt.datetime) -> tuple[LifeCase, tuple[Changed, ...]]:
    case = locked_case(case_id)
    decide(case, Step.LAPSE, by=SYSTEM, at=at)
    changed = ending_cards.end(case, by=SYSTEM, at=at)
    telling.tell(case, [LetterKind.REVOKED], at=at)
    move(case, Step.LAPSE, CaseState.LAPSED, by=SYSTEM, at=at)
    return case, changed
