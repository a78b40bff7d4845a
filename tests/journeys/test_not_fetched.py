"""A card that nobody fetches: three reminders, back to the centre, destroyed by two; and the holder may ask anew."""

import datetime as dt
import io
from pathlib import Path

import pytest
from pypdf import PdfReader
from pytest_django import Settings

from hpki_server.authority.models import Card, Certificate
from hpki_server.authority.production_models import BlankCard
from hpki_server.authority.services.shortage import propose_shortage
from hpki_server.enrollment.models import Application, LetterRun, PickupReminder
from hpki_server.enrollment.services import letters, not_fetched
from hpki_server.enrollment.services.applying import start_application
from hpki_server.enrollment.services.pickup import hand_over_card
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.authority import production, stage
from tests.hpki_server.enrollment import desk
from tests.hpki_server.enrollment.desk import NOON, SHOWN

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(settings: Settings, tmp_path: Path) -> Application:
    """花子's card waits at 岡山県医師会 since NOON."""
    settings.VAR = tmp_path
    stage.hierarchy()
    production.delivery(3, at=NOON - dt.timedelta(days=10))
    return desk.notified(at=NOON)


def after(days: int) -> dt.datetime:
    return NOON + dt.timedelta(days=days)


def reminded(at: dt.datetime) -> str:
    """The text of the reminders that are printed at that moment."""
    not_fetched.make_reminders(at=at)
    _run, content = letters.print_letters(LetterRun.Kind.REMINDER, by=cast.officer(cast.TANAKA, at=at), at=at)
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def brought_back(application: Application, at: dt.datetime) -> Application:
    clerk = cast.officer(cast.TAKAHASHI, at=at)
    return not_fetched.bring_back(application_id=application.id, by=clerk, at=at)


def destroyed(application: Application, at: dt.datetime) -> Application:
    tanaka, inoue = (cast.officer(role, at=at) for role in (cast.TANAKA, cast.INOUE))
    proposal = not_fetched.propose_end(application_id=application.id, by=tanaka, at=at)
    with pytest.raises(Denied) as denied:
        proposals.confirm(proposal.id, by=tanaka, at=at)
    assert denied.value.codes == ("own_proposal",)
    proposals.confirm(proposal.id, by=inoue, at=at)
    application.refresh_from_db()
    return application


def test_three_reminders_then_back_then_destroyed_and_asked_for_anew(waiting: Application) -> None:
    assert not_fetched.make_reminders(at=after(29)) == 0
    assert "30日" in reminded(after(30))
    assert not_fetched.make_reminders(at=after(31)) == 0
    assert "60日" in reminded(after(61))
    last = reminded(after(90))
    assert "90日" in last
    assert "までです。その翌日から" in last.replace("\n", "")
    assert [row.after_days for row in PickupReminder.objects.order_by("after_days")] == [30, 60, 90]
    back = brought_back(waiting, after(91))
    assert back.state == "brought_back"
    ended = destroyed(back, after(120))
    assert ended.state == "not_fetched"
    assert ended.card is not None
    assert ended.card.state == "scrapped"
    assert not Certificate.objects.filter(card=ended.card, revoked_at__isnull=True).exists()
    assert BlankCard.objects.get(card=ended.card).state == "destroyed"
    anew = start_application(by=cast.account(cast.HANAKO), at=after(121))
    assert anew.state == "draft"


def test_each_step_leaves_its_line(waiting: Application) -> None:
    reminded(after(90))
    destroyed(brought_back(waiting, after(91)), after(92))
    acts = list(
        AuditLine.objects.filter(subject_id=str(waiting.id))
        .order_by("sequence")
        .values_list("act", flat=True)
    )
    assert acts[acts.index("application:notify") + 1 :] == [
        "application:remind",
        "application:remind",
        "application:remind",
        "application:print-reminder",
        "application:bring-back",
        "proposal:make",
        "application:end-not-fetched",
        "proposal:confirm",
    ]


def test_reminders_that_were_missed_are_made_up_for_and_one_letter_tells_the_latest(
    waiting: Application,
) -> None:
    """The server stood still for months: three rows, one letter, nobody gets three on one day."""
    text = reminded(after(95))
    assert "90日" in text
    assert "期間が過ぎましたので" in text.replace("\n", "")
    assert "30日" not in text
    assert PickupReminder.objects.filter(printed_at__isnull=False).count() == 3
    assert waiting.reminders.count() == 3


