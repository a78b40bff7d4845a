"""The recurring work: each job in its time, one failure alone, one runner at a time."""

import datetime as dt

import pytest

from hpki_server.portal.recurring import JOBS, Job, Runner, lease

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def test_each_job_has_its_turn_and_a_failing_one_stops_nobody() -> None:
    ran: list[str] = []
    said: list[str] = []
    clock = [0.0]

    def fails() -> str:
        ran.append("fails")
        raise RuntimeError("the token was pulled")

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
    # What was said before is not said again.
    assert said == ["fails: failed: RuntimeError: the token was pulled", "works: done"]


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
