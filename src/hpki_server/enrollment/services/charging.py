"""What an application costs its applicant: charged at the approval, given back when the reason falls away."""

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import State, Step
from hpki_server.enrollment.services.record import day_of, decide, leave_line, locked, officer_case
from hpki_server.fees import rules as fee_rules
from hpki_server.fees import services as fees
from hpki_server.fees.models import Invoice
from hpki_server.fees.occasions import FeeOccasion
from hpki_server.fees.services.billing import Actor
from hpki_server.fees.states import CancelReason
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.officer import Officer

# Years 2 to 5 of a card; the first is paid with the issue, the sixth is a renewal.
LATER_YEARS: Final = range(1, 5)
# An anniversary that a stopped server missed is charged when it runs again.
LOOK_BACK: Final = dt.timedelta(days=31)


KIND_UNCHANGED: Final = Denial("kind_unchanged", _("会員種別は変わっていません。"))
MEMBER_ID_MISSING: Final = Denial(
    "member_id_missing", _("日医会員になった方の日医会員IDを入力してください。")
)


@dataclass(frozen=True)
class KindChange:
    """What the association's register of members says now."""

    application_id: UUID
    member_kind: MemberKind
    member_id: str = ""


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


@transaction.atomic
def change_member_kind(change: KindChange, *, by: Officer, at: dt.datetime) -> Application:
    """An approved applicant joined or left the association before the card was ordered.

    The invoice is made anew; what was paid goes over to it.  Raises `Denied`: as every step of an officer does, and
    `kind_unchanged`, `member_id_missing`.
    """
    application = locked(change.application_id)
    case, place = officer_case(application, Step.CHANGE_KIND, by=by, at=at)
    decide(case)
    if found := _kind_denials(application, change):
        raise Denied(found)
    application.member_kind = change.member_kind.value
    application.member_id = change.member_id if change.member_kind is MemberKind.MEMBER else ""
    application.save(update_fields=["member_kind", "member_id"])
    fees.recharge(_charge_of(application, at=at), by=by, at=at)
    leave_line(application, Step.CHANGE_KIND, by=by, at=at, place=place)
    return application


def _kind_denials(application: Application, change: KindChange) -> list[Denial]:
    if application.member_kind == change.member_kind:
        return [KIND_UNCHANGED]
    if change.member_kind is MemberKind.MEMBER and not change.member_id:
        return [MEMBER_ID_MISSING]
    return []


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
