"""An officer opens a paper or portrait of an applicant: who, whose, which – one audit line before it leaves its seal.

The line is of the opening, not of the page around it: a page may show six papers, and a paper may be asked for without
its page.  Whoever reloads, turns back or saves what is on the screen is still at the same reading and adds no line.
"""

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction

from hpki_server.enrollment import queries
from hpki_server.enrollment.models import Application, ApplicationPaper
from hpki_server.enrollment.queries import OpenedPaper
from hpki_server.enrollment.rules import Part
from hpki_server.enrollment.services.holding import HELD_FOR
from hpki_server.enrollment.services.record import locked, place_of
from hpki_server.people import audit
from hpki_server.people.duties import Duty
from hpki_server.people.models import AuditLine
from hpki_server.people.officer import Officer

OPEN: Final = "application:open-paper"
TAKE_DAY: Final = "desk:take-day"
# Made by us from entries and portrait.
FORM, FACE = "form", "face"
# As long as a case may lie open on a screen.
ONE_READING: Final = HELD_FOR


def open_paper(application_id: UUID, part: Part, *, by: Officer, at: dt.datetime) -> OpenedPaper:
    """For the officer whose work needs it now; raises `ApplicationPaper.DoesNotExist` for everybody else."""
    found, duty = queries.paper(by, application_id, part)
    return open_found(found, place=place_of(found.application, by, duty), by=by, at=at)


def open_found(found: ApplicationPaper, *, place: UUID | None, by: Officer, at: dt.datetime) -> OpenedPaper:
    """Out of its seal, once its line stands; the caller has decided that this officer may."""
    _record(found.application, found.kind, sha256=found.sha256, place=place, by=by, at=at)
    return queries.opened(found)


def record_opening(application: Application, what: str, *, duty: Duty, by: Officer, at: dt.datetime) -> None:
    """A file that was made of entries and portrait goes to the officer."""
    _record(application, what, sha256="", place=place_of(application, by, duty), by=by, at=at)


@transaction.atomic
def record_day(cases: int, *, by: Officer, at: dt.datetime) -> None:
    """Names and birth dates of so many people go to a desk's device, to be there when the network is not.

    The page asks again every few seconds, which is the same taking.
    """
    taken = AuditLine.objects.filter(
        subject_kind="account", subject_id=str(by.account_id), act=TAKE_DAY, at__gt=at - ONE_READING
    )
    if cases and not taken.exists():
        audit.record(
            TAKE_DAY,
            by=by,
            subject_kind="account",
            subject_id=by.account_id,
            at=at,
            details={"cases": cases},
        )


def _record(
    application: Application, what: str, *, sha256: str, place: UUID | None, by: Officer, at: dt.datetime
) -> None:
    details: dict[str, audit.Detail] = {"part": what, "state": application.state}
    if application.number:
        details["number"] = application.number
    if sha256:
        # Which version it was: what the applicant has replaced since is another paper.
        details["sha256"] = sha256
    # Most reloads end here, without waiting for anybody's lock.
    if _is_open(application.id, details, by=by, at=at):
        return
    with transaction.atomic():
        # A browser may ask for the same picture twice at once.
        locked(application.id)
        if _is_open(application.id, details, by=by, at=at):
            return
        audit.record(
            OPEN,
            by=by,
            subject_kind="application",
            subject_id=application.id,
            at=at,
            organisation=place,
            details=details,
        )


def _is_open(application_id: UUID, details: dict[str, audit.Detail], *, by: Officer, at: dt.datetime) -> bool:
    """Did this officer open the very same thing, in the same step of the case, a short while ago?"""
    return AuditLine.objects.filter(
        subject_kind="application",
        subject_id=str(application_id),
        act=OPEN,
        by=str(by.account_id),
        details=audit.canonical_details(details),
        at__gt=at - ONE_READING,
    ).exists()
