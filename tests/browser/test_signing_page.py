"""The holder's way of a document: hand in, see, sign with the card, receive; axe finds nothing, 320 px is enough, both languages."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from hpki.cli.main import main
from tests import cast
from tests.browser.hands import AS_GIVEN
from tests.browser.looking import stands
from tests.browser.test_office_pages import enter
from tests.hpki_server.signing import queue_pages, queue_scene
from tests.hpki_server.signing.queue_pages import signed
from tests.signed_pdfs import letter

WORDS = {
    "ja": (
        "預けて内容を見る",
        "カードで署名する",
        "命令を写す",
        "結果を見て、受け取る",
        "署名済みの文書を保存する",
    ),
    "en": (
        "Hand in and look",
        "Sign with the card",
        "Copy the command",
        "See the result",
        "Save the signed document",
    ),
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


def seen(page: Page, name: str, language: str) -> None:
    stands(page, f"{name}-{language}")
    if language == "en":
        text = page.evaluate("document.body.innerText")
        marked = page.evaluate("[...document.querySelectorAll('[data-as-given]')].map(e => e.innerText)")
        for given in (*sorted(marked, key=len, reverse=True), *AS_GIVEN, "日本語"):
            text = text.replace(given, "")
        assert re.findall(r"[ぁ-んァ-ヺ一-龥]+", text) == [], name


def page_copies(page: Page, button: str, language: str) -> None:
    """Press the button; a clipboard that stays silent under load is asked once more, as a person would."""
    said = page.locator("[data-copy-said]")
    for patience in (5_000, 30_000):
        page.get_by_role("button", name=button).click()
        with contextlib.suppress(AssertionError):
            expect(said).to_contain_text({"ja": "写しました", "en": "Copied"}[language], timeout=patience)
            return
    pytest.fail(f"asked twice, the page says: {said.inner_text()!r}")


def test_a_silent_clipboard_leaves_the_command_marked(
    site: str, page: Page, settings: Settings, tmp_path: Path
) -> None:
    settings.ORIGIN = site
    queue_pages.hanako_with_chip(tmp_path)
    asked = queue_scene.waiting(queue_scene.hospital()[0])
    enter(page, site, cast.HANAKO, "ja")
    page.add_init_script("navigator.clipboard.writeText = () => new Promise(() => {})")
    page.goto(f"{site}/signing/sign/?task={asked.id}")
    page.get_by_role("button", name=WORDS["ja"][2]).click()
    expect(page.locator("[data-copy-said]")).to_contain_text("写せませんでした")
    assert page.evaluate("getSelection().toString()") == page.locator("#command").inner_text()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_document_from_upload_to_download(
    site: str, page: Page, language: str, tmp_path: Path, settings: Settings
) -> None:
    """The page gives a command, the command signs with the card, and the page notices."""
    hand_in, sign, copy, result, save = WORDS[language]
    settings.ORIGIN = site
    chip = queue_pages.hanako_with_chip(tmp_path)
    complaints = enter(page, site, cast.HANAKO, language)
    file = tmp_path / "意見書.pdf"
    file.write_bytes(letter(7))
    page.goto(site + "/signing/new/")
    page.click("main form button[type=submit]")
    seen(page, "signing-refused", language)
    page.set_input_files("input[name=document]", file)
    page.get_by_role("button", name=hand_in).click()
    shown = page.locator("figure.page img").first
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1200
    seen(page, "signing-document", language)
    page.get_by_role("link", name=sign).first.click()
    page_copies(page, copy, language)
    program, *words = page.evaluate("navigator.clipboard.readText()").split()
    seen(page, "signing-command", language)
    assert (program, main([*words, *chip.words()])) == ("hpki", 0)
    page.get_by_role("link", name=result).wait_for(timeout=60_000)
    assert page.locator("#command").count() == 0
    page.get_by_role("link", name=result).click()
    seen(page, "signing-result", language)
    with page.expect_download() as waiting:
        page.get_by_role("link", name=save).click()
    assert Path(waiting.value.path()).read_bytes().startswith(file.read_bytes())
    assert complaints == []


def test_what_a_hospital_asks_is_chosen_by_keyboard_or_declined(site: str, page: Page) -> None:
    language = "en"
    hanako = queue_pages.hanako_at_home()
    hospital = queue_scene.hospital()[0]
    for _ in range(2):
        queue_scene.waiting(hospital)
    asked = queue_scene.waiting(hospital, queue_scene.LETTER_XML, file_name="letter.xml")
    signed(queue_scene.waiting(hospital), hanako)
    complaints = enter(page, site, cast.HANAKO, language)
    for path, name in (
        ("/home/", "signing-home"),
        ("/signing/", "signing-list"),
        (f"/signing/{asked.id}/", "signing-xml"),
        (f"/signing/{asked.id}/signed-elsewhere/", "signing-elsewhere"),
        (f"/signing/{asked.id}/decline/", "signing-decline"),
    ):
        page.goto(site + path)
        seen(page, name, language)
    page.goto(site + "/signing/")
    page.focus("input[name=task]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_selector("#command")
    assert (page.text_content("#command") or "").count("--task") == 1
    assert complaints == []
