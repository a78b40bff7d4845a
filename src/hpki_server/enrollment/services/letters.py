"""Letters printed many at once: one run is of one kind, so postcard and PIN letter never lie in one tray."""

import datetime as dt
import io
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from pypdf import PdfReader, PdfWriter

from hpki_server.enrollment import printing
from hpki_server.enrollment.ages import midnight_of
from hpki_server.enrollment.models import Application, LetterInRun, LetterPosting, LetterRun, PickupReminder
from hpki_server.enrollment.rules import (
    CaseKind,
    Letter,
    State,
    Step,
    denials,
    letter_may_be_printed_on,
    letter_terms,
)
from hpki_server.enrollment.services import issuing
from hpki_server.enrollment.services.issuing import MadeLetter
from hpki_server.enrollment.services.record import (
    day_of,
    decide,
    leave_line,
    lock_in_order,
    locked,
    officer_case,
)
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.officer import Officer

Kind = LetterRun.Kind
# A run is one transaction: on SQLite everyone else waits for its type to be set.
MOST = 50
STEP_OF = {
    Kind.POSTCARD: Step.PRINT_POSTCARD,
    Kind.PIN_LETTER: Step.PRINT_PIN_LETTER,
    Kind.REMINDER: Step.PRINT_REMINDER,
}
OTHER_PRINTED = {Kind.POSTCARD: "pin_letter_printed_at", Kind.PIN_LETTER: "postcard_printed_at"}
# As `rules.letters.days_apart`: an emergency's letter goes over the counter, a test hierarchy's tells no secret.
NOT_APART = Q(kind=CaseKind.EMERGENCY.value) | Q(card__environment="test")
NOTHING_TO_PRINT = Denial("nothing_to_print", _("今日印刷できるものはありません。"))


def waiting_for(kind: LetterRun.Kind) -> QuerySet[Application]:
    """Whose letter of this kind was not printed yet, oldest first; when it may be printed, its rule says."""
    cases = Application.objects.select_related("association", "card").defer("card__photo_sealed")
    cases = cases.order_by("state_since", "number")
    if kind == Kind.REMINDER:
        # Of this notification: one that went back and came again owes nothing for the earlier one.
        unprinted = Q(reminders__printed_at__isnull=True, reminders__notified_at=F("state_since"))
        return cases.filter(unprinted, state=State.NOTIFIED.value).distinct()
    issued = cases.filter(state=State.ISSUED.value)
    if kind == Kind.PIN_LETTER:
        return issued.filter(pin_letter_printed_at__isnull=True)
    return issued.filter(postcard_printed_at__isnull=True).exclude(kind=CaseKind.EMERGENCY.value)


def due(kind: LetterRun.Kind, *, at: dt.datetime) -> QuerySet[Application]:
    """Of those that wait the ones whose day has come: the same as `letters_too_close` says, asked of all at once."""
    waiting = waiting_for(kind)
    if kind != Kind.PIN_LETTER:
        # They say where the card is fetched; one association without an address keeps no other waiting.
        waiting = waiting.filter(association__office__isnull=False)
    if kind == Kind.REMINDER:
        return waiting
    other = OTHER_PRINTED[kind]
    return waiting.filter(
        Q(**{f"{other}__isnull": True}) | Q(**{f"{other}__lt": _opens_before(at)}) | NOT_APART
    )


def without_address(kind: LetterRun.Kind) -> list[tuple[str, int]]:
    """Associations whose address is not recorded, and how many letters of this kind wait for it."""
    if kind == Kind.PIN_LETTER:
        return []
    waiting = waiting_for(kind).filter(association__office__isnull=True).order_by()
    counted = waiting.values_list("association__name").annotate(cases=Count("id", distinct=True))
    return list(counted.order_by("-cases", "association__name"))


def first_day(kind: LetterRun.Kind, *, at: dt.datetime) -> dt.date | None:
    """The first day on which one of those that have to wait longer is due; None: nothing has to."""
    if kind == Kind.REMINDER:
        return None
    other = OTHER_PRINTED[kind]
    later = waiting_for(kind).filter(**{f"{other}__gte": _opens_before(at)}).exclude(NOT_APART)
    printed = later.order_by(other).values_list(other, flat=True).first()
    return (
        None if printed is None else day_of(printed) + dt.timedelta(days=letter_terms(day_of(at)).days_apart)
    )


def _opens_before(at: dt.datetime) -> dt.datetime:
    """Whose other letter was printed before this moment is far enough apart today."""
    return midnight_of(at) - dt.timedelta(days=letter_terms(day_of(at)).days_apart - 1)


def printable(kind: LetterRun.Kind, *, by: Officer, at: dt.datetime) -> list[Application]:
    """Those whose letter may be printed at this moment, at most a tray full."""
    ready = []
    for application in due(kind, at=at):
        case, _place = officer_case(application, STEP_OF[kind], by=by, at=at)
        if not denials(case):
            ready.append(application)
        if len(ready) == MOST:
            break
    return ready


