"""Who has a waiting case on the screen: so that two officers do not read the same papers at once.

It binds nobody and decides nothing, so the audit chain is not asked: what is done to a case stands there anyway.
"""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from hpki_server.enrollment import queries
from hpki_server.enrollment.models import Application, CaseHolder
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer

# A case that lay open for longer is nobody's.
HELD_FOR = dt.timedelta(minutes=30)


@transaction.atomic
def take(*, application_id: UUID, duty: Duty, by: Officer, at: dt.datetime) -> CaseHolder:
    """The officer has it from now on, whoever had it before.  Raises `Application.DoesNotExist` out of reach."""
    application = queries.waiting(by, duty).select_related(None).get(id=application_id)
    held, _created = CaseHolder.objects.update_or_create(
        application=application, defaults={"account_id": by.account_id, "since": at}
    )
    return held


@transaction.atomic
def take_next(*, duty: Duty, by: Officer, at: dt.datetime) -> Application | None:
    """The first waiting case, an emergency or else the oldest, that nobody has and that this officer may decide; None when there is none."""
    free = Q(holder__isnull=True) | Q(holder__since__lt=at - HELD_FOR) | Q(holder__account=by.account_id)
    cases = queries.waiting(by, duty).filter(free).exclude(applicant=by.account_id)
    cases = cases.exclude(entered_by=by.account_id).exclude(typists__account=by.account_id)
    if duty is Duty.APPROVAL:
        cases = cases.exclude(vetted_by=by.account_id)
    found = cases.first()
    if found is not None:
        CaseHolder.objects.update_or_create(
            application=found, defaults={"account_id": by.account_id, "since": at}
        )
    return found
