"""Who sends the demonstration's invoices: nobody's registration number, nobody's account, and 見本 on every sheet."""

import datetime as dt
from typing import Final

from hpki_server.fees.models import Biller
from hpki_server.fees.services import BillerLines, write_biller
from hpki_server.portal.story.stage import Stage

SINCE: Final = dt.date(2016, 4, 1)
SPECIMEN: Final = BillerLines(
    name="電子認証センター",
    # The check digit fits; a 法人番号 whose other twelve digits are zero belongs to no corporation.
    unverified_registration_number="T9000000000000",
    postal_code="113-8621",
    address="東京都文京区本駒込2丁目28番16号",
    phone="03-0000-0000",
    bank="見本銀行",
    branch="本店",
    account_kind="普通",
    account_number="0000001",
    account_holder="デンシニンシヨウセンター（ミホン）",
    source="the demonstration's own",
    is_specimen=True,
)


def open_account(stage: Stage) -> None:
    """Registers the issuer of invoices, once."""
    if not Biller.objects.exists():
        write_biller(SPECIMEN, valid_from=SINCE, by="system", at=stage.now())
