"""Postcard and PIN letter travel apart in time and channel; who does not fetch the card is reminded, and then it ends.

Whoever empties one letter box must not find both: the postcard lets a person fetch the card, the letter lets use it.
"""

import csv
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.rules.facts import ApplicationFacts, Case
from hpki_server.enrollment.rules.kinds import CaseKind
from hpki_server.enrollment.rules.states import Step
from hpki_server.people.denial import Denial

_TERMS: Final = Path(__file__).parents[1] / "data" / "letter-terms.csv"


@dataclass(frozen=True)
class LetterTerms:
    """Dated: days between the two letters, their channels, days of the reminders, days until the card goes back."""

    valid_from: dt.date
    days_apart: int
    postcard_channel: str
    pin_letter_channel: str
    reminder_days: tuple[int, ...]
    bring_back_days: int
    source: str


@cache
def _all_terms() -> tuple[LetterTerms, ...]:
    with _TERMS.open(encoding="utf-8", newline="") as file:
        return tuple(
            LetterTerms(
                valid_from=dt.date.fromisoformat(row["valid_from"]),
                days_apart=int(row["days_apart"]),
                postcard_channel=row["postcard_channel"],
                pin_letter_channel=row["pin_letter_channel"],
                reminder_days=tuple(int(day) for day in row["reminder_days"].split()),
                bring_back_days=int(row["bring_back_days"]),
                source=row["source"],
            )
            for row in csv.DictReader(file)
        )


def letter_terms(on: dt.date) -> LetterTerms:
    """The terms of a day; the first ones also count before their beginning."""
    terms = _all_terms()
    return max((one for one in terms if one.valid_from <= on), key=_valid_from, default=terms[0])


def _valid_from(terms: LetterTerms) -> dt.date:
    return terms.valid_from


def days_apart(facts: ApplicationFacts, on: dt.date) -> int:
    """None for an emergency, whose letter is handed over with the card, and for a card of a test hierarchy."""
    if facts.specimen or facts.kind is CaseKind.EMERGENCY:
        return 0
    return letter_terms(on).days_apart


def letter_may_be_printed_on(facts: ApplicationFacts, step: Step, on: dt.date) -> dt.date | None:
    """The first day for this letter, given when the other one was printed; None: any day."""
    others: dict[Step, Callable[[], dt.date | None]] = {
        Step.PRINT_POSTCARD: lambda: facts.pin_letter_printed_on,
        Step.PRINT_PIN_LETTER: lambda: facts.postcard_printed_on,
    }
    other = others[step]()
    return None if other is None else other + dt.timedelta(days=days_apart(facts, on))


def letters_too_close(case: Case) -> Denial | None:
    first_day = letter_may_be_printed_on(case.facts, case.step, case.act.on)
    if first_day is None or case.act.on >= first_day:
        return None
    return Denial(
        "letters_too_close",
        _("通知ハガキと暗証番号通知書は、%(days)s 日以上あけて印刷します。%(day)s 以降に印刷してください。")
        % {"days": days_apart(case.facts, case.act.on), "day": first_day.isoformat()},
    )


def not_waited_long_enough(case: Case) -> Denial | None:
    """A card goes back to the centre only after the last reminder's term."""
    days = letter_terms(case.act.on).bring_back_days
    since = case.facts.since
    if since is not None and case.act.on >= since + dt.timedelta(days=days):
        return None
    return Denial(
        "not_waited_long_enough",
        _("お受け取りの期間（%(days)s 日間）がまだ過ぎていません。") % {"days": days},
    )
