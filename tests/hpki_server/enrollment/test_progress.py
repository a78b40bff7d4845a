"""Where is my card: who has it now, how to reach them, and how long a step usually takes, where we know."""

import datetime as dt

import pytest

from hpki_server.enrollment import progress
from hpki_server.enrollment.models import Application, StateChange
from hpki_server.enrollment.rules import State, Step
from hpki_server.enrollment.stage_times import CASES_LEAST, usual_days
from tests import cast
from tests.hpki_server.enrollment import desk

pytestmark = pytest.mark.django_db


def history(count: int, *, days: int, step: Step = Step.VET) -> None:
    """Cases whose step took so many days each."""
    clerk = cast.account(cast.TAKAHASHI)
    for _ in range(count):
        application = Application.objects.create(
            entered_by=clerk, entry_desk=cast.organisation("okayama"), state="draft", state_since=desk.NOON
        )
        for taken, at in ((Step.TAKE_IN, desk.NOON), (step, desk.NOON + dt.timedelta(days=days))):
            StateChange.objects.create(
                application=application, step=taken.value, to_state="vetted", at=at, by=clerk
            )


def test_few_cases_say_nothing() -> None:
    history(CASES_LEAST - 1, days=2)
    assert usual_days(at=desk.NOON + dt.timedelta(days=3)) == {}


def test_enough_cases_say_their_median() -> None:
    history(CASES_LEAST, days=2)
    history(CASES_LEAST - 1, days=9)
    assert usual_days(at=desk.NOON + dt.timedelta(days=10)) == {Step.VET: 2}
    # Half a year later it is another office.
    assert usual_days(at=desk.NOON + dt.timedelta(days=200)) == {}


def test_what_is_known_stands_at_the_steps_to_come_and_not_at_those_done() -> None:
    application = desk.taken_in()
    drawn = progress.steps_of(
        application, list(application.changes.order_by("id")), {Step.VET: 2, Step.TAKE_IN: 1}
    )
    assert "ふだんは 2 日ほど" in str(drawn[2].note)
    assert "ふだん" not in str(drawn[1].note)


def test_the_holder_is_the_association_and_then_the_centre_with_its_telephone() -> None:
    desk.offices()
    application = desk.submitted()
    holder = progress.holder_of(application)
    assert holder is not None
    assert (holder.office, holder.phone) == ("岡山県医師会", "086-250-5111")
    application.state = State.TAKEN_IN.value
    holder = progress.holder_of(application)
    assert holder is not None
    assert (holder.office, holder.phone) == ("日本医師会 電子認証センター", "03-3946-2121")
    application.state = State.RETURNED.value
    assert progress.holder_of(application) is None
