"""A closed application keeps what tells of the person as long as its rule says; what happened to it stays."""

import datetime as dt
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from pytest_django import Settings

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application, IdentitySeen, StateChange
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.rules.closed_terms import ClosedCase, minimised_by, read_closed_terms
from hpki_server.enrollment.services import applying, minimising, retention
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.enrollment import desk

TODAY = dt.date(2026, 11, 4)
NOON = desk.NOON


def days(count: int) -> dt.timedelta:
    return dt.timedelta(days=count)


def withdrawn() -> Application:
    application = desk.submitted()
    by = cast.account(cast.HANAKO)
    return applying.withdraw_application(application_id=application.id, by=by, at=NOON)


def test_every_closed_state_has_a_dated_rule_with_its_source() -> None:
    terms = minimising.terms()
    assert {term.state for term in terms} == {State.ACTIVE, State.NOT_FETCHED, State.WITHDRAWN}
    assert all(term.source and term.provenance in {"read", "to be confirmed"} for term in terms)


def test_a_card_keeps_its_application_for_ten_years_beyond_its_last_day() -> None:
    case = ClosedCase(State.ACTIVE, TODAY, card_ends_on=TODAY + days(1825))
    assert minimised_by(case, minimising.terms(), TODAY + days(1825 + 3649)) is None
    term = minimised_by(case, minimising.terms(), TODAY + days(1825 + 3650))
    assert term is not None
    assert term.code == "active/card-end+3650d"


def test_an_open_case_a_kept_copy_and_a_rule_of_other_days_keep_it() -> None:
    late = TODAY + days(40 * 366)
    assert minimised_by(ClosedCase(State.NOTIFIED, TODAY), minimising.terms(), late) is None
    assert minimised_by(ClosedCase(State.WITHDRAWN, TODAY, copies=1), minimising.terms(), late) is None
    assert minimised_by(ClosedCase(State.WITHDRAWN, dt.date(2020, 12, 31)), minimising.terms(), late) is None


def test_a_table_that_names_an_open_case_is_refused() -> None:
    lines = [
        "state,counts_from,days,valid_from,valid_until,source,provenance",
        "draft,closed,1,2021-01-01,,x,read",
    ]
    with pytest.raises(ValueError, match="draft"):
        read_closed_terms(lines)


@pytest.mark.django_db
def test_the_entries_go_with_one_line_and_the_history_stays() -> None:
    application = withdrawn()
    StateChange.objects.filter(application=application).update(note="渡邉さんより電話")
    IdentitySeen.objects.create(
        application=application,
        occasion="intake",
        kind="passport",
        number_hash="ab" * 32,
        seen_at=NOON,
        seen_by=cast.account(cast.TAKAHASHI),
    )
    over = NOON + days(1825)
    assert minimising.minimise_closed(at=over) == 0, "its copies are still there"
    retention.delete_expired_copies(at=over)
    assert minimising.minimise_closed(at=NOON + days(1824)) == 0
    assert minimising.minimise_closed(at=over) == 1
    assert minimising.minimise_closed(at=over) == 0
    application.refresh_from_db()
    left = {str(value) for value in Application.objects.filter(id=application.id).values_list()[0]}
    for told in (
        "渡邉",
        "花子",
        "Watanabe",
        "470123",
        "3300012345",
        "700-8570",
        "086-224-2111",
        "1984-05-17",
    ):
        assert not any(told in value for value in left), told
    assert (application.number, application.state) == ("33-2026-000001", "withdrawn")
    assert application.changes.count() > 1
    assert not application.changes.exclude(note="").exists()
    assert not IdentitySeen.objects.exists()
    line = AuditLine.objects.get(act="application:minimise")
    assert line.by == "system"
    assert line.facts() == {
        "number": "33-2026-000001",
        "rule": "withdrawn/closed+1825d",
        "state": "withdrawn",
    }


@pytest.mark.django_db
def test_a_cards_application_waits_for_the_end_of_the_card() -> None:
    application = desk.ordered()
    Application.objects.filter(id=application.id).update(state="active")
    application.papers.all().delete()
    card = Card.objects.get()
    end = dt.datetime.combine(card.expires_on, dt.time(3), dt.UTC) + days(3650)
    assert minimising.minimise_closed(at=end - days(1)) == 0
    assert minimising.minimise_closed(at=end) == 1
    card.refresh_from_db()
    assert card.family_name == "渡邉", "cards and certificates have terms of their own"


@pytest.mark.django_db
def test_the_applicant_is_told_and_the_form_is_gone() -> None:
    application = withdrawn()
    over = NOON + days(1825)
    retention.delete_expired_copies(at=over)
    minimising.minimise_closed(at=over)
    page = cast.signed_in(cast.HANAKO)
    assert (
        "ご記入の内容は消去しました" in page.get(reverse("enrollment:progress", args=[application.id])).text
    )
    assert page.get(reverse("enrollment:own-form", args=[application.id])).status_code == 404


@pytest.mark.django_db
def test_the_database_knows_no_half_minimised_application() -> None:
    application = withdrawn()
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(id=application.id).update(minimised_at=NOON)


@pytest.mark.django_db
def test_an_operator_s_own_table_counts_instead(settings: Settings) -> None:
    (Path(settings.VAR) / "application-retention.csv").write_text(
        "state,counts_from,days,valid_from,valid_until,source,provenance\n"
        "withdrawn,closed,40,2021-01-01,,運用規程 5.5,read\n",
        encoding="utf-8",
    )
    withdrawn()
    retention.delete_expired_copies(at=NOON + days(40))
    assert minimising.minimise_closed(at=NOON + days(39)) == 0
    assert minimising.minimise_closed(at=NOON + days(40)) == 1