def next_day_for(application: Application, kind: LetterRun.Kind, *, at: dt.datetime) -> dt.date | None:
    """The first day on which this letter may be printed; None: today."""
    first = letter_may_be_printed_on(application.facts(), STEP_OF[kind], day_of(at))
    return None if first is None or first <= day_of(at) else first


@transaction.atomic
def print_letters(kind: LetterRun.Kind, *, by: Officer, at: dt.datetime) -> tuple[LetterRun, bytes]:
    """Every letter of this kind that may be printed now, as one PDF.

    PIN letters are told once: if one of them cannot be made, none was printed and every envelope stays full.
    Raises `Denied`: `nothing_to_print`, and whatever a single letter denies.
    """
    applications = printable(kind, by=by, at=at)
    if not applications:
        raise Denied([NOTHING_TO_PRINT])
    lock_in_order(one.id for one in applications)
    # Whoever printed them while this one waited for the locks has taken them out of the tray.
    left = waiting_for(kind).filter(id__in=[one.id for one in applications]).values_list("id", flat=True)
    still = set(left)
    applications = [one for one in applications if one.id in still]
    if not applications:
        raise Denied([NOTHING_TO_PRINT])
    made = [_MAKERS[kind](application.id, by=by, at=at) for application in applications]
    run = LetterRun.objects.create(kind=kind, count=len(made), made_at=at, by_id=by.account_id)
    LetterInRun.objects.bulk_create(LetterInRun(run=run, application=one) for one in applications)
    content = joined([letter.content for letter in made])
    for letter in made:
        letter.record()
    audit.record(
        "letters:print",
        by=by,
        subject_kind="letter-run",
        subject_id=run.id,
        at=at,
        details={"kind": kind.value, "count": len(made)},
    )
    return run, content


@transaction.atomic
def print_reminder(*, application_id: UUID, by: Officer, at: dt.datetime) -> bytes:
    """受取のお願い as PDF."""
    made = make_reminder(application_id, by=by, at=at)
    made.record()
    return made.content


def make_reminder(application_id: UUID, *, by: Officer, at: dt.datetime) -> MadeLetter:
    """For the latest term that has passed; earlier ones that nobody printed count as told.

    Inside the caller's transaction.
    """
    application = locked(application_id)
    case, place = officer_case(application, Step.PRINT_REMINDER, by=by, at=at)
    decide(case)
    due = PickupReminder.objects.select_for_update().filter(
        application=application, notified_at=application.state_since, printed_at__isnull=True
    )
    latest = due.order_by("-after_days").first()
    if latest is None:
        raise Denied([NOTHING_TO_PRINT])

    def record() -> None:
        due.update(printed_at=at)
        leave_line(application, Step.PRINT_REMINDER, by=by, at=at, place=place)

    return MadeLetter(printing.pickup_reminder(application, latest, at=at), record)


class _Maker(Protocol):
    def __call__(self, application_id: UUID, /, *, by: Officer, at: dt.datetime) -> MadeLetter: ...


_MAKERS: dict[LetterRun.Kind, _Maker] = {
    Kind.POSTCARD: issuing.make_postcard,
    Kind.PIN_LETTER: issuing.make_pin_letter,
    Kind.REMINDER: make_reminder,
}


@transaction.atomic
def record_all_notified(*, by: Officer, at: dt.datetime) -> int:
    """Everything whose letters are posted is on its way; how many cases were moved."""
    cases = list(_sendable().order_by("state_since", "number").values_list("id", flat=True))
    lock_in_order(cases)
    moved = 0
    for application_id in cases:
        # A fee may have become open again, and a colleague who presses the same button may have moved it meanwhile.
        with suppress(Denied):
            issuing.record_notified(application_id=application_id, by=by, at=at)
            moved += 1
    return moved


def count_sendable() -> int:
    """How many cases have all their letters on the way."""
    return _sendable().count()


def _sendable() -> QuerySet[Application]:
    """As `letters_not_posted` says, asked of all at once."""
    printed = Application.objects.filter(
        state=State.ISSUED.value, pin_letter_printed_at__isnull=False
    ).filter(Q(postcard_printed_at__isnull=False) | Q(kind=CaseKind.EMERGENCY.value))
    posted = [
        LetterPosting.objects.filter(kind=letter.value, ended_at__isnull=True).values("card")
        for letter in Letter
    ]
    return printed.filter(NOT_APART | (Q(card__in=posted[0]) & Q(card__in=posted[1])))


def joined(sheets: Sequence[bytes]) -> bytes:
    """Many PDFs as one, in the order given."""
    if len(sheets) == 1:
        return sheets[0]
    writer = PdfWriter()
    for sheet in sheets:
        writer.append(PdfReader(io.BytesIO(sheet)))
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()
