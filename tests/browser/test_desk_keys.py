"""Small comforts that live in the browser: drafts keep themselves, lists move under J and K."""

import pytest
from playwright.sync_api import Browser, Page, expect

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.services import applying
from tests import cast
from tests.hpki_server.enrollment import desk

pytestmark = pytest.mark.django_db(transaction=True)


def window(browser: Browser, site: str, role: cast.Role) -> Page:
    """A window in which the person is logged in already."""
    client = cast.signed_in(role)
    context = browser.new_context(locale="ja-JP", timezone_id="Asia/Tokyo")
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])
    return context.new_page()


def test_a_draft_keeps_itself_while_it_is_written(browser: Browser, site: str) -> None:
    begun = applying.start_application(by=cast.account(cast.HANAKO), at=desk.NOON)
    page = window(browser, site, cast.HANAKO)
    page.goto(f"{site}/applications/{begun.id}/entries/")
    page.get_by_label("姓", exact=False).first.type("渡邉")
    expect(page.locator(".kept")).to_contain_text("保存しました", timeout=60_000)
    # The window is closed without a click; the next one goes on.
    page.context.close()
    again = window(browser, site, cast.HANAKO)
    again.goto(f"{site}/applications/{begun.id}/entries/")
    expect(again.get_by_label("姓", exact=False).first).to_have_value("渡邉")
    again.context.close()


def test_a_clerk_walks_the_list_with_j_and_k_and_opens_with_enter(browser: Browser, site: str) -> None:
    desk.submitted()
    younger = desk.submitted(cast.KEN, at=desk.NOON.replace(hour=9))
    page = window(browser, site, cast.TAKAHASHI)
    page.goto(f"{site}/intake/")
    # The filters come first, and in a field a letter is a letter: past them, the keys walk the list.
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") in {"A", "BUTTON"}:
            break
    for key in "jjkj":
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(f"/intake/{younger.id}/")
    assert Application.objects.count() == 2
    page.context.close()
