"""The cashier's desk in a browser: axe finds nothing, 320 px is enough, a file goes on by itself, keys walk the list."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page

from hpki_server.fees.models import BankFile, Invoice, Payment
from hpki_server.fees.services import PayerFacts, import_payments, propose_refund
from hpki_server.fees.services.importing import STEP_ROWS
from hpki_server.fees.states import RefundReason
from hpki_server.people.services import proposals
from tests import cast
from tests.browser.looking import stands
from tests.browser.test_office_pages import enter
from tests.hpki_server.enrollment import charged
from tests.hpki_server.fees import stage

NOW = dt.datetime.now(tz=dt.UTC)  # noqa: TID251 - pages read the real clock
PEOPLE = (
    ("髙橋　健", "タカハシ　ケン"),
    ("渡邉　花子", "ワタナベ　ハナコ"),
    ("小笠原　美津子", "オガサワラ　ミツコ"),
    ("齋藤　一郎", "サイトウ　イチロウ"),
)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def set_the_books() -> None:
    """Invoices of several ages, some paid, some too much, one cancelled; and money that nobody explains."""
    stage.billing()
    for number, (name, kana) in enumerate(PEOPLE * 2, start=1):
        at = NOW - dt.timedelta(days=number * 9)
        stage.an_invoice(f"33-2026-{number:06d}", payer=PayerFacts(name, kana, "700-0822", "岡山市"), at=at)
    invoices = list(Invoice.objects.order_by("number"))
    day = (NOW - dt.timedelta(days=3)).strftime("%Y/%m/%d")
    rows = stage.statement_rows(
        [
            (day, 5_500, f"{invoices[0].number} ﾀｶﾊｼ ｹﾝ"),
            (day, 6_000, f"{invoices[1].number} ﾜﾀﾅﾍﾞ ﾊﾅｺ"),
            (day, 5_000, f"{invoices[2].number} ｵｶﾞｻﾜﾗ"),
            (day, 5_500, "ｻｲﾄｳ ｲﾁﾛｳ"),
            (day, 880, "ﾀﾚｶ"),
            (day, -110, "ﾌﾘｺﾐﾃｽｳﾘﾖｳ"),
        ]
    )
    import_payments(stage.bank_file([*rows, ("x",) * 9]), by="system", at=NOW, name="meisai-11.csv")
    payment = Payment.objects.get(amount=6_000)
    proposal = propose_refund(
        payment_id=payment.id, amount=300, reason=RefundReason.OVERPAID, by=cast.officer(cast.OGAWA), at=NOW
    )
    proposals.confirm(proposal.id, by=cast.officer(cast.KATO), at=NOW)


def places() -> dict[str, str]:
    paid_too_much = Payment.objects.get(amount=6_000)
    return {
        "invoices": reverse("fees:invoices"),
        "found": reverse("fees:invoices") + "?q=&state=",
        "invoice": reverse("fees:invoice", args=[paid_too_much.invoice_id]),
        "files": reverse("fees:files"),
        "file": reverse("fees:file", args=[BankFile.objects.get().id]),
        "unmatched": reverse("fees:unmatched"),
        "record": reverse("fees:record-payment"),
        "payment": reverse("fees:payment", args=[paid_too_much.id]),
        "stray": reverse("fees:payment", args=[Payment.objects.get(amount=880).id]) + "?q=髙橋",
        "refunds": reverse("fees:refunds"),
        "months": reverse("fees:months"),
    }


def judge(page: Page, name: str, language: str) -> None:
    stands(page, f"cashier-{name}-{language}")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_of_the_cashier_can_be_used_by_everyone(site: str, page: Page, language: str) -> None:
    set_the_books()
    complaints = enter(page, site, cast.OGAWA, language)
    for name, path in places().items():
        page.goto(site + path)
        judge(page, name, language)
    page.goto(site + reverse("fees:record-payment"))
    page.click("main form button[type=submit]")
    judge(page, "refused", language)
    assert complaints == []


def test_a_file_goes_on_by_itself_until_its_last_row(site: str, page: Page, tmp_path: Path) -> None:
    stage.billing()
    day = (NOW - dt.timedelta(days=3)).strftime("%Y/%m/%d")
    rows = stage.statement_rows([(day, 100 + n, f"ﾀﾚｶ {n}") for n in range(STEP_ROWS + 20)])
    file = tmp_path / "meisai.csv"
    file.write_bytes(stage.bank_file(rows).getvalue())
    enter(page, site, cast.OGAWA, "ja")
    page.goto(site + reverse("fees:files"))
    page.set_input_files("input[type=file]", file)
    page.click("main form button[type=submit]")
    page.wait_for_selector("h1:text('取込の結果')", timeout=60_000)
    assert page.evaluate("document.querySelector('progress').value") == STEP_ROWS + 20
    assert Payment.objects.count() == STEP_ROWS + 20


def test_keys_walk_the_list_and_open_an_invoice(site: str, page: Page) -> None:
    set_the_books()
    enter(page, site, cast.OGAWA, "ja")
    page.goto(site + reverse("fees:invoices"))
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cashier/invoices/**")
    oldest = Invoice.objects.filter(state="open").order_by("issued_on").first()
    assert oldest is not None
    assert oldest.spaced_number in (page.text_content("h1") or "")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_applicant_sees_what_to_pay(site: str, page: Page, language: str) -> None:
    kwargs = charged.own_invoice()
    complaints = enter(page, site, cast.HANAKO, language)
    page.goto(site + reverse("enrollment:progress", args=[kwargs["application_id"]]))
    assert "5,500" in (page.text_content("main") or "")
    judge(page, "applicant", language)
    assert complaints == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_approver_changes_a_membership(site: str, page: Page, language: str) -> None:
    kwargs = charged.own_invoice()
    complaints = enter(page, site, cast.SUZUKI, language)
    page.goto(site + reverse("enrollment:approved"))
    judge(page, "approved", language)
    page.goto(site + reverse("enrollment:change-kind", args=[kwargs["application_id"]]))
    judge(page, "kind", language)
    page.click("main form button[type=submit]")
    judge(page, "kind-refused", language)
    assert complaints == []
