"""健's application on paper, typed by 高橋 at 岡山県医師会: where the tests of the paper route begin."""

import datetime as dt
from typing import Any

from hpki_server.enrollment.entries import IdentityClaim
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import IdentityKind
from hpki_server.enrollment.services import applying, paper_route
from hpki_server.enrollment.services.paper_route import PaperForm
from tests import cast
from tests.hpki_server.enrollment import desk

CODE = "F12345678901244"


def sheet(code: str = CODE) -> PaperForm:
    return PaperForm(desk_id=cast.organisation("okayama").id, form_code=code)


def begun(*, at: dt.datetime = desk.NOON, code: str = CODE) -> Application:
    """A sheet whose code was scanned; nothing is typed yet."""
    return paper_route.start_paper_application(
        form=sheet(code), by=cast.officer(cast.TAKAHASHI, at=at), at=at
    )


def typed(*, at: dt.datetime = desk.NOON, code: str = CODE, **changed: object) -> Application:
    """Everything typed and scanned, not yet sent on."""
    return type_in(begun(at=at, code=code), at=at, **changed)


def type_in(application: Application, *, at: dt.datetime = desk.NOON, **changed: object) -> Application:
    number, clerk = application.id, cast.officer(cast.TAKAHASHI, at=at)
    written = {**desk.TYPED, "association": str(cast.organisation("okayama").id)}
    applying.write_entries(
        application_id=number, typed=written, entries=desk.entries(**changed), by=clerk, at=at
    )
    applying.hand_in_photo(application_id=number, content=desk.picture(), by=clerk, at=at)
    applying.hand_in_licence(application_id=number, content=desk.picture((1200, 900)), by=clerk, at=at)
    applying.hand_in_identity(
        application_id=number,
        content=desk.picture((900, 600)),
        identity=IdentityClaim(IdentityKind.DRIVING_LICENCE, desk.LICENCE_UNTIL),
        by=clerk,
        at=at,
    )
    return Application.objects.get(id=number)


def sent(*, at: dt.datetime = desk.NOON, **changed: Any) -> Application:
    application = typed(at=at, **changed)
    return applying.submit_application(
        application_id=application.id, by=cast.officer(cast.TAKAHASHI, at=at), at=at
    )
