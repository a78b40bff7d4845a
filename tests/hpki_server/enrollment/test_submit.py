"""A draft becomes an application with a number."""

import datetime as dt

import pytest

from hpki_server.enrollment.models import Application, StateChange
from hpki_server.enrollment.services import applying
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.enrollment.desk import NOON, draft, submitted

pytestmark = pytest.mark.django_db


def test_a_complete_draft_gets_prefecture_year_and_sequence() -> None:
    assert submitted().number == "33-2026-000001"
    assert submitted(cast.KEN).number == "33-2026-000002"
    osaka = submitted(cast.MALLORY, association_id=cast.organisation("osaka").id)
    assert osaka.number == "27-2026-000001"


def test_a_new_year_begins_in_japan() -> None:
    new_year = dt.datetime(2026, 12, 31, 15, 0, tzinfo=dt.UTC)
    assert submitted(at=new_year).number == "33-2027-000001"


def test_one_step_one_history_row_one_audit_line() -> None:
    application = submitted()
    change = StateChange.objects.get(step="submit")
    assert (change.from_state, change.to_state) == ("draft", "submitted")
    assert change.by == cast.account(cast.HANAKO)
    line = AuditLine.objects.get(act="application:submit")
    assert line.subject_id == str(application.id)
    assert line.facts() == {"number": "33-2026-000001", "state": "submitted"}


def test_an_incomplete_draft_is_refused_and_nothing_is_written() -> None:
    hanako = cast.account(cast.HANAKO)
    begun = applying.start_application(by=hanako, at=NOON)
    lines = AuditLine.objects.count()
    with pytest.raises(Denied) as denied:
        applying.submit_application(application_id=begun.id, by=hanako, at=NOON)
    assert denied.value.codes == (
        "entries_incomplete",
        "photo_missing",
        "licence_missing",
        "identity_missing",
    )
    assert AuditLine.objects.count() == lines
    assert Application.objects.get().number is None


def test_a_second_press_of_send_is_told_that_it_is_sent() -> None:
    application = submitted()
    with pytest.raises(Denied) as denied:
        applying.submit_application(application_id=application.id, by=cast.account(cast.HANAKO), at=NOON)
    assert denied.value.codes == ("wrong_state",)


def test_mallory_does_not_send_for_hanako() -> None:
    application = draft()
    with pytest.raises(Denied) as denied:
        applying.submit_application(application_id=application.id, by=cast.account(cast.MALLORY), at=NOON)
    assert denied.value.codes == ("not_the_applicant",)
