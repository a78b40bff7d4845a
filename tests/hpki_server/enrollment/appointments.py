"""A desk that has opened its times, and who books them."""

import datetime as dt
from zoneinfo import ZoneInfo

from hpki_server.enrollment.models import Application, Appointment, DeskSlot
from hpki_server.enrollment.services import appointments
from hpki_server.enrollment.services.appointments import Opening
from tests import cast
from tests.hpki_server.enrollment.desk import NOON

TOKYO = ZoneInfo("Asia/Tokyo")
TOMORROW_NINE = dt.datetime(2026, 11, 5, 9, 0, tzinfo=TOKYO)


def opened(where: str = "okayama", *, places: int = 1, hours: int = 1) -> list[DeskSlot]:
    """Tomorrow from nine o'clock, every twenty minutes."""
    clerk = cast.officer(cast.TAKAHASHI if where == "okayama" else cast.OSAKA_CLERK)
    until = TOMORROW_NINE + dt.timedelta(hours=hours)
    opening = Opening(cast.organisation(where).pk, TOMORROW_NINE, until, 20, places)
    appointments.open_times([opening], by=clerk, at=NOON)
    return list(DeskSlot.objects.filter(organisation=opening.organisation_id).order_by("starts_at"))


def booked(application: Application, slot: DeskSlot, *, at: dt.datetime = NOON) -> Appointment:
    hanako = cast.account(cast.HANAKO)
    return appointments.book(application_id=application.id, slot_id=slot.id, by=hanako, at=at)
