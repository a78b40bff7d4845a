"""The centre's queue: ages, who has a case, the next one, and pages that stay quick with many."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from hpki_server.enrollment import case_queue
from hpki_server.enrollment.ages import midnight_of, urgency_of
from hpki_server.enrollment.case_queue import Cursor, Narrowing
from hpki_server.enrollment.models import Application, CaseHolder
from hpki_server.enrollment.services import holding
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, Organisation
from tests import cast
from tests.hpki_server.enrollment import desk
from tests.hpki_server.enrollment.desk import NOON

pytestmark = pytest.mark.django_db


def crowd(count: int, *, prefecture: str = "okayama") -> None:
    """So many cases that wait for the examiner, one for each hour that passed."""
    accounts = Account.objects.bulk_create(
        Account(
            username=f"{prefecture}{turn}@example.jp",
            name="申請者",
            kind=Account.Kind.APPLICANT,
            created_at=cast.EMPLOYED_AT,
        )
        for turn in range(count)
    )
    place = cast.organisation(prefecture)
    Application.objects.bulk_create(
        Application(
            number=f"{place.code}-2026-{turn:06d}",
            applicant=account,
            association=place,
            state="taken_in",
            state_since=NOON - dt.timedelta(hours=turn),
            family_name="医師",
            given_name=f"{turn}",
        )
        for turn, account in enumerate(accounts)
    )


def ages(wanted: Narrowing = Narrowing()) -> case_queue.Ages:  # noqa: B008 - a frozen value
    midnight = midnight_of(NOON)
    cases = case_queue.narrowed(cast.officer(cast.SATO), Duty.VETTING, wanted, midnight=midnight, at=NOON)
    return case_queue.ages_of(cases, midnight=midnight)


def test_colleagues_who_finish_cases_meanwhile_do_not_break_the_list() -> None:
    crowd(30)
    asked: list[str] = []

    def between(execute: Callable[..., object], sql: str, *more: object) -> object:
        answer = execute(sql, *more)
        asked.append(sql)
        if len(asked) == 1:
            Application.objects.filter(state_since__lt=NOON - dt.timedelta(hours=5)).update(state="vetted")
        return answer

    midnight = midnight_of(NOON)
    cases = case_queue.narrowed(
        cast.officer(cast.SATO), Duty.VETTING, Narrowing(), midnight=midnight, at=NOON
    )
    with connection.execute_wrapper(between):
        queue = case_queue.ages_of(cases, midnight=midnight)
    # Counted before, read after: what is left is of today.
    assert (queue.total, queue.half, queue.most, queue.oldest) == (30, 1, 1, 1)


def test_half_and_nine_tenths_are_told_in_days_and_the_bands_add_up() -> None:
    crowd(240)
    # NOON is twelve o'clock in Japan: thirteen cases of today, then twenty-four a day, ten days back.
    queue = ages()
    assert (queue.total, queue.half, queue.most, queue.oldest) == (240, 6, 10, 11)
    assert [band.count for band in queue.bands] == [13, 48, 96, 83]
    assert sum(band.share for band in queue.bands) == pytest.approx(100)


def test_the_list_is_narrowed_by_place_kind_age_and_holder() -> None:
    crowd(30)
    crowd(4, prefecture="osaka")
    under = Organisation.objects.create(
        kind=Organisation.Kind.DISTRICT, code="27-01", name="区の医師会", parent=cast.organisation("osaka")
    )
    Application.objects.filter(number="27-2026-000003").update(association=under)
    assert ages(Narrowing(place="27")).total == 4
    assert ages(Narrowing(place="27-01")).total == 1
    assert ages(Narrowing(days=2)).total == 34 - 13 - 4
    assert ages(Narrowing(kind="renewal")).total == 0
    holding.take_next(duty=Duty.VETTING, by=cast.officer(cast.SATO), at=NOON)
    assert ages(Narrowing(holder="mine")).total == 1
    assert ages(Narrowing(holder="free")).total == 33


def test_the_next_case_is_the_oldest_that_nobody_has() -> None:
    crowd(3)
    sato = cast.officer(cast.SATO)
    oldest = holding.take_next(duty=Duty.VETTING, by=sato, at=NOON)
    assert oldest is not None
    assert oldest.number == "33-2026-000002"
    CaseHolder.objects.update(account=cast.account(cast.SUZUKI))
    following = holding.take_next(duty=Duty.VETTING, by=sato, at=NOON)
    assert following is not None
    assert following.number == "33-2026-000001"
    # Half an hour later nobody has it any more.
    later = holding.take_next(duty=Duty.VETTING, by=sato, at=NOON + dt.timedelta(minutes=31))
    assert later == oldest


def emergencies(*turns: int) -> list[str]:
    """Of the crowd, these are emergencies; their numbers, oldest first."""
    numbers = [f"33-2026-{turn:06d}" for turn in sorted(turns, reverse=True)]
    Application.objects.filter(number__in=numbers).update(kind="emergency", submitted_at=NOON)
    return numbers


def test_an_emergency_is_the_next_case_though_older_ones_wait() -> None:
    crowd(3)
    [urgent] = emergencies(0)
    found = holding.take_next(duty=Duty.VETTING, by=cast.officer(cast.SATO), at=NOON)
    assert found is not None
    assert found.number == urgent


@pytest.mark.parametrize("count", [2, 50, 70])
def test_emergencies_stand_first_and_no_row_is_lost_between_the_pages(count: int) -> None:
    crowd(130)
    urgent = emergencies(*range(count))
    cases = case_queue.narrowed(
        cast.officer(cast.SATO), Duty.VETTING, Narrowing(), midnight=midnight_of(NOON), at=NOON
    )
    seen: list[str | None] = []
    page = case_queue.page_of(cases, None)
    seen += [case.number for case in page.cases]
    while page.after is not None:
        page = case_queue.page_of(cases, case_queue.read_cursor(str(page.after)))
        seen += [case.number for case in page.cases]
    rest = [f"33-2026-{turn:06d}" for turn in range(129, count - 1, -1)]
    assert seen == urgent + rest


def test_the_row_and_the_case_tell_the_minutes() -> None:
    application = desk.taken_in()
    sent = dt.datetime.now(tz=dt.UTC) - dt.timedelta(minutes=25, seconds=2)  # noqa: TID251 - the page reads the real clock
    Application.objects.filter(id=application.id).update(kind="emergency", submitted_at=sent)
    sato = cast.signed_in(cast.SATO)
    assert "緊急　25 分" in sato.get(reverse("enrollment:vetting")).text
    assert "緊急　25 分" in sato.get(reverse("enrollment:vet", args=[application.id])).text


@pytest.mark.parametrize(
    ("minutes", "word", "tone"),
    [(0, "0 分", "warn"), (59, "59 分", "warn"), (60, "60 分", "bad"), (1445, "24 時間", "bad")],
)
def test_an_hour_is_the_measure_of_an_emergency(minutes: int, word: str, tone: str) -> None:
    case = Application(kind="emergency", submitted_at=NOON, state_since=NOON)
    chip = urgency_of(case, at=NOON + dt.timedelta(minutes=minutes))
    assert chip is not None
    assert (chip.word, chip.tone) == (f"緊急　{word}", tone)
    assert urgency_of(Application(kind="first", state_since=NOON), at=NOON) is None


def test_whoever_vetted_is_not_led_to_approve_it() -> None:
    application = desk.vetted()
    Application.objects.filter(id=application.id).update(vetted_by=cast.account(cast.SUZUKI))
    assert holding.take_next(duty=Duty.APPROVAL, by=cast.officer(cast.SUZUKI), at=NOON) is None


def test_the_page_tells_who_has_it_and_hands_it_on() -> None:
    application = desk.taken_in()
    other = cast.account(cast.SUZUKI)
    CaseHolder.objects.create(application=application, account=other, since=dt.datetime.now(tz=dt.UTC))  # noqa: TID251 - the page reads the real clock
    sato = cast.signed_in(cast.SATO)
    url = reverse("enrollment:vet", args=[application.id])
    assert "鈴木　恵さんが" in sato.get(url).content.decode()
    assert sato.post(reverse("enrollment:hold", args=[application.id])).headers["Location"] == url
    assert "鈴木　恵さんが" not in sato.get(url).content.decode()


@pytest.mark.parametrize(
    "text", ["", "x", "2026-11-04~1", "2026-11-04T12:00:00~1", "2026-13-45T99:00:00+09:00~1"]
)
def test_an_address_that_names_no_row_is_the_first_page(text: str) -> None:
    assert case_queue.read_cursor(text) is None


def test_a_cursor_comes_back_as_it_was_written() -> None:
    for cursor in (Cursor(NOON, "33-2026-000001"), Cursor(NOON, "33-2026-000001", urgent=True)):
        assert case_queue.read_cursor(str(cursor)) == cursor


def test_a_late_page_asks_no_more_of_the_database_than_an_early_one(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    crowd(2_000)
    sato, url = cast.signed_in(cast.SATO), reverse("enrollment:vetting")
    sato.get(url)
    after = ""
    for _page in range(12):
        with django_assert_max_num_queries(13):
            answer = sato.get(url, {"after": after})
        assert answer.content.decode().count(">33-2026-") == 50
        after = str(answer.context["page"].after)
