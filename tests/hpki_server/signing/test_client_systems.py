"""A hospital's system is registered by two officers, given its key once, and withdrawn at once."""

import datetime as dt

import pytest
from django.test import Client

from hpki_server.people.denial import Denied
from hpki_server.people.models import Account, AuditLine
from hpki_server.people.services import proposals
from hpki_server.signing.queue_models import ClientSystem
from hpki_server.signing.services import clients
from tests import cast
from tests.cast import NOON

pytestmark = pytest.mark.django_db
SECOND = cast.Role("second", "山田　二郎", "やまだ　じろう", Account.Kind.STAFF, cast.YAMAMOTO.duties)


def registered() -> ClientSystem:
    place = cast.organisation("okayama").id
    first, second = cast.officer(cast.YAMAMOTO), cast.officer(SECOND)
    proposal = clients.propose_client(name="電子カルテ", organisation_id=place, days=365, by=first, at=NOON)
    with pytest.raises(Denied) as own:
        proposals.confirm(proposal.id, by=first, at=NOON)
    assert own.value.codes == ("own_proposal",)
    assert not ClientSystem.objects.exists()
    proposals.confirm(proposal.id, by=second, at=NOON)
    return ClientSystem.objects.get()


def test_two_officers_register_and_the_key_is_made_once() -> None:
    client, officer = registered(), cast.officer(cast.YAMAMOTO)
    assert client.key_prefix is None
    shown = clients.make_key(client.id, by=officer, at=NOON)
    key = shown.key.reveal()
    found = clients.client_with(key, at=NOON)
    assert found == client
    with pytest.raises(Denied) as again:
        clients.make_key(client.id, by=officer, at=NOON)
    assert again.value.codes == ("key_made",)
    client.refresh_from_db()
    assert client.last_used_at == NOON
    secret = key.rpartition("_")[2]
    everything = [*AuditLine.objects.values_list("details", flat=True), repr(shown), client.key_sha256]
    assert all(secret not in told and key not in told for told in everything)


def test_a_key_with_one_letter_changed_opens_nothing() -> None:
    client = registered()
    key = clients.make_key(client.id, by=cast.officer(SECOND), at=NOON).key.reveal()
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    for tried in (wrong, key[:-1], f"x{key}", key.replace("hpkiq", "other"), "", "hpkiq__"):
        assert clients.client_with(tried, at=NOON) is None
    assert clients.client_with(key, at=client.expires_at) is None


def test_a_key_that_nobody_fetched_in_a_week_is_not_made() -> None:
    client = registered()
    with pytest.raises(Denied) as late:
        clients.make_key(client.id, by=cast.officer(SECOND), at=NOON + dt.timedelta(days=8))
    assert late.value.codes == ("key_too_late",)


def test_an_officer_of_elsewhere_does_nothing_here() -> None:
    client, clerk = registered(), cast.officer(cast.OSAKA_CLERK)
    for act in (clients.make_key, clients.withdraw_client):
        with pytest.raises(Denied) as no:
            act(client.id, by=clerk, at=NOON)
        assert no.value.codes == ("duty_missing",)


def test_the_page_proposes_shows_the_key_once_and_withdraws() -> None:
    browser = cast.signed_in(cast.YAMAMOTO)
    place = cast.organisation("okayama").id
    empty = browser.post("/staff/clients/", {"organisation": place, "name": "", "days": "0"})
    assert empty.status_code == 422
    assert "システムの名前を入れてください" in empty.text
    said = {"organisation": place, "name": "電子カルテ", "days": "365"}
    assert "申し出ました" in browser.post("/staff/clients/", said, follow=True).text
    registered_one = clients.register_client(
        name="検査部門",
        organisation_id=place,
        days=30,
        by="system",
        at=dt.datetime.now(dt.UTC),  # noqa: TID251 - the page reads the clock
    )
    page = browser.post(f"/staff/clients/{registered_one.id}/key/")
    assert "hpkiq_" in page.text
    assert "no-store" in page["Cache-Control"]
    prefix = ClientSystem.objects.get().key_prefix
    listed = browser.get("/staff/clients/").text
    assert f"hpkiq_{prefix}_…" in listed
    assert "利用中" in listed
    browser.post(f"/staff/clients/{registered_one.id}/withdraw/")
    assert "取消済み" in browser.get("/staff/clients/").text


def test_the_page_speaks_english() -> None:
    browser: Client = cast.signed_in(cast.YAMAMOTO)
    browser.cookies["django_language"] = "en"
    page = browser.get("/staff/clients/")
    assert "Client systems" in page.text
