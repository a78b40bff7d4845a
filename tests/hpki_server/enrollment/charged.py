"""花子 as a non-member: an approved application and its invoice."""

import datetime as dt
from collections.abc import Mapping

from hpki_server.enrollment.models import Application, MemberKind
from hpki_server.enrollment.rules import CaseKind
from hpki_server.enrollment.services import deciding
from hpki_server.fees.models import Biller, Invoice
from tests import cast
from tests.hpki_server.authority import stage as authority
from tests.hpki_server.enrollment import desk
from tests.hpki_server.fees import stage

NOON = desk.NOON


def approved(*, kind: CaseKind = CaseKind.FIRST, handed_in_at: dt.datetime = NOON) -> Application:
    """Approved on the day of the tests, handed in then or earlier."""
    authority.hierarchy()
    application = desk.vetted()
    Application.objects.filter(id=application.id).update(
        member_kind=MemberKind.NON_MEMBER.value, member_id="", kind=kind.value, submitted_at=handed_in_at
    )
    return deciding.approve_application(application_id=application.id, by=cast.officer(cast.SUZUKI), at=NOON)


def own_invoice() -> Mapping[str, object]:
    """What the address of an applicant's invoice needs."""
    if not Biller.objects.exists():
        stage.billing()
    application = approved()
    return {"application_id": application.id, "number": Invoice.objects.get().number}


def own_receipt() -> Mapping[str, object]:
    kwargs = own_invoice()
    stage.paid(Invoice.objects.get())
    return kwargs
