"""An association at a glance: its applications by state, cards that wait, cards that end, who comes today."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth
from django.utils.functional import Promise

from hpki_server.authority.models import Card
from hpki_server.enrollment.ages import Waiting, age_of
from hpki_server.enrollment.appointment_book import expected, own_desks
from hpki_server.enrollment.models import STATE_WORDS, Application
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle.models import CardTerm
from hpki_server.people.models import Organisation
from hpki_server.people.officer import Officer
from hpki_server.people.pieces import Tone

MONTHS_AHEAD = 6
SHOWN_MOST = 10
# Who has it: the applicant, the desk, the centre; in the order of the journey.
STATES: tuple[tuple[State, Tone], ...] = (
    (State.RETURNED, Tone.WARN),
    (State.SUBMITTED, Tone.KEY),
    (State.TAKEN_IN, Tone.QUIET),
    (State.VETTED, Tone.QUIET),
    (State.APPROVED, Tone.QUIET),
    (State.ORDERED, Tone.QUIET),
    (State.ISSUED, Tone.QUIET),
    (State.NOTIFIED, Tone.KEY),
)


@dataclass(frozen=True)
class Bar:
    """One number and its length in percent of the longest."""

    label: str | Promise | dt.date
    count: int
    share: float
    tone: Tone


@dataclass(frozen=True)
class Overview:
    desks: list[Organisation]
    shown: Organisation | None
    states: list[Bar]
    open_cases: int
    waiting: list[Waiting]
    waiting_total: int
    returned: list[Waiting]
    returned_total: int
    ending: list[Bar]
    ending_total: int
    expected_today: int


def overview(viewer: Officer, code: str, *, at: dt.datetime) -> Overview:
    """Of the viewer's desks, or of the one with that code."""
    desks = own_desks(viewer)
    shown = next((desk for desk in desks if desk.code == code), None)
    places = [shown] if shown else desks
    cases = Application.objects.filter(association__in=places, number__isnull=False)
    waiting = _oldest(cases, State.NOTIFIED)
    returned = _oldest(cases, State.RETURNED)
    states = _by_state(cases)
    ending = _ending(places, day_of(at))
    return Overview(
        desks=desks,
        shown=shown,
        states=states,
        open_cases=sum(bar.count for bar in states),
        waiting=[Waiting(case, age_of(case, at=at)) for case in waiting[:SHOWN_MOST]],
        waiting_total=waiting.count(),
        returned=[Waiting(case, age_of(case, at=at)) for case in returned[:SHOWN_MOST]],
        returned_total=returned.count(),
        ending=ending,
        ending_total=sum(bar.count for bar in ending),
        expected_today=expected(viewer, day_of(at)).filter(slot__organisation__in=places).count(),
    )


def _oldest(cases: QuerySet[Application], state: State) -> QuerySet[Application]:
    return cases.filter(state=state.value).select_related("association").order_by("state_since", "number")


def _by_state(cases: QuerySet[Application]) -> list[Bar]:
    rows = cases.values_list("state").annotate(count=Count("id")).order_by()
    counts = dict(rows)
    longest = max((counts.get(state.value, 0) for state, _tone in STATES), default=0)
    return [_bar(STATE_WORDS[state], counts.get(state.value, 0), longest, tone) for state, tone in STATES]


def _ending(places: Sequence[Organisation], today: dt.date) -> list[Bar]:
    """Cards whose real end comes in this month and the next ones."""
    months = [_month_after(today, count) for count in range(MONTHS_AHEAD + 1)]
    terms = CardTerm.objects.filter(
        card__organisation__in=places,
        card__state=Card.State.ACTIVE,
        card__carrier=Card.Carrier.PLASTIC,
        effective_on__gte=today,
        effective_on__lt=months[-1],
    )
    rows = terms.annotate(month=TruncMonth("effective_on")).values_list("month").annotate(count=Count("pk"))
    counts = dict(rows.order_by())
    longest = max(counts.values(), default=0)
    return [_bar(month, counts.get(month, 0), longest, Tone.WARN) for month in months[:-1]]


def _month_after(day: dt.date, count: int) -> dt.date:
    years, month = divmod(day.month - 1 + count, 12)
    return dt.date(day.year + years, month + 1, 1)


def _bar(label: str | Promise | dt.date, count: int, longest: int, tone: Tone) -> Bar:
    return Bar(label, count, count * 100 / longest if longest else 0.0, tone)
