"""Appointments at a desk: times are opened, a place is booked, moved, given up, kept or missed."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.models import Application, Appointment, DeskSlot, PickupVisit
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.rules.appointments import OCCASION_OF, BookingFacts, booking_denials
from hpki_server.enrollment.services.record import AT_THE_DESK, locked
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.models import Account
from hpki_server.people.officer import Officer

NO_DUTY = Denial("no_duty", _("この窓口を扱う権限がありません。"))
NOTHING_CHOSEN = Denial("nothing_chosen", _("時間を選んでください。"))
NO_TIMES = Denial("no_times", _("この間に開ける時間がありません。日と時刻をお確かめください。"))
NOTHING_BOOKED = Denial("nothing_booked", _("予約はありません。"))
TOO_EARLY = Denial("too_early", _("予約の時間がまだ来ていません。"))


@dataclass(frozen=True)
class Opening:
    """Times of one day at one desk: every `minutes` from `first_at` until before `until_at`, `places` each."""

    organisation_id: UUID
    first_at: dt.datetime
    until_at: dt.datetime
    minutes: int
    places: int

    def moments(self) -> list[dt.datetime]:
        step = dt.timedelta(minutes=self.minutes)
        count = int((self.until_at - self.first_at) / step)
        return [self.first_at + step * turn for turn in range(count)]


@transaction.atomic
def open_times(openings: Sequence[Opening], *, by: Officer, at: dt.datetime) -> int:
    """How many times are new; a time that is there already gets the new number of places.  Raises `Denied`."""
    if not openings or not any(opening.moments() for opening in openings):
        raise Denied([NO_TIMES])
    place = openings[0].organisation_id
    _may_run(place, by)
    made = 0
    for opening in openings:
        for moment in opening.moments():
            _slot, created = DeskSlot.objects.update_or_create(
                organisation_id=place,
                starts_at=moment,
                defaults={"minutes": opening.minutes, "places": opening.places},
            )
            made += created
    audit.record(
        "desk:open-times",
        by=by,
        subject_kind="organisation",
        subject_id=place,
        at=at,
        organisation=place,
        details={"from": openings[0].first_at.isoformat(), "days": len(openings), "new": made},
    )
    return made


@transaction.atomic
def close_time(*, slot_id: int, by: Officer, at: dt.datetime) -> DeskSlot:
    """Nobody books this time any more; who is booked already stays so and is called.  Raises `Denied`."""
    slot = DeskSlot.objects.select_for_update().get(id=slot_id)
    _may_run(slot.organisation_id, by)
    slot.places = 0
    slot.save(update_fields=["places"])
    audit.record(
        "desk:close-time",
        by=by,
        subject_kind="organisation",
        subject_id=slot.organisation_id,
        at=at,
        organisation=slot.organisation_id,
        details={"time": slot.starts_at.isoformat()},
    )
    return slot


@transaction.atomic
def book(*, application_id: UUID, slot_id: int, by: Account | Officer, at: dt.datetime) -> Appointment:
    """A place in the slot; an earlier booking of the same case moves there.  Raises `Denied`."""
    application = locked(application_id)
    slot = DeskSlot.objects.select_for_update().get(id=slot_id)
    open_before = application.appointments.filter(state=Appointment.State.BOOKED).first()
    taken = slot.appointments.filter(state=Appointment.State.BOOKED)
    facts = BookingFacts(
        state=State(application.state),
        desk=application.association_id,
        slot_desk=slot.organisation_id,
        starts_at=slot.starts_at,
        places=slot.places,
        taken=taken.exclude(application=application).count(),
        may_book=_may_book(application, by),
        at=at,
    )
    if denials := booking_denials(facts):
        raise Denied(denials)
    if open_before is not None:
        _end(open_before, Appointment.State.CANCELLED, at=at)
    made = Appointment.objects.create(
        slot=slot,
        application=application,
        occasion=OCCASION_OF[facts.state],
        booked_at=at,
        booked_by_id=by.pk if isinstance(by, Account) else by.account_id,
    )
    _leave_line("appointment:move" if open_before else "appointment:book", made, by=by, at=at)
    return made


@transaction.atomic
def give_up(*, application_id: UUID, by: Account | Officer, at: dt.datetime) -> Appointment:
    """Raises `Denied`."""
    application = locked(application_id)
    booked = application.appointments.filter(state=Appointment.State.BOOKED).first()
    if booked is None:
        raise Denied([NOTHING_BOOKED])
    if not _may_book(application, by):
        raise Denied([NO_DUTY])
    _end(booked, Appointment.State.CANCELLED, at=at)
    _leave_line("appointment:cancel", booked, by=by, at=at)
    return booked


@transaction.atomic
def record_missed(*, appointment_id: UUID, by: Officer, at: dt.datetime) -> Appointment:
    """The time went by and nobody came; the case stays where it is and may be booked anew.  Raises `Denied`."""
    # The case is locked first, as everywhere.
    locked(Appointment.objects.values_list("application_id", flat=True).get(id=appointment_id))
    missed = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("slot", "application")
        .get(id=appointment_id)
    )
    _may_run(missed.slot.organisation_id, by)
    if missed.state != Appointment.State.BOOKED:
        raise Denied([NOTHING_BOOKED])
    if missed.slot.starts_at > at:
        raise Denied([TOO_EARLY])
    _end(missed, Appointment.State.MISSED, at=at)
    if State(missed.application.state) is State.NOTIFIED:
        PickupVisit.objects.create(
            application=missed.application,
            kind=PickupVisit.Kind.MISSED,
            visited_at=missed.slot.starts_at,
            recorded_at=at,
            recorded_by_id=by.account_id,
            organisation_id=missed.slot.organisation_id,
        )
    _leave_line("appointment:miss", missed, by=by, at=at)
    return missed


def keep_open(application: Application, *, at: dt.datetime) -> None:
    """Within the transaction of whatever the person came for: the appointment, where there was one, was kept."""
    for booked in application.appointments.filter(state=Appointment.State.BOOKED):
        _end(booked, Appointment.State.KEPT, at=at)


def cancel_open(application: Application, *, by: Account | Officer, at: dt.datetime) -> None:
    """Within the transaction that ends the case: nobody comes any more, and the place is free."""
    for booked in application.appointments.filter(state=Appointment.State.BOOKED):
        _end(booked, Appointment.State.CANCELLED, at=at)
        _leave_line("appointment:cancel", booked, by=by, at=at)


def _end(appointment: Appointment, state: Appointment.State, *, at: dt.datetime) -> None:
    appointment.state, appointment.ended_at = state, at
    appointment.save(update_fields=["state", "ended_at"])


def _may_run(organisation_id: UUID, by: Officer) -> None:
    if not any(by.may(duty, organisation_id) for duty in AT_THE_DESK):
        raise Denied([NO_DUTY])


def _may_book(application: Application, by: Account | Officer) -> bool:
    if isinstance(by, Account):
        return application.applicant_id == by.pk
    place = application.association_id
    return place is not None and any(by.may(duty, place) for duty in AT_THE_DESK)


def _leave_line(act: str, appointment: Appointment, *, by: Account | Officer, at: dt.datetime) -> None:
    audit.record(
        act,
        by=by,
        subject_kind="application",
        subject_id=appointment.application_id,
        at=at,
        organisation=appointment.slot.organisation_id,
        details={"time": appointment.slot.starts_at.isoformat(), "occasion": appointment.occasion},
    )
