"""The pages of batches, stock, letters and cards that nobody fetches: seen, pressed by keyboard, judged by axe."""

import datetime as dt
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from hpki_server.authority.models import Card
from hpki_server.authority.production_models import BatchItem, ProductionBatch
from hpki_server.authority.production_rules import MoveReason, ScrapReason
from hpki_server.authority.services import batches, shortage, stock
from hpki_server.enrollment import jobs
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import Letter
from hpki_server.enrollment.services import not_fetched, production
from hpki_server.people.services import proposals
from tests import cast
from tests.browser.looking import stands
from tests.browser.test_office_pages import enter
from tests.hpki_server.authority import production as box
from tests.hpki_server.authority import stage
from tests.hpki_server.enrollment import desk, many
from tests.hpki_server.enrollment.test_posting import lay_ready

NOON = desk.NOON
LATER = NOON + dt.timedelta(hours=3)
# Later than any day on which the tests run.
FAR = dt.datetime(2099, 1, 5, 3, 0, tzinfo=dt.UTC)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def planned(most: int) -> ProductionBatch:
    by = cast.officer(cast.TANAKA, at=LATER)
    return production.plan_batch(production.Choice(most=most), by=by, at=LATER)


def hall() -> dict[str, ProductionBatch]:
    """A stock with a history, and a batch in every state of its life."""
    stage.hierarchy()
    desk.offices()
    box.delivery(60, at=NOON - dt.timedelta(days=40))
    tanaka, inoue = (cast.officer(role, at=LATER) for role in (cast.TANAKA, cast.INOUE))
    stock.spoil_blanks(["JP00000060"], reason=ScrapReason.PRINT_DEFECT, by=tanaka, at=LATER)
    many.ordered(7)
    closed = planned(1)
    batches.start_batch(closed.id, by=tanaka, at=LATER)
    assert jobs.make_cards() == (1, "")
    batches.count_batch(closed.id, good=1, scrapped=0, by=tanaka, at=LATER)
    batches.close_batch(closed.id, by=inoue, at=LATER)
    counted = planned(1)
    batches.start_batch(counted.id, by=tanaka, at=LATER)
    assert jobs.make_cards() == (1, "")
    batches.count_batch(counted.id, good=1, scrapped=0, by=tanaka, at=LATER)
    stopped = planned(3)
    batches.start_batch(stopped.id, by=tanaka, at=LATER)
    assert production.make_next(at=LATER).made
    first, second, third = stopped.items.order_by("position")
    application = Application.objects.get(card=first.card_id)
    production.scrap_card(application_id=application.id, reason=ScrapReason.CHIP_DEFECT, by=tanaka, at=LATER)
    batches.move_out(third.id, reason=MoveReason.ORDER_QUESTIONED, by=tanaka, at=LATER)
    batches.stop_at_obstacle(stopped.id, second.card_id, "card_failed", by="system", at=LATER)
    return {"closed": closed, "counted": counted, "stopped": stopped, "planned": planned(2)}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_state_of_a_batch_and_the_stock_can_be_read_by_everyone(
    site: str, page: Page, language: str
) -> None:
    made = hall()
    complaints = enter(page, site, cast.TANAKA, language)
    for name, batch in made.items():
        page.goto(f"{site}/production/{batch.id}/")
        stands(page, f"{language}-batch-{name}")
    page.goto(f"{site}/production/")
    stands(page, f"{language}-production")
    page.click("section[aria-labelledby=plan] button[type=submit]")
    stands(page, f"{language}-production-planned")
    page.goto(f"{site}/staff/stock/")
    stands(page, f"{language}-stock")
    page.click("section[aria-labelledby=receive] button[type=submit]")
    stands(page, f"{language}-stock-errors")
    page.goto(f"{site}/letters/")
    stands(page, f"{language}-letters")
    tanaka, inoue = (cast.officer(role) for role in (cast.TANAKA, cast.INOUE))
    until = dt.date(2027, 3, 31)
    proposals.confirm(shortage.propose_shortage(until, by=tanaka, at=NOON).id, by=inoue, at=NOON)
    many.ordered(1, first=90)
    page.goto(f"{site}/staff/stock/")
    stands(page, f"{language}-stock-shortage")
    application = Application.objects.get(number="33-2026-000090")
    page.goto(f"{site}/issuing/{application.id}/")
    stands(page, f"{language}-issuing-remote")
    assert complaints == []
    assert Card.objects.filter(carrier="remote", state="issued").count() == 1


