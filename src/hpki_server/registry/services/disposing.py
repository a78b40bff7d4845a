"""A disposition about a registration, kept whether or not there is a card: it bars what is still to be made."""

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.queries import at_centre
from hpki_server.registry.dispositions import DispositionKind
from hpki_server.registry.models import Disposition

DUTY_MISSING: Final = Denial("not_entitled", _("資格管理簿に処分を記録する権限がありません。"))
PERIOD_UNFIT: Final = Denial(
    "period_unfit", _("停止の期間が正しくありません。始まりと終わりの日をご確認ください。")
)
ALREADY_RECORDED: Final = Denial(
    "already_recorded", _("この登録番号について、同じ内容がすでに記録されています。")
)

NOT_PLANNED: Final = Denial("not_planned", _("この処分は、すでに始まっているか、取り下げられています。"))
WAITS_FOR_SECOND: Final = Denial(
    "waits_for_second",
    _("この処分は、すでに申し出られています。「二人での確認」で確認するか、取り下げてください。"),
)


@dataclass(frozen=True)
class DispositionClaim:
    """As the register's keeper reports it; the number may have leading zeros."""

    kind: DispositionKind
    qualification: str
    number: str
    from_on: dt.date
    until_on: dt.date | None = None
    note: str = ""


def plain_number(number: str) -> str:
    """As entries and cards have it: without leading zeros."""
    return number.lstrip("0")


def record_disposition(claim: DispositionClaim, *, by: Officer, at: dt.datetime) -> tuple[Disposition, bool]:
    """Inside the caller's transaction: the row as one officer tells it, which bars from its day on; and whether it is new.

    The same kind from the same day with another last day is no second disposition: the row that stands comes back
    unchanged, and `change_period` sets its day.  Raises `Denied`.
    """
    if denials := _denials(claim, by):
        raise Denied(denials)
    row = _standing(claim).first()
    if row is not None:
        if row.awaits_second:
            raise Denied([WAITS_FOR_SECOND])
        if row.until_on == claim.until_on:
            raise Denied([ALREADY_RECORDED])
        return row, False
    row = Disposition.objects.create(
        qualification=claim.qualification,
        number=plain_number(claim.number),
        kind=claim.kind.value,
        from_on=claim.from_on,
        until_on=claim.until_on,
        recorded_at=at,
        recorded_by=str(by.account_id),
        awaits_second=True,
        note=claim.note,
    )
    _leave_line("registry:record-disposition", row, by=by, at=at)
    return row, True


def confirm_disposition(row_id: UUID, *, by: Officer, at: dt.datetime) -> Disposition:
    """Inside the caller's transaction: the second officer's yes.  Raises `Denied`."""
    row = _row(row_id, by)
    if not row.awaits_second or row.withdrawn_at is not None:
        raise Denied([ALREADY_RECORDED])
    row.awaits_second, row.confirmed_at, row.confirmed_by = False, at, str(by.account_id)
    row.save(update_fields=["awaits_second", "confirmed_at", "confirmed_by"])
    _leave_line("registry:confirm-disposition", row, by=by, at=at)
    return row


def change_period(row_id: UUID, until_on: dt.date | None, *, by: Officer, at: dt.datetime) -> Disposition:
    """Inside the caller's transaction: another last day, which is how one without an end, or by mistake, ends."""
    row = _row(row_id, by)
    if row.withdrawn_at is not None or row.until_on == until_on:
        raise Denied([ALREADY_RECORDED])
    row.until_on = until_on
    row.save(update_fields=["until_on"])
    _leave_line("registry:change-disposition", row, by=by, at=at)
    return row


def withdraw_unconfirmed(row_id: UUID, *, by: Officer, at: dt.datetime) -> None:
    """Inside the caller's transaction: what no second officer confirmed bars nothing any more."""
    row = _row(row_id, by)
    if row.awaits_second and row.withdrawn_at is None:
        _withdraw(row, by=by, at=at)


def planned(row_id: UUID, *, by: Officer) -> Disposition:
    """Inside the caller's transaction: what two have confirmed and has not begun.  Raises `Denied`: `not_planned`."""
    row = _row(row_id, by)
    if row.awaits_second or row.begun_at is not None or row.withdrawn_at is not None:
        raise Denied([NOT_PLANNED])
    return row


def withdraw_planned(row_id: UUID, *, by: Officer, at: dt.datetime) -> None:
    """Inside the caller's transaction: what has not begun is taken back.  Raises `Denied`: `not_planned`."""
    _withdraw(planned(row_id, by=by), by=by, at=at)


def _withdraw(row: Disposition, *, by: Officer, at: dt.datetime) -> None:
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_at"])
    _leave_line("registry:withdraw-disposition", row, by=by, at=at)


def _row(row_id: UUID, by: Officer) -> Disposition:
    if not at_centre(by, Duty.REGISTRY):
        raise Denied([DUTY_MISSING])
    return Disposition.objects.select_for_update().get(id=row_id)


def _standing(claim: DispositionClaim) -> QuerySet[Disposition]:
    return Disposition.objects.select_for_update().filter(
        qualification=claim.qualification,
        number=plain_number(claim.number),
        kind=claim.kind.value,
        from_on=claim.from_on,
        withdrawn_at__isnull=True,
    )


def _denials(claim: DispositionClaim, by: Officer) -> list[Denial]:
    if not at_centre(by, Duty.REGISTRY):
        return [DUTY_MISSING]
    return [PERIOD_UNFIT] if claim.until_on is not None and claim.until_on < claim.from_on else []


def _leave_line(act: str, row: Disposition, *, by: Officer, at: dt.datetime) -> None:
    audit.record(
        act,
        by=by,
        subject_kind="registry-disposition",
        subject_id=row.id,
        at=at,
        details={
            "kind": row.kind,
            "from": row.from_on.isoformat(),
            "until": row.until_on.isoformat() if row.until_on else "",
        },
    )
