"""Postcards and PIN letters go into the letter box: an officer records the day, and corrects it with a reason.

The rule stands here: whoever empties one letter box on one day must not find both.
"""

import datetime as dt
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.models import Application, LetterPosting
from hpki_server.enrollment.rules import CaseKind, Letter, Posted, State, Step, denials
from hpki_server.enrollment.services.record import decide, locked, officer_case
from hpki_server.people import audit
from hpki_server.people.audit import Act
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.officer import Officer

# One walk to the letter box.
MOST: Final = 200
# As many as a person reads before looking at the pile again.
SAID_MOST: Final = 5
NOTHING_POSTED: Final = Denial("nothing_posted", _("投函した郵便物を選ぶか、受付番号を読み取ってください。"))
DAY_MISSING: Final = Denial("day_missing", _("訂正後の投函日を入力してください。"))
ALREADY_CORRECTED: Final = Denial(
    "already_corrected", _("この投函の記録は、すでに訂正されています。画面を開き直してください。")
)


@dataclass(frozen=True)
class Pile:
    """Letters of one kind that were posted on one day: chosen from the list, or their codes read."""

    posted: Posted
    chosen: frozenset[UUID] = frozenset()
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Correction:
    """What stands in the record is wrong; `posted_on` None: it was not posted at all."""

    posting_id: int
    reason: LetterPosting.Reason
    posted_on: dt.date | None


def unposted(letter: Letter) -> QuerySet[Application]:
    """Whose letter of this kind is printed and has no day of posting, oldest print first."""
    printed = "postcard_printed_at" if letter is Letter.POSTCARD else "pin_letter_printed_at"
    travelling = Application.objects.filter(
        state__in=[State.ISSUED.value, State.NOTIFIED.value], **{f"{printed}__isnull": False}
    )
    counts = LetterPosting.objects.filter(kind=letter.value, ended_at__isnull=True)
    # An emergency's letter is handed over with its card.
    waiting = travelling.exclude(kind=CaseKind.EMERGENCY.value).exclude(card__in=counts.values("card"))
    cases = waiting.select_related("association", "card").defer("card__photo_sealed")
    return cases.order_by(printed, "number")


@transaction.atomic
def record_posted(pile: Pile, *, by: Officer, at: dt.datetime) -> int:
    """The whole pile or nothing, with one line for each letter; how many.

    Raises `Denied`: `nothing_posted`, `not_waiting`, or as the rules of one letter say, named by its number.
    """
    cases, unknown = _cases_of(pile)
    if unknown:
        raise Denied([_not_waiting(number) for number in unknown[:SAID_MOST]])
    if not cases:
        raise Denied([NOTHING_POSTED])
    rows, lines, found = [], [], []
    for application_id in cases:
        application = locked(application_id)
        case, place = officer_case(application, Step.POST_LETTER, by=by, at=at)
        if said := denials(replace(case, posted=pile.posted)):
            found += [_named(denial, application) for denial in said]
            continue
        rows.append(_row(application, pile.posted, by=by, at=at))
        lines.append(_line(Step.POST_LETTER, application, pile.posted, by=by, place=place))
    if found:
        raise Denied(found[:SAID_MOST])
    LetterPosting.objects.bulk_create(rows)
    audit.record_many(lines, at=at)
    return len(rows)


def _cases_of(pile: Pile) -> tuple[list[UUID], list[str]]:
    """Each case once, in one order for every officer; and the numbers that no printed letter bears."""
    read = dict.fromkeys(filter(None, (_as_number(one) for one in pile.numbers)))
    by_number = Application.objects.filter(number__in=list(read)[:MOST]).values_list("number", "id")
    known = {str(number): case for number, case in by_number}
    chosen = Application.objects.filter(id__in=list(pile.chosen)[:MOST]).values_list("id", flat=True)
    return sorted({*chosen, *known.values()}), [number for number in read if number not in known]


def _as_number(scanned: str) -> str:
    return unicodedata.normalize("NFKC", scanned).strip()[:40]


def _not_waiting(number: str) -> Denial:
    return Denial("not_waiting", _("%(number)s：この受付番号の申請はありません。") % {"number": number})


def _named(denial: Denial, application: Application) -> Denial:
    sentence = _("%(number)s：%(why)s") % {"number": application.number, "why": denial.sentence}
    return Denial(denial.code, sentence)


def _row(application: Application, posted: Posted, *, by: Officer, at: dt.datetime) -> LetterPosting:
    return LetterPosting(
        application=application,
        card=application.card,
        kind=posted.letter.value,
        posted_on=posted.on,
        recorded_at=at,
        recorded_by_id=by.account_id,
    )


def _line(step: Step, application: Application, posted: Posted, *, by: Officer, place: UUID | None) -> Act:
    details: dict[str, audit.Detail] = {
        "number": application.number,
        "letter": posted.letter.value,
        "posted_on": posted.on.isoformat(),
    }
    return Act(f"application:{step.value}", by, "application", application.id, place, details)


@transaction.atomic
def correct_posting(correction: Correction, *, by: Officer, at: dt.datetime) -> LetterPosting | None:
    """What was recorded no longer counts; a new day is judged like the first.  The row that counts now, if any.

    Raises `Denied`: `already_corrected`, `day_missing`, and as recording does.
    """
    wrong = LetterPosting.objects.select_for_update().get(id=correction.posting_id)
    application = locked(wrong.application_id)
    case, place = officer_case(application, Step.CORRECT_POSTING, by=by, at=at)
    decide(case)
    if wrong.ended_at is not None or wrong.card_id != application.card_id:
        raise Denied([ALREADY_CORRECTED])
    day = correction.posted_on if correction.reason == LetterPosting.Reason.WRONG_DAY else None
    if day is None and correction.reason == LetterPosting.Reason.WRONG_DAY:
        raise Denied([DAY_MISSING])
    wrong.ended_at, wrong.ended_by_id, wrong.ended_reason = at, by.account_id, correction.reason.value
    wrong.save(update_fields=["ended_at", "ended_by", "ended_reason"])
    letter, right = Letter(wrong.kind), None
    if day is not None:
        case, _place = officer_case(application, Step.POST_LETTER, by=by, at=at)
        decide(case, posted=Posted(letter, day))
        right = _row(application, Posted(letter, day), by=by, at=at)
        right.save()
    details: dict[str, audit.Detail] = {
        "number": application.number,
        "letter": wrong.kind,
        "was": wrong.posted_on.isoformat(),
        "posted_on": day.isoformat() if day else None,
        "reason": correction.reason.value,
    }
    act = f"application:{Step.CORRECT_POSTING.value}"
    audit.record(
        act,
        by=by,
        subject_kind="application",
        subject_id=application.id,
        at=at,
        organisation=place,
        details=details,
    )
    return right


def postings_of(application: Application) -> Iterator[LetterPosting]:
    """What counts for the case's card, the earlier first."""
    rows = application.postings.filter(card=application.card_id, ended_at__isnull=True)
    yield from rows.order_by("posted_on", "id")
