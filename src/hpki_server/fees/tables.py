"""The dated tables of this room, read once from data/*.csv."""

import csv
import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from hpki_server.fees.occasions import Demanded, FeeItem, FeeOccasion
from hpki_server.people.member_kind import MemberKind

_DATA: Final = Path(__file__).with_name("data")


@dataclass(frozen=True)
class Period:
    """Both days included; no `until`: still in force."""

    since: dt.date
    until: dt.date | None

    def covers(self, day: dt.date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class FeeRule:
    """One line that an occasion costs; `yen` includes the consumption tax or not."""

    table: str
    occasion: FeeOccasion
    item: FeeItem
    member_kind: MemberKind
    period: Period
    yen: int
    includes_tax: bool
    demanded: Demanded
    source: str
    # The columns of the row for which no reliable source has been seen.
    unverified: frozenset[str]


@dataclass(frozen=True)
class TaxRate:
    """The standard rate of consumption tax, national and local share together."""

    percent: int
    period: Period
    source: str


@dataclass(frozen=True)
class Term:
    """A number of days, by its name."""

    name: str
    days: int
    period: Period


@cache
def fee_rules() -> tuple[FeeRule, ...]:
    return tuple(
        FeeRule(
            table=row["table"],
            occasion=FeeOccasion(row["occasion"]),
            item=FeeItem(row["item"]),
            member_kind=MemberKind(row["member_kind"]),
            period=_period(row),
            yen=int(row["yen"]),
            includes_tax=_includes_tax(row["tax"]),
            demanded=Demanded(row["demanded"]),
            source=row["source"],
            unverified=frozenset(row["unverified"].split()),
        )
        for row in _rows("fees.csv")
    )


@cache
def tax_rates() -> tuple[TaxRate, ...]:
    return tuple(TaxRate(int(row["percent"]), _period(row), row["source"]) for row in _rows("tax-rates.csv"))


@cache
def terms() -> tuple[Term, ...]:
    return tuple(Term(row["name"], int(row["days"]), _period(row)) for row in _rows("terms.csv"))


def _rows(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _period(row: dict[str, str]) -> Period:
    until = row["valid_until"]
    return Period(dt.date.fromisoformat(row["valid_from"]), dt.date.fromisoformat(until) if until else None)


def _includes_tax(word: str) -> bool:
    if word not in {"included", "excluded"}:
        raise ValueError(f"tax is included or excluded, not {word}")
    return word == "included"
