"""The holder's pages: see what waits, look at it, send what was signed, take it along, decline, keep, remove."""

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hpki_server.people.models import Account, AuditLine
from hpki_server.signing import queue_shown
from hpki_server.signing.queue_models import ClientSystem, SigningTask, TaskDocument
from hpki_server.signing.services import keeping
from hpki_server.signing.services.tidying import tidy
from tests import cast
from tests.hpki_server.signing import queue_pages, queue_scene
from tests.hpki_server.signing.queue_pages import own, signed
from tests.hpki_server.signing.queue_scene import LETTER, LETTER_XML, NOW, Person, waiting
from tests.signed_pdfs import letter

pytestmark = pytest.mark.django_db
PDF, BOOK = letter(), letter(7)
DAY = dt.timedelta(days=1)


@pytest.fixture
def hanako() -> Person:
    return queue_pages.hanako_at_home()


@pytest.fixture
def account(hanako: Person) -> Account:
    return cast.account(cast.HANAKO)


@pytest.fixture
def hospital(hanako: Person) -> ClientSystem:
    return queue_scene.hospital()[0]


@pytest.fixture
def browser(hanako: Person) -> Client:
    return cast.signed_in(cast.HANAKO)


def page(browser: Client, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def test_the_list_says_who_asks_and_the_home_how_many_wait(browser: Client, hospital: ClientSystem) -> None:
    assert "署名を待つ文書はありません" in page(browser, "/signing/")
    waiting(hospital)
    shown = page(browser, "/signing/")
    assert "岡山県医師会　電子カルテ" in shown
    assert "<b>1</b> 件" in shown
    assert "<b>1</b> 件" in page(browser, "/home/")


def test_a_long_list_asks_the_database_no_more_often(
    browser: Client, hospital: ClientSystem, hanako: Person, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        task = waiting(hospital, f"letter {number}".encode())
        if number % 2:
            signed(task, hanako)
    with django_assert_max_num_queries(14):
        assert page(browser, "/signing/").count("署名済みの文書を保存する") == 4


def test_nobody_else_sees_a_document(browser: Client, hospital: ClientSystem) -> None:
    task = waiting(hospital, PDF, file_name="letter.pdf")
    mallory = cast.signed_in(cast.MALLORY)
    assert "使えるカードがありません" in page(mallory, "/signing/")
    for part in ("", "document", "pages/1.png", "signed", "report.pdf", "decline/", "signed-elsewhere/"):
        page(mallory, f"/signing/{task.id}/{part}", 404)
    for part in ("withdraw/", "collect/", "keep/"):
        assert mallory.post(f"/signing/{task.id}/{part}", {"days": 30}).status_code == 404
    page(mallory, f"/signing/sign/?task={task.id}", 404)


def test_a_pdf_is_seen_as_pictures_and_saved_as_it_came(browser: Client, hospital: ClientSystem) -> None:
    task = waiting(hospital, BOOK, file_name="letter.pdf")
    shown = page(browser, f"/signing/{task.id}/")
    assert "全 7 ページのうち 1～5 ページ" in shown
    assert 'alt="「紹介状」の 1 ページ目（全 7 ページ）' in shown
    assert "Letter, page 5" in shown
    assert "Letter, page 6" in page(browser, f"/signing/{task.id}/?from=6")
    assert "そのページはありません" in page(browser, f"/signing/{task.id}/?from=99")
    picture = browser.get(f"/signing/{task.id}/pages/1.png")
    assert picture.content.startswith(b"\x89PNG")
    assert "no-store" in picture["Cache-Control"]
    page(browser, f"/signing/{task.id}/pages/99.png", 404)
    draft = browser.get(f"/signing/{task.id}/document")
    assert draft.content == BOOK
    assert draft["Content-Disposition"] == 'attachment; filename="letter.pdf"'


def test_markup_in_a_document_is_text(browser: Client, hospital: ClientSystem) -> None:
    task = waiting(hospital, LETTER_XML, file_name="letter.xml")
    assert "&lt;紹介状&gt;" in page(browser, f"/signing/{task.id}/")
    page(browser, f"/signing/{task.id}/pages/1.png", 404)


def test_what_cannot_be_shown_is_said(browser: Client, hospital: ClientSystem) -> None:
    task = waiting(hospital, b"PK\x03\x04\x00", file_name="scan.zip")
    assert "ここには映せません" in page(browser, f"/signing/{task.id}/")


def test_the_page_gives_the_command_and_notices_the_signature(
    browser: Client, hospital: ClientSystem, hanako: Person
) -> None:
    first, second = waiting(hospital), waiting(hospital, LETTER_XML, file_name="letter.xml")
    query = f"task={first.id}&task={second.id}"
    shown = page(browser, f"/signing/sign/?{query}")
    assert f"hpki sign queue --server http://localhost:8000 --task {first.id} --task {second.id}" in shown
    progress = f"/signing/sign/progress/?{query}"
    assert browser.get(f"{progress}&waiting=2").status_code == 204
    signed(first, hanako)
    assert "署名を待っています" in page(browser, f"{progress}&waiting=2")
    signed(second, hanako)
    ended = page(browser, f"{progress}&waiting=1")
    assert "すべて終わりました" in ended
    assert "hx-get" not in ended


def test_without_a_choice_the_list_says_what_to_do(browser: Client) -> None:
    answer = browser.get("/signing/sign/?task=x", follow=True)
    assert "チェックを入れてください" in answer.content.decode()


def test_what_was_signed_is_judged_and_taken_along(
    browser: Client, hospital: ClientSystem, hanako: Person
) -> None:
    task = signed(waiting(hospital, PDF, file_name="letter.pdf"), hanako)
    shown = page(browser, f"/signing/{task.id}/")
    assert "有効な署名です" in shown
    assert "署名されたときから変わっていません" in shown
    assert "医師" in shown
    assert f"（{NOW.astimezone(dt.timezone(9 * dt.timedelta(hours=1))):%Y-%m-%d}）" in shown
    answer = browser.get(f"/signing/{task.id}/signed")
    assert answer.content.startswith(PDF)
    assert answer["Content-Disposition"] == 'attachment; filename="letter.signed.pdf"'
    assert browser.get(f"/signing/{task.id}/report.pdf").content.startswith(b"%PDF")


def test_a_signature_beside_its_file_is_judged_with_the_file(
    browser: Client, hospital: ClientSystem, hanako: Person
) -> None:
    task = signed(waiting(hospital), hanako)
    shown = page(browser, f"/signing/{task.id}/")
    assert "有効な署名です" in shown
    assert ".p7s" in shown


def test_a_document_that_left_says_so(browser: Client, hospital: ClientSystem, hanako: Person) -> None:
    task = signed(waiting(hospital), hanako)
    TaskDocument.objects.filter(task=task).delete()
    shown = page(browser, f"/signing/{task.id}/")
    assert "文書は、こちらには残っていません" in shown
    page(browser, f"/signing/{task.id}/signed", 404)
    page(browser, f"/signing/{task.id}/report.pdf", 404)


def test_an_own_document_is_handed_in_with_a_level_in_plain_words(browser: Client) -> None:
    shown = page(browser, "/signing/new/")
    assert "署名だけ" in shown
    # Without a time-stamp unit nothing else is promised.
    assert "10 年後も確かめられる" not in shown
    data = {"document": SimpleUploadedFile("意見書.pdf", PDF), "title": "", "level": "B"}
    answer = browser.post("/signing/new/", data, follow=True)
    task = SigningTask.objects.get()
    assert (task.title, task.file_name, task.level) == ("意見書", "意見書.pdf", "B")
    assert "お預かりしました" in answer.content.decode()
    browser.post(f"/signing/{task.id}/withdraw/")
    task.refresh_from_db()
    assert task.state == "withdrawn"


def test_a_refused_upload_says_why(browser: Client) -> None:
    assert "文書を選んでください" in browser.post("/signing/new/", {"level": "B"}).content.decode()
    broken = {"document": SimpleUploadedFile("a.pdf", b"%PDF-1.7 broken"), "level": "B"}
    answer = browser.post("/signing/new/", broken)
    assert answer.status_code == 422
    assert "読み取れません" in answer.content.decode()


def test_with_a_time_stamp_unit_the_long_kinds_are_offered() -> None:
    hanako = queue_pages.hanako_at_home(stamps=True)
    browser, account = cast.signed_in(cast.HANAKO), cast.account(cast.HANAKO)
    assert "10 年後も確かめられる" in page(browser, "/signing/new/")
    task = signed(own(account, level="T"), hanako)
    assert "タイムスタンプで証明された時刻" in page(browser, f"/signing/{task.id}/")


def test_what_other_software_signed_is_taken_and_a_wrong_file_is_not(
    browser: Client, hospital: ClientSystem, hanako: Person
) -> None:
    task = waiting(hospital)
    path = f"/signing/{task.id}/signed-elsewhere/"
    page(browser, path)
    answer = browser.post(path, {"signed": SimpleUploadedFile("a.p7s", hanako.signs(b"other"))})
    assert answer.status_code == 422
    assert "違う内容" in answer.content.decode()
    answer = browser.post(path, {"signed": SimpleUploadedFile("a.p7s", hanako.signs(LETTER))}, follow=True)
    assert "有効な署名です" in answer.content.decode()


def test_a_document_is_declined_with_a_reason(browser: Client, hospital: ClientSystem) -> None:
    task = waiting(hospital)
    path = f"/signing/{task.id}/decline/"
    assert browser.post(path, {"reason": " "}).status_code == 422
    browser.post(path, {"reason": "宛名が違います"})
    task.refresh_from_db()
    assert (task.state, task.reason) == ("declined", "宛名が違います")
    assert "宛名が違います" in page(browser, f"/signing/{task.id}/")
    assert browser.post(path, {"reason": "again"}).status_code == 422


def test_an_own_document_goes_when_it_was_fetched_unless_somebody_asked(
    browser: Client, account: Account, hanako: Person
) -> None:
    fetched, kept = (signed(own(account), hanako) for _ in range(2))
    assert "消えます" in page(browser, f"/signing/{kept.id}/")
    browser.post(f"/signing/{kept.id}/keep/", {"days": "90"})
    assert AuditLine.objects.filter(act="signing:keep").count() == 1
    for task in (fetched, kept):
        browser.post(f"/signing/{task.id}/collect/")
    tidy(at=NOW + DAY)
    assert not TaskDocument.objects.filter(task=fetched).exists()
    assert "有効な署名です" in page(browser, f"/signing/{kept.id}/")
    tidy(at=NOW + 89 * DAY)
    assert TaskDocument.objects.filter(task=kept).count() == 2
    tidy(at=NOW + 91 * DAY)
    assert not TaskDocument.objects.filter(task=kept).exists()


def test_keeping_is_for_own_signed_documents_and_offered_terms(
    browser: Client, account: Account, hanako: Person
) -> None:
    task = own(account)
    answer = browser.post(f"/signing/{task.id}/keep/", {"days": "30"}, follow=True)
    assert str(keeping.NOT_SIGNED.sentence) in answer.content.decode()
    browser.post(f"/signing/{signed(task, hanako).id}/keep/", {"days": "4000"})
    task.refresh_from_db()
    assert task.keep_until is None


def test_a_late_document_is_shown_as_late_before_it_is_written_down(
    account: Account, hospital: ClientSystem
) -> None:
    task = waiting(hospital)
    late = queue_shown.shown(account, task.id, at=task.deadline)
    assert not late.is_waiting
    assert queue_shown.waiting_count(account, at=task.deadline) == 0
    assert [each.task for each in queue_shown.shelf_of(account, at=task.deadline).past] == [task]
