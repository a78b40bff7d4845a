"""From the holder's page straight into the application for the new card: one press, one transaction."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from hpki_server.enrollment.models import Application
from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.services import reporting, settling
from hpki_server.people.models import Account


@transaction.atomic
def begin_replacement(*, card_id: UUID, event: LifeEvent, by: Account, at: dt.datetime) -> Application:
    """Renewal, damage, another name, another membership, a forgotten PIN: the old card works until the new one is there.

    Raises `Denied` as `reporting.report` and `settling.apply_for_new_card` do; then nothing was begun.
    """
    told = reporting.report(card_id=card_id, event=event, by=by, at=at)
    return settling.apply_for_new_card(case_id=told.case.id, by=by, at=at)
