"""Who may give and take duties."""

import datetime as dt

import pytest

from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, AuditLine, DutyGrant, Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.services import accounts, duties
from tests import cast

pytestmark = pytest.mark.django_db
AT = cast.NOON
SECOND_CLERK = cast.Role("chiba", "千葉　優", "ちば　ゆう", Account.Kind.STAFF, ((Duty.ACCOUNTS, "okayama"),))


def grant(role: cast.Role, duty: Duty, where: str = "centre", *, by: cast.Role = cast.YAMAMOTO) -> DutyGrant:
    return duties.grant_duty(
        account_id=cast.account(role).pk,
        organisation_id=cast.organisation(where).pk,
        duty=duty,
        by=cast.officer(by),
        at=AT,
    )


def withdraw(role: cast.Role, *, by: cast.Role) -> DutyGrant:
    found = DutyGrant.objects.get(account=cast.account(role))
    return duties.withdraw_duty(grant_id=found.pk, by=cast.officer(by), at=AT)


def test_a_granted_duty_runs_from_then_on_in_that_organisation() -> None:
    grant(cast.IDLE, Duty.INTAKE, "okayama")
    officer = cast.officer(cast.IDLE)
    assert officer.may(Duty.INTAKE)
    assert officer.may(Duty.INTAKE, cast.organisation("okayama").pk)
    assert not officer.may(Duty.INTAKE, cast.organisation("osaka").pk)
    assert not cast.officer(cast.IDLE, at=AT - dt.timedelta(seconds=1)).may(Duty.INTAKE)


def test_a_withdrawn_duty_ends_at_once_and_stays_in_the_record() -> None:
    ended = withdraw(cast.SATO, by=cast.YAMAMOTO)
    assert not cast.officer(cast.SATO).may(Duty.VETTING)
    assert cast.officer(cast.SATO, at=AT - dt.timedelta(seconds=1)).may(Duty.VETTING)
    assert ended.withdrawn_by_id == cast.account(cast.YAMAMOTO).pk


@pytest.mark.parametrize(
    ("role", "duty", "where", "by", "code"),
    [
        (cast.YAMAMOTO, Duty.VETTING, "centre", cast.YAMAMOTO, "granting_to_oneself"),
        (cast.SATO, Duty.VETTING, "centre", cast.YAMAMOTO, "already_held"),
        (cast.HANAKO, Duty.VETTING, "centre", cast.YAMAMOTO, "not_an_officer"),
        (cast.KOBAYASHI, Duty.VETTING, "centre", cast.YAMAMOTO, "audit_stays_apart"),
        (cast.SATO, Duty.AUDIT, "centre", cast.YAMAMOTO, "audit_stays_apart"),
        (cast.IDLE, Duty.REGISTRY, "okayama", SECOND_CLERK, "only_at_the_centre"),
        (cast.IDLE, Duty.INTAKE, "osaka", SECOND_CLERK, "out_of_reach"),
        (cast.IDLE, Duty.INTAKE, "okayama", cast.SATO, "out_of_reach"),
    ],
)
def test_a_grant_that_may_not_be_is_refused_by_its_rule(
    role: cast.Role, duty: Duty, where: str, by: cast.Role, code: str
) -> None:
    with pytest.raises(Denied) as denied:
        grant(role, duty, where, by=by)
    assert denied.value.codes == (code,)
    assert not AuditLine.objects.filter(act="duty:grant").exists()


def test_an_association_grants_its_own_duties() -> None:
    assert (
        grant(cast.IDLE, Duty.PICKUP, "okayama", by=SECOND_CLERK).granted_by_id
        == cast.account(SECOND_CLERK).pk
    )


def test_the_last_who_grants_keeps_the_duty() -> None:
    with pytest.raises(Denied, match="last_accounts_officer"):
        withdraw(cast.YAMAMOTO, by=cast.YAMAMOTO)


