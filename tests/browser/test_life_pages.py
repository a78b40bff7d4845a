"""The pages of a card's life: axe finds nothing, 320 px is enough, and English is English."""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from hpki_server.authority.models import Card
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.services import exchanging, noticing, reckoning, registry_events, reporting
from hpki_server.lifecycle.services.registry_events import Disposition, RegisteredFact
from tests import cast
from tests.browser.hands import AS_GIVEN
from tests.browser.looking import stands
from tests.browser.test_office_pages import enter
from tests.hpki_server.lifecycle import access_rows, stage


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def lost_and_renewable() -> tuple[Card, LifeCase]:
    """花子's card near its end and looked for; a campaign with its plan."""
    card = stage.hanakos_card()
    soon = dt.datetime.now(tz=dt.UTC) + dt.timedelta(days=80)  # noqa: TID251 - pages read the real clock
    Card.objects.filter(id=card.id).update(expires_on=soon.date())
    campaign = access_rows.campaign()
    reckoning.reckon(at=stage.NOON)
    exchanging.plan_waves(
        campaign_id=campaign.id,
        first_month=dt.date(2027, 1, 1),
        per_month=100,
        by=cast.officer(cast.TANAKA),
        at=stage.NOON,
    )
    noticing.make_notices(at=soon - dt.timedelta(days=85))
    told = reporting.suspend(card_id=card.id, by=cast.officer(cast.TAKAHASHI), at=stage.NOON)
    return card, told.case


def places(card: Card, case: LifeCase) -> list[tuple[str, str, cast.Role]]:
    campaign = "/staff/exchanges/"
    return [
        ("home", "/home/", cast.HANAKO),
        ("own-card", f"/card/{card.id}/", cast.HANAKO),
        ("own-report", f"/card/{card.id}/report/damage/", cast.HANAKO),
        ("own-case", f"/card/cases/{case.id}/", cast.HANAKO),
        ("pin-help", "/card/pin/", cast.HANAKO),
        ("find", "/staff/life/?q=渡邉", cast.TAKAHASHI),
        ("card", f"/staff/life/{card.id}/", cast.TAKAHASHI),
        ("cases", "/staff/life/cases/", cast.TAKAHASHI),
        ("case", f"/staff/life/cases/{case.id}/", cast.ITO),
        ("ending", "/staff/life/ending/", cast.TAKAHASHI),
        ("unblock", f"/staff/life/{card.id}/pin/", cast.TAKAHASHI),
        ("letters", "/staff/letters/", cast.TANAKA),
        ("register", "/staff/dispositions/", cast.NAKAMURA),
        ("exchanges", campaign, cast.TANAKA),
    ]


def look(page: Page, name: str, language: str) -> None:
    stands(page, f"{language}-{name}")
    if language == "en":
        text = page.evaluate("document.body.innerText")
        for given in (*AS_GIVEN, "日本語"):
            text = text.replace(given, "")
        assert re.findall(r"[ぁ-んァ-ヺ一-龥]+", text) == [], name


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_of_a_cards_life(site: str, page: Page, language: str) -> None:
    card, case = lost_and_renewable()
    for name, path, role in places(card, case):
        complaints = enter(page, site, role, language)
        page.goto(site + path)
        look(page, name, language)
        assert complaints == []
        page.context.clear_cookies()
    enter(page, site, cast.TANAKA, language)
    page.goto(site + "/staff/exchanges/")
    page.click("ul.rows a")
    look(page, "exchange", language)
    page.click("main form.form button")
    look(page, "exchange-refused", language)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_takes_two_officers(site: str, page: Page, language: str) -> None:
    waiting = access_rows.complete()["proposal_id"]
    access_rows.planned()
    said = Disposition(RegisteredFact.LICENCE_REVOKED, "physician", "470123", stage.NOON.date())
    registry_events.propose_disposition(said, by=cast.officer(cast.NAKAMURA), at=stage.NOON)
    complaints = enter(page, site, cast.MATSUMOTO, language)
    for name, path in (
        ("register-ahead", "/staff/dispositions/"),
        ("proposals", "/staff/proposals/"),
        ("closing", f"/staff/emergencies/{waiting}/"),
    ):
        page.goto(site + path)
        look(page, name, language)
    assert complaints == []


def test_a_loss_from_the_home_to_the_clock(site: str, page: Page) -> None:
    """Three clicks and a tick, then a moment that counts on."""
    stage.hanakos_card()
    enter(page, site, cast.HANAKO, "ja")
    page.goto(site + "/home/")
    page.get_by_role("link", name="カードを失くした").click()
    page.get_by_label("内容を確かめました").check()
    page.get_by_role("button", name="いますぐ失効する").click()
    page.wait_for_selector(".clock:not(:empty)")
    before = page.locator(".clock").inner_text()
    expect(page.locator(".clock")).not_to_have_text(before)
    look(page, "lost", "ja")
