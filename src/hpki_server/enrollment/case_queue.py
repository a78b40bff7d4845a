"""The queue of one duty: emergencies first, each oldest first; page by page without counting through it, and how old it is as a whole."""

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment import queries
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import CaseKind
from hpki_server.enrollment.services.holding import HELD_FOR
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.pieces import Tone

ROWS = 50
MOST_AGE = 3650
URGENT_MARK = "~!"


@dataclass(frozen=True)
class Narrowing:
    """What the address of the list asks for; every part may be empty."""

    words: str = ""
    state: str = ""
    # The organisation's code; a prefecture's two digits mean its districts and hospitals too.
    place: str = ""
    kind: str = ""
    # At least so many days old.
    days: int = 0
    # "free": nobody has it; "mine": I have it.
    holder: str = ""

    def query(self) -> str:
        """As it stands in an address, without the empty parts."""
        facts = {
            "q": self.words,
            "state": self.state,
            "place": self.place,
            "kind": self.kind,
            "days": self.days or "",
            "holder": self.holder,
        }
        return urlencode({name: value for name, value in facts.items() if value})

    @property
    def narrows(self) -> bool:
        return bool(self.query())


@dataclass(frozen=True)
class Cursor:
    """The last row of the page before."""

    since: dt.datetime
    number: str
    # It is among the emergencies, which come first.
    urgent: bool = False

    def __str__(self) -> str:
        return f"{self.since.isoformat()}~{self.number}{URGENT_MARK if self.urgent else ''}"


def read_cursor(text: str) -> Cursor | None:
    """What an address says; None for anything else."""
    urgent = text.endswith(URGENT_MARK)
    since, separator, number = text.removesuffix(URGENT_MARK).partition("~")
    try:
        moment = parse_datetime(since)
    except ValueError:
        return None
    if not separator or moment is None or moment.tzinfo is None:
        return None
    return Cursor(moment, number[:16], urgent)


@dataclass(frozen=True)
class Page:
    cases: list[Application]
    after: Cursor | None
    """Where the next page begins; None on the last."""


@dataclass(frozen=True)
class Band:
    """Cases of one span of age; `from_share` and `share` are its place on the bar, in percent."""

    label: str | Promise
    count: int
    tone: Tone
    from_share: float
    share: float


@dataclass(frozen=True)
class Ages:
    """How old the queue is: half of the cases are at most `half` days old, nine tenths at most `most`."""

    total: int
    half: int
    most: int
    oldest: int
    bands: list[Band]


BANDS: tuple[tuple[Promise, int, Tone], ...] = (
    (_("1 日目"), 1, Tone.OK),
    (_("2〜3 日目"), 3, Tone.KEY),
    (_("4〜7 日目"), 7, Tone.WARN),
    (_("8 日目から"), MOST_AGE, Tone.BAD),
)


def narrowed(
    viewer: Officer, duty: Duty, wanted: Narrowing, *, midnight: dt.datetime, at: dt.datetime
) -> QuerySet[Application]:
    """The cases of the duty that fit; `midnight` is the beginning of the viewer's day."""
    cases = queries.waiting(viewer, duty, words=wanted.words, state=wanted.state)
    if wanted.place:
        place = Q(association__code=wanted.place)
        if len(wanted.place) == 2:
            place |= Q(association__parent__code=wanted.place)
        cases = cases.filter(place)
    if wanted.kind:
        cases = cases.filter(kind=wanted.kind)
    if wanted.days > 1:
        cases = cases.filter(state_since__lt=midnight - dt.timedelta(days=wanted.days - 2))
    held = Q(holder__since__gte=at - HELD_FOR)
    if wanted.holder == "free":
        cases = cases.exclude(held)
    elif wanted.holder == "mine":
        cases = cases.filter(held, holder__account=viewer.account_id)
    return cases.select_related("association", "holder__account")


def page_of(cases: QuerySet[Application], after: Cursor | None) -> Page:
    if after is not None:
        urgent = Q(kind=CaseKind.EMERGENCY.value)
        later = Q(state_since__gt=after.since) | Q(state_since=after.since, number__gt=after.number)
        cases = cases.filter((urgent & later) | ~urgent if after.urgent else ~urgent & later)
    found = list(cases[: ROWS + 1])
    if len(found) <= ROWS:
        return Page(found, None)
    last = found[ROWS - 1]
    is_urgent = last.kind == CaseKind.EMERGENCY
    return Page(found[:ROWS], Cursor(last.state_since, last.number or "", is_urgent))


def ages_of(cases: QuerySet[Application], *, midnight: dt.datetime) -> Ages:
    """Counted by the database in one pass; the two percentiles are read by their place in the order."""

    def begun(days: int) -> dt.datetime:
        """Whoever came before this moment is more than so many days old."""
        return midnight - dt.timedelta(days=days - 1)

    bare = cases.select_related(None).order_by()
    older = {
        f"over{limit}": Count("id", filter=Q(state_since__lt=begun(limit))) for _word, limit, _tone in BANDS
    }
    counts = bare.aggregate(total=Count("id"), **older)
    total = counts["total"]
    if not total:
        return Ages(0, 0, 0, 0, [])
    newest_first = bare.order_by("-state_since").values_list("state_since", flat=True)

    def days_at(place: int) -> int:
        # Colleagues go on meanwhile: where the list has become shorter, the oldest that is left speaks for the place.
        since = newest_first[place : place + 1].first() or newest_first.last()
        return 1 if since is None else _days(since, midnight)

    bands, left = [], total
    for word, limit, tone in BANDS:
        rest = counts[f"over{limit}"]
        bands.append(Band(word, left - rest, tone, (total - left) * 100 / total, (left - rest) * 100 / total))
        left = rest
    half, most = (total - 1) // 2, (total * 9 + 9) // 10 - 1
    half_days, most_days, oldest = (days_at(place) for place in (half, most, total - 1))
    return Ages(total, half_days, most_days, oldest, bands)


def _days(since: dt.datetime, midnight: dt.datetime) -> int:
    """1 on the day it came."""
    return 1 if since >= midnight else (midnight - since - dt.timedelta(microseconds=1)).days + 2
