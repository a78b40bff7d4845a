"""What something costs, and what is still owed: facts and dates in, yen out; nothing here reads a table of the database.

Rounding: parts of a yen are cut off, once for each invoice and rate, never line by line (消費税法施行令 第70条の10 allows one
rounding for each rate on an invoice; its direction is the issuer's choice).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from hpki_server.fees import tables
from hpki_server.fees.occasions import Demanded, FeeItem, FeeOccasion
from hpki_server.people.business_days import next_business_day
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.member_kind import MemberKind

NO_FEE_RULE: Final = Denial(
    "no_fee_rule", _("この日のこの手続きの料金が、料金表にありません。電子認証センターにご確認ください。")
)
NO_TAX_RATE: Final = Denial("no_tax_rate", _("この日の消費税率が、税率表にありません。"))


@dataclass(frozen=True)
class FeeLine:
    """One line as the table of fees writes it: `yen` with or without tax, as the whole fee says."""

    item: FeeItem
    yen: int


@dataclass(frozen=True)
class Fee:
    """What an occasion costs, in yen; `net + tax == gross`.

    The lines add up to `gross` when they include the tax, to `net` when they do not.
    """

    occasion: FeeOccasion
    member_kind: MemberKind
    table: str
    lines: tuple[FeeLine, ...]
    includes_tax: bool
    net: int
    tax_rate: int
    """Percent."""
    tax: int
    gross: int
    demanded: Demanded
    source: str
    unverified: frozenset[str]


@dataclass(frozen=True)
class Amounts:
    """A sum of money seen three ways."""

    net: int
    tax: int
    gross: int


def table_day(handed_in_on: dt.date | None, decided_on: dt.date) -> dt.date:
    """The day whose table of fees counts: that of handing in, so that an applicant pays what was told then.

    A returned application keeps its first day.  What nobody handed in (a year that passed) counts from its own day.
    """
    return handed_in_on or decided_on


def fee(
    occasion: FeeOccasion, member_kind: MemberKind, on: dt.date, *, taxed_on: dt.date | None = None
) -> Fee:
    """The fee by the table of the day `on` and the tax rate of `taxed_on` (the same day unless told).

    A service is taxed at the rate of the day it is rendered, which may be later than the day that fixes the fee.
    Raises `Denied`: `no_fee_rule`, `no_tax_rate`.
    """
    rules = [
        rule
        for rule in tables.fee_rules()
        if rule.occasion is occasion and rule.member_kind == member_kind and rule.period.covers(on)
    ]
    if not rules:
        raise Denied([NO_FEE_RULE])
    percent = tax_percent(taxed_on or on)
    first = rules[0]
    lines = tuple(FeeLine(rule.item, rule.yen) for rule in rules if rule.yen)
    amounts = taxed((line.yen for line in lines), percent, includes_tax=first.includes_tax)
    return Fee(
        occasion=occasion,
        member_kind=member_kind,
        table=first.table,
        lines=lines,
        includes_tax=first.includes_tax,
        net=amounts.net,
        tax_rate=percent,
        tax=amounts.tax,
        gross=amounts.gross,
        demanded=first.demanded,
        source=first.source,
        unverified=frozenset().union(*(rule.unverified for rule in rules)),
    )


def taxed(lines: Iterable[int], percent: int, *, includes_tax: bool) -> Amounts:
    """Net, tax and gross of all lines together: one rounding, parts of a yen cut off from the tax."""
    total = sum(lines)
    if includes_tax:
        tax = total * percent // (100 + percent)
        return Amounts(total - tax, tax, total)
    tax = total * percent // 100
    return Amounts(total, tax, total + tax)


def tax_percent(on: dt.date) -> int:
    """Raises `Denied`: `no_tax_rate`."""
    for rate in tables.tax_rates():
        if rate.period.covers(on):
            return rate.percent
    raise Denied([NO_TAX_RATE])


def due_day(issued_on: dt.date) -> dt.date:
    """The last day to pay: the term of the table, moved to the next day on which banks work."""
    days = next(
        term.days for term in tables.terms() if term.name == "payment" and term.period.covers(issued_on)
    )
    return next_business_day(issued_on + dt.timedelta(days=days))


@dataclass(frozen=True)
class Standing:
    """How an invoice and its money stand against each other, in yen."""

    asked: int
    """Gross of the invoice; nothing once it is cancelled."""
    paid: int
    refunded: int

    @property
    def owed(self) -> int:
        """Still to come from the payer."""
        return max(self.asked - (self.paid - self.refunded), 0)

    @property
    def excess(self) -> int:
        """Held without a reason: to be given back."""
        return max(self.paid - self.refunded - self.asked, 0)

    @property
    def is_settled(self) -> bool:
        return self.asked > 0 and self.owed == 0
