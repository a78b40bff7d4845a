"""The holder came, or telephoned, and the card stayed at the desk."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from hpki_server.enrollment.models import PickupVisit
from hpki_server.enrollment.rules import Step
from hpki_server.enrollment.rules.desk import not_at_pickup
from hpki_server.enrollment.services.record import leave_line, locked, officer_case
from hpki_server.people.denial import Denied
from hpki_server.people.officer import Officer


@dataclass(frozen=True)
class VisitNote:
    """What the desk noted; `visited_at` may lie before the moment in which it is recorded."""

    kind: PickupVisit.Kind
    visited_at: dt.datetime
    note: str = ""


@transaction.atomic
def record_visit(*, application_id: UUID, visit: VisitNote, by: Officer, at: dt.datetime) -> PickupVisit:
    """One line in the history of a card that waits.  Raises `Denied`."""
    application = locked(application_id)
    case, place = officer_case(application, Step.HAND_OVER, by=by, at=at)
    if denials := not_at_pickup(case):
        raise Denied(denials)
    written = PickupVisit.objects.create(
        application=application,
        kind=visit.kind,
        visited_at=visit.visited_at,
        note=visit.note,
        recorded_at=at,
        recorded_by_id=by.account_id,
        organisation_id=place,
    )
    leave_line(application, Step.VISIT, by=by, at=at, place=place)
    return written
