"""A desk's book of appointments: the day's page, and the times that are still free."""

import datetime as dt
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet

from hpki_server.enrollment.models import Application, Appointment, DeskSlot
from hpki_server.enrollment.services.record import AT_THE_DESK
from hpki_server.people.models import Organisation
from hpki_server.people.officer import Officer
from hpki_server.people.queries import desks_in_reach

# How far ahead one books.
WEEKS_AHEAD = 6
OFFERED_MOST = 200
BOOKED = Appointment.State.BOOKED
_TAKEN = Count("appointments", filter=Q(appointments__state=BOOKED))


@dataclass(frozen=True)
class DayOfSlots:
    day: dt.date
    slots: list[DeskSlot]


@dataclass(frozen=True)
class SlotLine:
    """One time of the day's page, with whoever comes."""

    slot: DeskSlot
    appointments: list[Appointment]

    @property
    def free(self) -> int:
        taken = sum(1 for one in self.appointments if one.state == BOOKED)
        return max(self.slot.places - taken, 0)


def day_bounds(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """Midnight to midnight in Japan."""
    begin = dt.datetime.combine(day, dt.time(), ZoneInfo(settings.TIME_ZONE))
    return begin, begin + dt.timedelta(days=1)


def own_desks(viewer: Officer) -> list[Organisation]:
    return list(desks_in_reach(viewer, *AT_THE_DESK))


def day_page(viewer: Officer, day: dt.date, desk: Organisation | None) -> list[SlotLine]:
    """Every time of the day at the viewer's desks, or at one of them, in order."""
    begin, end = day_bounds(day)
    desks = [desk] if desk else own_desks(viewer)
    slots = (
        DeskSlot.objects.filter(organisation__in=desks, starts_at__gte=begin, starts_at__lt=end)
        .select_related("organisation")
        .order_by("starts_at", "organisation__code")
    )
    shown = (BOOKED, Appointment.State.KEPT, Appointment.State.MISSED)
    comers = (
        Appointment.objects.filter(slot__in=slots, state__in=shown)
        .select_related("application")
        .order_by("application__family_kana", "application__given_kana")
    )
    by_slot: dict[int, list[Appointment]] = {}
    for one in comers:
        by_slot.setdefault(one.slot_id, []).append(one)
    return [SlotLine(slot, by_slot.get(slot.id, [])) for slot in slots]


def free_times(application: Application, *, at: dt.datetime) -> list[DayOfSlots]:
    """The times at the desk of the case in which somebody may still come, by day."""
    free = (
        DeskSlot.objects.filter(
            organisation=application.association_id,
            starts_at__gt=at,
            starts_at__lt=at + dt.timedelta(weeks=WEEKS_AHEAD),
        )
        .annotate(taken=_TAKEN)
        .filter(taken__lt=F("places"))
        .order_by("starts_at")[:OFFERED_MOST]
    )
    zone = ZoneInfo(settings.TIME_ZONE)
    days = groupby(free, key=lambda slot: slot.starts_at.astimezone(zone).date())
    return [DayOfSlots(day, list(slots)) for day, slots in days]


def expected(viewer: Officer, day: dt.date) -> QuerySet[Appointment]:
    """Who is booked on the day at the viewer's desks."""
    begin, end = day_bounds(day)
    return Appointment.objects.filter(
        slot__organisation__in=own_desks(viewer),
        slot__starts_at__gte=begin,
        slot__starts_at__lt=end,
        state=BOOKED,
    )


def appointment_in_reach(viewer: Officer, appointment_id: UUID) -> Appointment:
    """Raises `Appointment.DoesNotExist`."""
    return Appointment.objects.select_related("slot", "application").get(
        id=appointment_id, slot__organisation__in=own_desks(viewer)
    )


def slot_in_reach(viewer: Officer, slot_id: int) -> DeskSlot:
    """Raises `DeskSlot.DoesNotExist`."""
    return DeskSlot.objects.get(id=slot_id, organisation__in=own_desks(viewer))
