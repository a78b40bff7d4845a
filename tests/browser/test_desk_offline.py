"""A desk whose network drops for an hour: it goes on writing, sends everything once, and loses nothing to a killed browser."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from hpki_server.enrollment.models import Application, DeskEntry, PickupVisit, StateChange
from hpki_server.enrollment.services import applying
from tests import cast
from tests.browser.conftest import CHROMIUM, QUIET
from tests.browser.looking import stands
from tests.hpki_server.enrollment import desk

pytestmark = pytest.mark.django_db(transaction=True)
PASSPHRASE = "kibi-dango-2026"
PATIENCE = 60_000


@pytest.fixture
def playwright() -> Iterator[Playwright]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as running:
        yield running
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


# The page is served by its worker from here on.
UNDER_CONTROL = """() => new Promise(done => {
  if (navigator.serviceWorker.controller) done();
  else navigator.serviceWorker.addEventListener('controllerchange', () => done(), {once: true});
})"""


def device(playwright: Playwright, folder: Path, site: str, role: cast.Role | None) -> BrowserContext:
    """The desk's computer: what it keeps outlives its browser."""
    context = playwright.chromium.launch_persistent_context(
        str(folder),
        executable_path=CHROMIUM,
        args=QUIET,
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
        viewport={"width": 1280, "height": 900},
    )
    context.set_default_timeout(PATIENCE)
    if role is not None:
        session = cast.signed_in(role).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
    return context


def prepared(context: BrowserContext, site: str) -> Page:
    """The officer has opened the page once while the network worked."""
    page = context.pages[0] if context.pages else context.new_page()
    page.goto(f"{site}/desk/offline/")
    page.get_by_label("合言葉（10 文字以上）").fill(PASSPHRASE)
    page.get_by_label("合言葉（もう一度）").fill(PASSPHRASE)
    page.get_by_role("button", name="この端末を使えるようにする").click()
    expect(page.get_by_role("heading", name="受付の控え")).to_be_visible()
    page.evaluate(UNDER_CONTROL)
    return page


def note_intake(page: Page, number: str, licence: str) -> None:
    form = page.locator('[data-form="intake"]')
    form.get_by_label("受付番号").fill(number)
    form.get_by_label("申請者ご本人が来られ").check()
    form.get_by_label("住民票の写しの原本を確認しました").check()
    form.get_by_label("確認した身分証").select_option("driving-licence")
    form.get_by_label("身分証の番号").fill(licence)
    form.get_by_label("身分証の有効期限").fill("令和11年7月2日")
    form.get_by_role("button", name="受付を書き留める").click()
    expect(page.locator("[data-entries] > li", has_text=number)).to_be_visible()


def note_visit(page: Page, number: str, words: str = "回線が切れていたため") -> None:
    form = page.locator('[data-form="visit"]')
    notes = page.locator("[data-entries] > li", has_text=number)
    before = notes.count()
    form.get_by_label("受付番号").fill(number)
    form.get_by_label("来訪（お渡しは後日）").check()
    form.get_by_label("ひとこと").fill(words)
    form.get_by_role("button", name="来訪を書き留める").click()
    expect(notes).to_have_count(before + 1)


def looked_at(page: Page, name: str) -> None:
    stands(page, f"offline-{name}")


def two_to_take_in_and_one_to_fetch() -> tuple[Application, Application, Application]:
    waiting = desk.notified()
    first = desk.submitted(cast.KEN, registration_number="470124")
    second = desk.submitted(cast.MALLORY, registration_number="470125")
    return first, second, waiting


def everything_is_done_once(first: Application, second: Application) -> None:
    assert StateChange.objects.filter(step="take-in", application__in=[first, second]).count() == 2
    assert PickupVisit.objects.count() == 1
    assert DeskEntry.objects.filter(outcome="done").count() == DeskEntry.objects.count() == 3


def test_an_hour_without_network_is_sent_exactly_once(
    playwright: Playwright, site: str, tmp_path: Path
) -> None:
    first, second, waiting = two_to_take_in_and_one_to_fetch()
    context = device(playwright, tmp_path / "device", site, cast.TAKAHASHI)
    page = prepared(context, site)
    looked_at(page, "open")
    context.set_offline(True)
    # The page comes from the device now, and the passphrase opens what lies there.
    page.reload()
    expect(page.locator('[data-net="offline"]')).to_be_visible()
    looked_at(page, "locked")
    page.get_by_label("合言葉", exact=True).fill("something else")
    page.get_by_role("button", name="開く", exact=True).click()
    expect(page.get_by_text("合言葉が違います。")).to_be_visible()
    page.get_by_label("合言葉", exact=True).fill(PASSPHRASE)
    page.get_by_role("button", name="開く", exact=True).click()
    note_intake(page, first.number or "", "301234567801")
    note_intake(page, second.number or "", "301234567802")
    note_visit(page, waiting.number or "")
    expect(page.locator("[data-count]")).to_contain_text("3")
    looked_at(page, "unsent")
    assert not DeskEntry.objects.exists()
    context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator('[data-mark="done"]:visible')).to_have_count(3)
    # Again and again: a second window, a second press.
    page.get_by_role("button", name="いま送る").click()
    page.reload()
    expect(page.locator('[data-mark="done"]:visible')).to_have_count(3)
    everything_is_done_once(first, second)
    context.close()


