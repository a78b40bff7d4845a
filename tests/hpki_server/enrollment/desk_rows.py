"""The permission table's rows for appointments, returned cases and the desk without network."""

from collections.abc import Mapping

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import ReturnReason
from hpki_server.enrollment.services import deciding
from hpki_server.people.duties import Duty
from tests import cast
from tests.hpki_server.access_rows import Row, applicants, everyone, officers
from tests.hpki_server.enrollment import desk
from tests.hpki_server.enrollment.access_rows import DECIDING, NOT_HERS, OTHER_DESK, case
from tests.hpki_server.enrollment.appointments import booked, opened

RECEPTION = officers(Duty.INTAKE, Duty.PICKUP)


def a_time() -> Mapping[str, object]:
    return {"slot_id": opened()[0].id}


def an_appointment() -> Mapping[str, object]:
    return {"appointment_id": booked(desk.submitted(), opened()[0]).id}


def sent_back() -> Application:
    desk.offices()
    return deciding.return_application(
        application_id=desk.taken_in().id,
        reasons=frozenset({ReturnReason.PHOTO_UNCLEAR}),
        note="",
        by=cast.officer(cast.SATO),
        at=desk.NOON,
    )


ROWS = [
    # appointments
    Row("enrollment:appointment", applicants(), case(desk.submitted), post=409, elsewhere=NOT_HERS),
    Row("enrollment:case-appointment", RECEPTION, case(desk.submitted), post=409, elsewhere=OTHER_DESK),
    Row("enrollment:desk", RECEPTION),
    Row("enrollment:desk-times", RECEPTION, post=422),
    Row("enrollment:close-time", RECEPTION, a_time, get=405, post=302, elsewhere=OTHER_DESK),
    Row("enrollment:missed", RECEPTION, an_appointment, get=405, post=302, elsewhere=OTHER_DESK),
    # without network: page and worker hold nothing about anybody
    Row("enrollment:desk-offline", everyone()),
    Row("enrollment:desk-worker", everyone()),
    Row("enrollment:desk-day-facts", RECEPTION),
    Row("enrollment:desk-send", RECEPTION, get=405, post=400),
    # sent back
    Row("enrollment:returned", DECIDING),
    Row("enrollment:return-letter", DECIDING, case(sent_back), elsewhere=OTHER_DESK),
]
