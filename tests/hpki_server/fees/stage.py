"""The office's bank account, invoices to 健, and files as a bank sends them."""

import datetime as dt
import io
from collections.abc import Sequence

from hpki_server.enrollment.models import Application
from hpki_server.fees import queries
from hpki_server.fees.models import Biller, Invoice, Payment
from hpki_server.fees.occasions import FeeOccasion
from hpki_server.fees.services import (
    BillerLines,
    Charge,
    PayerFacts,
    Received,
    charge,
    record_payment,
    write_biller,
)
from hpki_server.fees.states import Channel
from hpki_server.people.member_kind import MemberKind
from tests import cast

NOON = cast.NOON
TODAY = dt.date(2026, 11, 4)
SINCE = dt.date(2016, 4, 1)
# T and a 法人番号 whose check digit fits and which no corporation can have: its base is zero.
REGISTRATION = "T9000000000000"
LINES = BillerLines(
    name="日本医師会 電子認証センター",
    unverified_registration_number=REGISTRATION,
    postal_code="113-8621",
    address="東京都文京区本駒込2-28-16",
    phone="03-3946-2121",
    bank="見本銀行",
    branch="駒込支店",
    account_kind="普通",
    account_number="1234567",
    account_holder="ニホンイシカイ",
    source="a specimen of the tests",
    is_specimen=True,
)
KEN = PayerFacts("髙橋　健", "タカハシ　ケン", "700-0822", "岡山県岡山市北区表町1-2-3")


def billing() -> Biller:
    """Registers who sends invoices; without it nothing that costs something can be approved."""
    return write_biller(LINES, valid_from=SINCE, by="system", at=cast.EMPLOYED_AT)


def an_invoice(
    reference: str = "33-2026-000001",
    *,
    occasion: FeeOccasion = FeeOccasion.FIRST,
    payer: PayerFacts = KEN,
    at: dt.datetime = NOON,
) -> Invoice:
    """健 is no member, so it costs 5,500 yen."""
    if not Biller.objects.exists():
        billing()
    asked = Charge(reference, payer, occasion, MemberKind.NON_MEMBER, table_day=at.date())
    made = charge(asked, by="system", at=at)
    assert made is not None
    return made


def paid(invoice: Invoice, amount: int | None = None, *, token: str = "", at: dt.datetime = NOON) -> Payment:
    """Money at the counter."""
    received = Received(
        amount=invoice.gross if amount is None else amount,
        received_on=at.date(),
        channel=Channel.COUNTER,
        token=token or f"{invoice.number}-{invoice.paid}",
        payer_text="タカハシ ケン",
    )
    return record_payment(received, invoice_id=invoice.id, by="system", at=at)


def pay(application: Application, *, at: dt.datetime = NOON) -> list[Payment]:
    """Everything that the application still owes, so that its card may be ordered."""
    open_ones = queries.invoices_of([application.number or ""]).filter(state="open")
    return [paid(invoice, invoice.standing.owed, at=at) for invoice in open_ones]


HEADING = (
    "照会口座",
    "番号",
    "勘定日",
    "出金金額(円)",
    "入金金額(円)",
    "残高(円)",
    "取引区分",
    "金融機関名",
    "摘要",
)
Movement = tuple[str, int, str]
"""Day as the bank writes it, yen (negative: out), what the bank writes about it."""


def statement_rows(movements: Sequence[Movement], *, opening: int = 1_000_000) -> list[tuple[str, ...]]:
    """Rows of a bank's CSV with the running balance."""
    rows: list[tuple[str, ...]] = []
    balance = opening
    for number, (day, yen, text) in enumerate(movements, start=1):
        balance += yen
        out, into = (f"{-yen:,}", "") if yen < 0 else ("", f"{yen:,}")
        rows.append(
            ("駒込支店 普通 1234567", str(number), day, out, into, f"{balance:,}", "振込", "ﾐﾎﾝ", text)
        )
    return rows


def bank_file(rows: Sequence[Sequence[str]], *, encoding: str = "cp932") -> io.BytesIO:
    """Those rows under their heading, every cell in quotes."""
    lines = [",".join(f'"{cell}"' for cell in row) for row in (HEADING, *rows)]
    return io.BytesIO("\r\n".join([*lines, ""]).encode(encoding))
