"""Reads of the signing room."""

import datetime as dt
from uuid import UUID

from hpki_server.signing.models import ValidationRun


def report_with(address: UUID, *, at: dt.datetime) -> ValidationRun | None:
    """A report by its address, as long as it is kept."""
    return ValidationRun.objects.filter(id=address, expires_at__gt=at).first()