def test_what_was_not_printed_before_the_card_went_back_stops_no_later_reminder(waiting: Application) -> None:
    not_fetched.make_reminders(at=after(90))
    brought_back(waiting, after(91))
    not_fetched.send_again(
        application_id=waiting.id, by=cast.officer(cast.TANAKA, at=after(92)), at=after(92)
    )
    assert not letters.waiting_for(LetterRun.Kind.REMINDER).exists()
    assert "30日" in reminded(after(122))


def test_the_job_twice_on_one_day_makes_one_reminder(waiting: Application) -> None:
    assert not_fetched.make_reminders(at=after(30)) == 1
    assert not_fetched.make_reminders(at=after(30)) == 0
    assert waiting.reminders.count() == 1


def test_certificates_for_remote_use_end_with_the_case(settings: Settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    stage.hierarchy()
    begun = NOON - dt.timedelta(days=10)
    tanaka, inoue = (cast.officer(role, at=begun) for role in (cast.TANAKA, cast.INOUE))
    until = (NOON + dt.timedelta(days=30)).date()
    proposals.confirm(propose_shortage(until, by=tanaka, at=begun).id, by=inoue, at=begun)
    application = desk.notified(at=NOON)
    remote = Card.objects.get(carrier="remote")
    assert remote.state == "issued"
    destroyed(brought_back(application, after(91)), after(120))
    remote.refresh_from_db()
    assert remote.state == "scrapped"
    assert not Certificate.objects.filter(revoked_at__isnull=True).exists()


def test_the_desk_keeps_the_card_to_the_last_day_that_the_postcard_names(waiting: Application) -> None:
    with pytest.raises(Denied) as denied:
        brought_back(waiting, after(90))
    assert denied.value.codes == ("not_waited_long_enough",)


def test_another_associations_desk_sends_nothing_back(waiting: Application) -> None:
    at = after(91)
    with pytest.raises(Denied) as denied:
        not_fetched.bring_back(application_id=waiting.id, by=cast.officer(cast.OSAKA_CLERK, at=at), at=at)
    assert denied.value.codes == ("no_duty",)


def test_the_holder_calls_in_time_and_the_card_is_sent_again(waiting: Application) -> None:
    reminded(after(90))
    brought_back(waiting, after(91))
    at = after(95)
    again = not_fetched.send_again(application_id=waiting.id, by=cast.officer(cast.TANAKA, at=at), at=at)
    assert again.state == "notified"
    # The terms begin anew.
    assert not_fetched.make_reminders(at=after(100)) == 0
    assert not_fetched.make_reminders(at=after(95 + 30)) == 1
    at = after(96)
    done = hand_over_card(
        application_id=waiting.id, shown=SHOWN, by=cast.officer(cast.TAKAHASHI, at=at), at=at
    )
    assert done.state == "active"


def test_a_fetched_card_is_neither_reminded_nor_destroyed(waiting: Application) -> None:
    at = after(1)
    hand_over_card(application_id=waiting.id, shown=SHOWN, by=cast.officer(cast.TAKAHASHI, at=at), at=at)
    assert not_fetched.make_reminders(at=after(95)) == 0
    with pytest.raises(Denied) as denied:
        not_fetched.propose_end(application_id=waiting.id, by=cast.officer(cast.TANAKA), at=at)
    assert denied.value.codes == ("wrong_state",)


def test_a_card_that_was_fetched_meanwhile_is_not_destroyed_by_an_old_proposal(waiting: Application) -> None:
    brought_back(waiting, after(91))
    at = after(92)
    tanaka, inoue = (cast.officer(role, at=at) for role in (cast.TANAKA, cast.INOUE))
    proposal = not_fetched.propose_end(application_id=waiting.id, by=tanaka, at=at)
    not_fetched.send_again(application_id=waiting.id, by=tanaka, at=at)
    with pytest.raises(Denied) as denied:
        proposals.confirm(proposal.id, by=inoue, at=at)
    assert denied.value.codes == ("wrong_state",)
