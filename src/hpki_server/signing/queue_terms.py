"""How long the queue keeps what it no longer needs: dated rules from data, by the state in which a document rests."""

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hpki_server.signing.queue_rules import State


class Doing(StrEnum):
    """What happens when a term is over."""

    DELETE_DOCUMENTS = "delete-documents"
    EXPIRE = "expire"
    DELETE_RECORD = "delete-record"


@dataclass(frozen=True)
class Term:
    """One line of data/retention.csv: what happens to documents that rest in a state for so many days."""

    doing: Doing
    state: State
    days: int
    valid_from: dt.date
    valid_until: dt.date | None
    source: str

    @property
    def code(self) -> str:
        """How the audit line names the rule."""
        return f"{self.state.value}+{self.days}d"

    def begins_before(self, on: dt.date) -> dt.date:
        """Whoever rests since before this day is through with the term on the day `on`."""
        return on - dt.timedelta(days=self.days) + dt.timedelta(days=1)


def read_terms(lines: Iterable[str]) -> tuple[Term, ...]:
    """The terms of the table.  Raises `ValueError` or `KeyError` for a file that is no such table."""
    return tuple(
        Term(
            doing=Doing(row["act"]),
            state=State(row["state"]),
            days=int(row["days"]),
            valid_from=dt.date.fromisoformat(row["valid_from"]),
            valid_until=dt.date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
            source=row["source"],
        )
        for row in csv.DictReader(lines)
    )


def term_over(doing: Doing, state: State, since: dt.date, terms: Sequence[Term], on: dt.date) -> Term | None:
    """The rule under which it is done on the day; None while the document is kept as it is.

    A rule counts for what came to rest while it was in force; of several the shortest one.
    """
    in_force = [
        term
        for term in terms
        if term.doing is doing
        and term.state is state
        and term.valid_from <= since
        and (term.valid_until is None or since <= term.valid_until)
    ]
    shortest = min(in_force, key=lambda term: term.days, default=None)
    if shortest is None or on < since + dt.timedelta(days=shortest.days):
        return None
    return shortest
