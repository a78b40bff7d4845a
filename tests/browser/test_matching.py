"""The pages of matching, of the officers' search and of the exchange: seen by axe, at a desk's width and a telephone's."""

import io
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from hpki_server.registry.models import RegistryEntry
from hpki_server.registry.services import import_entries
from tests import cast
from tests.browser.looking import stands
from tests.hpki_server.enrollment import desk, matching

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = (
    "登録番号,登録年月日,姓,名,フリガナ,生年月日,旧姓\n"
    "300001,2008-05-01,渡邉,花子,ワタナベ　ハナコ,1983-06-02,山田\n"
    "300002,2009-05-01,渡辺,一郎,ワタナベ　イチロウ,1984-06-02,\n"
    "300003,2010-05-01,渡邊,&MJ026190;子,ワタナベ　ナベコ,1985-06-02,\n"
)


def differs() -> tuple[str, cast.Role]:
    return f"/cases/{matching.differing().id}/match/", cast.SATO


def vetting() -> tuple[str, cast.Role]:
    return f"/vetting/{matching.differing().id}/", cast.SATO


def undecided() -> tuple[str, cast.Role]:
    desk.registered(family_name="渡&MJ099999;", given_name="花子")
    return f"/cases/{desk.taken_in().id}/match/", cast.SATO


def several() -> tuple[str, cast.Role]:
    desk.registered(number="5")
    desk.registered(number="6", family_name="渡辺")
    return f"/cases/{desk.taken_in(registration_number='7').id}/match/", cast.SATO


def to_confirm() -> tuple[str, cast.Role]:
    application = matching.differing()
    matching.decided(application)
    return f"/cases/{application.id}/match/", cast.SUZUKI


def judgements() -> tuple[str, cast.Role]:
    matching.decided(matching.differing())
    return "/judgements/", cast.SUZUKI


def confirmed() -> tuple[str, cast.Role]:
    application = matching.differing()
    matching.confirmed(application)
    return f"/cases/{application.id}/match/", cast.SATO


def exchanging() -> tuple[str, cast.Role]:
    matching.asked()
    return "/exchange/", cast.NAKAMURA


def searching() -> tuple[str, cast.Role]:
    import_entries(io.BytesIO(PEOPLE.encode()), by="system", at=cast.NOON)
    return "/staff/registry/?name=渡辺", cast.NAKAMURA


def one_entry() -> tuple[str, cast.Role]:
    import_entries(io.BytesIO(PEOPLE.encode()), by="system", at=cast.NOON)
    return f"/staff/registry/entries/{RegistryEntry.objects.get(number='300001').id}/", cast.NAKAMURA


PLACES: list[Callable[[], tuple[str, cast.Role]]] = [
    differs,
    vetting,
    undecided,
    several,
    to_confirm,
    judgements,
    confirmed,
    exchanging,
    searching,
    one_entry,
]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_the_page_stands_before_axe_at_both_widths(
    place: Callable[[], tuple[str, cast.Role]], site: str, page: Page
) -> None:
    path, role = place()
    host = urlsplit(site).hostname or ""
    session = cast.signed_in(role).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "domain": host, "path": "/"}])
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    page.goto(site + path)
    for opened in page.locator("details > summary").all():
        opened.click()
    stands(page, f"match-{place.__name__}")
    assert complaints == []


def test_a_second_officer_confirms_by_keyboard_alone(site: str, page: Page) -> None:
    path, role = to_confirm()
    session = cast.signed_in(role).cookies["sessionid"].value
    host = urlsplit(site).hostname or ""
    page.context.add_cookies([{"name": "sessionid", "value": session, "domain": host, "path": "/"}])
    page.goto(site + path)
    page.get_by_role("button", name="この判断を確認する").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "判断を確認しました" in page.inner_text("body")
    assert page.get_by_role("button", name="この判断を確認する").count() == 0
