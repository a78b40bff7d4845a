"""The cashier at work: each page as a browser gets it."""

import datetime as dt
import io

import pytest
from django.test import Client
from django.urls import reverse

from hpki_server.fees.models import BankFile, Invoice, Payment, Refund
from hpki_server.people.models import Proposal
from tests import cast
from tests.hpki_server.fees import stage

pytestmark = pytest.mark.django_db
# Pages read the real clock, so the invoices of these tests were sent today.
NOW = dt.datetime.now(tz=dt.UTC)  # noqa: TID251 - as said


@pytest.fixture
def ogawa() -> Client:
    return cast.signed_in(cast.OGAWA)


def text(client: Client, url: str, **query: str) -> str:
    response = client.get(url, query, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_open_invoices_and_finds_by_name_kana_and_number(ogawa: Client) -> None:
    invoice, other = stage.an_invoice(at=NOW), stage.an_invoice("33-2026-000002", at=NOW)
    stage.paid(other, at=NOW)
    page = text(ogawa, reverse("fees:invoices"))
    assert invoice.spaced_number in page
    assert other.spaced_number not in page
    assert "5,500" in page
    for words in (invoice.spaced_number, "33-2026-000001"):
        response = ogawa.get(reverse("fees:invoices"), {"q": words})
        assert response.headers["Location"] == reverse("fees:invoice", args=[invoice.id])
    for words in ("髙橋", "たかはし", "ﾀｶﾊｼ"):
        page = text(ogawa, reverse("fees:invoices"), q=words)
        assert invoice.spaced_number in page
        assert other.spaced_number in page
    assert "当てはまる請求はありません" in text(ogawa, reverse("fees:invoices"), q="渡邉")


def test_money_at_the_counter_settles_the_invoice_once(ogawa: Client) -> None:
    invoice = stage.an_invoice(at=NOW)
    form = {
        "amount": "５，５００円",
        "received_on": NOW.date().isoformat(),
        "channel": "counter",
        "token": "t",
    }
    for _ in range(2):
        response = ogawa.post(reverse("fees:pay", args=[invoice.id]), form)
        assert response.status_code == 302
    assert Payment.objects.get().amount == 5_500
    page = text(ogawa, reverse("fees:invoice", args=[invoice.id]))
    assert "入金済み" in page
    assert "領収書（PDF）" in page


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("amount", "五千円", "金額を数字で入力してください"),
        ("amount", "", "金額を入力してください"),
        ("amount", "0", "金額は 1 円以上です"),
        ("received_on", "あした", "日付を読み取れません"),
        ("received_on", "2999-01-01", "入金日が先の日付です"),
    ],
)
def test_what_is_mistyped_is_said_and_kept(ogawa: Client, field: str, value: str, sentence: str) -> None:
    invoice = stage.an_invoice(at=NOW)
    form = {"amount": "5,500", "received_on": "2026-11-04", "channel": "counter", "token": "t", field: value}
    response = ogawa.post(reverse("fees:pay", args=[invoice.id]), form)
    assert response.status_code == 422
    page = response.content.decode()
    assert sentence in page
    assert f'value="{value}"' in page or not value
    assert not Payment.objects.exists()


def test_a_file_is_sent_goes_on_and_tells_row_by_row(ogawa: Client) -> None:
    invoice = stage.an_invoice(at=NOW)
    yesterday = (NOW - dt.timedelta(days=2)).strftime("%Y/%m/%d")
    content = stage.bank_file(
        stage.statement_rows([(yesterday, 5_500, f"{invoice.number} ﾀｶﾊｼ ｹﾝ"), (yesterday, 700, "ﾀﾚｶ")])
    )
    content.name = "meisai.csv"
    response = ogawa.post(reverse("fees:files"), {"file": content})
    file = BankFile.objects.get()
    assert response.headers["Location"] == reverse("fees:file", args=[file.id])
    assert "取り込んでいます" in text(ogawa, reverse("fees:file", args=[file.id]))
    ogawa.post(reverse("fees:continue-file", args=[file.id]))
    page = text(ogawa, reverse("fees:file", args=[file.id]))
    assert "取込の結果" in page
    assert "ﾀﾚｶ" in page
    assert invoice.spaced_number in page
    assert "ﾀﾚｶ" not in text(ogawa, reverse("fees:file", args=[file.id]), outcome="matched")


def test_a_wrong_file_is_refused_in_words(ogawa: Client) -> None:
    stage.billing()
    content = io.BytesIO("日付,入金,摘要\n2026/11/02,500,ｱ\n".encode())
    content.name = "wrong.csv"
    response = ogawa.post(reverse("fees:files"), {"file": content})
    assert response.status_code == 422
    assert "残高の列がないため" in response.content.decode()
    assert not BankFile.objects.exists()


