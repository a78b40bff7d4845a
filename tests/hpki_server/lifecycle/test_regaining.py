"""花子 forgot her password: three facts, one mail, one new password; nobody else gets in or learns anything."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hpki_server.lifecycle import jobs
from hpki_server.lifecycle.models import PasswordWish
from hpki_server.lifecycle.ports import Mail
from hpki_server.lifecycle.services import regaining
from hpki_server.lifecycle.services.regaining import RegainClaim
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.enrollment import desk

pytestmark = pytest.mark.django_db
TOLD = {"username": "Hanako@example.jp", "registration_number": "４７０１２３", "born_on": "昭和59年5月17日"}
NEW = "a new and much longer password"
SENTENCE = "ご登録と合っていれば、メールをお送りしました"


def ask(**changed: str) -> str:
    said = Client().post("/login/forgotten/", TOLD | changed, follow=True).text
    jobs.send_links()
    return said


def link() -> str:
    found = re.search(r"http://[^/]+(/password/new/\S+)", str(mail.outbox[0].body))
    assert found
    return found[1]


def test_the_link_opens_the_account_once() -> None:
    desk.draft()
    assert SENTENCE in ask()
    assert [sent.to for sent in mail.outbox] == [["hanako@example.jp"]]
    assert "花子" not in f"{mail.outbox[0].subject}{mail.outbox[0].body}"
    path = link()
    assert (
        "新しいパスワードを設定しました"
        in Client().post(path, {"password": NEW, "again": NEW}, follow=True).text
    )
    assert Client().login(username="hanako@example.jp", password=NEW)
    assert "使用済みか、期限が切れています" in Client().post(path, {"password": NEW, "again": NEW}).text
    acts = set(AuditLine.objects.values_list("act", flat=True))
    assert {"account:forget-password", "account:set-password"} <= acts


def test_a_zero_before_the_number_makes_no_other_number() -> None:
    desk.draft(registration_number="0470123")
    ask(registration_number="470123")
    ask(registration_number="00470123"[-7:])
    assert len(mail.outbox) == 2


@pytest.mark.parametrize(
    "wrong",
    [{"username": "ken@example.jp"}, {"registration_number": "470124"}, {"born_on": "昭和59年5月18日"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_whoever_knows_less_gets_the_same_answer_and_no_mail(wrong: dict[str, str]) -> None:
    desk.draft()
    assert SENTENCE in ask(**wrong)
    assert mail.outbox == []


def test_an_officers_account_is_not_opened_so() -> None:
    desk.draft()
    ask()
    _head, _account, token = link().rstrip("/").rsplit("/", 2)
    officer = cast.account(cast.SATO)
    answer = Client().post(f"/password/new/{officer.pk}/{token}/", {"password": NEW, "again": NEW})
    assert "使用済みか、期限が切れています" in answer.text


def test_asking_again_and_again_is_slowed_and_mails_wait_for_a_dead_mail_server() -> None:
    desk.draft()
    claim = RegainClaim("hanako@example.jp", "470123", dt.date(1984, 5, 17), "192.0.2.7")

    def dead(_mail: Mail) -> None:
        raise ConnectionRefusedError

    for _ in range(5):
        regaining.ask_for_link(claim, at=cast.NOON)
    with pytest.raises(Denied) as slowed:
        regaining.ask_for_link(claim, at=cast.NOON)
    assert slowed.value.codes == ("locked",)
    assert regaining.send_links(at=cast.NOON, send=dead).obstacle.startswith("ConnectionRefusedError")
    sent: list[Mail] = []
    # One mail answers all five.
    assert regaining.send_links(at=cast.NOON, send=sent.append).sent == 1
    assert regaining.send_links(at=cast.NOON, send=sent.append).sent == 0
    assert len(sent) == 1


def test_the_page_does_the_same_whether_everything_fits_or_nothing() -> None:
    """How long it takes tells nobody anything either."""
    desk.draft()
    # The first one begins the counts.
    Client().post("/login/forgotten/", TOLD | {"registration_number": "470124"})
    written = []
    for told in (TOLD, TOLD | {"registration_number": "470124"}):
        with CaptureQueriesContext(connection) as queries:
            Client().post("/login/forgotten/", told)
        written.append([query["sql"].split()[0] for query in queries])
    assert written[0] == written[1]
    assert PasswordWish.objects.filter(account__isnull=True).count() == 2
    jobs.send_links()
    assert len(mail.outbox) == 1
    assert not PasswordWish.objects.exists()


def test_a_wish_that_no_mail_server_took_for_hours_is_forgotten() -> None:
    desk.draft()
    regaining.ask_for_link(
        RegainClaim("hanako@example.jp", "470123", dt.date(1984, 5, 17), "192.0.2.7"), at=cast.NOON
    )
    assert regaining.send_links(at=cast.NOON + 2 * regaining.KEPT).sent == 0
    assert not PasswordWish.objects.exists()