def test_a_killed_browser_keeps_what_was_written(playwright: Playwright, site: str, tmp_path: Path) -> None:
    first, second, waiting = two_to_take_in_and_one_to_fetch()
    folder = tmp_path / "device"
    context = device(playwright, folder, site, cast.TAKAHASHI)
    page = prepared(context, site)
    context.set_offline(True)
    note_intake(page, first.number or "", "301234567801")
    note_intake(page, second.number or "", "301234567802")
    note_visit(page, waiting.number or "")
    kill_the_browser_of(folder)
    assert on_the_disk(folder, "301234567801", waiting.family_name) == []
    again = device(playwright, folder, site, cast.TAKAHASHI)
    page = again.pages[0] if again.pages else again.new_page()
    page.goto(f"{site}/desk/offline/")
    expect(page.locator('[data-mark="done"]:visible')).to_have_count(3)
    everything_is_done_once(first, second)
    again.close()


def test_a_case_that_moved_on_is_shown_and_nothing_is_overwritten(
    playwright: Playwright, site: str, tmp_path: Path
) -> None:
    first = desk.submitted()
    context = device(playwright, tmp_path / "device", site, cast.TAKAHASHI)
    page = prepared(context, site)
    context.set_offline(True)
    note_intake(page, first.number or "", desk.LICENCE_NUMBER)
    applying.withdraw_application(application_id=first.id, by=cast.account(cast.HANAKO), at=desk.NOON)
    context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    trouble = page.locator("[data-entries] > li")
    expect(trouble).to_contain_text("登録できませんでした")
    expect(trouble).to_contain_text("いまの状態： 取下げ")
    looked_at(page, "conflict")
    trouble.get_by_role("button", name="この控えを捨てる").click()
    expect(page.get_by_text("ありません。", exact=True)).to_be_visible()
    assert Application.objects.get().state == "withdrawn"
    context.close()


def test_a_note_that_the_server_cannot_take_holds_up_no_other_and_is_written_again(
    playwright: Playwright, site: str, tmp_path: Path
) -> None:
    waiting = desk.notified()
    context = device(playwright, tmp_path / "device", site, cast.TAKAHASHI)
    page = prepared(context, site)
    context.set_offline(True)
    words = page.locator('[data-form="visit"]').get_by_label("ひとこと")
    words.evaluate("field => field.removeAttribute('maxlength')")
    note_visit(page, waiting.number or "", "長" * 3000)
    note_visit(page, waiting.number or "")
    context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator('[data-mark="done"]:visible')).to_have_count(1)
    refused = page.locator("[data-entries] > li", has_text="短く書き直すか、捨ててください")
    expect(refused.get_by_role("button", name="この控えを捨てる")).to_be_visible()
    refused.get_by_role("button", name="直して書き直す").click()
    # Closed in the middle of the sentence: the old note is still there.
    page.reload()
    refused.get_by_role("button", name="直して書き直す").click()
    words.fill("短く")
    page.get_by_role("button", name="来訪を書き留める").click()
    expect(page.locator('[data-mark="done"]:visible')).to_have_count(2)
    expect(refused).to_have_count(0)
    assert PickupVisit.objects.count() == 2
    context.close()


def test_a_logout_in_another_window_closes_the_notes_here(
    playwright: Playwright, site: str, tmp_path: Path
) -> None:
    waiting = desk.submitted()
    context = device(playwright, tmp_path / "device", site, cast.TAKAHASHI)
    page = prepared(context, site)
    expect(page.locator("#intake-list option")).to_have_count(1)
    assert waiting.name in page.inner_html("#intake-list")
    beside = context.new_page()
    beside.goto(f"{site}/staff/")
    with beside.expect_navigation():
        beside.get_by_role("button", name="ログアウト").click()
    beside.close()
    page.bring_to_front()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("heading", name="控えを開く")).to_be_visible()
    assert waiting.name not in page.content()
    context.close()


def test_another_officer_on_the_same_device_sees_nothing_of_it(
    playwright: Playwright, site: str, tmp_path: Path
) -> None:
    first = desk.submitted()
    cast.account(cast.OSAKA_CLERK)
    context = device(playwright, tmp_path / "device", site, cast.TAKAHASHI)
    page = prepared(context, site)
    context.set_offline(True)
    note_intake(page, first.number or "", desk.LICENCE_NUMBER)
    assert not DeskEntry.objects.exists()
    # She goes; the network comes back when somebody else is logged in.
    page.goto("about:blank")
    context.set_offline(False)
    other = cast.signed_in(cast.OSAKA_CLERK).cookies["sessionid"].value
    context.clear_cookies()
    context.add_cookies([{"name": "sessionid", "value": other, "url": site}])
    page.goto(f"{site}/desk/offline/")
    expect(page.get_by_role("heading", name="この端末を使う準備")).to_be_visible()
    assert str(first.number) not in (page.text_content("main") or "")
    assert not DeskEntry.objects.exists()
    context.close()


def kill_the_browser_of(folder: Path) -> None:
    """The plug is pulled: every process that works in this folder, and no other."""
    for place in Path("/proc").iterdir():
        if not place.name.isdigit():
            continue
        try:
            words = (place / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(word == f"--user-data-dir={folder}".encode() for word in words):
            os.kill(int(place.name), signal.SIGKILL)


def on_the_disk(folder: Path, *secrets: str) -> list[Path]:
    """Files of the device in which one of these can be read."""
    wanted = [spelled for secret in secrets for spelled in (secret.encode(), secret.encode("utf-16-le"))]
    files = [path for path in folder.rglob("*") if path.is_file() and "IndexedDB" in str(path)]
    return [path for path in files if any(word in path.read_bytes() for word in wanted)]
