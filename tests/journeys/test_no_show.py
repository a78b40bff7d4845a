"""花子 books a time to fetch her card and does not come; the desk notes it, reminds her, and hands it over later."""

import datetime as dt

import pytest

from hpki_server.authority.models import Card
from hpki_server.enrollment import queries
from hpki_server.enrollment.models import Application, Appointment, DeskSlot, PickupReminder, PickupVisit
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.services import appointments, not_fetched, visits
from hpki_server.enrollment.services.appointments import Opening
from hpki_server.enrollment.services.pickup import check_pickup, confirm_pickup
from hpki_server.people.denial import Denied
from tests import cast
from tests.hpki_server.enrollment import desk
from tests.hpki_server.enrollment.appointments import TOMORROW_NINE, booked, opened
from tests.hpki_server.enrollment.desk import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
A_MONTH_ON = TOMORROW_NINE + dt.timedelta(days=33)


def test_a_time_goes_by_a_reminder_is_sent_and_she_fetches_it_in_person() -> None:
    application, slots = desk.notified(), opened()
    clerk = cast.officer(cast.TAKAHASHI)
    missed = booked(application, slots[0])
    appointments.record_missed(appointment_id=missed.id, by=clerk, at=TOMORROW_NINE + dt.timedelta(hours=1))
    assert Application.objects.get().state == State.NOTIFIED
    the_desk_telephones(application)
    not_fetched.make_reminders(at=A_MONTH_ON)
    assert [reminder.after_days for reminder in PickupReminder.objects.all()] == [30]
    again = she_books_again(application)
    she_forgets_the_second_tap_and_nothing_is_handed_over(application)
    at = again.slot.starts_at
    check_pickup(application_id=application.id, shown=desk.SHOWN, by=clerk, at=at)
    confirm_pickup(application_id=application.id, by=clerk, at=at + dt.timedelta(minutes=2))
    again.refresh_from_db()
    missed.refresh_from_db()
    assert (missed.state, again.state) == ("missed", "kept")
    assert Card.objects.get().state == Card.State.ACTIVE
    assert [visit.kind for visit in queries.visits(application)] == ["called", "missed"]


def the_desk_telephones(application: Application) -> None:
    at = TOMORROW_NINE + dt.timedelta(hours=2)
    note = visits.VisitNote(PickupVisit.Kind.CALLED, at, "来月お越しになる")
    visits.record_visit(application_id=application.id, visit=note, by=cast.officer(cast.TAKAHASHI), at=at)


def she_books_again(application: Application) -> Appointment:
    okayama = cast.organisation("okayama").pk
    opening = Opening(okayama, A_MONTH_ON, A_MONTH_ON + dt.timedelta(hours=1), 20, 1)
    appointments.open_times([opening], by=cast.officer(cast.TAKAHASHI), at=NOON)
    slot = DeskSlot.objects.get(starts_at=A_MONTH_ON)
    return booked(application, slot, at=A_MONTH_ON - dt.timedelta(days=1))


def she_forgets_the_second_tap_and_nothing_is_handed_over(application: Application) -> None:
    clerk, at = cast.officer(cast.TAKAHASHI), A_MONTH_ON - dt.timedelta(hours=1)
    check_pickup(application_id=application.id, shown=desk.SHOWN, by=clerk, at=at)
    with pytest.raises(Denied) as denied:
        confirm_pickup(application_id=application.id, by=clerk, at=at + dt.timedelta(minutes=16))
    assert denied.value.codes == ("first_tap_missing",)
    assert Card.objects.get().state != Card.State.ACTIVE
