"""Where offices receive people and letters."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from hpki_server.enrollment.models import OfficeAddress
from hpki_server.people import audit
from hpki_server.people.officer import Officer


@dataclass(frozen=True)
class OfficeLines:
    postal_code: str
    address: str
    phone: str = ""
    hours: tuple[str, ...] = ("平日 9時〜17時",)


@transaction.atomic
def write_office_address(
    *, organisation_id: UUID, address: OfficeLines, by: Officer | str, at: dt.datetime
) -> OfficeAddress:
    written, _ = OfficeAddress.objects.update_or_create(
        organisation_id=organisation_id,
        defaults={
            "postal_code": address.postal_code,
            "address": address.address,
            "phone": address.phone,
            "hours": list(address.hours),
        },
    )
    audit.record(
        "office:address",
        by=by,
        subject_kind="organisation",
        subject_id=organisation_id,
        at=at,
        organisation=organisation_id,
    )
    return written
