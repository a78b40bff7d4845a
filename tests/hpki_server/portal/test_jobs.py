"""The recurring work: each job in its time, one failure alone, one runner at a time."""

import datetime as dt
import time
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from pytest_django import Settings

from hpki_server.portal.recurring import JOBS, Job, Runner, lease
from hpki_server.portal.story.server import kept_running

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def test_each_job_has_its_turn_and_a_failing_one_stops_nobody() -> None:
    ran: list[str] = []
    said: list[str] = []
    clock = [0.0]

    def fails() -> str:
        ran.append("fails")
        raise ValueError("the form said 医籍番号 123456")

    def works() -> str:
        ran.append("works")
        return "done"

    jobs = [Job("fails", MINUTE, fails), Job("works", 2 * MINUTE, works)]
    runner = Runner(jobs, said.append, seconds=lambda: clock[0])
    assert [runner.turn(), runner.turn()] == [1, 0]
    assert ran == ["fails", "works"]
    clock[0] = 61
    assert runner.turn() == 1
    clock[0] = 121
    assert runner.turn() == 1
    assert ran == ["fails", "works", "fails", "fails", "works"]
    # What was said before is not said again, and an error's own words, which may quote somebody, never.
    assert said == ["fails: failed: ValueError", "works: done"]


def test_a_turn_that_cannot_begin_is_told_once_and_the_next_ones_go_on(
    settings: Settings, tmp_path: Path
) -> None:
    """What a database that is away for a minute, or a full disk, must not end."""
    said: list[str] = []
    ran: list[str] = []

    def works() -> str:
        ran.append("works")
        return ""

    clock = iter(range(100))
    runner = Runner([Job("works", dt.timedelta(0), works)], said.append, seconds=lambda: next(clock))
    place, settings.VAR = settings.VAR, tmp_path / "file" / "in-the-way"
    (tmp_path / "file").write_text("")
    assert [runner.turn(), runner.turn()] == [1, 1]
    settings.VAR = place
    ran.clear()
    assert runner.turn() == 0
    assert ran == ["works"]
    assert said == ["turn: failed: NotADirectoryError: Not a directory"]


def test_what_ends_by_itself_begins_anew_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    lives = tmp_path / "lives"
    with kept_running(["sh", "-c", f"echo 1 >> {lives}"], restart_seconds=0.05):
        for _ in range(100):
            if lives.exists() and len(lives.read_text().splitlines()) > 2:
                break
            time.sleep(0.05)
    ended = lives.read_text()
    assert len(ended.splitlines()) > 2
    time.sleep(0.2)
    assert lives.read_text() == ended


def test_a_second_runner_waits() -> None:
    ran: list[str] = []

    def works() -> str:
        ran.append("works")
        return ""

    second = Runner([Job("works", MINUTE, works)], ran.append)
    with lease() as first:
        assert first
        with lease() as other:
            # On PostgreSQL one session may take its lock twice; another process is needed to see it refused.
            if not other:
                second.turn()
                assert ran == []
    second.turn()
    assert ran == ["works"]


def test_the_jobs_of_the_server_run_on_an_empty_installation() -> None:
    said: list[str] = []
    assert Runner(JOBS, said.append).turn() == 0
    assert said == []


def test_sessions_that_have_ended_are_removed_and_running_ones_stay() -> None:
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - the job reads the clock itself
    for key, ends in (("ended", now - MINUTE), ("runs", now + MINUTE)):
        Session.objects.create(session_key=key, session_data="", expire_date=ends)
    said: list[str] = []
    assert Runner(JOBS, said.append).turn() == 0
    assert list(Session.objects.values_list("session_key", flat=True)) == ["runs"]
