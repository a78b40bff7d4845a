"""How long a copy is kept: dated rules from data, decided by the state in which its case rests and since when."""

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hpki_server.enrollment.rules.papers import Part
from hpki_server.enrollment.rules.states import State


@dataclass(frozen=True)
class Term:
    """One line of data/retention.csv: copies of these parts, in a case that rests in this state, for so many days."""

    parts: frozenset[Part]
    state: State
    days: int
    valid_from: dt.date
    valid_until: dt.date | None
    source: str

    @property
    def code(self) -> str:
        """How the audit line names the rule."""
        return f"{self.state.value}+{self.days}d"


@dataclass(frozen=True)
class Exempt:
    """A line of the table without days: copies of these parts have no term in this state, and why."""

    parts: frozenset[Part]
    state: State
    reason: str


@dataclass(frozen=True)
class Kept:
    """One copy: what it is, where its case rests, and since when (the later of rest and arrival)."""

    part: Part
    state: State
    since: dt.date


def read_terms(lines: Iterable[str]) -> tuple[Term, ...]:
    """The terms of the table.  Raises `ValueError` or `KeyError` for a file that is no such table."""
    return tuple(
        Term(
            parts=frozenset(Part(part) for part in row["parts"].split("|")),
            state=State(row["state"]),
            days=int(row["days"]),
            valid_from=dt.date.fromisoformat(row["valid_from"]),
            valid_until=dt.date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
            source=row["source"],
        )
        for row in csv.DictReader(lines)
        if row["days"]
    )


def read_exempt(lines: Iterable[str]) -> tuple[Exempt, ...]:
    """What the table names as kept without a term.  Raises as `read_terms` does."""
    return tuple(
        Exempt(frozenset(Part(part) for part in row["parts"].split("|")), State(row["state"]), row["source"])
        for row in csv.DictReader(lines)
        if not row["days"]
    )


def expired_by(kept: Kept, terms: Sequence[Term], on: dt.date) -> Term | None:
    """The rule under which this copy is deleted on the day; None while it is kept.

    A rule counts for copies of cases that came to rest while it was in force; of several the shortest one.
    """
    in_force = [
        term
        for term in terms
        if kept.part in term.parts
        and term.state is kept.state
        and term.valid_from <= kept.since
        and (term.valid_until is None or kept.since <= term.valid_until)
    ]
    shortest = min(in_force, key=lambda term: term.days, default=None)
    if shortest is None or on < kept.since + dt.timedelta(days=shortest.days):
        return None
    return shortest
