"""Postcard and PIN letter: never on one day, never in one run, the PIN letter once."""

import datetime as dt
import io
from collections.abc import Callable, Iterable
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from hpki_server.authority.models import PinEnvelope
from hpki_server.enrollment.models import Application, LetterRun
from hpki_server.enrollment.rules import CaseKind, letter_terms
from hpki_server.enrollment.services import issuing, letters
from hpki_server.enrollment.services.record import lock_in_order
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.enrollment import desk, many
from tests.hpki_server.enrollment.desk import LETTERS_APART, NOON

pytestmark = pytest.mark.django_db(transaction=True)
Kind = LetterRun.Kind


@pytest.fixture(autouse=True)
def issuers() -> None:
    stage.hierarchy()
    desk.offices()


def issued(count: int = 2, **changed: object) -> list[Application]:
    made = many.ordered(count, at=NOON - dt.timedelta(hours=1), **changed)  # type: ignore[arg-type]  # columns by name
    for application in made:
        issuing.issue_card(application_id=application.id, by=cast.officer(cast.TANAKA), at=NOON)
    return made


def printed(kind: LetterRun.Kind, at: dt.datetime) -> PdfReader:
    _run, content = letters.print_letters(kind, by=cast.officer(cast.TANAKA, at=at), at=at)
    return PdfReader(io.BytesIO(content))


