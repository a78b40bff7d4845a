"""What the desk saw with its own eyes: a row, and no copy."""

import datetime as dt
from uuid import UUID

from hpki_server.enrollment.models import Application, OriginalSeen
from hpki_server.enrollment.rules import Part
from hpki_server.people.officer import Officer


def note_original(
    application: Application,
    part: Part,
    *,
    by: Officer,
    place: UUID,
    at: dt.datetime,
    issued_on: dt.date | None = None,
) -> None:
    """Inside the transaction and beside the audit line of the step in which it was seen."""
    OriginalSeen.objects.update_or_create(
        application=application,
        part=part.value,
        defaults={
            "seen_at": at,
            "seen_by_id": by.account_id,
            "organisation_id": place,
            "issued_on": issued_on,
        },
    )