def test_unmatched_money_stands_beside_its_likely_invoice(ogawa: Client) -> None:
    invoice = stage.an_invoice(at=NOW)
    form = {
        "amount": "5500",
        "received_on": NOW.date().isoformat(),
        "channel": "bank",
        "payer_text": "ﾀｶﾊｼ ｹﾝ",
        "token": "u",
    }
    ogawa.post(reverse("fees:record-payment"), form)
    payment = Payment.objects.get()
    page = text(ogawa, reverse("fees:unmatched"))
    assert "カナ氏名が同じです" in page
    assert invoice.spaced_number in page
    ogawa.post(reverse("fees:match", args=[payment.id]), {"invoice": str(invoice.id), "back": "list"})
    assert "消込待ちの入金はありません" in text(ogawa, reverse("fees:unmatched"))
    ogawa.post(reverse("fees:unmatch", args=[payment.id]))
    assert "まだ決まっていません" in text(ogawa, reverse("fees:payment", args=[payment.id]))
    assert invoice.spaced_number in text(ogawa, reverse("fees:payment", args=[payment.id]), q="髙橋")


def test_a_refund_walks_over_two_desks_and_to_the_bank(ogawa: Client) -> None:
    invoice = stage.an_invoice(at=NOW)
    payment = stage.paid(invoice, 6_000, at=NOW)
    assert invoice.spaced_number in text(ogawa, reverse("fees:refunds"))
    unchosen = ogawa.post(reverse("fees:refund", args=[payment.id]), {"amount": "500", "reason": ""})
    assert "お選びください" in unchosen.text
    ogawa.post(reverse("fees:refund", args=[payment.id]), {"amount": "500", "reason": "overpaid"})
    assert "返金を申し出ています" in text(ogawa, reverse("fees:payment", args=[payment.id]))
    kato = cast.signed_in(cast.KATO)
    page = text(kato, reverse("people:proposals"))
    for part in ("500 円（払い過ぎ）", "） の入金 6,000 円", "タカハシ ケン", invoice.spaced_number):
        assert part in page, part
    kato.post(reverse("people:confirm-proposal", args=[Proposal.objects.get().id]))
    refund = Refund.objects.get()
    assert "送金済みにする" in text(ogawa, reverse("fees:refunds"))
    ogawa.post(reverse("fees:sent", args=[refund.id]), {"sent_on": "きのう"})
    refund.refresh_from_db()
    assert refund.sent_on is None
    ogawa.post(reverse("fees:sent", args=[refund.id]), {"sent_on": refund.confirmed_on.isoformat()})
    refund.refresh_from_db()
    assert refund.sent_on == refund.confirmed_on


def test_a_cancelled_invoice_asks_for_its_refund(ogawa: Client) -> None:
    invoice = stage.an_invoice(at=NOW)
    stage.paid(invoice, at=NOW)
    ogawa.post(reverse("fees:cancel", args=[invoice.id]), {"reason": "mistake"})
    assert Invoice.objects.get().state == "cancelled"
    assert "お返しするお金があります" in text(ogawa, reverse("fees:invoice", args=[invoice.id]))


def test_the_months_are_a_table_a_picture_and_a_file(ogawa: Client) -> None:
    stage.paid(stage.an_invoice(at=NOW), at=NOW)
    page = text(ogawa, reverse("fees:months"))
    assert "<svg" in page
    month = f"{NOW.astimezone(dt.timezone(dt.timedelta(hours=9))):%Y-%m}"
    for encoding in ("utf-8-sig", "cp932"):
        response = ogawa.get(reverse("fees:months-csv"), {"encoding": encoding})
        assert f"{month},5500,5500,0,5500" in response.content.decode(encoding)


def test_every_page_speaks_english(ogawa: Client) -> None:
    invoice = stage.an_invoice(at=NOW)
    payment = stage.paid(invoice, 6_000, at=NOW)
    ogawa.cookies["django_language"] = "en"
    for url in (
        reverse("fees:invoices"),
        reverse("fees:invoice", args=[invoice.id]),
        reverse("fees:files"),
        reverse("fees:unmatched"),
        reverse("fees:record-payment"),
        reverse("fees:payment", args=[payment.id]),
        reverse("fees:refunds"),
        reverse("fees:months"),
    ):
        assert 'lang="en"' in text(ogawa, url)
    assert "Paid (yen)" in text(ogawa, reverse("fees:invoices"), state="")
