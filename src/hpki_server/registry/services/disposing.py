"""A disposition about a registration, kept whether or not there is a card: it bars what is still to be made."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.registry.dispositions import DispositionKind
from hpki_server.registry.models import Disposition

DUTY_MISSING: Final = Denial("not_entitled", _("資格管理簿に処分を記録する権限がありません。"))
PERIOD_UNFIT: Final = Denial(
    "period_unfit", _("停止の期間が正しくありません。始まりと終わりの日をご確認ください。")
)
ALREADY_RECORDED: Final = Denial(
    "already_recorded", _("この登録番号について、同じ内容がすでに記録されています。")
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
    """Inside the caller's transaction: the row, and whether it is new.

    The same kind from the same day with another last day is no second disposition: its last day is set, which is how
    one without an end, or one entered by mistake, ends.  Raises `Denied`.
    """
    if denials := _denials(claim, by):
        raise Denied(denials)
    row = _standing(claim).first()
    is_new = row is None
    if row is None:
        row = Disposition(
            qualification=claim.qualification,
            number=plain_number(claim.number),
            kind=claim.kind.value,
            from_on=claim.from_on,
            recorded_at=at,
            recorded_by=str(by.account_id),
        )
    elif row.until_on == claim.until_on:
        raise Denied([ALREADY_RECORDED])
    row.until_on, row.note = claim.until_on, claim.note or row.note
    row.save()
    _leave_line("registry:record-disposition" if is_new else "registry:change-disposition", row, by=by, at=at)
    return row, is_new


def withdraw_planned(claim: DispositionClaim, *, by: Officer, at: dt.datetime) -> None:
    """Inside the caller's transaction: what has not begun is taken back; nothing where it is not there or has begun."""
    if not by.may(Duty.REGISTRY):
        raise Denied([DUTY_MISSING])
    row = _standing(claim).filter(begun_at__isnull=True).first()
    if row is None:
        return
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_at"])
    _leave_line("registry:withdraw-disposition", row, by=by, at=at)


def _standing(claim: DispositionClaim) -> QuerySet[Disposition]:
    return Disposition.objects.select_for_update().filter(
        qualification=claim.qualification,
        number=plain_number(claim.number),
        kind=claim.kind.value,
        from_on=claim.from_on,
        withdrawn_at__isnull=True,
    )


def _denials(claim: DispositionClaim, by: Officer) -> list[Denial]:
    if not by.may(Duty.REGISTRY):
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
