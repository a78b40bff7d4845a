"""Appointments: a time is booked once, moved, given up, kept by coming, and missed by not coming."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from hpki_server.enrollment import appointment_book
from hpki_server.enrollment.appointment_forms import OpenTimesForm
from hpki_server.enrollment.entry_fields import AssociationField
from hpki_server.enrollment.models import Appointment, DeskSlot, PickupVisit
from hpki_server.enrollment.services import applying, appointments, deciding
from hpki_server.enrollment.services.appointments import Opening
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine, Organisation
from tests import cast
from tests.hpki_server.enrollment import desk
from tests.hpki_server.enrollment.appointments import TOKYO, TOMORROW_NINE, booked, opened
from tests.hpki_server.enrollment.desk import NOON

pytestmark = pytest.mark.django_db


def test_a_desk_opens_its_times_once_and_the_second_time_changes_the_places() -> None:
    slots = opened()
    assert [slot.starts_at.astimezone(TOKYO).strftime("%H:%M") for slot in slots] == [
        "09:00",
        "09:20",
        "09:40",
    ]
    assert [slot.places for slot in opened(places=3)] == [3, 3, 3]
    assert AuditLine.objects.filter(act="desk:open-times").count() == 2


def test_times_are_opened_on_working_days_only() -> None:
    cast.organisation("okayama")
    typed = {
        "desk": str(cast.organisation("okayama").pk),
        # Saturday, Sunday, 勤労感謝の日, and the Tuesday after it.
        "first_on": "2026-11-21",
        "last_on": "令和8年11月24日",
        "first_at": "9:00",
        "until_at": "10:00",
        "minutes": "30",
        "places": "1",
    }
    form = OpenTimesForm(typed, viewer=cast.officer(cast.TAKAHASHI))
    assert form.is_valid(), form.errors
    assert [one.first_at.date() for one in form.openings()] == [dt.date(2026, 11, 24)]


def test_nobody_opens_times_of_another_desk() -> None:
    opening = Opening(
        cast.organisation("osaka").pk, TOMORROW_NINE, TOMORROW_NINE + dt.timedelta(hours=1), 20, 1
    )
    with pytest.raises(Denied) as denied:
        appointments.open_times([opening], by=cast.officer(cast.TAKAHASHI), at=NOON)
    assert denied.value.codes == ("no_duty",)


def test_hanako_books_moves_and_gives_up() -> None:
    application, slots = desk.submitted(), opened()
    first = booked(application, slots[0])
    assert first.occasion == "intake"
    second = booked(application, slots[2])
    first.refresh_from_db()
    assert (first.state, second.state) == ("cancelled", "booked")
    appointments.give_up(application_id=application.id, by=cast.account(cast.HANAKO), at=NOON)
    assert not Appointment.objects.filter(state="booked").exists()
    acts = AuditLine.objects.filter(act__startswith="appointment:").order_by("sequence")
    assert [line.act for line in acts] == ["appointment:book", "appointment:move", "appointment:cancel"]


def test_whoever_withdraws_gives_the_place_to_somebody_else() -> None:
    application, slot = desk.submitted(), opened(places=1)[0]
    made = booked(application, slot)
    applying.withdraw_application(application_id=application.id, by=cast.account(cast.HANAKO), at=NOON)
    made.refresh_from_db()
    assert (made.state, made.ended_at) == ("cancelled", NOON)
    assert AuditLine.objects.filter(act="appointment:cancel").count() == 1
    other = desk.submitted(cast.KEN)
    taken = appointments.book(application_id=other.id, slot_id=slot.id, by=cast.account(cast.KEN), at=NOON)
    assert taken.state == "booked"


def test_a_full_time_takes_nobody_else() -> None:
    slots = opened()
    booked(desk.submitted(), slots[0])
    other = desk.submitted(cast.KEN)
    with pytest.raises(Denied) as denied:
        appointments.book(application_id=other.id, slot_id=slots[0].id, by=cast.account(cast.KEN), at=NOON)
    assert denied.value.codes == ("slot_full",)
    assert slots[0] not in appointment_book.free_times(other, at=NOON)[0].slots


def test_a_time_of_another_desk_or_of_the_past_is_not_booked() -> None:
    application = desk.submitted()
    with pytest.raises(Denied) as denied:
        booked(application, opened("osaka")[0])
    assert denied.value.codes == ("another_desk",)
    with pytest.raises(Denied) as denied:
        booked(application, opened()[0], at=TOMORROW_NINE)
    assert denied.value.codes == ("slot_past",)


def test_nobody_books_for_hanako_but_her_desk() -> None:
    application, slot = desk.submitted(), opened()[0]
    for stranger in (cast.account(cast.MALLORY), cast.officer(cast.OSAKA_CLERK)):
        with pytest.raises(Denied) as denied:
            appointments.book(application_id=application.id, slot_id=slot.id, by=stranger, at=NOON)
        assert denied.value.codes == ("no_duty",)
    by_telephone = appointments.book(
        application_id=application.id, slot_id=slot.id, by=cast.officer(cast.TAKAHASHI), at=NOON
    )
    assert by_telephone.state == "booked"


def test_there_is_nothing_to_come_for_while_the_centre_has_it() -> None:
    application, slot = desk.taken_in(), opened()[0]
    with pytest.raises(Denied) as denied:
        booked(application, slot)
    assert denied.value.codes == ("nothing_to_come_for",)


def test_whoever_came_has_kept_the_appointment() -> None:
    application = desk.submitted()
    made = booked(application, opened()[0])
    deciding.take_in(
        application_id=application.id,
        originals=desk.ORIGINALS,
        by=cast.officer(cast.TAKAHASHI),
        at=TOMORROW_NINE,
    )
    made.refresh_from_db()
    assert (made.state, made.ended_at) == ("kept", TOMORROW_NINE)


def test_a_missed_pickup_stands_in_the_cards_history_and_may_be_booked_anew() -> None:
    application, slots = desk.notified(), opened()
    made, clerk = booked(application, slots[0]), cast.officer(cast.TAKAHASHI)
    with pytest.raises(Denied) as denied:
        appointments.record_missed(appointment_id=made.id, by=clerk, at=NOON)
    assert denied.value.codes == ("too_early",)
    appointments.record_missed(appointment_id=made.id, by=clerk, at=TOMORROW_NINE)
    visit = PickupVisit.objects.get()
    assert (visit.kind, visit.visited_at) == ("missed", slots[0].starts_at)
    assert booked(application, slots[1], at=TOMORROW_NINE).occasion == "pickup"


def test_the_table_itself_keeps_one_open_appointment_a_case() -> None:
    application, slots = desk.submitted(), opened()
    booked(application, slots[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.create(
            slot=slots[1],
            application=application,
            occasion="intake",
            booked_at=NOON,
            booked_by=cast.account(cast.HANAKO),
        )


def test_the_pages_of_applicant_and_desk_show_the_same_time() -> None:
    application, slots = desk.submitted(), opened()
    hanako = cast.signed_in(cast.HANAKO)
    url = reverse("enrollment:appointment", args=[application.id])
    # The pages read the real clock: the times lie before it or after it.
    DeskSlot.objects.filter(id=slots[0].id).update(starts_at=dt.datetime(2099, 3, 2, 9, 0, tzinfo=TOKYO))
    assert hanako.post(url, {}).status_code == 409
    assert hanako.post(url, {"slot": str(slots[0].id)}).status_code == 302
    clerk = cast.signed_in(cast.TAKAHASHI)
    page = clerk.get(reverse("enrollment:take-in", args=[application.id])).content.decode()
    assert "2099" in page or "令和81年" in page
    made = Appointment.objects.get()
    assert clerk.post(reverse("enrollment:missed", args=[made.id])).status_code == 302
    made.refresh_from_db()
    assert made.state == "booked"


def test_the_progress_page_leads_to_the_booking() -> None:
    application = desk.submitted()
    page = cast.signed_in(cast.HANAKO).get(reverse("enrollment:progress", args=[application.id]))
    assert reverse("enrollment:appointment", args=[application.id]) in page.content.decode()


def test_an_applicant_may_choose_a_district_and_nobody_chooses_overseas() -> None:
    okayama = cast.organisation("okayama")
    under = Organisation.objects.create(
        kind=Organisation.Kind.DISTRICT, code="33-01", name="岡山市医師会", parent=okayama
    )
    overseas = Organisation.objects.create(kind=Organisation.Kind.ASSOCIATION, code="48", name="海外")
    field = AssociationField()
    assert field.clean(str(under.pk)) == under
    assert overseas not in (field.queryset or ())
    assert desk.submitted(association_id=under.pk).number == "33-2026-000001"
