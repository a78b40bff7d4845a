"""What an application costs its applicant: charged at the approval, given back when the reason falls away."""

import datetime as dt
from typing import Final

from django.db.models import QuerySet

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.services import standing_still
from hpki_server.enrollment.services.record import day_of
from hpki_server.fees import rules as fee_rules
from hpki_server.fees import services as fees
from hpki_server.fees.models import Invoice
from hpki_server.fees.occasions import FeeOccasion
from hpki_server.fees.services.billing import Actor
from hpki_server.fees.states import CancelReason
from hpki_server.people.member_kind import MemberKind

# Years 2 to 5 of a card; the first is paid with the issue, the sixth is a renewal.
LATER_YEARS: Final = range(1, 5)
# An anniversary that a stopped server missed is charged when it runs again.
LOOK_BACK: Final = dt.timedelta(days=31)


def payer_of(application: Application) -> fees.PayerFacts:
    return fees.PayerFacts(
        name=application.name,
        kana=f"{application.family_kana}　{application.given_kana}".strip("　"),
        postal_code=application.postal_code,
        address=application.address,
    )


def charge_application(application: Application, *, by: Actor, at: dt.datetime) -> Invoice | None:
    """The invoice of an approved application, inside the transaction of the approval; None where it costs nothing.

    Raises `Denied`: `no_fee_rule`, `no_tax_rate`, `biller_missing`.
    """
    return fees.charge(_charge_of(application, at=at), by=by, at=at)


def _charge_of(application: Application, *, at: dt.datetime) -> fees.Charge:
    return fees.Charge(
        reference=application.number or "",
        payer=payer_of(application),
        occasion=FeeOccasion(application.kind),
        member_kind=MemberKind(application.member_kind),
        table_day=fee_rules.table_day(application.fee_day, day_of(at)),
    )


def recharge_application(application: Application, *, by: Actor, at: dt.datetime) -> None:
    """What it costs has changed: the invoice is made anew, and what was paid goes over to it."""
    fees.recharge(_charge_of(application, at=at), by=by, at=at)


def end_charges(application: Application, *, by: Actor, at: dt.datetime) -> list[Invoice]:
    """An application that was withdrawn pays nothing; what it paid waits at the cashier's to go back."""
    if not application.number:
        return []
    return fees.end_charge(reference=application.number, reason=CancelReason.WITHDRAWN, by=by, at=at)


def charge_years(*, at: dt.datetime) -> list[Invoice]:
    """The yearly fee of every non-member's card whose year began, where the table of that day knows one.

    Each card and year is charged once and in a transaction of its own, so the job may be cut off anywhere.
    Raises `Denied`: `biller_missing`, which would stop every card alike.
    """
    today = day_of(at)
    made = [_charge_year(each, year, at=at) for year in LATER_YEARS for each in _anniversaries(year, today)]
    return [invoice for invoice in made if invoice is not None]


def _anniversaries(year: int, today: dt.date) -> QuerySet[Application]:
    # A day more on either side: what counts is the day in Japan, and 29 February has no anniversary of its own.
    first = anniversary(today - LOOK_BACK, -year) - dt.timedelta(days=2)
    last = anniversary(today, -year) + dt.timedelta(days=2)
    return Application.objects.filter(
        state=State.ACTIVE.value,
        card__state=Card.State.ACTIVE,
        card__member_kind=MemberKind.NON_MEMBER.value,
        card__issued_at__date__range=(first, last),
    ).select_related("card")


def _charge_year(application: Application, year: int, *, at: dt.datetime) -> Invoice | None:
    card = application.card
    if card is None or card.issued_at is None:
        return None
    day = anniversary(day_of(card.issued_at), year)
    if not day_of(at) - LOOK_BACK <= day <= day_of(at):
        return None
    if standing_still.death_reported(application):
        # No invoice to the bereaved; of somebody who was taken for dead the next round asks, within the look back.
        return None
    asked = fees.Charge(
        reference=application.number or "",
        payer=payer_of(application),
        occasion=FeeOccasion.YEARLY,
        member_kind=MemberKind.NON_MEMBER,
        table_day=fee_rules.table_day(None, day),
        period=day.isoformat(),
    )
    return fees.charge(asked, by="system", at=at)


def anniversary(day: dt.date, years: int) -> dt.date:
    """The same day in another year; 28 February for the 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
