"""What the pages of posted letters show; the viewer first."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.models import Application, LetterPosting
from hpki_server.enrollment.rules import Letter, letter_terms
from hpki_server.enrollment.services import posting
from hpki_server.enrollment.services.record import day_of
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.pieces import Fact
from hpki_server.people.queries import centre_ids

LETTER_WORDS: dict[Letter, Promise] = {
    Letter.POSTCARD: _("通知ハガキ"),
    Letter.PIN_LETTER: _("暗証番号通知書"),
}
DAYS_SHOWN = 30


@dataclass(frozen=True)
class PostingLine:
    """A printed letter that has no day of posting."""

    case: Application
    printed_on: dt.date
    # The first day for it; None: any day.
    first_day: dt.date | None
    is_ready: bool


@dataclass(frozen=True)
class PostingDay:
    posted_on: dt.date
    word: str | Promise
    count: int


def _sees(viewer: Officer) -> bool:
    return bool(viewer.organisations(Duty.ISSUING) & centre_ids())


def lines(viewer: Officer, letter: Letter, *, at: dt.datetime) -> list[PostingLine]:
    """What may have gone on one walk to the letter box, oldest print first."""
    if not _sees(viewer):
        return []
    cases = list(posting.unposted(letter)[: posting.MOST])
    others = LetterPosting.objects.filter(
        card__in=[case.card_id for case in cases], ended_at__isnull=True
    ).exclude(kind=letter.value)
    posted = dict(others.values_list("application_id", "posted_on"))
    return [_line(case, letter, posted.get(case.id), today=day_of(at)) for case in cases]


def _line(case: Application, letter: Letter, other: dt.date | None, *, today: dt.date) -> PostingLine:
    printed_at = case.postcard_printed_at if letter is Letter.POSTCARD else case.pin_letter_printed_at
    if printed_at is None:
        raise ValueError(f"{case.id} waits to be posted, and was not printed")
    first = None
    if other is not None and case.card is not None and case.card.environment != "test":
        first = other + dt.timedelta(days=letter_terms(other).days_apart)
    return PostingLine(case, day_of(printed_at), first, first is None or first <= today)


def counts(viewer: Officer) -> list[tuple[Letter, str | Promise, int]]:
    """How many letters of each kind have no day of posting."""
    if not _sees(viewer):
        return []
    return [(letter, LETTER_WORDS[letter], posting.unposted(letter).count()) for letter in Letter]


def recent(viewer: Officer) -> list[PostingDay]:
    """How many were posted on the last days, newest first."""
    if not _sees(viewer):
        return []
    counting = LetterPosting.objects.filter(ended_at__isnull=True)
    rows = counting.values_list("posted_on", "kind").annotate(Count("id")).order_by("-posted_on", "kind")
    return [PostingDay(day, LETTER_WORDS[Letter(kind)], count) for day, kind, count in rows[:DAYS_SHOWN]]


def correctable(viewer: Officer) -> QuerySet[LetterPosting]:
    """What an officer of the centre may set right."""
    found = LetterPosting.objects.select_related("application", "recorded_by").filter(ended_at__isnull=True)
    return found if _sees(viewer) else found.none()


def posted_facts(application: Application) -> list[Fact]:
    """For the holder: which letter was posted when."""
    return [
        Fact(LETTER_WORDS[Letter(one.kind)], day=one.posted_on) for one in posting.postings_of(application)
    ]
