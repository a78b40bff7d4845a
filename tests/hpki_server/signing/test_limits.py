"""An asker's share of a minute is one, however many processes answer and however often they start."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection, connections

from hpki_server.people.denial import Denied
from hpki_server.people.models import LoginThrottle
from hpki_server.people.services import login
from hpki_server.signing.counting import Counts, forget_counts
from hpki_server.signing.models import AskerCount
from tests import cast

AT = cast.NOON
MINUTE = dt.timedelta(minutes=1)
ASKER = "page:192.0.2.7"
AtOnce = Callable[[Callable[[], int], int], int]


def passed(process: Counts, times: int, *, most: int = 20, step: int = 1, at: dt.datetime = AT) -> int:
    """How many of so many questions one process lets through."""
    return sum(not process.is_over(ASKER, most=most, step=step, at=at) for _ in range(times))


@pytest.mark.django_db
def test_two_processes_share_one_count() -> None:
    one, other = Counts(), Counts()
    assert [passed(one, 12), passed(other, 12), passed(one, 12)] == [12, 8, 0]


@pytest.mark.django_db
def test_a_restart_forgets_nothing() -> None:
    assert [passed(Counts(), 15), passed(Counts(), 15)] == [15, 5]


@pytest.mark.django_db
def test_a_new_minute_and_another_asker_begin_at_nothing() -> None:
    process = Counts()
    assert passed(process, 30) == 20
    assert not process.is_over("page:192.0.2.8", most=20, step=1, at=AT)
    assert passed(process, 30, at=AT + MINUTE) == 20


@pytest.mark.django_db
def test_a_flood_is_refused_without_a_question_to_the_database(
    django_assert_num_queries: Callable[[int], object],
) -> None:
    process = Counts()
    passed(process, 21)
    with django_assert_num_queries(0):  # type: ignore[attr-defined]  # a context
        assert passed(process, 100) == 0


@pytest.mark.django_db
def test_what_is_cheap_is_added_in_steps_and_still_ends(
    django_assert_num_queries: Callable[[int], object],
) -> None:
    one, other = Counts(), Counts()
    with django_assert_num_queries(0):  # type: ignore[attr-defined]  # a context
        assert passed(one, 9, most=95, step=10) == 9
    assert passed(one, 200, most=95, step=10) == 95 - 9
    # Another process learns of it with its first step.
    assert passed(other, 200, most=95, step=10) < 10


@pytest.mark.django_db
def test_the_table_names_nobody_and_is_tidied() -> None:
    passed(Counts(), 3)
    [row] = AskerCount.objects.all()
    assert "192.0.2" not in row.key
    assert forget_counts(at=AT + MINUTE) == 0
    assert forget_counts(at=AT + 10 * MINUTE) == 1


# --- at the very same time -----------------------------------------------------------------------------------------


def _apart(act: Callable[[], int]) -> int:
    try:
        return act()
    finally:
        connection.close()


def _tables() -> int:
    with connection.schema_editor() as editor:
        editor.create_model(AskerCount)
        editor.create_model(LoginThrottle)
    return 0


@pytest.fixture
def at_once(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AtOnce:
    """Sums what an act gives in so many threads, each with a connection of its own: to the database, processes.

    The tables of the tests on SQLite are in one connection's memory; those of new connections are in a file here.
    """

    def run(act: Callable[[], int], times: int) -> int:
        with ThreadPoolExecutor(times) as threads:
            return sum(threads.map(lambda _turn: _apart(act), range(times)))

    if connection.vendor == "sqlite":
        in_a_file = {**connections.settings["default"], "NAME": str(tmp_path / "counts.sqlite3")}
        monkeypatch.setitem(connections.settings, "default", in_a_file)
        run(_tables, 1)
    return run


def test_processes_that_count_at_once_let_exactly_the_share_through(at_once: AtOnce) -> None:
    assert at_once(lambda: passed(Counts(), 10), 4) == 20


def test_failed_logins_at_once_are_all_counted(at_once: AtOnce) -> None:
    """Five wrong passwords lock, though each is judged by another process."""

    def guess() -> int:
        try:
            login.count_try("login:hanako", "192.0.2.7", at=AT)
        except Denied:
            return 0
        return 1

    assert at_once(guess, 8) == 5
