"""The permission table: every URL × every role × the answer.  A URL that is not in the table fails the test."""

from collections.abc import Iterator, Mapping
from http.cookies import SimpleCookie

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import DjangoDbBlocker

from hpki_server.authority.services import issue_certificates
from hpki_server.people.access import Access, Audience, access_of
from hpki_server.people.duties import Duty
from hpki_server.people.models import DutyGrant
from hpki_server.people.services.accounts import setup_token
from hpki_server.people.services.duties import propose_grant
from tests import cast
from tests.hpki_server.access_rows import Row, applicants, everyone, officers
from tests.hpki_server.authority import stage
from tests.hpki_server.enrollment.access_rows import ROWS as ENROLLMENT_ROWS
from tests.hpki_server.enrollment.desk import registered
from tests.hpki_server.enrollment.desk_rows import ROWS as DESK_ROWS
from tests.hpki_server.enrollment.matching_rows import ROWS as MATCHING_ROWS
from tests.hpki_server.fees.access_rows import ROWS as FEES_ROWS
from tests.hpki_server.lifecycle.access_rows import ROWS as LIFE_ROWS
from tests.hpki_server.signing.access_rows import ROWS as SIGNING_ROWS
from tests.hpki_server.signing.queue_rows import ROWS as QUEUE_ROWS
from tests.hpki_server.statistics.access_rows import ROWS as STATISTICS_ROWS

NOBODY = "nobody"
# Who is asked: nobody, two applicants, one officer for each duty, one of another association, one without duties.
ROLES: dict[str, cast.Role | None] = {NOBODY: None} | {
    role.key: role
    for role in (
        cast.HANAKO,
        cast.MALLORY,
        cast.TAKAHASHI,
        cast.OSAKA_CLERK,
        cast.SATO,
        cast.SUZUKI,
        cast.TANAKA,
        cast.NAKAMURA,
        cast.YAMAMOTO,
        cast.KOBAYASHI,
        cast.ITO,
        cast.OGAWA,
        cast.IDLE,
    )
}


def sato() -> Mapping[str, object]:
    return {"account_id": cast.account(cast.SATO).pk}


def sato_setup() -> Mapping[str, object]:
    account = cast.account(cast.SATO)
    return {"account_id": account.pk, "token": setup_token(account)}


def sato_grant() -> Mapping[str, object]:
    return {"grant_id": DutyGrant.objects.get(account=cast.account(cast.SATO)).pk}


def a_proposal() -> Mapping[str, object]:
    proposal = propose_grant(
        account_id=cast.account(cast.IDLE).pk,
        organisation_id=cast.organisation("okayama").pk,
        duty=Duty.INTAKE,
        by=cast.officer(cast.YAMAMOTO),
        at=cast.NOON,
    )
    return {"proposal_id": proposal.id}


def an_issuer() -> Mapping[str, object]:
    return {"slug": stage.hierarchy()["SIGNING_CA"].slug}


def issued_card() -> Mapping[str, object]:
    stage.hierarchy()
    card = stage.begun_card()
    issue_certificates([stage.issue_order(card)], by="system", at=stage.NOON)
    return {"card_id": card.id}


