"""花子 is told by mail when it is her turn, once, and nobody else reads what it is about."""

import datetime as dt

import pytest

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import ReturnReason
from hpki_server.enrollment.services import deciding
from hpki_server.lifecycle.ports import Mail
from hpki_server.lifecycle.services.calling import NEWS, call_applicants
from hpki_server.lifecycle.services.registry_events import Disposition, RegisteredFact
from tests import cast
from tests.hpki_server.enrollment import charged, desk, paper_desk
from tests.hpki_server.lifecycle import stage

pytestmark = pytest.mark.django_db
LATER = desk.NOON + dt.timedelta(hours=1)


def called(at: dt.datetime = LATER) -> list[str]:
    mails: list[Mail] = []
    call_applicants(at=at, send=mails.append)
    assert not any("花子" in mail.subject + mail.text for mail in mails)
    return [mail.to for mail in mails]


def send_back(application: Application) -> None:
    deciding.return_application(
        application_id=application.id,
        reasons=frozenset({ReturnReason.PHOTO_UNCLEAR}),
        note="",
        by=cast.officer(cast.TAKAHASHI),
        at=desk.NOON,
    )


def test_what_comes_back_is_told_once() -> None:
    send_back(desk.submitted())
    assert called() == ["hanako@example.jp"]
    assert called() == []


def test_an_approval_calls_whoever_has_to_pay() -> None:
    charged.own_invoice()
    assert called() == ["hanako@example.jp"]


def test_an_approval_that_costs_nothing_calls_nobody() -> None:
    desk.approved()
    assert called() == []


def test_nobody_writes_to_whoever_is_said_to_have_died() -> None:
    send_back(desk.submitted())
    told = Disposition(RegisteredFact.DEATH, "physician", "470123", LATER.date())
    stage.disposed(told, at=LATER)
    assert called() == []


def test_old_news_and_paper_call_nobody_and_a_dead_server_is_asked_again() -> None:
    send_back(desk.submitted())
    assert called(desk.NOON + NEWS) == []

    def dead(_mail: Mail) -> None:
        raise ConnectionRefusedError

    assert call_applicants(at=LATER, send=dead).obstacle
    assert called() == ["hanako@example.jp"]
    send_back(paper_desk.sent())
    assert called() == []
