"""The desks' pages stand before axe at a desk and on a narrow screen, in both languages; the viewer obeys the keyboard."""

import datetime as dt
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from hpki_server.enrollment.models import ApplicationPaper, CaseHolder, DeskSlot
from hpki_server.enrollment.queries import PAPER_PURPOSE
from hpki_server.enrollment.rules import ReturnReason
from hpki_server.enrollment.services import deciding
from hpki_server.people.models import Organisation
from hpki_server.people.sealing import seal
from tests import cast
from tests.browser.hands import AS_GIVEN
from tests.browser.looking import stands
from tests.hpki_server.enrollment import desk
from tests.hpki_server.enrollment.appointments import TOKYO, TOMORROW_NINE, booked, opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def enter(page: Page, site: str, role: cast.Role, language: str) -> None:
    host = urlsplit(site).hostname or ""
    cookies = {
        "django_language": language,
        "sessionid": cast.signed_in(role).cookies["sessionid"].value,
    }
    page.context.clear_cookies()
    page.context.add_cookies(
        [{"name": name, "value": value, "domain": host, "path": "/"} for name, value in cookies.items()]
    )


def look(page: Page, name: str, language: str) -> None:
    stands(page, f"desk-{language}-{name}")
    if language == "en":
        text = page.evaluate("document.body.innerText")
        for given in (*AS_GIVEN, "日本語", "岡山市医師会", "岡山県岡山市北区駅元町"):
            text = text.replace(given, "")
        left = sorted(set(re.findall(r"[ぁ-んァ-ヺ一-龥]+", text)))
        assert not left, f"{name}: not translated: {left}"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_of_the_desks(site: str, page: Page, language: str) -> None:
    waiting = desk.notified()
    okayama = cast.organisation("okayama")
    Organisation.objects.create(
        kind=Organisation.Kind.DISTRICT, code="33-01", name="岡山市医師会", parent=okayama
    )
    slots = opened(places=2, hours=2)
    booked(waiting, slots[0])
    coming = desk.submitted(cast.KEN, registration_number="470124")
    sent_back = desk.submitted(cast.MALLORY, registration_number="470125")
    deciding.return_application(
        application_id=sent_back.id,
        reasons=frozenset({ReturnReason.PHOTO_UNCLEAR}),
        note="",
        by=cast.officer(cast.TAKAHASHI),
        at=desk.NOON,
    )
    # The times lie ahead of the real clock, which the pages read.
    ahead = dt.datetime.now(tz=TOKYO).replace(hour=9, minute=0, second=0, microsecond=0)  # noqa: TID251 - as said
    for turn, slot in enumerate(slots[1:]):
        starts_at = ahead + dt.timedelta(days=2 + turn // 3, minutes=20 * turn)
        DeskSlot.objects.filter(id=slot.id).update(starts_at=starts_at)
    places = {
        "day": f"/desk/?day={TOMORROW_NINE.date()}",
        "times": "/desk/times/",
        "book": f"/cases/{coming.id}/appointment/",
        "overview": "/staff/overview/",
        "returned": "/returned/",
        "visit": f"/pickup/{waiting.id}/visit/",
        "hand-over": f"/pickup/{waiting.id}/",
        "take-in": f"/intake/{coming.id}/",
    }
    enter(page, site, cast.TAKAHASHI, language)
    for name, path in places.items():
        page.goto(site + path)
        look(page, name, language)


def test_a_case_that_another_officer_has_open_looks_right_too(site: str, page: Page) -> None:
    application = desk.taken_in()
    sealed = seal(desk.pdf_sheet(), purpose=PAPER_PURPOSE)
    ApplicationPaper.objects.filter(kind="licence").update(media_type="application/pdf", sealed=sealed)
    enter(page, site, cast.SATO, "ja")
    page.goto(f"{site}/vetting/{application.id}/")
    # Whoever opens a case that nobody has, has it.
    expect(page.get_by_role("button", name="担当する")).to_have_count(0)
    assert CaseHolder.objects.get().account == cast.account(cast.SATO)
    the_viewer_obeys_the_keyboard(page)
    CaseHolder.objects.update(account=cast.account(cast.SUZUKI))
    page.reload()
    expect(page.get_by_text("ほかの担当者が開いています")).to_be_visible()
    look(page, "vet-held", "ja")


def the_viewer_obeys_the_keyboard(page: Page) -> None:
    sheet = page.locator(".sheet:not([hidden]) .sheet-frame")
    picture = sheet.locator("img")
    picture.evaluate("image => image.decode()")
    before = picture.bounding_box()
    sheet.focus()
    page.keyboard.press("+")
    larger = picture.bounding_box()
    assert before is not None
    assert larger is not None
    assert larger["width"] > before["width"] * 1.2
    page.keyboard.press("0")
    page.keyboard.press("r")
    turned = picture.bounding_box()
    assert turned is not None
    assert (turned["width"] > turned["height"]) != (before["width"] > before["height"])
    # No trap: Tab leads on.
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") != "sheet-frame"
    page.get_by_role("button", name="写真付き身分証の写し").click()
    expect(page.locator("[data-sheet=identity]")).to_be_visible()
    expect(page.locator("[data-sheet=licence]")).to_be_hidden()
