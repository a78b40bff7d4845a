"""Who sends invoices, from a day on."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.fees.invoice_numbers import read_registration_number
from hpki_server.fees.models import Biller
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.officer import Officer
from hpki_server.people.typesetting.postal import postal_digits

BILLER_MISSING: Final = Denial(
    "biller_missing",
    _(
        "請求書の発行者（登録番号と振込口座）が登録されていません。会計の担当者が hpki-server fees biller で登録します。"
    ),
)
BAD_ACCOUNT: Final = Denial("bad_account", _("口座番号は 7 桁までの数字です。"))
BAD_POSTAL_CODE: Final = Denial("bad_postal_code", _("郵便番号は 7 桁の数字です。"))
ALREADY_USED: Final = Denial(
    "biller_already_used",
    _("この日からの発行者で、すでに請求書が作られています。新しい日付で登録してください。"),
)


@dataclass(frozen=True)
class BillerLines:
    """The issuer as its invoices print it."""

    name: str
    unverified_registration_number: str
    postal_code: str
    address: str
    phone: str
    bank: str
    branch: str
    account_kind: str
    account_number: str
    account_holder: str
    source: str
    is_specimen: bool = False


@transaction.atomic
def write_biller(lines: BillerLines, *, valid_from: dt.date, by: Officer | str, at: dt.datetime) -> Biller:
    """The issuer of invoices from that day on.  What an invoice says never changes, so a used one is refused.

    Raises `Denied`: `bad_registration_number`, `bad_account`, `bad_postal_code`, `biller_already_used`.
    """
    number = read_registration_number(lines.unverified_registration_number)
    if not (
        lines.account_number.isascii() and lines.account_number.isdigit() and len(lines.account_number) <= 7
    ):
        raise Denied([BAD_ACCOUNT])
    try:
        postal_digits(lines.postal_code)
    except ValueError as error:
        raise Denied([BAD_POSTAL_CODE]) from error
    written = {name: value for name, value in vars(lines).items() if name != "unverified_registration_number"}
    known = Biller.objects.select_for_update().filter(valid_from=valid_from).first()
    if known is not None and known.invoices.exists():
        raise Denied([ALREADY_USED])
    biller, _made = Biller.objects.update_or_create(
        valid_from=valid_from,
        defaults={**written, "registration_number": number, "recorded_at": at},
    )
    details: dict[str, audit.Detail] = {"registration": number, "from": valid_from.isoformat()}
    audit.record(
        "biller:write", by=by, subject_kind="biller", subject_id=str(biller.pk), at=at, details=details
    )
    return biller


def biller_on(day: dt.date) -> Biller:
    """Raises `Denied`: `biller_missing`."""
    found = Biller.objects.filter(valid_from__lte=day).order_by("-valid_from").first()
    if found is None:
        raise Denied([BILLER_MISSING])
    return found
