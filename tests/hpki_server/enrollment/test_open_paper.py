"""Whoever opens an applicant's paper leaves one line: who, whose, which; a reload of the same reading leaves none."""

import datetime as dt

import pytest
from django.urls import reverse

from hpki_server.enrollment.models import Application, ApplicationPaper
from hpki_server.enrollment.rules import Part
from hpki_server.enrollment.services import applying, reading
from hpki_server.people import act_words
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.enrollment import desk

pytestmark = pytest.mark.django_db


def lines() -> list[AuditLine]:
    return list(AuditLine.objects.filter(act=reading.OPEN).order_by("sequence"))


def parts() -> list[object]:
    return [line.facts()["part"] for line in lines()]


def opened(application: Application, part: Part, role: cast.Role = cast.SATO, **later: int) -> None:
    at = desk.NOON + dt.timedelta(**later)
    reading.open_paper(application.id, part, by=cast.officer(role, at=at), at=at)


def test_one_line_for_each_paper_says_who_whose_and_which_and_nothing_of_what_it_holds() -> None:
    application = desk.taken_in()
    opened(application, Part.LICENCE)
    opened(application, Part.PHOTO)
    assert parts() == ["licence", "photo"]
    line = lines()[0]
    stored = ApplicationPaper.objects.get(application=application, kind="licence")
    assert line.by == str(cast.account(cast.SATO).pk)
    assert (line.subject_kind, line.subject_id) == ("application", str(application.id))
    assert line.organisation == str(cast.organisation("centre").id)
    assert line.facts() == {
        "number": application.number,
        "part": "licence",
        "sha256": stored.sha256,
        "state": "taken_in",
    }
    assert act_words.act_word(line.act) != line.act


def test_a_reload_belongs_to_the_same_reading_and_the_next_day_does_not() -> None:
    application = desk.taken_in()
    for minutes in (0, 1, 29):
        opened(application, Part.LICENCE, minutes=minutes)
    assert parts() == ["licence"]
    opened(application, Part.LICENCE, minutes=31)
    opened(application, Part.LICENCE, days=1)
    assert parts() == ["licence"] * 3


def test_a_paper_that_was_replaced_meanwhile_and_another_officer_are_other_openings() -> None:
    application = desk.submitted()
    opened(application, Part.PHOTO, cast.TAKAHASHI)
    ApplicationPaper.objects.filter(application=application, kind="photo").update(sha256="ab" * 32)
    opened(application, Part.PHOTO, cast.TAKAHASHI, minutes=1)
    assert parts() == ["photo", "photo"]
    assert {line.organisation for line in lines()} == {str(cast.organisation("okayama").id)}


def test_whoever_has_no_duty_opens_nothing_and_leaves_no_line() -> None:
    application = desk.taken_in()
    for role in (cast.TAKAHASHI, cast.TANAKA):
        with pytest.raises(ApplicationPaper.DoesNotExist):
            opened(application, Part.LICENCE, role)
    assert not lines()


def test_pictures_files_and_the_form_leave_lines_and_the_page_around_them_none() -> None:
    application = desk.taken_in()
    browser = cast.signed_in(cast.SATO)
    assert browser.get(reverse("enrollment:vet", args=[application.id])).status_code == 200
    assert not lines()
    for name, more in (("paper", ["licence"]), ("form", []), ("form", [])):
        answer = browser.get(reverse(f"enrollment:{name}", args=[application.id, *more]))
        assert answer.status_code == 200
    assert parts() == ["licence", "form"]


def test_the_applicants_own_papers_are_read_without_a_line() -> None:
    application = desk.submitted()
    address = reverse("enrollment:own-paper", args=[application.id, "licence"])
    assert cast.signed_in(cast.HANAKO).get(address).status_code == 200
    assert not lines()


def test_a_pdf_shown_as_a_picture_is_one_opening_with_its_file() -> None:
    application = desk.draft()
    by = cast.account(cast.HANAKO)
    applying.hand_in_licence(application_id=application.id, content=desk.pdf_sheet(), by=by, at=desk.NOON)
    applying.submit_application(application_id=application.id, by=by, at=desk.NOON)
    Application.objects.filter(id=application.id).update(state="taken_in")
    browser = cast.signed_in(cast.SATO)
    for name in ("paper-sheet", "paper"):
        assert browser.get(reverse(f"enrollment:{name}", args=[application.id, "licence"])).status_code == 200
    assert parts() == ["licence"]


def test_the_auditor_finds_who_read_what() -> None:
    application = desk.taken_in()
    opened(application, Part.LICENCE)
    page = cast.signed_in(cast.KOBAYASHI).get(reverse("people:audit"), {"act": reading.OPEN}).content.decode()
    assert "書類・写真の閲覧" in page
    assert cast.account(cast.SATO).name in page
    assert "part: licence" in page