def test_a_closed_account_holds_no_duty() -> None:
    closed = accounts.close_account(
        account_id=cast.account(cast.SATO).pk, by=cast.officer(cast.YAMAMOTO), at=AT
    )
    assert cast.officer(cast.SATO) == Officer(closed.pk, closed.name)


@pytest.mark.parametrize("act", [accounts.close_account, accounts.renew_access])
def test_nobody_renews_or_closes_oneself(act: object) -> None:
    assert callable(act)
    with pytest.raises(Denied, match="oneself"):
        act(account_id=cast.account(cast.YAMAMOTO).pk, by=cast.officer(cast.YAMAMOTO), at=AT)


@pytest.mark.parametrize("act", [accounts.close_account, accounts.renew_access])
def test_an_association_does_not_take_over_an_officer_who_serves_elsewhere_too(act: object) -> None:
    assert callable(act)
    grant(cast.SATO, Duty.INTAKE, "okayama")
    with pytest.raises(Denied) as denied:
        act(account_id=cast.account(cast.SATO).pk, by=cast.officer(SECOND_CLERK), at=AT)
    assert denied.value.codes == ("out_of_reach",)
    duties.withdraw_duty(
        grant_id=DutyGrant.objects.get(account=cast.account(cast.SATO), duty="vetting").pk,
        by=cast.officer(cast.YAMAMOTO),
        at=AT,
    )
    act(account_id=cast.account(cast.SATO).pk, by=cast.officer(SECOND_CLERK), at=AT)


def test_renewed_access_ends_password_and_app() -> None:
    sato = accounts.renew_access(account_id=cast.account(cast.SATO).pk, by=cast.officer(cast.YAMAMOTO), at=AT)
    assert not sato.has_usable_password()
    assert not hasattr(Account.objects.get(pk=sato.pk), "totp")


def test_the_pages_list_create_grant_and_withdraw() -> None:
    client = cast.signed_in(cast.YAMAMOTO)
    cast.account(cast.SATO)
    assert "佐藤　実" in client.get("/staff/accounts/").text
    made = client.post("/staff/accounts/new/", {"name": "新任　一", "username": "neu@example.jp"})
    assert "/staff/setup/" in made.text
    account = Account.objects.get(username="neu@example.jp")
    page = f"/staff/accounts/{account.pk}/"
    typed = {"organisation": str(cast.organisation("centre").pk), "duty": "vetting"}
    assert client.post(page, typed).status_code == 302
    # A second officer has to confirm it.
    second = cast.Role("mori", "森　葉子", "もり　ようこ", Account.Kind.STAFF, ((Duty.ACCOUNTS, "centre"),))
    confirm = f"/staff/proposals/{Proposal.objects.get().pk}/confirm/"
    assert cast.signed_in(second).post(confirm).status_code == 302
    assert "この権限はすでに付与されています" in client.post(page, typed).text
    given = DutyGrant.objects.get(account=account)
    assert client.post(f"/staff/grants/{given.pk}/withdraw/").status_code == 302
    assert "権限を取り消しました" in client.get(page).text


def test_an_association_does_not_see_the_officers_of_another() -> None:
    client = cast.signed_in(SECOND_CLERK)
    cast.account(cast.TAKAHASHI)
    osaka = cast.account(cast.OSAKA_CLERK)
    page = client.get("/staff/accounts/").text
    assert "高橋　直子" in page
    assert "大西　忍" not in page
    assert client.get(f"/staff/accounts/{osaka.pk}/").status_code == 404


def test_the_audit_page_shows_and_filters_lines() -> None:
    given = grant(cast.IDLE, Duty.INTAKE, "okayama")
    page = cast.signed_in(cast.KOBAYASHI).get("/staff/audit/", {"subject_id": str(given.account_id)})
    assert "duty:grant" in page.text
    assert "山本　進" in page.text
    assert (
        "この条件に合う記録はありません" in cast.signed_in(cast.KOBAYASHI).get("/staff/audit/?act=none").text
    )
