"""The pages outside the journey: axe finds nothing, 320 px is enough, and the policy against inline code holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import cast
from tests.browser.looking import stands


@dataclass(frozen=True)
class Place:
    path: str
    role: cast.Role | None = None
    # A form that is sent as it is, so that its errors show.
    send: bool = False


PLACES = [
    Place("/"),
    Place("/login/", send=True),
    Place("/register/", send=True),
    Place("/staff/login/", send=True),
    Place("/no/such/page/"),
    Place("/home/", cast.HANAKO),
    Place("/password/", cast.HANAKO, send=True),
    Place("/staff/password/", cast.SATO, send=True),
    Place("/staff/", cast.HANAKO),
    Place("/staff/", cast.TAKAHASHI),
    Place("/staff/", cast.IDLE),
    Place("/staff/accounts/", cast.YAMAMOTO),
    Place("/staff/accounts/new/", cast.YAMAMOTO, send=True),
    Place("/staff/clients/", cast.YAMAMOTO, send=True),
    Place("/staff/audit/", cast.KOBAYASHI),
    Place("/staff/registry/", cast.NAKAMURA),
    Place("/staff/registry/import/", cast.NAKAMURA, send=True),
]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def enter(page: Page, site: str, role: cast.Role | None, language: str) -> list[str]:
    """The browser with the person's session; what the console complains about is collected."""
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    cookies = {"django_language": language}
    if role is not None:
        cookies["sessionid"] = cast.signed_in(role).cookies["sessionid"].value
    host = urlsplit(site).hostname or ""
    page.context.add_cookies(
        [{"name": name, "value": value, "domain": host, "path": "/"} for name, value in cookies.items()]
    )
    return complaints


@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_and_320_pixels_are_enough(site: str, page: Page, language: str) -> None:
    for place in PLACES:
        complaints = enter(page, site, place.role, language)
        page.goto(site + place.path)
        if place.send:
            page.click("main form button[type=submit]")
        stands(page, f"{language}{place.path.replace('/', '-')}")
        assert page.get_attribute("html", "lang") == language
        assert complaints == []
        page.context.clear_cookies()


def test_the_first_key_stop_leads_past_the_header(site: str, page: Page) -> None:
    enter(page, site, cast.YAMAMOTO, "ja")
    page.goto(site + "/staff/accounts/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="本文へ移動")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_a_refused_form_puts_the_focus_on_its_errors_and_they_lead_to_their_fields(
    site: str, page: Page
) -> None:
    enter(page, site, None, "ja")
    page.goto(site + "/register/")
    page.click("main form button[type=submit]")
    expect(page.locator("#errors")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#id_name")).to_be_focused()
    described = page.get_attribute("#id_name", "aria-describedby") or ""
    assert all(page.locator(f"#{part}").count() == 1 for part in described.split())
    assert "id_name_error" in described


def test_the_language_is_changed_and_kept(site: str, page: Page) -> None:
    page.goto(site + "/login/")
    page.click("text=English")
    expect(page.locator("h1")).to_have_text("Log in")
    assert page.url == f"{site}/login/"
    page.goto(site + "/")
    assert page.get_attribute("html", "lang") == "en"


def test_an_officer_comes_in_by_keyboard_alone(site: str, page: Page) -> None:
    cast.account(cast.SATO)
    page.goto(site + "/staff/login/")
    page.focus("#id_username")
    page.keyboard.type(cast.SATO.username)
    page.keyboard.press("Tab")
    page.keyboard.type(cast.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/login/code/")
    page.focus("#id_code")
    page.keyboard.type(cast.code_now())
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/")
    assert "佐藤" in (page.text_content("h1") or "")
