"""山本 proposes, 千葉 confirms: nobody does alone what needs two."""

import datetime as dt

import pytest
from django.db import IntegrityError

from hpki_server.people import queries
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, AuditLine, DutyGrant, Proposal
from hpki_server.people.services import accounts, duties, proposals
from hpki_server.people.services.proposals import Proposed
from tests import cast

pytestmark = pytest.mark.django_db
AT = cast.NOON
CHIBA = cast.Role("chiba", "千葉　優", "ちば　ゆう", Account.Kind.STAFF, ((Duty.ACCOUNTS, "centre"),))


def proposed() -> Proposal:
    return duties.propose_grant(
        account_id=cast.account(cast.IDLE).pk,
        organisation_id=cast.organisation("okayama").pk,
        duty=Duty.INTAKE,
        by=cast.officer(cast.YAMAMOTO),
        at=AT,
    )


def test_a_duty_is_granted_when_the_second_officer_confirms_and_both_are_on_record() -> None:
    proposal = proposed()
    assert not DutyGrant.objects.filter(account=cast.account(cast.IDLE)).exists()
    assert proposed().id == proposal.id
    proposals.confirm(proposal.id, by=cast.officer(CHIBA), at=AT + dt.timedelta(hours=1))
    grant = DutyGrant.objects.get(account=cast.account(cast.IDLE))
    assert grant.granted_by == cast.account(CHIBA)
    lines = AuditLine.objects.filter(act__in=["proposal:make", "proposal:confirm", "duty:grant"])
    assert [(line.act, line.by) for line in lines.order_by("sequence")] == [
        ("proposal:make", str(cast.account(cast.YAMAMOTO).pk)),
        ("duty:grant", str(cast.account(CHIBA).pk)),
        ("proposal:confirm", str(cast.account(CHIBA).pk)),
    ]


def test_nobody_confirms_alone_too_late_twice_or_without_the_duty() -> None:
    proposal = proposed()
    week = dt.timedelta(days=7, seconds=1)
    for role, at, code in (
        (cast.YAMAMOTO, AT, "own_proposal"),
        (cast.SATO, AT, "duty_missing"),
        (CHIBA, AT + week, "proposal_too_old"),
        (CHIBA, AT - dt.timedelta(hours=1), "proposal_too_old"),
    ):
        with pytest.raises(Denied, match=code):
            proposals.confirm(proposal.id, by=cast.officer(role), at=at)
    proposals.withdraw(proposal.id, by=cast.officer(CHIBA), at=AT)
    with pytest.raises(Denied, match="already_decided"):
        proposals.confirm(proposal.id, by=cast.officer(CHIBA), at=AT)
    assert not DutyGrant.objects.filter(account=cast.account(cast.IDLE)).exists()


def test_the_database_itself_refuses_one_officer_for_both() -> None:
    proposal = proposed()
    with pytest.raises(IntegrityError, match="proposal_confirmed_by_another"):
        Proposal.objects.filter(id=proposal.id).update(
            state="confirmed", decided_by=proposal.proposed_by, decided_at=AT
        )


def test_an_officer_does_not_confirm_a_grant_to_herself() -> None:
    proposal = duties.propose_grant(
        account_id=cast.account(CHIBA).pk,
        organisation_id=cast.organisation("okayama").pk,
        duty=Duty.INTAKE,
        by=cast.officer(cast.YAMAMOTO),
        at=AT,
    )
    with pytest.raises(Denied, match="granting_to_oneself"):
        proposals.confirm(proposal.id, by=cast.officer(CHIBA), at=AT)
    proposal.refresh_from_db()
    assert proposal.state == Proposal.State.OPEN


def test_a_permission_is_good_for_a_day() -> None:
    second = cast.Role("mori", "森　葉子", "もり　ようこ", Account.Kind.STAFF, ((Duty.AUDIT, "centre"),))
    export = Proposed("audit:export", "audit", "chain")
    with pytest.raises(Denied, match="not_confirmed"):
        proposals.require_confirmed("audit:export", "chain", at=AT)
    proposal = proposals.propose(export, by=cast.officer(cast.KOBAYASHI), at=AT)
    with pytest.raises(Denied, match="duty_missing"):
        proposals.propose(export, by=cast.officer(cast.SATO), at=AT)
    proposals.confirm(proposal.id, by=cast.officer(second), at=AT)
    assert proposals.require_confirmed("audit:export", "chain", at=AT + dt.timedelta(hours=23)) == proposal
    with pytest.raises(Denied, match="not_confirmed"):
        proposals.require_confirmed("audit:export", "chain", at=AT + dt.timedelta(hours=25))


def test_the_page_shows_what_waits_and_to_whom_it_matters() -> None:
    page = f"/staff/accounts/{cast.account(cast.IDLE).pk}/"
    asked = {"organisation": cast.organisation("okayama").pk, "duty": "intake"}
    said = cast.signed_in(cast.YAMAMOTO).post(page, asked, follow=True).content.decode()
    assert "別の担当者が確認すると有効になります" in said
    proposal = Proposal.objects.get()
    assert (
        "別の担当者を待っています" in cast.signed_in(cast.YAMAMOTO).get("/staff/proposals/").content.decode()
    )
    shown = cast.signed_in(CHIBA).get("/staff/proposals/").content.decode()
    assert cast.IDLE.name in shown
    assert "岡山県医師会" in shown
    assert cast.IDLE.name not in cast.signed_in(cast.SATO).get("/staff/proposals/").content.decode()
    done = cast.signed_in(CHIBA).post(f"/staff/proposals/{proposal.id}/confirm/", follow=True)
    assert "操作は実行されました" in done.content.decode()
    assert DutyGrant.objects.filter(account=cast.account(cast.IDLE), duty="intake").exists()


def test_two_who_take_the_last_duty_from_each_other_leave_one() -> None:
    """Both pages were open; the second request began a moment earlier and waited for the first."""
    yamamoto, chiba = cast.officer(cast.YAMAMOTO), cast.officer(CHIBA)
    grants = {one.account.name: one.pk for one in DutyGrant.objects.filter(duty="accounts")}
    later = AT + dt.timedelta(seconds=1)
    duties.withdraw_duty(grant_id=grants[CHIBA.name], by=yamamoto, at=later)
    for act in (
        lambda: duties.withdraw_duty(grant_id=grants[cast.YAMAMOTO.name], by=chiba, at=AT),
        lambda: accounts.close_account(account_id=yamamoto.account_id, by=chiba, at=AT),
        lambda: accounts.renew_access(account_id=yamamoto.account_id, by=chiba, at=AT),
    ):
        with pytest.raises(Denied, match="duty_missing"):
            act()


def test_whoever_made_a_colleagues_login_anew_does_not_confirm_with_it() -> None:
    """The link went to 山本: what 千葉 says in the days after may be 山本's word."""
    proposal = proposed()
    yamamoto = cast.officer(cast.YAMAMOTO)
    accounts.renew_access(account_id=cast.account(CHIBA).pk, by=yamamoto, at=AT)
    with pytest.raises(Denied, match="renewed_by_the_other"):
        proposals.confirm(proposal.id, by=cast.officer(CHIBA), at=AT + dt.timedelta(days=6))
    third = cast.Role("mori", "森　葉子", "もり　ようこ", Account.Kind.STAFF, ((Duty.ACCOUNTS, "centre"),))
    proposals.confirm(proposal.id, by=cast.officer(third), at=AT + dt.timedelta(days=6))
    assert not queries.renewed_between(
        cast.account(CHIBA).pk, yamamoto.account_id, at=AT + dt.timedelta(days=8)
    )
