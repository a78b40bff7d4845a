"""請求書 and 領収書: what 消費税法 第57条の4 asks for stands on them, and nothing runs out of the page."""

import io
import os
from pathlib import Path

import pytest
from pypdf import PdfReader

from hpki_server.fees.documents import invoice_pdf, receipt_pdf
from hpki_server.fees.models import Invoice
from hpki_server.fees.occasions import FeeOccasion
from hpki_server.fees.services import PayerFacts, cancel_invoice
from hpki_server.fees.states import CancelReason
from hpki_server.people.denial import Denied
from tests.hpki_server.fees import stage

pytestmark = pytest.mark.django_db


def text_of(pdf: bytes, name: str) -> str:
    if folder := os.environ.get("OPENHPKI_PICTURES"):
        (Path(folder) / f"{name}.pdf").write_bytes(pdf)
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) == 1
    return "".join(pages[0].extract_text().split())


def test_an_invoice_is_a_qualified_one() -> None:
    invoice = stage.an_invoice()
    text = text_of(invoice_pdf(invoice, at=stage.NOON), "invoice")
    for part in (
        "請求書",
        "髙橋健様",
        "登録番号T9000000000000",
        "日本医師会電子認証センター",
        "令和8年11月4日（2026-11-04）",
        "令和8年12月4日（2026-12-04）",
        "10％対象（税抜）5,000円",
        "消費税（10％）500円",
        "医師資格証発行手数料",
        invoice.spaced_number,
        "見本銀行",
        "1234567",
        "見本",
    ):
        assert part in text, part


def test_an_invoice_of_2021_has_two_lines_without_tax() -> None:
    invoice = stage.an_invoice(at=stage.NOON.replace(year=2021))
    text = text_of(invoice_pdf(invoice, at=stage.NOON), "invoice-2021")
    for part in (
        "発行手数料5,000円",
        "年間利用料（1年分）6,000円",
        "金額（税抜）",
        "11,000円",
        "1,100円",
        "12,100円",
    ):
        assert part in text, part


def test_a_cancelled_invoice_says_so() -> None:
    invoice = stage.an_invoice()
    cancel_invoice(invoice_id=invoice.id, reason=CancelReason.MISTAKE, by="system", at=stage.NOON)
    invoice = Invoice.objects.get()
    assert "取消" in text_of(invoice_pdf(invoice, at=stage.NOON), "cancelled")


def test_a_long_name_and_address_stay_on_the_page() -> None:
    payer = PayerFacts("勘解由小路" * 8, "カデノコウジ" * 8, "700-0822", "岡山県岡山市北区表町" * 12)
    invoice = stage.an_invoice(payer=payer, occasion=FeeOccasion.REISSUE_LOSS)
    assert "再発行手数料" in text_of(invoice_pdf(invoice, at=stage.NOON), "long")


def test_a_receipt_comes_with_the_money() -> None:
    invoice = stage.an_invoice()
    with pytest.raises(Denied) as denied:
        receipt_pdf(invoice, at=stage.NOON)
    assert denied.value.codes == ("not_settled",)
    stage.paid(invoice)
    invoice.refresh_from_db()
    text = text_of(receipt_pdf(invoice, at=stage.NOON), "receipt")
    for part in (
        "領収書",
        "髙橋健様",
        "5,500円",
        "但し医師資格証発行手数料として",
        "登録番号T9000000000000",
        "消費税（10％）500円",
    ):
        assert part in text, part
