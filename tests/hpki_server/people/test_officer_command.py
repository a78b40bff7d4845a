"""The first officer of a new installation."""

import io

import pytest
from django.core.management import CommandError, call_command

from hpki_server.people import queries
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, AuditLine
from tests import cast

pytestmark = pytest.mark.django_db
WORDS = ("officer", "add", "erste@example.jp", "第一　号", "--duty", "accounts")


def test_the_console_makes_the_first_officer_and_prints_the_link() -> None:
    out = io.StringIO()
    call_command(*WORDS, "--name-of", "電子認証センター", stdout=out)
    account = Account.objects.get(username="erste@example.jp")
    assert f"/staff/setup/{account.pk}/" in out.getvalue()
    assert account.grants.get().duty == Duty.ACCOUNTS
    acts = AuditLine.objects.order_by("sequence").values_list("act", "by")
    assert list(acts) == [
        ("organisation:add", "system"),
        ("account:create", "system"),
        ("duty:grant", "system"),
    ]


def test_an_unknown_organisation_needs_a_name() -> None:
    with pytest.raises(CommandError, match="give --name-of"):
        call_command(*WORDS)
    assert not Account.objects.exists()


def test_a_known_address_is_refused_whole() -> None:
    cast.account(cast.YAMAMOTO)
    with pytest.raises(CommandError, match="すでに登録"):
        call_command(*WORDS[:2], cast.YAMAMOTO.username, *WORDS[3:])
    assert queries.centre_ids() == {cast.organisation("centre").pk}


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(CommandError, match="no e-mail address"):
        call_command(*WORDS[:2], "erste", *WORDS[3:], "--name-of", "電子認証センター")
    assert not Account.objects.exists()
