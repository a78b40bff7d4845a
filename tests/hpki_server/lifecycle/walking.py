"""An application of any kind from its draft into the holder's hands, at a moment that the journey names."""

import dataclasses
import datetime as dt

from hpki_server.authority.models import Card
from hpki_server.enrollment import queries
from hpki_server.enrollment.forms import IdentityClaim
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import CaseKind, How, IdentityKind, Need, Part
from hpki_server.enrollment.services import applying, deciding, filling_in, issuing, pickup
from hpki_server.fees.models import Biller
from tests import cast
from tests.hpki_server.enrollment import desk
from tests.hpki_server.fees import stage as fees

LICENCE = IdentityKind.DRIVING_LICENCE


def in_term(at: dt.datetime) -> dt.date:
    return at.date() + dt.timedelta(days=700)


def handed_in(application: Application, *, at: dt.datetime, **changed: object) -> Application:
    """Entries and every copy that the case asks for now; sent."""
    by = cast.account(cast.HANAKO)
    entries = desk.entries(**changed)
    filling_in.write_entries(application_id=application.id, typed=desk.TYPED, entries=entries, by=by, at=at)
    items = queries.checklist_of(Application.objects.get(id=application.id), at.date())
    for item in items:
        if item.need is Need.NOW and item.how is How.UPLOAD:
            hand_in(application, item.part, at=at)
    return applying.submit_application(application_id=application.id, by=by, at=at)


def hand_in(application: Application, part: Part, *, at: dt.datetime) -> None:
    by = cast.account(cast.HANAKO)
    if part is Part.PHOTO:
        filling_in.hand_in_photo(application_id=application.id, content=desk.picture(), by=by, at=at)
    elif part is Part.IDENTITY:
        filling_in.hand_in_identity(
            application_id=application.id,
            content=desk.picture((900, 600)),
            identity=IdentityClaim(LICENCE, in_term(at)),
            by=by,
            at=at,
        )
    else:
        filling_in.hand_in_copy(
            application_id=application.id, part=part, content=desk.picture((1200, 900)), by=by, at=at
        )


def approved(application: Application, *, at: dt.datetime) -> Application:
    """Taken in, vetted and approved by two officers, the register agreeing."""
    if not Biller.objects.exists():
        fees.billing()
    originals = dataclasses.replace(desk.ORIGINALS, identity_expires_on=in_term(at))
    if application.kind == CaseKind.EMERGENCY:
        originals = dataclasses.replace(originals, residence_record=False)
    clerk, sato, suzuki = (cast.officer(role, at=at) for role in (cast.TAKAHASHI, cast.SATO, cast.SUZUKI))
    deciding.take_in(application_id=application.id, originals=originals, by=clerk, at=at)
    deciding.record_vetting(application_id=application.id, papers=desk.ALL_FIT, by=sato, at=at)
    return deciding.approve_application(application_id=application.id, by=suzuki, at=at)


def paid(application: Application, *, at: dt.datetime) -> Application:
    """Whatever this case costs."""
    if not application.facts().fee_settled:
        fees.pay(application, at=at)
    return Application.objects.get(id=application.id)


def issued(application: Application, *, at: dt.datetime) -> Application:
    tanaka = cast.officer(cast.TANAKA, at=at)
    issuing.order_card(application_id=application.id, by=tanaka, at=at)
    return issuing.issue_card(application_id=application.id, by=tanaka, at=at)


def fetched(application: Application, *, at: dt.datetime) -> Card:
    """Letters two days apart, then the desk; an emergency card goes at once and without a postcard."""
    apart = dt.timedelta(0) if application.kind == CaseKind.EMERGENCY else desk.LETTERS_APART
    earlier, tanaka = at - apart, cast.officer(cast.TANAKA, at=at)
    issuing.print_pin_letter(application_id=application.id, by=tanaka, at=earlier)
    if application.kind != CaseKind.EMERGENCY:
        issuing.print_postcard(application_id=application.id, by=tanaka, at=at)
        desk.post_both(application, earlier, at)
    issuing.record_notified(application_id=application.id, by=tanaka, at=at)
    shown = dataclasses.replace(
        desk.SHOWN, identity_expires_on=in_term(at), postcard=application.kind != CaseKind.EMERGENCY
    )
    clerk = cast.officer(cast.TAKAHASHI, at=at)
    pickup.hand_over_card(application_id=application.id, shown=shown, by=clerk, at=at)
    return Card.objects.get(application=application)


def through(application: Application, *, at: dt.datetime, **changed: object) -> Card:
    """All of it; the card is in 花子's hands two days after `at`."""
    agreed = approved(handed_in(application, at=at, **changed), at=at)
    made = issued(paid(agreed, at=at), at=at)
    return fetched(made, at=at + desk.LETTERS_APART)
