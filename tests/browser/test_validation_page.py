"""The page on which anyone has a signed document judged: axe finds nothing, 320 px is enough, both languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hpki.signatures.pdf.making import sign_pdf
from hpki_server.signing import limits
from tests import signing_scene
from tests.browser.looking import stands
from tests.browser.test_office_pages import enter
from tests.signed_pdfs import MEDDLING, letter, meddled
from tests.signing_scene import CLAIMS

SCENE = signing_scene.scene()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()
    limits.COUNTS.forget()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_visitor_reads_the_verdict_and_takes_the_report_along(
    site: str, page: Page, language: str, tmp_path: Path
) -> None:
    complaints = enter(page, site, None, language)
    page.goto(site + "/validate/")
    stands(page, f"validate-{language}")
    page.click("main form button[type=submit]")
    stands(page, f"validate-empty-{language}")
    expect(page.locator("#errors")).to_be_focused()
    file = tmp_path / "referral.pdf"
    file.write_bytes(meddled(sign_pdf(letter(), SCENE.unit(), CLAIMS), MEDDLING["a note over it"]))
    page.set_input_files("input[name=document]", file)
    page.select_option("select[name=policy]", "hpki-signing-test")
    page.click("main form button[type=submit]")
    page.wait_for_selector("section.judgement")
    stands(page, f"verdict-{language}")
    with page.expect_download() as waiting:
        page.click("text=PDF >> nth=-1")
    assert Path(waiting.value.path()).read_bytes().startswith(b"%PDF")
    assert complaints == []


def test_the_form_is_filled_and_sent_by_keyboard(site: str, page: Page) -> None:
    enter(page, site, None, "ja")
    page.goto(site + "/validate/")
    stops = []
    for _ in range(14):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()")
        )
    assert {"document", "beside", "record", "policy", "検証する"} <= set(stops)
