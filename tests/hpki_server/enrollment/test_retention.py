"""A copy is kept as long as its rule says and not a day longer; what went is told by its hash."""

import datetime as dt
from pathlib import Path

import pytest
from pytest_django import Settings

from hpki_server.enrollment.models import Application, ApplicationPaper
from hpki_server.enrollment.rules import PAPERS, Part, State
from hpki_server.enrollment.rules.retention import Kept, expired_by
from hpki_server.enrollment.services import applying, deciding, retention
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.enrollment import desk

TODAY = dt.date(2026, 11, 4)


def days(count: int) -> dt.timedelta:
    return dt.timedelta(days=count)


def test_the_day_on_which_a_term_ends_is_the_first_without_the_copy() -> None:
    terms = retention.terms()
    photo = Kept(Part.PHOTO, State.ACTIVE, TODAY)
    assert expired_by(photo, terms, TODAY + days(29)) is None
    term = expired_by(photo, terms, TODAY + days(30))
    assert term is not None
    assert term.code == "active+30d"


@pytest.mark.parametrize("part", PAPERS)
@pytest.mark.parametrize("state", State)
def test_every_copy_in_every_state_has_a_term_or_a_reason_to_stay(part: Part, state: State) -> None:
    goes = expired_by(Kept(part, state, TODAY), retention.terms(), TODAY + days(40 * 366)) is not None
    reasons = [one.reason for one in retention.exempt() if part in one.parts and one.state is state]
    assert goes is not bool(reasons)
    assert all(reasons)


@pytest.mark.parametrize("state", [State.TAKEN_IN, State.VETTED, State.NOTIFIED])
def test_no_copy_goes_while_somebody_works_with_it(state: State) -> None:
    assert expired_by(Kept(Part.LICENCE, state, TODAY), retention.terms(), TODAY + days(40 * 366)) is None


@pytest.mark.django_db
def test_who_never_comes_to_the_desk_leaves_nothing_there_and_may_send_it_again() -> None:
    application = desk.submitted()
    assert retention.delete_expired_copies(at=desk.NOON + days(364)) == 0
    assert retention.delete_expired_copies(at=desk.NOON + days(365)) == 3
    with pytest.raises(Denied, match="copies_gone"):
        deciding.take_in(
            application_id=application.id,
            originals=desk.ORIGINALS,
            by=cast.officer(cast.TAKAHASHI),
            at=desk.NOON + days(366),
        )


def test_a_rule_counts_from_its_own_day_on() -> None:
    before = Kept(Part.PHOTO, State.ACTIVE, dt.date(2020, 12, 31))
    assert expired_by(before, retention.terms(), TODAY) is None


@pytest.mark.django_db
def test_copies_of_a_withdrawn_application_go_after_thirty_days_each_with_a_line() -> None:
    application = desk.submitted()
    applying.withdraw_application(application_id=application.id, by=cast.account(cast.HANAKO), at=desk.NOON)
    digests = set(ApplicationPaper.objects.values_list("sha256", flat=True))
    assert retention.delete_expired_copies(at=desk.NOON + days(29)) == 0
    assert retention.delete_expired_copies(at=desk.NOON + days(30)) == 3
    assert not ApplicationPaper.objects.exists()
    lines = AuditLine.objects.filter(act="application:expire-paper")
    assert {line.facts()["sha256"] for line in lines} == digests
    assert {line.facts()["rule"] for line in lines} == {"withdrawn+30d"}
    assert {line.by for line in lines} == {"system"}
    assert retention.delete_expired_copies(at=desk.NOON + days(31)) == 0


@pytest.mark.django_db
def test_a_draft_that_is_worked_on_keeps_its_copies() -> None:
    application = desk.draft()
    later = desk.NOON + days(179)
    applying.hand_in_photo(
        application_id=application.id, content=desk.picture(), by=cast.account(cast.HANAKO), at=later
    )
    assert retention.delete_expired_copies(at=desk.NOON + days(181)) == 2
    assert [paper.kind for paper in ApplicationPaper.objects.all()] == ["photo"]


@pytest.mark.django_db
def test_a_turn_takes_so_many_and_the_next_the_rest() -> None:
    application = desk.draft()
    at = desk.NOON + days(200)
    assert retention.delete_expired_copies(at=at, most=2) == 2
    assert retention.delete_expired_copies(at=at, most=2) == 1
    assert Application.objects.get(id=application.id).state == "draft"


@pytest.mark.django_db
def test_copies_that_came_to_rest_outside_a_rule_s_days_never_keep_the_others_waiting(
    settings: Settings,
) -> None:
    (Path(settings.VAR) / "retention.csv").write_text(
        "parts,state,days,valid_from,valid_until,source\n"
        "photo|licence|identity,draft,7,2026-11-05,2026-12-31,運用規程 5.5\n",
        encoding="utf-8",
    )
    desk.draft()
    younger = desk.draft(cast.KEN)
    came = desk.NOON + days(3)
    Application.objects.filter(id=younger.id).update(state_since=came)
    ApplicationPaper.objects.filter(application=younger).update(uploaded_at=came)
    assert retention.delete_expired_copies(at=came + days(6), most=3) == 0
    assert retention.delete_expired_copies(at=came + days(7), most=3) == 3
    assert not ApplicationPaper.objects.filter(application=younger).exists()
    assert ApplicationPaper.objects.count() == 3


@pytest.mark.django_db
def test_an_operator_s_own_table_counts_instead(settings: Settings) -> None:
    (Path(settings.VAR) / "retention.csv").write_text(
        "parts,state,days,valid_from,valid_until,source\nphoto,draft,7,2021-01-01,,運用規程 5.5\n",
        encoding="utf-8",
    )
    desk.draft()
    assert retention.delete_expired_copies(at=desk.NOON + days(300)) == 1
    assert sorted(ApplicationPaper.objects.values_list("kind", flat=True)) == ["identity", "licence"]
