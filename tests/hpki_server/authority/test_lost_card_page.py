"""伊藤 takes a call: a card is lost, perhaps lost, or found again."""

import pytest
from django.test import Client

from hpki_server.authority import ports, services
from hpki_server.authority.models import Card, Certificate, IssuedCrl
from hpki_server.people.duties import Duty
from tests import cast
from tests.hpki_server.authority import stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def card() -> Card:
    stage.hierarchy()
    begun = stage.begun_card()
    services.issue_certificates([stage.issue_order(begun)], by="system", at=stage.NOON)
    return begun


def ito() -> Client:
    return cast.signed_in(cast.ITO)


def test_the_card_is_found_by_its_number_and_by_the_holders_name(card: Card) -> None:
    client = ito()
    assert client.get("/staff/cards/", {"q": card.card_id}).headers["Location"] == f"/staff/cards/{card.id}/"
    for words in ("渡邉 花子", "わたなべ", "watanabe", ""):
        assert card.card_id in client.get("/staff/cards/", {"q": words}).content.decode()
    assert card.card_id not in client.get("/staff/cards/", {"q": "高橋"}).content.decode()


def test_a_loss_is_one_screen_and_the_lists_are_out_at_once(card: Card) -> None:
    client, page = ito(), f"/staff/cards/{card.id}/"
    refused = client.post(page, {"case": "lost"})
    assert refused.status_code == 422
    assert "届け出た人とカードを確かめてください" in refused.content.decode()
    before = IssuedCrl.objects.count()
    done = client.post(page, {"case": "lost", "sure": "on"}, follow=True).content.decode()
    assert "カードの証明書を失効しました。" in done
    assert "失効リストを発行しました。" in done
    assert "このカードに、有効な証明書はありません。" in done
    assert IssuedCrl.objects.count() == before + 3
    assert Certificate.objects.filter(card=card, revocation_reason="keyCompromise").count() == 3


def test_a_list_that_cannot_go_out_is_told_and_the_revocation_stands(card: Card) -> None:
    ports.forget_signers()
    done = ito().post(f"/staff/cards/{card.id}/", {"case": "stolen", "sure": "on"}, follow=True)
    assert "まだ発行できていません" in done.content.decode()
    assert Certificate.objects.filter(card=card, revoked_at=None).count() == 0


def test_a_pause_and_its_end(card: Card) -> None:
    client, page = ito(), f"/staff/cards/{card.id}/"
    assert "一時停止中" in client.post(f"{page}hold/", follow=True).content.decode()
    assert "すでに一時停止中です" in client.post(f"{page}hold/", follow=True).content.decode()
    again = client.post(f"{page}release/", follow=True).content.decode()
    assert "カードの利用を再開しました。" in again
    assert "一時停止中ではありません" in client.post(f"{page}release/", follow=True).content.decode()


def test_a_card_of_another_association_does_not_exist_for_an_officer() -> None:
    card = stage.ordered_card()
    osaka = cast._staff("kishi", "岸　誠", "きし　まこと", (Duty.REVOKING, "osaka"))
    client = cast.signed_in(osaka)
    assert client.get(f"/staff/cards/{card.id}/").status_code == 404
    assert card.card_id not in client.get("/staff/cards/").content.decode()
