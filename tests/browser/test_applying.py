"""The applicant's pages and the desk's pages for paper: axe finds nothing, 320 px is enough, keys alone are enough."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from hpki_server.enrollment import queries
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import Part
from hpki_server.enrollment.services import applying
from hpki_server.portal.story.portrait import portrait_jpeg
from tests import cast
from tests.browser.looking import PICTURES, stands
from tests.browser.test_office_pages import enter
from tests.hpki_server.enrollment import desk, paper_desk

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Place:
    name: str
    role: cast.Role
    path: Callable[[], str]
    # A form that is sent as it is, so that its errors show.
    send: bool = False


def begun() -> Application:
    return applying.start_application(by=cast.account(cast.HANAKO), at=desk.NOON)


def applied() -> Application:
    desk.offices()
    return desk.submitted()


def drafts() -> str:
    paper_desk.typed()
    return reverse("enrollment:paper-forms")


def to(page: str, application: Application, *more: str) -> str:
    return reverse(f"enrollment:{page}", args=[application.pk, *more])


PLACES = [
    Place("mine", cast.HANAKO, lambda: reverse("enrollment:mine")),
    Place("name", cast.HANAKO, lambda: to("entries-section", begun(), "name"), send=True),
    Place("other-names", cast.HANAKO, lambda: to("entries-section", begun(), "other-names")),
    Place("licence", cast.HANAKO, lambda: to("entries-section", begun(), "licence"), send=True),
    Place("contact", cast.HANAKO, lambda: to("entries-section", begun(), "contact"), send=True),
    Place("papers", cast.HANAKO, lambda: to("papers", begun()), send=True),
    Place("confirm-empty", cast.HANAKO, lambda: to("confirm", begun())),
    Place("confirm", cast.HANAKO, lambda: to("confirm", desk.draft())),
    Place("papers-full", cast.HANAKO, lambda: to("papers", desk.draft())),
    Place("progress", cast.HANAKO, lambda: to("progress", applied())),
    Place("paper-forms", cast.TAKAHASHI, lambda: reverse("enrollment:paper-forms"), send=True),
    Place("paper-drafts", cast.TAKAHASHI, drafts),
    Place("paper-withdraw", cast.TAKAHASHI, lambda: to("paper-withdraw", paper_desk.begun())),
    Place("paper-entries", cast.TAKAHASHI, lambda: to("paper-entries", paper_desk.begun())),
    Place("paper-confirm", cast.TAKAHASHI, lambda: to("paper-confirm", paper_desk.typed())),
    Place("paper-sent", cast.TAKAHASHI, lambda: to("paper-sent", paper_desk.sent())),
    Place("strike-out", cast.TAKAHASHI, lambda: to("strike-out", applied(), "licence")),
]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_axe_finds_nothing_and_320_pixels_are_enough(
    site: str, page: Page, language: str, place: Place
) -> None:
    path = place.path()
    complaints = enter(page, site, place.role, language)
    page.goto(site + path)
    if place.send:
        page.locator("main form button[type=submit]").first.click()
    stands(page, f"{language}-{place.name}")
    assert complaints == []


def wide_photo(file: Path) -> Path:
    """A portrait at the right of a wall twice as wide."""
    portrait = Image.open(io.BytesIO(portrait_jpeg())).convert("RGB")
    wall = Image.new("RGB", (portrait.width * 2, portrait.height), portrait.getpixel((2, 2)))
    wall.paste(portrait, (portrait.width, 0))
    wall.save(file, "JPEG", quality=92)
    return file


def test_a_photo_is_cut_by_keys_and_the_server_cuts_the_same(site: str, page: Page, tmp_path: Path) -> None:
    application = begun()
    complaints = enter(page, site, cast.HANAKO, "ja")
    page.goto(site + to("papers", application))
    page.set_input_files("#photo_file", wide_photo(tmp_path / "wide.jpg"))
    frame = page.locator("canvas.crop-frame")
    frame.wait_for()
    expect(page.locator(".crop-word")).to_have_text("大きさは十分です。")
    frame.focus()
    for _ in range(50):
        page.keyboard.press("ArrowRight")
    assert float(page.input_value("input[name=crop_left]")) == pytest.approx(0.5, abs=0.01)
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/ja-crop.png", full_page=True)
    with page.expect_navigation():
        page.click("form.with-crop button[type=submit]")
    assert "顔写真を受け取りました" in (page.text_content("main") or page.text_content("body") or "")
    kept = Image.open(
        io.BytesIO(queries.own_paper(cast.account(cast.HANAKO), application.pk, Part.PHOTO).content)
    )
    # The face stands in the middle, so it was the right half that was cut.
    assert kept.convert("RGB").getpixel((kept.width // 2, kept.height // 2))[2] < 220  # type: ignore[index]  # RGB has three parts
    assert complaints == []


def test_without_scripts_the_middle_is_cut(site: str, browser: Browser, tmp_path: Path) -> None:
    portrait = Image.open(io.BytesIO(portrait_jpeg())).convert("RGB")
    wall = Image.new("RGB", (1600, portrait.height), portrait.getpixel((2, 2)))
    wall.paste(portrait, (387, 0))
    wall.save(tmp_path / "middle.jpg", "JPEG", quality=92)
    application = begun()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    enter(page, site, cast.HANAKO, "ja")
    page.goto(site + to("papers", application))
    assert page.locator("fieldset.crop").is_hidden()
    page.set_input_files("#photo_file", tmp_path / "middle.jpg")
    with page.expect_navigation():
        page.click("form.with-crop button[type=submit]")
    context.close()
    assert queries.parts_present(application) == {Part.PHOTO}


def test_too_large_a_file_is_told_before_it_travels(site: str, page: Page, tmp_path: Path) -> None:
    (tmp_path / "large.jpg").write_bytes(b"\xff\xd8\xff" + b"0" * (9 * 1024 * 1024))
    application = begun()
    enter(page, site, cast.HANAKO, "ja")
    page.goto(site + to("papers", application))
    page.set_input_files("#licence_file", tmp_path / "large.jpg")
    page.click("section[aria-labelledby=licence-title] button[type=submit]")
    assert "8 MB" in (page.text_content("section[aria-labelledby=licence-title] .too-large") or "")
    assert page.url.endswith("/papers/")


def test_a_scanner_that_types_opens_the_sheet(site: str, page: Page) -> None:
    cast.account(cast.TAKAHASHI)
    enter(page, site, cast.TAKAHASHI, "ja")
    page.goto(site + reverse("enrollment:paper-forms"))
    # The field has the focus; a scanner types and ends with Enter.
    expect(page.locator("input[autofocus]")).to_be_focused()
    page.keyboard.type(paper_desk.CODE)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.text_content("h1") == "お名前"
    assert paper_desk.CODE in (page.text_content(".paper-mark") or "")
    assert Application.objects.get().form_code == paper_desk.CODE