ROWS = [
    # portal
    Row("portal:front", everyone()),
    Row("portal:applicant-home", applicants()),
    Row("portal:staff-home", officers()),
    Row("portal:overview", officers(Duty.INTAKE, Duty.PICKUP)),
    Row("set_language", everyone(), get=302, post=302),
    # people: coming in
    Row("people:login", everyone(), post=200),
    Row("people:register", everyone(), post=200),
    Row("people:logout", everyone(), get=405, post=302),
    Row("people:staff-login", everyone(), post=200),
    Row("people:staff-code", everyone(), get=302, post=302),
    Row("people:staff-app", everyone(), get=302, post=302),
    Row("people:staff-setup", everyone(), sato_setup, post=200),
    Row("people:new-password", everyone(), sato_setup, post=200),
    Row("people:change-password", applicants(), post=200),
    Row("people:staff-change-password", officers(), post=200),
    # people: accounts, audit
    Row("people:accounts", officers(Duty.ACCOUNTS)),
    Row("people:new-account", officers(Duty.ACCOUNTS), post=200),
    Row("people:account", officers(Duty.ACCOUNTS), sato, post=200),
    Row("people:renew-access", officers(Duty.ACCOUNTS), sato, get=405, post=200),
    Row("people:close-account", officers(Duty.ACCOUNTS), sato, get=405, post=302),
    Row("people:withdraw", officers(Duty.ACCOUNTS), sato_grant, get=405, post=302),
    Row("people:audit", officers(Duty.AUDIT)),
    # people: two officers; whose business it is decides the query
    Row("people:proposals", officers()),
    Row("people:confirm-proposal", officers(), a_proposal, get=405, post=404, elsewhere={"yamamoto": 302}),
    Row("people:withdraw-proposal", officers(), a_proposal, get=405, post=404, elsewhere={"yamamoto": 302}),
    # people: proofs for outsiders; 404 says in JSON that no such head was published
    Row("people:audit-key", everyone()),
    Row("people:audit-heads", everyone()),
    Row("people:audit-head", everyone(), lambda: {"size": 7}, get=404),
    Row("people:audit-inclusion", everyone(), lambda: {"sequence": 1, "size": 7}, get=404),
    Row("people:audit-consistency", everyone(), lambda: {"first": 1, "second": 7}, get=404),
    # registry
    Row("registry:entries", officers(Duty.REGISTRY)),
    Row("registry:entry", officers(Duty.REGISTRY), lambda: {"entry_id": registered().id}, post=200),
    Row("registry:import", officers(Duty.REGISTRY), post=200),
    # authority: cards that are lost
    Row("authority:cards", officers(Duty.REVOKING, Duty.HOLDING)),
    Row("authority:card", officers(Duty.REVOKING, Duty.HOLDING), issued_card, post=422),
    Row("authority:hold-card", officers(Duty.HOLDING), issued_card, get=405, post=302),
    Row("authority:release-card", officers(Duty.HOLDING), issued_card, get=405, post=302),
    Row("authority:move-in", officers(Duty.ISSUING), post=200),
    # authority: issuers; what is changed waits for a second officer
    Row("authority:issuers", officers(Duty.ISSUING, Duty.REVOKING)),
    Row("authority:issuer", officers(Duty.ISSUING, Duty.REVOKING), an_issuer),
    Row("authority:propose-lists", officers(Duty.ISSUING), an_issuer, get=405, post=302),
    Row("authority:propose-key-use", officers(Duty.ISSUING), an_issuer, get=405, post=302),
    Row("authority:propose-revocation", officers(Duty.REVOKING), an_issuer, get=405, post=302),
    # authority: blank cards
    Row("authority:stock", officers(Duty.ISSUING), post=422),
    Row("authority:take-out", officers(Duty.ISSUING), get=405, post=302),
    Row("authority:shred", officers(Duty.ISSUING), get=405, post=302),
    Row("authority:propose-shortage", officers(Duty.ISSUING), get=405, post=302),
    Row("authority:end-shortage", officers(Duty.ISSUING), get=405, post=302),
    # authority: there is no such list
    Row("authority:crl", everyone(), lambda: {"name": "nobody"}, get=404),
    Row("authority:crl-archived", everyone(), lambda: {"slug": "nobody", "number": 1}, get=404),
    Row("authority:crl-archived-delta", everyone(), lambda: {"slug": "nobody", "number": 1}, get=404),
    # authority: refusals are OCSP answers too
    Row("authority:ocsp", everyone(), post=200),
    Row("authority:ocsp-asked", everyone(), lambda: {"asked": "MAA="}, post=200),
    Row("authority:tsa", everyone(), get=405, post=415),
    *ENROLLMENT_ROWS,
    *DESK_ROWS,
    *MATCHING_ROWS,
    *FEES_ROWS,
    *LIFE_ROWS,
    *STATISTICS_ROWS,
    *SIGNING_ROWS,
    *QUEUE_ROWS,
]
TABLE = {row.url_name: row for row in ROWS}


def urls(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from urls(entry, inner)
        else:
            yield f"{namespace}{entry.name}", entry


URLS = dict(urls(get_resolver()))


def test_every_url_is_in_the_table_once_and_the_table_names_no_other() -> None:
    assert sorted(TABLE) == sorted(URLS)
    assert len(TABLE) == len(ROWS)
    assert len(URLS) == len(list(urls(get_resolver())))


@pytest.mark.parametrize("name", sorted(URLS))
def test_every_view_carries_the_mark_of_its_row(name: str) -> None:
    assert access_of(URLS[name].callback) == TABLE[name].access


@pytest.fixture(scope="module")
def logged_in(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, SimpleCookie]]:
    """Everybody's cookies, once for the whole table: each row leaves the cast as it found it."""
    with django_db_blocker.unblock(), transaction.atomic():
        for role in cast.EVERYONE:
            cast.account(role)
        yield {key: cast.signed_in(role).cookies for key, role in ROLES.items()}
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_role_gets_the_answer_of_the_table(name: str, logged_in: dict[str, SimpleCookie]) -> None:
    row = TABLE[name]
    url = reverse(name, kwargs=dict(row.kwargs()))
    browsers = {key: browser_with(cookies) for key, cookies in logged_in.items()}
    wrong = [
        f"{method} by {key}: {got} instead of {expected}"
        for key, role in ROLES.items()
        for method in ("GET", "POST")
        if (got := ask(browsers[key], method, url)) != (expected := answer(row, key, role, method))
    ]
    assert wrong == []


def browser_with(cookies: SimpleCookie) -> Client:
    browser = Client()
    browser.cookies.update(cookies)
    return browser


def answer(row: Row, key: str, role: cast.Role | None, method: str) -> int | str:
    if not may_come(row.access, role):
        return "login" if role is None else 403
    if method == "GET":
        return row.get if row.get == 405 else row.elsewhere.get(key, row.get)
    return row.post if row.post == 405 else row.elsewhere.get(key, row.post)


def may_come(access: Access, role: cast.Role | None) -> bool:
    # Programs with a key are let in by the view itself; without one it answers everybody alike.
    if access.audience in {Audience.PUBLIC, Audience.CLIENT, Audience.HOLDER}:
        return True
    if role is None or role.kind != ("applicant" if access.audience is Audience.APPLICANT else "staff"):
        return False
    return not access.duties or any(duty in access.duties for duty, _where in role.duties)


def ask(client: Client, method: str, url: str) -> int | str:
    """The status, or "login"; whatever the request changed is undone."""
    with transaction.atomic():
        response = client.get(url) if method == "GET" else client.post(url)
        transaction.set_rollback(True)
    goal = response.headers.get("Location", "")
    if response.status_code == 302 and "login/?next=" in goal:
        return "login"
    return response.status_code


@pytest.mark.django_db
def test_a_post_without_its_token_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.account(cast.HANAKO))
    assert client.post(reverse("people:logout")).status_code == 403


def test_a_view_without_a_mark_is_noticed() -> None:
    def forgotten(_request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert access_of(forgotten) is None
