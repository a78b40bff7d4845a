"""請求書 and 領収書 as PDF: a qualified invoice (適格請求書) with all that 消費税法 第57条の4 asks for, and a slip to pay by.

Issuer and 登録番号, day, what for, sums for each rate with the rate, the tax for each rate, and to whom.  Papers are Japanese.
"""

import datetime as dt
from pathlib import Path
from typing import Final

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from hpki_server.fees.models import Biller, Invoice
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.japanese_dates import japanese_date
from hpki_server.people.typesetting import Payload, Value, typeset_pdf
from hpki_server.people.typesetting.barcode import qr_svg
from hpki_server.people.typesetting.dates import japanese_date_and_western
from hpki_server.people.typesetting.postal import postal_mark

_TYPST: Final = Path(__file__).with_name("typst")
NOT_SETTLED: Final = Denial("not_settled", _("入金が済んでいない請求の領収書は作れません。"))


def invoice_pdf(invoice: Invoice, *, at: dt.datetime) -> bytes:
    """請求書 with 払込票, A4, one page.  Raises UnprintableText."""
    with translation.override("ja"):
        payload: Payload = {
            **_common(invoice),
            "title": "請求書",
            "opening": "下記のとおりご請求申し上げます。",
            "due": japanese_date_and_western(invoice.due_on),
            "cancelled": invoice.cancelled_at is not None,
            "bank": _bank(invoice.biller),
            "transfer_name": f"{invoice.number} {invoice.payer_kana or invoice.payer_name}",
            "notes": list(_notes(invoice)),
            "slip_parts": ["払込票（お客さま控え）", "払込票（会計控え）"],
        }
        return typeset_pdf(_TYPST / "invoice.typ", payload, at=at)


def receipt_pdf(invoice: Invoice, *, at: dt.datetime) -> bytes:
    """領収書, A4, one page.  Raises `Denied`: `not_settled`; UnprintableText."""
    if invoice.settled_on is None or not invoice.standing.is_settled:
        raise Denied([NOT_SETTLED])
    with translation.override("ja"):
        payload: Payload = {
            **_common(invoice),
            "title": "領収書",
            "opening": "下記のとおり領収いたしました。",
            "settled_on": japanese_date_and_western(invoice.settled_on),
            "proviso": f"但し　{'、'.join(line.word for line in invoice.lines.all())}として",
        }
        return typeset_pdf(_TYPST / "receipt.typ", payload, at=at)


def _common(invoice: Invoice) -> Payload:
    biller = invoice.biller
    lines: list[Value] = [{"item": line.word, "amount": yen(line.yen)} for line in invoice.lines.all()]
    return {
        "number": invoice.spaced_number,
        "reference": invoice.reference,
        "qr": qr_svg(invoice.number),
        "issued_on": japanese_date_and_western(invoice.issued_on),
        "addressee": f"{invoice.payer_name}　様",
        "postal_code": postal_mark(invoice.payer_postal_code) if invoice.payer_postal_code else "",
        "address": [invoice.payer_address] if invoice.payer_address else [],
        "biller": biller.name,
        "registration": f"登録番号　{biller.registration_number}",
        "biller_address": [
            f"{postal_mark(biller.postal_code)}　{biller.address}",
            *([f"電話 {biller.phone}"] if biller.phone else []),
        ],
        "specimen": biller.is_specimen,
        "occasion": invoice.occasion_word,
        "lines": lines,
        "lines_head": "金額（税込）" if invoice.includes_tax else "金額（税抜）",
        "net_word": f"{invoice.tax_percent}％対象（税抜）",
        "net": yen(invoice.net),
        "tax_word": f"消費税（{invoice.tax_percent}％）",
        "tax": yen(invoice.tax),
        "gross": yen(invoice.gross),
        "period": _period(invoice),
    }


def yen(amount: int) -> str:
    """「5,500円」."""
    return f"{amount:,}円"


def _period(invoice: Invoice) -> str:
    if not invoice.period:
        return ""
    since = dt.date.fromisoformat(invoice.period)
    return f"{japanese_date(since)}からの1年分"


def _bank(biller: Biller) -> list[Value]:
    return [
        f"{biller.bank}　{biller.branch}",
        f"{biller.account_kind}　{biller.account_number}",
        biller.account_holder,
    ]


def _notes(invoice: Invoice) -> tuple[str, ...]:
    wait = (
        "入金を確認してからカードを発行します。"
        if invoice.before_issue
        else "カードの発行は入金を待ちません。"
    )
    return (
        "お振込のときは、お名前の前に請求番号（数字10桁）をご入力ください。",
        wait,
        "恐れ入りますが、振込手数料はご負担ください。",
    )
