"""May this appointment be made?  Facts in, denials out."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.rules.states import State
from hpki_server.people.denial import Denial

# Why one comes, by the state that one's case is in.
OCCASION_OF: dict[State, str] = {State.SUBMITTED: "intake", State.NOTIFIED: "pickup"}


@dataclass(frozen=True)
class BookingFacts:
    """A person wants a place in a slot."""

    state: State
    desk: uuid.UUID | None
    """The desk of the case."""
    slot_desk: uuid.UUID
    starts_at: dt.datetime
    places: int
    taken: int
    may_book: bool
    """Whoever asks is the applicant, or an officer of the desk."""
    at: dt.datetime


BookingRule = Callable[[BookingFacts], Denial | None]


def not_theirs(facts: BookingFacts) -> Denial | None:
    if facts.may_book:
        return None
    return Denial("no_duty", _("この申請を扱う権限がありません。"))


def nothing_to_come_for(facts: BookingFacts) -> Denial | None:
    if facts.state in OCCASION_OF:
        return None
    return Denial("nothing_to_come_for", _("いまはご来訪の必要がありません。"))


def another_desk(facts: BookingFacts) -> Denial | None:
    if facts.desk == facts.slot_desk:
        return None
    return Denial("another_desk", _("申請の窓口とは別の窓口の時間です。"))


def slot_past(facts: BookingFacts) -> Denial | None:
    if facts.starts_at > facts.at:
        return None
    return Denial("slot_past", _("すでに過ぎた時間です。ほかの時間をお選びください。"))


def slot_full(facts: BookingFacts) -> Denial | None:
    if facts.taken < facts.places:
        return None
    return Denial("slot_full", _("この時間は、たったいま予約が埋まりました。ほかの時間をお選びください。"))


BOOKING_RULES: tuple[BookingRule, ...] = (
    not_theirs,
    nothing_to_come_for,
    another_desk,
    slot_past,
    slot_full,
)


def booking_denials(facts: BookingFacts) -> list[Denial]:
    return [denial for rule in BOOKING_RULES if (denial := rule(facts))]
