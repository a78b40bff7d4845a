"""The statistics and the page for earlier cards in a browser: axe finds nothing, 320 px is enough, both languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect

from tests import cast
from tests.browser.looking import stands
from tests.browser.test_office_pages import enter
from tests.hpki_server.authority.test_move_in import HANAKO, hanako, sheet
from tests.hpki_server.statistics.laid_out import lay_out

FIGURES = "/statistics/cards-by-prefecture/"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()
    cache.clear()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_figures_are_there_for_everybody(site: str, page: Page, language: str) -> None:
    cache.clear()
    lay_out({f"{code:02d}": (code * 3 % 70, code % 7) for code in range(1, 49)})
    complaints = enter(page, site, None, language)
    page.goto(site + FIGURES)
    stands(page, f"figures-{language}")
    page.fill("input[name=on]", "tomorrow")
    page.click("main form button[type=submit]")
    stands(page, f"figures-wrong-day-{language}")
    expect(page.locator("#errors")).to_be_focused()
    page.goto(f"{site}{FIGURES}?on=2020-01-01")
    stands(page, f"figures-none-{language}")
    assert complaints == []


def test_the_map_and_the_files_are_reached_by_keyboard(site: str, page: Page) -> None:
    cache.clear()
    lay_out({f"{code:02d}": (code, 1) for code in range(1, 49)})
    enter(page, site, None, "ja")
    page.goto(site + FIGURES)
    stops = []
    for _ in range(20):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"
            )
        )
    assert {"都道府県の地図", "CSV", "JSON", "都道府県別の発行数"} <= set(stops)
    with page.expect_download() as waiting:
        page.click("text=CSV >> nth=0")
    assert (
        Path(waiting.value.path())
        .read_bytes()
        .startswith(b"code,prefecture,issued,member,non_member,rank\r\n")
    )


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_officer_moves_cards_in_and_reads_the_report(
    site: str, page: Page, language: str, tmp_path: Path
) -> None:
    cast.organisation("okayama")
    complaints = enter(page, site, cast.TANAKA, language)
    page.goto(site + "/staff/cards/move-in/")
    stands(page, f"move-in-{language}")
    page.click("main form button[type=submit]")
    stands(page, f"move-in-wrong-{language}")
    file = tmp_path / "cards.csv"
    file.write_bytes(sheet(HANAKO, hanako(カード番号="OLD-0002", 姓="", 発行日="いつか")))
    page.set_input_files("input[type=file]", file)
    page.click("main form button[type=submit]")
    page.wait_for_selector("text=OLD-0002")
    stands(page, f"moved-in-{language}")
    assert complaints == []