@pytest.mark.parametrize("language", ["ja", "en"])
def test_letters_are_recorded_as_posted_and_a_wrong_day_is_corrected(
    site: str, page: Page, language: str
) -> None:
    notified = desk.notified()
    for one in many.ordered(3, first=50):
        lay_ready(one)
    desk.post(Letter.PIN_LETTER, *Application.objects.filter(number="33-2026-000050"), at=FAR)
    complaints = enter(page, site, cast.TANAKA, language)
    page.goto(f"{site}/letters/posted/postcard/")
    stands(page, f"{language}-posted")
    page.fill("#id_posted_on", "2026-02-30")
    page.click("main form .btn[type=submit]")
    stands(page, f"{language}-posted-errors")
    assert page.locator("input[name=letter]:checked").count() == 2
    page.fill("#id_posted_on", "2026-11-07")
    page.click("main form .btn[type=submit]")
    page.wait_for_url("**/letters/")
    page.click("details summary")
    stands(page, f"{language}-letters-posted")
    page.goto(f"{site}/issuing/{notified.id}/")
    stands(page, f"{language}-issuing-posted")
    page.click("section[aria-labelledby=postings] a")
    stands(page, f"{language}-correct-posting")
    page.check("input[value=not-posted]")
    page.click("main form .btn[type=submit]")
    page.wait_for_url("**/issuing/**")
    assert notified.postings.filter(ended_reason="not-posted").count() == 1
    assert complaints == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_cards_that_nobody_fetches(site: str, page: Page, language: str) -> None:
    stage.hierarchy()
    application = desk.notified()
    # The issuers of the tests are younger than the term.
    Application.objects.filter(id=application.id).update(state_since=NOON - dt.timedelta(days=75))
    not_fetched.make_reminders(at=NOON)
    enter(page, site, cast.TAKAHASHI, language)
    page.goto(f"{site}/unfetched/")
    stands(page, f"{language}-unfetched-desk")
    page.click("main form button")
    application.refresh_from_db()
    assert application.state == "brought_back"
    page.context.clear_cookies()
    enter(page, site, cast.TANAKA, language)
    page.goto(f"{site}/unfetched/")
    stands(page, f"{language}-unfetched-centre")
    page.click("main form button.danger")
    stands(page, f"{language}-unfetched-proposed")


def test_a_batch_is_planned_started_watched_counted_and_closed_without_a_mouse(site: str, page: Page) -> None:
    stage.hierarchy()
    desk.offices()
    box.delivery(10)
    many.ordered(2)
    enter(page, site, cast.TANAKA, "ja")
    page.goto(f"{site}/production/")
    page.focus("#id_most")
    page.keyboard.press("Control+A")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    page.wait_for_url("**/production/*-*/")
    page.focus("main .note button")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=製造しています")
    # The recurring work of the server, in this test's own thread; the page asks again by itself.
    assert jobs.make_cards() == (2, "")
    page.wait_for_selector("text=カードを数えて、照合してください", timeout=60_000)
    page.focus("#id_good")
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=枚数を数えた担当者は、完了にできません。")
    page.context.clear_cookies()
    enter(page, site, cast.INOUE, "ja")
    page.reload()
    page.focus("main .note button")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=バッチを完了しました")
    assert ProductionBatch.objects.get().state == "closed"
    assert set(BatchItem.objects.values_list("state", flat=True)) == {"personalised"}
