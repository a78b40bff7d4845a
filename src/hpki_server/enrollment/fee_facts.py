"""What an application costs, as its applicant is told: before the approval a forecast, after it the invoices."""

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import State
from hpki_server.fees import queries as fees
from hpki_server.fees import rules as fee_rules
from hpki_server.fees.models import Invoice
from hpki_server.fees.occasions import FeeOccasion
from hpki_server.fees.rules import Fee
from hpki_server.fees.states import InvoiceState
from hpki_server.people.denial import Denied
from hpki_server.people.member_kind import MemberKind

BEFORE_APPROVAL = frozenset({State.DRAFT, State.SUBMITTED, State.TAKEN_IN, State.VETTED, State.RETURNED})


@dataclass(frozen=True)
class Money:
    """The money of one application."""

    forecast: Fee | None
    """What an approval would charge; None once it is decided, or where it costs nothing."""
    is_free: bool
    """Is it sure, before the decision, that nothing will be charged?"""
    invoices: tuple[Invoice, ...]
    is_late: bool

    @property
    def to_pay(self) -> Invoice | None:
        """The invoice for which the applicant has to act now."""
        return next((each for each in self.invoices if each.state == InvoiceState.OPEN), None)

    @property
    def holds_the_card(self) -> bool:
        """Does the card wait for the money?"""
        return any(each.state == InvoiceState.OPEN and each.before_issue for each in self.invoices)


def money_of(application: Application, *, on: dt.date) -> Money:
    """The caller has made sure that the viewer may see the application."""
    invoices = tuple(fees.invoices_of([application.number])) if application.number else ()
    late = any(each.state == InvoiceState.OPEN and each.due_on < on for each in invoices)
    forecast = _forecast(application, on=on)
    payable = forecast if forecast and forecast.gross else None
    return Money(payable, forecast is not None and payable is None, invoices, late)


def first_fees(on: dt.date) -> dict[MemberKind, int]:
    """What a first card costs by the table of a day, tax included; a kind without a row is left out."""
    found: dict[MemberKind, int] = {}
    for kind in MemberKind:
        with suppress(Denied):
            found[kind] = fee_rules.fee(FeeOccasion.FIRST, kind, on).gross
    return found


def _forecast(application: Application, *, on: dt.date) -> Fee | None:
    if State(application.state) not in BEFORE_APPROVAL or not application.member_kind:
        return None
    day = fee_rules.table_day(application.fee_day, on)
    try:
        return fee_rules.fee(
            FeeOccasion(application.kind), MemberKind(application.member_kind), day, taxed_on=on
        )
    except Denied:
        return None
