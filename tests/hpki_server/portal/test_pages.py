"""The front door, the two homes, and what a page says when it cannot be shown."""

import re
from pathlib import Path

import pytest
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from lxml import html
from pytest_django import DjangoAssertNumQueries

from hpki_server.enrollment.rules import Step
from hpki_server.people.act_words import known_acts, known_subjects
from hpki_server.portal import views
from tests import cast

SERVER = Path(__file__).resolve().parents[3] / "src" / "hpki_server"
pytestmark = pytest.mark.django_db


def found(page: html.HtmlElement, path: str) -> list[html.HtmlElement]:
    """The elements at a path."""
    return [each for each in page.getroottree().getroot().xpath(path) if isinstance(each, html.HtmlElement)]


def english(client: Client) -> Client:
    client.post("/i18n/setlang/", {"language": "en"})
    return client


def test_the_front_page_has_four_doors_in_both_languages() -> None:
    page = html.fromstring(Client().get("/").text)
    assert [door.text_content() for door in found(page, '//ul[@class="doors"]//h2')] == [
        "申請する・進み具合を見る",
        "カードをお持ちの方",
        "署名された文書を確かめる",
        "担当者の方",
    ]
    assert "For officers" in english(Client()).get("/").text


@pytest.mark.parametrize(
    ("path", "status", "japanese", "words"),
    [
        ("/nowhere/", 404, "ページが見つかりません", "There is no such page"),
        ("/staff/", 403, "このページを開く権限がありません", "You may not open this page"),
    ],
)
def test_a_page_that_cannot_be_shown_says_why_and_what_to_do(
    path: str, status: int, japanese: str, words: str
) -> None:
    for client, title in (
        (cast.signed_in(cast.HANAKO), japanese),
        (english(cast.signed_in(cast.HANAKO)), words),
    ):
        answer = client.get(path)
        assert answer.status_code == status
        page = html.fromstring(answer.text)
        assert found(page, "//h1")[0].text_content() == title
        assert found(page, '//p[@class="lead"]')[0].text_content().strip()


@pytest.mark.parametrize(
    ("answer", "status", "title"),
    [
        (
            lambda request: views.bad_request(request, SuspiciousOperation()),
            400,
            "送信された内容を読み取れません",
        ),
        (lambda request: views.bad_request(request, RequestDataTooBig()), 413, "送られたものが大きすぎます"),
        (views.csrf_failed, 403, "ページの有効期限が切れました"),
        (views.server_failed, 500, "処理を完了できませんでした"),
    ],
)
def test_the_rarer_failures_speak_too(answer: object, status: int, title: str) -> None:
    assert callable(answer)
    request: HttpRequest = RequestFactory().get("/")
    page: HttpResponse = answer(request)
    assert page.status_code == status
    assert title in page.content.decode()


def test_the_failure_of_the_server_is_told_without_database_or_session(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        assert views.server_failed(RequestFactory().get("/")).status_code == 500


def test_officers_see_the_work_of_their_duties_only() -> None:
    page = html.fromstring(cast.signed_in(cast.TAKAHASHI).get("/staff/").text)
    assert [desk.text_content() for desk in found(page, '//ul[@class="desks"]//h2')] == ["受付", "交付"]
    assert found(page, '//a[@class="room"]')[0].text_content() == "岡山県医師会"
    links = [link.text_content() for link in found(page, "//header//nav//a")]
    assert links[0] == "仕事の一覧"
    assert {"受付", "交付"} <= set(links)
    assert "審査" not in links
    assert [link.text_content() for link in found(page, '//a[@aria-current="page"]')] == ["仕事の一覧"]


def test_an_officer_without_duties_is_told_whom_to_ask() -> None:
    assert "権限がまだ付与されていません" in cast.signed_in(cast.IDLE).get("/staff/").text


def test_hanako_is_led_to_her_application() -> None:
    page = cast.signed_in(cast.HANAKO).get("/home/").text
    assert "まだ申請はありません" in page
    assert "/applications/" in page


def test_no_template_carries_inline_style_or_script() -> None:
    inline = re.compile(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=\"|javascript:")
    found = [
        f"{template.relative_to(SERVER)}: {match.group()}"
        for template in SERVER.rglob("templates/**/*.html")
        if (match := inline.search(template.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_every_act_and_subject_that_is_recorded_has_a_word_on_the_audit_page() -> None:
    sources = [
        source.read_text(encoding="utf-8") for source in SERVER.rglob("*.py") if "tests" not in source.parts
    ]
    acts = {
        act
        for source in sources
        for act in re.findall(r"(?:audit\.record|audit\.Act|record|Act)\(\s*\"([a-z-]+:[a-z-]+)\"", source)
    } | {f"application:{step.value}" for step in Step}
    assert acts - known_acts() == set()
    subjects = {kind for source in sources for kind in re.findall(r"subject_kind=\"([a-z-]+)\"", source)}
    assert subjects - known_subjects() == set()


def test_a_session_that_cannot_be_written_says_to_wait() -> None:
    request = RequestFactory().get("/")
    answer = views.bad_request(request, SessionInterrupted())
    assert answer.status_code == 503
    assert "混み合っています" in answer.content.decode()
