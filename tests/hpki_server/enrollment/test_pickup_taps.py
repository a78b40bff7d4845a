"""Pickup: the person, the postcard, the document, and two taps by the same officer."""

import dataclasses
import datetime as dt

import pytest
from django.urls import reverse

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application, IdentitySeen, PickupCheck
from hpki_server.enrollment.rules import ShownNumber
from hpki_server.enrollment.services import deciding
from hpki_server.enrollment.services.pickup import check_pickup, confirm_pickup
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import AuditLine, DutyGrant
from tests import cast
from tests.hpki_server.enrollment import desk
from tests.hpki_server.enrollment.desk import NOON, SHOWN

pytestmark = pytest.mark.django_db(transaction=True)


def first_tap(application: Application) -> PickupCheck:
    return check_pickup(application_id=application.id, shown=SHOWN, by=cast.officer(cast.TAKAHASHI), at=NOON)


def denied_codes(application: Application, role: cast.Role, at: dt.datetime) -> tuple[str, ...]:
    with pytest.raises(Denied) as denied:
        confirm_pickup(application_id=application.id, by=cast.officer(role), at=at)
    return denied.value.codes


def test_the_first_tap_hands_nothing_over() -> None:
    application = desk.notified()
    first_tap(application)
    assert Card.objects.get().state != Card.State.ACTIVE
    line = AuditLine.objects.get(act="application:check-pickup")
    assert line.facts()["identity"] == "driving-licence"
    done = confirm_pickup(application_id=application.id, by=cast.officer(cast.TAKAHASHI), at=NOON)
    assert done.state == "active"
    assert not PickupCheck.objects.exists()
    assert IdentitySeen.objects.filter(occasion="pickup").count() == 1


def test_the_second_tap_is_soon_and_by_whoever_saw_the_person() -> None:
    application = desk.notified()
    assert denied_codes(application, cast.TAKAHASHI, NOON) == ("first_tap_missing",)
    first_tap(application)
    assert denied_codes(application, cast.TAKAHASHI, NOON + dt.timedelta(minutes=16)) == (
        "first_tap_missing",
    )
    okayama = cast.organisation("okayama")
    DutyGrant.objects.create(
        account=cast.account(cast.IDLE),
        organisation=okayama,
        duty=Duty.PICKUP.value,
        from_at=cast.EMPLOYED_AT,
    )
    assert denied_codes(application, cast.IDLE, NOON) == ("first_tap_missing",)


def test_another_licence_than_at_intake_is_looked_at_twice() -> None:
    application, clerk = desk.notified(), cast.officer(cast.TAKAHASHI)
    other = dataclasses.replace(SHOWN, number=ShownNumber("b2" * 32))
    with pytest.raises(Denied) as denied:
        check_pickup(application_id=application.id, shown=other, by=clerk, at=NOON)
    assert denied.value.codes == ("identity_number_differs",)
    reread = dataclasses.replace(other, number=ShownNumber("b2" * 32, reread=True))
    check_pickup(application_id=application.id, shown=reread, by=clerk, at=NOON)


def test_a_licence_that_somebody_else_showed_is_read_again_and_the_examiner_is_told() -> None:
    first = desk.taken_in()
    second = desk.submitted(cast.KEN, registration_number="470124")
    clerk = cast.officer(cast.TAKAHASHI)
    with pytest.raises(Denied) as denied:
        deciding.take_in(application_id=second.id, originals=desk.ORIGINALS, by=clerk, at=NOON)
    assert denied.value.codes == ("identity_number_elsewhere",)
    number = dataclasses.replace(desk.NUMBER, reread=True)
    originals = dataclasses.replace(desk.ORIGINALS, number=number)
    deciding.take_in(application_id=second.id, originals=originals, by=clerk, at=NOON)
    page = cast.signed_in(cast.SATO).get(reverse("enrollment:vet", args=[second.id])).content.decode()
    assert "ほかの申請と同じです" in page
    assert str(first.number) in page


def test_the_same_person_may_show_the_same_licence_in_every_case() -> None:
    desk.taken_in()
    again = desk.submitted(cast.KEN)
    clerk = cast.officer(cast.TAKAHASHI)
    done = deciding.take_in(application_id=again.id, originals=desk.ORIGINALS, by=clerk, at=NOON)
    assert done.state == "taken_in"


def test_the_postcard_of_somebody_else_is_not_this_ones() -> None:
    application, clerk = desk.notified(), cast.signed_in(cast.TAKAHASHI)
    url = reverse("enrollment:hand-over", args=[application.id])
    typed = {
        "in_person": "on",
        "postcard": "on",
        "postcard_number": "33-2026-000777",
        "identity_kind": "driving-licence",
        "identity_number": desk.LICENCE_NUMBER,
        "identity_expires_on": "2029-07-02",
    }
    answer = clerk.post(url, typed)
    assert answer.status_code == 422
    assert "別の申請（33-2026-000777）" in answer.content.decode()
    listed = clerk.get(reverse("enrollment:pickup"), {"q": application.number or ""})
    assert listed.headers["Location"] == f"{url}?scanned={application.number}"
