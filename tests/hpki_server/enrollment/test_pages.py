"""Pages: nothing typed is lost, files leave only as downloads, lists are short, ordered and cheap."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from hpki_server.enrollment.models import Application, ApplicationPaper
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.services import applying
from hpki_server.people.models import Account
from tests import cast
from tests.hpki_server.enrollment import desk

pytestmark = pytest.mark.django_db


def at(name: str, application: Application, *more: str) -> str:
    return reverse(f"enrollment:{name}", args=[application.id, *more])


def begun() -> Application:
    return applying.start_application(by=cast.account(cast.HANAKO), at=desk.NOON)


def test_what_was_typed_is_there_after_a_logout() -> None:
    application = begun()
    cast.signed_in(cast.HANAKO).post(
        at("keep", application), {"family_name": "渡\U000e0102", "born_on": "昭和"}
    )
    page = cast.signed_in(cast.HANAKO).get(at("entries", application)).content.decode()
    assert 'value="渡\U000e0102"' in page
    assert 'value="昭和"' in page


def test_a_mistake_is_told_beside_the_field_and_on_top_and_everything_stays() -> None:
    application = begun()
    typed = {**desk.TYPED, "association": "", "address": "<script>alert(1)</script>"}
    answer = cast.signed_in(cast.HANAKO).post(at("entries-section", application, "contact"), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#id_association"' in page
    assert 'aria-invalid="true"' in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert Application.objects.get().typed["family_name"] == "渡邉"


def test_a_very_long_text_is_cut_and_refused() -> None:
    application = begun()
    answer = cast.signed_in(cast.HANAKO).post(at("keep", application), {"address": "岡" * 9000})
    assert answer.status_code == 200
    assert len(Application.objects.get().typed["address"]) == 300


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("photo.jpg", b"<html>", "JPEG・PNG・PDF のいずれでもありません"),
        ("photo.jpg", b"\xff\xd8\xff" + b"0" * (8 * 1024 * 1024 + 1), "ファイルが大きすぎます"),
        ("photo.jpg", b"", "ファイルが空です"),
        ("../../etc/photo.exe", desk.picture(light=30), "写真が暗く"),
    ],
)
def test_a_refused_upload_says_why_and_what_to_do(name: str, content: bytes, words: str) -> None:
    application = begun()
    answer = cast.signed_in(cast.HANAKO).post(
        at("hand-in", application, "photo"), {"file": SimpleUploadedFile(name, content, "image/jpeg")}
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ApplicationPaper.objects.exists()


def test_a_request_that_announces_too_much_is_not_read(settings: Settings) -> None:
    handlers = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
    settings.FILE_UPLOAD_HANDLERS = ["hpki_server.people.uploads.BoundedUpload", *handlers]
    application, client = begun(), cast.signed_in(cast.HANAKO)
    url = at("hand-in", application, "licence")
    paper = SimpleUploadedFile("licence.jpg", desk.picture((1200, 900)))
    assert client.post(url, {"file": paper}).status_code == 302
    paper.seek(0)
    for path, octets in ((url, 9 * 1024 * 1024), (at("keep", application), 2 * 1024 * 1024)):
        too_much = {"CONTENT_LENGTH": str(octets)}
        assert client.post(path, {"file": paper}, **too_much).status_code == 413  # type: ignore[arg-type]  # a header by its WSGI name


def test_a_paper_leaves_as_a_download_that_can_run_nothing() -> None:
    application = desk.submitted()
    answer = cast.signed_in(cast.TAKAHASHI).get(at("paper", application, "licence"))
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="licence.jpg"'
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("part", ["entries", "back", "photo.jpg"])
def test_there_is_no_fourth_paper(part: str) -> None:
    application = desk.submitted()
    url = at("paper", application, "photo").replace("photo", part)
    assert cast.signed_in(cast.TAKAHASHI).get(url).status_code == 404


def test_copies_close_when_the_work_that_needs_them_is_done() -> None:
    application = desk.taken_in()
    assert cast.signed_in(cast.TAKAHASHI).get(at("paper", application, "identity")).status_code == 404
    assert cast.signed_in(cast.SATO).get(at("paper", application, "identity")).status_code == 200


def test_a_case_that_moved_on_says_so() -> None:
    application = desk.taken_in()
    answer = cast.signed_in(cast.TAKAHASHI).get(at("take-in", application))
    assert answer.status_code == 409
    assert "審査待ち" in answer.content.decode()


def test_the_other_associations_list_is_empty() -> None:
    desk.submitted()
    assert "渡邉" in cast.signed_in(cast.TAKAHASHI).get(reverse("enrollment:intake")).content.decode()
    assert "渡邉" not in cast.signed_in(cast.OSAKA_CLERK).get(reverse("enrollment:intake")).content.decode()


def test_the_postcards_code_opens_the_case_at_once() -> None:
    application = desk.submitted()
    answer = cast.signed_in(cast.TAKAHASHI).get(reverse("enrollment:intake"), {"q": application.number or ""})
    assert answer.headers["Location"] == at("take-in", application)


def crowd(count: int) -> None:
    """As many waiting applications; the last made has waited longest."""
    people = Account.objects.bulk_create(
        Account(username=f"p{n}@example.jp", name=f"医師{n}", kind="applicant", created_at=cast.EMPLOYED_AT)
        for n in range(count)
    )
    Application.objects.bulk_create(
        Application(
            applicant=person,
            number=f"33-2026-{n:06d}",
            state=State.SUBMITTED.value,
            state_since=desk.NOON - dt.timedelta(hours=n),
            association=cast.organisation("okayama"),
            family_name="医師",
            given_name=f"第{n}",
            family_kana="イシ",
            member_kind="member",
        )
        for n, person in enumerate(people)
    )


def test_fifty_rows_oldest_first_for_few_questions(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    crowd(1000)
    clerk, url = cast.signed_in(cast.TAKAHASHI), reverse("enrollment:intake")
    clerk.get(url)
    with django_assert_max_num_queries(9):
        page = clerk.get(url).content.decode()
    assert page.count(">33-2026-") == 50
    assert page.index(">33-2026-000999") < page.index(">33-2026-000998")
    assert "after=" in page


def test_the_filter_stands_in_the_address() -> None:
    crowd(60)
    clerk = cast.signed_in(cast.TAKAHASHI)
    first = clerk.get(reverse("enrollment:intake"), {"q": "医師 イシ"})
    assert first.content.decode().count(">33-2026-") == 50
    following = {"q": "医師 イシ", "after": str(first.context["page"].after)}
    page = clerk.get(reverse("enrollment:intake"), following).content.decode()
    assert page.count(">33-2026-") == 10
    assert "q=%E5%8C%BB%E5%B8%AB+%E3%82%A4%E3%82%B7" in page
    empty = clerk.get(reverse("enrollment:intake"), {"q": "いない人", "after": "x"}).content.decode()
    assert "当てはまる申請はありません" in empty


def test_english_pages_name_offices_in_english() -> None:
    application = desk.submitted()
    answer = cast.signed_in(cast.HANAKO).get(at("progress", application), headers={"Accept-Language": "en"})
    assert "Okayama Medical Association" in answer.content.decode()


def test_a_draft_has_no_form_to_print_yet() -> None:
    application = begun()
    assert cast.signed_in(cast.HANAKO).get(at("own-form", application)).status_code == 404


@pytest.mark.parametrize("made", [begun, desk.submitted, desk.taken_in])
def test_a_withdrawn_application_waits_for_nobody(made: Callable[[], Application]) -> None:
    application, hanako = made(), cast.signed_in(cast.HANAKO)
    assert hanako.post(at("withdraw", application)).status_code == 302
    page = hanako.get(at("progress", application)).content.decode()
    assert "この申請は取り下げられました。" in page
    assert 'aria-current="step"' not in page
    assert hanako.get(at("entries", application)).status_code == 302
