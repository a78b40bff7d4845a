"""The facts of a 不備返送 for its letter and its mail; nothing is decided and nothing is written here."""

import datetime as dt

from django.utils import translation

from hpki_server.enrollment import queries
from hpki_server.enrollment.documents.return_letter import ReturnLetterFacts
from hpki_server.enrollment.models import PART_WORDS, REASON_WORDS, Application
from hpki_server.enrollment.printing import centre, home_of, office_of, postal
from hpki_server.enrollment.rules import Part, ReturnReason, originals_anew, parts_of
from hpki_server.enrollment.services.record import day_of


def notice_of(application: Application, *, at: dt.datetime) -> ReturnLetterFacts:
    """Of the last return.  Raises `Denied`: `office_address_missing`."""
    change = queries.last_return(application)
    if change is None:
        raise ValueError(f"application {application.id} was never sent back")
    reasons = [ReturnReason(code) for code in change.reasons]
    opened = parts_of(reasons)
    sender = change.organisation or centre()
    # The letter is Japanese whoever prints it.
    with translation.override("ja"):
        return ReturnLetterFacts(
            number=application.number or "",
            holder=application.name,
            to=home_of(application),
            sender=sender.name,
            sender_address=postal(office_of(sender)),
            reasons=tuple(str(REASON_WORDS[reason]) for reason in reasons),
            parts=tuple(str(PART_WORDS[part]) for part in Part if part in opened),
            # In the order of the checklist; the 住民票 that changed entries are held against is asked for too.
            originals=tuple(str(PART_WORDS[part]) for part in Part if part in originals_anew(reasons)),
            note=change.note,
            place=application.association.name if application.association else "",
            by_web=application.applicant_id is not None,
            returned_on=day_of(change.at),
            at=at,
        )
