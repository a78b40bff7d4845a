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

from hpki_server.enrollment.rules.facts import ApplicationFacts, Case, Letter
from hpki_server.enrollment.rules.kinds import CaseKind
from hpki_server.enrollment.rules.states import Step
from hpki_server.people.denial import Denial
from hpki_server.people.shown_dates import shown_date

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
        % {"days": days_apart(case.facts, case.act.on), "day": shown_date(first_day)},
    )


def printed_on(facts: ApplicationFacts, letter: Letter) -> dt.date | None:
    return facts.postcard_printed_on if letter is Letter.POSTCARD else facts.pin_letter_printed_on


def posted_on(facts: ApplicationFacts, letter: Letter) -> dt.date | None:
    return facts.postcard_posted_on if letter is Letter.POSTCARD else facts.pin_letter_posted_on


def other_letter(letter: Letter) -> Letter:
    return Letter.PIN_LETTER if letter is Letter.POSTCARD else Letter.POSTCARD


def letter_may_be_posted_on(facts: ApplicationFacts, letter: Letter) -> dt.date | None:
    """The first day for this letter, given when the other one was posted; None: any day."""
    other = posted_on(facts, other_letter(letter))
    return None if other is None else other + dt.timedelta(days=days_apart(facts, other))


def letter_not_printed(case: Case) -> Denial | None:
    """Printed on the day at the latest: nothing is posted before it is there."""
    if case.posted is None:
        return None
    printed = printed_on(case.facts, case.posted.letter)
    if printed is not None and printed <= case.posted.on:
        return None
    return Denial(
        "letter_not_printed", _("その日までに印刷された記録がありません。種類と日付を確かめてください。")
    )


def posted_in_future(case: Case) -> Denial | None:
    if case.posted is None or case.posted.on <= case.act.on:
        return None
    return Denial("posted_in_future", _("投函日が今日より後です。投函してから記録してください。"))


def posted_already(case: Case) -> Denial | None:
    day = None if case.posted is None else posted_on(case.facts, case.posted.letter)
    if day is None:
        return None
    return Denial(
        "posted_already",
        _("%(day)s に投函した記録があります。日付の誤りは、発行の画面から訂正してください。")
        % {"day": shown_date(day)},
    )


def posted_too_close(case: Case) -> Denial | None:
    """Asked both ways: the other letter may have been recorded first and yet been posted later."""
    if case.posted is None:
        return None
    other = posted_on(case.facts, other_letter(case.posted.letter))
    days = days_apart(case.facts, case.posted.on)
    if other is None or abs((case.posted.on - other).days) >= days:
        return None
    return Denial(
        "posted_too_close",
        _(
            "もう一方の郵便物を %(day)s に投函しています。%(days)s 日以上あけて投函してください。すでに投函したときは、カードを作り直してください。"
        )
        % {"day": shown_date(other), "days": days},
    )


def letters_not_posted(case: Case) -> Denial | None:
    """An emergency's letter goes over the counter with the card; a test hierarchy's tells no secret."""
    facts = case.facts
    if facts.specimen or facts.kind is CaseKind.EMERGENCY:
        return None
    # What is not even printed says so itself.
    if not (facts.postcard_printed and facts.pin_letter_printed):
        return None
    if facts.postcard_posted_on and facts.pin_letter_posted_on:
        return None
    return Denial(
        "letters_not_posted",
        _(
            "通知ハガキと暗証番号通知書の投函日が、まだ両方そろって記録されていません。「郵便物」で記録してください。"
        ),
    )


def not_waited_long_enough(case: Case) -> Denial | None:
    """A card goes back to the centre only after the last day of its term, which postcard and reminder name."""
    days = letter_terms(case.act.on).bring_back_days
    since = case.facts.since
    if since is not None and case.act.on > since + dt.timedelta(days=days):
        return None
    return Denial(
        "not_waited_long_enough",
        _("お受け取りの期間（%(days)s 日間）がまだ過ぎていません。") % {"days": days},
    )