def refused(act: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(Denied) as denied:
        act()
    return denied.value.codes


def test_the_terms_are_dated_data_with_a_source() -> None:
    terms = letter_terms(dt.date(2026, 11, 4))
    assert (terms.days_apart, terms.reminder_days, terms.bring_back_days) == (2, (30, 60, 90), 90)
    assert terms.postcard_channel != terms.pin_letter_channel
    assert letter_terms(dt.date(2020, 1, 1)) == letter_terms(dt.date(2026, 4, 1))


def test_one_run_is_one_pdf_of_one_kind() -> None:
    issued(2)
    assert len(printed(Kind.PIN_LETTER, NOON).pages) == 2
    run = LetterRun.objects.get()
    assert (run.kind, run.count) == ("pin-letter", 2)
    assert AuditLine.objects.get(act="letters:print").facts() == {"count": 2, "kind": "pin-letter"}
    assert not PinEnvelope.objects.filter(printed_at__isnull=True).exists()


def test_of_two_who_print_at_one_moment_one_gets_the_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    issued(1)

    def lock_after_a_colleague(cases: Iterable[UUID]) -> None:
        monkeypatch.setattr(letters, "lock_in_order", lock_in_order)
        printed(Kind.POSTCARD, NOON)
        lock_in_order(cases)

    monkeypatch.setattr(letters, "lock_in_order", lock_after_a_colleague)
    assert refused(lambda: printed(Kind.POSTCARD, NOON)) == ("nothing_to_print",)


@pytest.mark.parametrize(
    ("first", "second"), [(Kind.PIN_LETTER, Kind.POSTCARD), (Kind.POSTCARD, Kind.PIN_LETTER)]
)
def test_the_other_letter_waits_two_days_whichever_comes_first(
    first: LetterRun.Kind, second: LetterRun.Kind
) -> None:
    [application] = issued(1)
    printed(first, NOON)
    application.refresh_from_db()
    next_day = NOON + dt.timedelta(days=1)
    assert refused(lambda: printed(second, next_day)) == ("nothing_to_print",)
    assert letters.next_day_for(application, second, at=next_day) == dt.date(2026, 11, 6)
    assert len(printed(second, NOON + LETTERS_APART).pages) == {Kind.POSTCARD: 2, Kind.PIN_LETTER: 1}[second]


def test_days_turn_at_midnight_in_japan() -> None:
    issued(1)
    printed(Kind.PIN_LETTER, NOON)
    before = dt.datetime(2026, 11, 5, 14, 59, tzinfo=dt.UTC)
    assert refused(lambda: printed(Kind.POSTCARD, before)) == ("nothing_to_print",)
    assert printed(Kind.POSTCARD, before + dt.timedelta(minutes=2)).pages


def test_a_single_letter_obeys_the_same_rule_and_says_from_when() -> None:
    [application] = issued(1)
    tanaka = cast.officer(cast.TANAKA)
    issuing.print_pin_letter(application_id=application.id, by=tanaka, at=NOON)
    with pytest.raises(Denied) as denied:
        issuing.print_postcard(application_id=application.id, by=tanaka, at=NOON)
    assert denied.value.codes == ("letters_too_close",)
    assert "令和8年11月6日" in str(denied.value.denials[0].sentence)


def test_a_pin_letter_is_in_one_run_only() -> None:
    issued(1)
    printed(Kind.PIN_LETTER, NOON)
    assert refused(lambda: printed(Kind.PIN_LETTER, NOON + dt.timedelta(days=9))) == ("nothing_to_print",)


def test_a_run_that_cannot_be_made_tells_no_pin() -> None:
    issued(2)
    cast.organisation("centre").office.delete()
    assert refused(lambda: printed(Kind.PIN_LETTER, NOON)) == ("office_address_missing",)
    assert not PinEnvelope.objects.filter(printed_at__isnull=False).exists()
    assert not LetterRun.objects.exists()


def test_an_association_without_an_address_keeps_no_other_ones_postcards() -> None:
    issued(1, association="osaka")
    issued(1, first=2)
    assert len(printed(Kind.POSTCARD, NOON).pages) == 2
    assert refused(lambda: printed(Kind.POSTCARD, NOON)) == ("nothing_to_print",)
    assert letters.without_address(Kind.POSTCARD) == [("大阪府医師会", 1)]
    assert "大阪府医師会（1 通）" in cast.signed_in(cast.TANAKA).get("/letters/").content.decode()


def test_an_emergency_has_both_at_once_and_needs_no_postcard() -> None:
    [application] = issued(1, kind=CaseKind.EMERGENCY.value)
    tanaka = cast.officer(cast.TANAKA)
    issuing.print_pin_letter(application_id=application.id, by=tanaka, at=NOON)
    issuing.print_postcard(application_id=application.id, by=tanaka, at=NOON)
    assert issuing.record_notified(application_id=application.id, by=tanaka, at=NOON).state == "notified"


def test_everything_whose_letters_are_posted_is_sent_at_once() -> None:
    issued(2)
    printed(Kind.PIN_LETTER, NOON)
    later = NOON + LETTERS_APART
    assert letters.record_all_notified(by=cast.officer(cast.TANAKA), at=NOON) == 0
    printed(Kind.POSTCARD, later)
    assert letters.record_all_notified(by=cast.officer(cast.TANAKA), at=later) == 0
    for one in Application.objects.all():
        desk.post_both(one, NOON, later)
    assert letters.record_all_notified(by=cast.officer(cast.TANAKA), at=later) == 2
    assert set(Application.objects.values_list("state", flat=True)) == {"notified"}


def test_the_page_of_letters_asks_the_database_the_same_few_questions_for_any_number() -> None:
    client = cast.signed_in(cast.TANAKA)
    asked: list[int] = []
    for more in (1, 3):
        issued(more, first=len(asked) + 1)
        client.get("/letters/")
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/letters/").status_code == 200
        asked.append(len(seen))
    assert asked[0] == asked[1] < 40


def test_two_officers_who_send_at_once_send_each_case_once() -> None:
    first, second = issued(2)
    printed(Kind.PIN_LETTER, NOON)
    later = NOON + LETTERS_APART
    printed(Kind.POSTCARD, later)
    for one in (first, second):
        desk.post_both(one, NOON, later)
    tanaka = cast.officer(cast.TANAKA)
    quicker: list[int] = []

    def colleague(execute: Callable[..., object], sql: str, *more: object) -> object:
        answer = execute(sql, *more)
        if sql.startswith('UPDATE "enrollment_application"') and not quicker:
            quicker.append(1)
            # Whichever of the two is not the one that is being moved.
            left = Application.objects.filter(state="issued").get()
            issuing.record_notified(application_id=left.id, by=tanaka, at=later)
        return answer

    with connection.execute_wrapper(colleague):
        assert letters.record_all_notified(by=tanaka, at=later) == 1
    assert quicker
    assert set(Application.objects.values_list("state", flat=True)) == {"notified"}


def test_nobody_else_prints() -> None:
    issued(1)
    with pytest.raises(Denied) as denied:
        letters.print_letters(Kind.PIN_LETTER, by=cast.officer(cast.SATO), at=NOON)
    assert denied.value.codes == ("nothing_to_print",)
