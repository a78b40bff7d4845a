"""How long what was entered stays in an application that is closed: dated rules from data.  Pure."""

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hpki_server.enrollment.rules.states import CLOSED, State


class CountsFrom(StrEnum):
    """From which day the term runs; never from before the application was closed."""

    CLOSED = "closed"
    # The last day on the face of the card that came of it.
    CARD_END = "card-end"


@dataclass(frozen=True)
class ClosedTerm:
    """One line of data/application-retention.csv."""

    state: State
    counts_from: CountsFrom
    days: int
    valid_from: dt.date
    valid_until: dt.date | None
    source: str
    # "read", or "to be confirmed": nobody has compared it with its source yet.
    provenance: str

    @property
    def code(self) -> str:
        """How the audit line names the rule."""
        return f"{self.state.value}/{self.counts_from.value}+{self.days}d"


@dataclass(frozen=True)
class ClosedCase:
    """A closed application: when it was closed, when its card ends, and how many copies it still has."""

    state: State
    closed_on: dt.date
    card_ends_on: dt.date | None = None
    copies: int = 0


def read_closed_terms(lines: Iterable[str]) -> tuple[ClosedTerm, ...]:
    """Raises `ValueError` or `KeyError` for a file that is no such table, or that names a case still open."""
    terms = tuple(
        ClosedTerm(
            state=State(row["state"]),
            counts_from=CountsFrom(row["counts_from"]),
            days=int(row["days"]),
            valid_from=dt.date.fromisoformat(row["valid_from"]),
            valid_until=dt.date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
            source=row["source"],
            provenance=row["provenance"],
        )
        for row in csv.DictReader(lines)
    )
    if still_open := {term.state for term in terms} - CLOSED:
        raise ValueError(f"not closed: {sorted(still_open)}")
    return terms


def begins(case: ClosedCase, counts_from: CountsFrom) -> dt.date:
    if counts_from is CountsFrom.CARD_END and case.card_ends_on is not None:
        return max(case.closed_on, case.card_ends_on)
    return case.closed_on


def minimised_by(case: ClosedCase, terms: Sequence[ClosedTerm], on: dt.date) -> ClosedTerm | None:
    """The rule under which the entries go on the day; None while they stay.

    A rule counts for applications that were closed while it was in force; of several the one that ends first.  While
    a copy is kept as evidence, so is what was entered beside it.
    """
    in_force = [
        term
        for term in terms
        if term.state is case.state
        and term.valid_from <= case.closed_on
        and (term.valid_until is None or case.closed_on <= term.valid_until)
    ]
    past = [term for term in in_force if on >= begins(case, term.counts_from) + dt.timedelta(days=term.days)]
    if case.copies or not past:
        return None
    return min(past, key=lambda term: begins(case, term.counts_from) + dt.timedelta(days=term.days))
