"""花子 at her page, 高橋 at the desk, 伊藤 at the hot line: what they see and what two clicks do."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle import terms
from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.services import reporting
from hpki_server.lifecycle.services.record import open_case
from hpki_server.lifecycle.templatetags.life import waiting_day
from hpki_server.people.duties import Duty
from hpki_server.people.japanese_dates import japanese_date
from hpki_server.people.models import Proposal
from tests import cast
from tests.hpki_server.lifecycle import stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def card() -> Card:
    return stage.hanakos_card()


def hanako() -> Client:
    return cast.signed_in(cast.HANAKO)


def test_whoever_has_a_card_is_not_offered_a_first_one(card: Card) -> None:
    page = hanako().get("/applications/").text
    assert "申請を始める" not in page.replace("緊急発行の申請を始める", "")
    assert "カードの画面からお手続きください" in page


def test_a_list_does_not_show_a_paused_or_expired_card_as_live(card: Card) -> None:
    pages = {"/staff/life/?q=花子": cast.signed_in(cast.TAKAHASHI), "/staff/cards/": cast.signed_in(cast.ITO)}
    for path, officer in pages.items():
        assert "有効</span>" in officer.get(path).text
    Card.objects.filter(pk=card.pk).update(expires_on=dt.date(2020, 1, 1))
    for path, officer in pages.items():
        assert "有効期限切れ</span>" in officer.get(path).text
    hanako().post(reverse("lifecycle:own-suspend", args=[card.id]))
    for path, officer in pages.items():
        assert "一時停止中</span>" in officer.get(path).text


def test_the_home_after_a_loss_leads_on(card: Card) -> None:
    own = hanako()
    told = own.post(reverse("lifecycle:own-report", args=[card.id, "loss"]), {"sure": "on"}, follow=True)
    assert "ご案内と用紙" in told.text
    page = own.get("/home/").text
    assert "失効済み" in page
    assert "紛失届" in page
    assert "書類と新しいカードのお手続きへ" in page
    assert "使える期限" not in page


def test_what_was_issued_for_remote_use_is_shown_beside_the_card(card: Card) -> None:
    for path in ("/home/", reverse("lifecycle:own-card", args=[card.id])):
        assert "リモート利用の電子証明書" not in hanako().get(path).text
    remote = stage.remote_for(card)
    for path in ("/home/", reverse("lifecycle:own-card", args=[card.id])):
        page = hanako().get(path).text.partition("リモート利用の電子証明書")[2]
        assert japanese_date(remote.expires_on) in page
        assert page.count("有効</span>") == 2


def test_the_home_says_until_when_the_card_works_and_why(card: Card) -> None:
    page = hanako().get("/home/").text
    assert "わたしの医師資格証" in page
    assert "使える期限" in page
    # The card was ordered to end with its algorithm.
    assert "暗号方式を使える期限（RSA-2048）" in page
    assert "カードを失くした" in page
    assert "更新の時期です" not in page


def test_a_card_that_is_still_being_made_is_no_card_in_the_hand(card: Card) -> None:
    Card.objects.filter(id=card.id).update(state="ordered")
    card.certificates.all().delete()
    assert "暗証番号を忘れた" not in hanako().get("/home/").text
    page = hanako().get(f"/card/{card.id}/").text
    assert "お困りのとき" not in page
    assert "電子証明書は、カードを作るときに入ります" in page
    assert "発行した認証局にも" not in page


def test_a_holder_who_stops_reads_of_no_paper(card: Card) -> None:
    assert "利用中止届" not in hanako().get(f"/card/{card.id}/report/stop/").text
    assert "紛失届" in hanako().get(f"/card/{card.id}/report/loss/").text


def test_a_loss_is_two_clicks_and_shows_the_moment_with_a_clock(card: Card) -> None:
    client = hanako()
    page = f"/card/{card.id}/report/loss/"
    assert "元に戻すことはできません" in client.get(page).text
    assert client.post(page).status_code == 422
    done = client.post(page, {"sure": "on"}, follow=True).text
    assert "すべて失効しました" in done
    assert "data-clock" in done
    assert "紛失届" in done
    assert set(stage.reasons(card).values()) == {"keyCompromise"}
    assert "紛失の届出の受付（PDF）" in client.get("/home/").text


def test_the_letter_of_the_loss_is_a_pdf_with_the_form_behind_it(card: Card) -> None:
    told = reporting.report_loss(card_id=card.id, by=cast.account(cast.HANAKO), at=stage.NOON)
    notice = told.case.notices.get(channel="page")
    answer = hanako().get(f"/card/letters/{notice.id}.pdf")
    assert answer.content.startswith(b"%PDF")
    assert cast.signed_in(cast.MALLORY).get(f"/card/letters/{notice.id}.pdf").status_code == 404


def test_a_card_that_is_looked_for_pauses_and_then_ends(card: Card) -> None:
    client = hanako()
    page = client.post(f"/card/{card.id}/suspend/", follow=True).text
    assert "いったん止まっています" in page
    case = LifeCase.objects.get(card=card)
    page = client.post(f"/card/cases/{case.id}/end/", follow=True).text
    assert "すべて失効しました" in page
    assert "新しいカードを申し込む" in page


def test_a_damaged_card_leads_into_its_application(card: Card) -> None:
    answer = hanako().post(f"/card/{card.id}/report/damage/", {"sure": "on"})
    case = LifeCase.objects.select_related("application").get(card=card)
    assert case.application is not None
    assert answer.headers["Location"] == f"/applications/{case.application.id}/entries/"
    assert (case.application.kind, case.application.replaces_id) == ("reissue-damage", card.id)
    assert stage.reasons(card) == stage.LIVING


def test_what_was_taken_from_the_card_before_counts_as_written(card: Card) -> None:
    """Whoever goes straight to the papers is not told of a page that lacks something: none does."""
    hanako().post(f"/card/{card.id}/report/damage/", {"sure": "on"})
    case = LifeCase.objects.select_related("application").get(card=card)
    assert case.application is not None
    typed = case.application.typed | {"association": str(card.organisation_id)}
    Application.objects.filter(id=case.application.id).update(typed=typed)
    page = hanako().get(f"/applications/{case.application.id}/confirm/").text
    assert "ご記入がまだ終わっていません" not in page
    assert "470123" in page


def test_the_hot_line_finds_by_number_and_by_name(card: Card) -> None:
    client = cast.signed_in(cast.TAKAHASHI)
    assert client.get("/staff/life/", {"q": card.card_id}).headers["Location"] == f"/staff/life/{card.id}/"
    assert card.card_id in client.get("/staff/life/", {"q": "渡邉 花子"}).text
    assert card.card_id not in cast.signed_in(cast.OSAKA_CLERK).get("/staff/life/", {"q": "渡邉"}).text
    assert card.card_id not in client.get("/staff/life/").text


def test_the_desk_records_for_a_holder_and_takes_the_paper(card: Card) -> None:
    client = cast.signed_in(cast.TAKAHASHI)
    page = f"/staff/life/{card.id}/"
    # What ends a card for good is chosen by hand, not found chosen.
    assert 'value="" selected>選んでください' in client.get(page).text
    assert "起きたことを選んでください" in client.post(page, {"event": "", "sure": "on"}).text
    assert not LifeCase.objects.exists()
    done = client.post(page, {"event": "loss", "note": "駅で", "sure": "on"}, follow=True).text
    assert "書類待ち" in done
    assert "駅で" in done
    case = LifeCase.objects.get(card=card)
    assert case.event_word in client.get("/staff/life/cases/").text
    done = client.post(f"/staff/life/cases/{case.id}/", {"papers": "loss-report"}, follow=True).text
    assert "完了" in done
    assert (
        case.event_word not in client.get("/staff/life/cases/", {"state": "papers"}).text.split("<tbody>")[1]
    )


def test_the_list_of_cases_counts_days_like_the_queues(card: Card) -> None:
    """Not in months and weeks, which the language's own words put side by side with a comma."""
    reporting.report(card_id=card.id, event=LifeEvent.LOSS, by=cast.officer(cast.TAKAHASHI), at=stage.NOON)
    assert " 日目</td>" in cast.signed_in(cast.TAKAHASHI).get("/staff/life/cases/").text
    assert waiting_day(stage.NOON, stage.NOON + dt.timedelta(days=93)) == "94 日目"


def test_late_papers_are_opened_by_the_desk_of_their_card_and_by_no_other(card: Card) -> None:
    case = open_case(card, LifeEvent.EMERGENCY, at=stage.NOON)
    case.state, case.application = "papers", Application.objects.get(card=card)
    case.save()
    page, copy = f"/staff/life/cases/{case.id}/", reverse("lifecycle:late-paper", args=[case.id, "licence"])
    clerk = cast.signed_in(cast.TAKAHASHI)
    assert copy in clerk.get(page).text
    assert clerk.get(copy).status_code == 200
    # Her duty at the centre reaches every card, her desk is another one.
    both = cast._staff("kishi", "岸　誠", "きし　まこと", (Duty.INTAKE, "osaka"), (Duty.HOLDING, "centre"))
    other = cast.signed_in(both)
    shown = other.get(page)
    assert shown.status_code == 200
    assert copy not in shown.text
    assert other.get(copy).status_code == 404


def test_what_the_desk_may_not_report_is_not_offered(card: Card) -> None:
    page = cast.signed_in(cast.TAKAHASHI).get(f"/staff/life/{card.id}/").text
    assert 'value="death"' in page
    assert 'value="licence-revoked"' not in page
    assert 'value="renewal"' not in page


def test_the_register_ends_every_card_of_a_registration(card: Card) -> None:
    client = cast.signed_in(cast.NAKAMURA)
    facts = {"fact": "licence-revoked", "number": "470123", "from_on": "令和8年11月1日"}
    assert "1 枚のカードを一時停止しました" in client.post("/staff/dispositions/", facts, follow=True).text
    assert stage.reasons(card) == stage.HELD
    confirm = reverse("people:confirm-proposal", args=[Proposal.objects.get().id])
    second = cast.signed_in(cast.MATSUMOTO)
    assert "470123　令和8年11月1日（2026-11-01）～" in second.get(reverse("people:proposals")).text
    second.post(confirm)
    assert stage.reasons(card) == {
        "SIGNING": "privilegeWithdrawn",
        "AUTHENTICATION": "privilegeWithdrawn",
        "PRESENCE": "cessationOfOperation",
    }
    assert client.post("/staff/dispositions/", facts).status_code == 422


def test_the_letters_of_the_day_are_one_file_and_then_gone(card: Card) -> None:
    reporting.report_loss(card_id=card.id, by=cast.account(cast.HANAKO), at=stage.NOON)
    client = cast.signed_in(cast.TANAKA)
    assert "<b>1</b> 通" in client.get("/staff/letters/").text
    printed = client.post("/staff/letters/", {"kind": "loss-receipt"})
    assert printed.content.startswith(b"%PDF")
    assert "印刷を待っている手紙はありません" in client.get("/staff/letters/").text


def test_the_home_asks_for_renewal_inside_the_window(card: Card) -> None:
    today = day_of(dt.datetime.now(tz=dt.UTC))  # noqa: TID251 - pages read the real clock
    Card.objects.filter(id=card.id).update(expires_on=today + dt.timedelta(days=100))
    page = hanako().get("/home/").text
    assert "更新の時期です" in page
    assert "残り 100 日" in page


def test_a_renewal_that_is_too_early_says_from_which_day(card: Card) -> None:
    today = day_of(dt.datetime.now(tz=dt.UTC))  # noqa: TID251 - pages read the real clock
    Card.objects.filter(id=card.id).update(expires_on=today + dt.timedelta(days=400))
    opens = terms.expiry_of(Card.objects.get(id=card.id)).on - dt.timedelta(days=180)
    said = f"更新は、{japanese_date(opens)}（{opens.isoformat()}） から受け付けます。"
    client, page = hanako(), f"/card/{card.id}/report/renewal/"
    assert said in client.get(f"/card/{card.id}/").text
    assert said in client.get(page).text
    assert 'name="sure"' not in client.get(page).text
    refused = client.post(page, {"sure": "on"})
    assert refused.status_code == 422
    assert said in refused.text


def test_the_desk_sets_a_pin_anew_with_the_puk_and_never_tells_it() -> None:
    card, puk = stage.card_and_puk()
    client = cast.signed_in(cast.TAKAHASHI)
    page = f"/staff/life/{card.id}/pin/"
    wrong = client.post(page, {"puk": "000000000000", "new": "246813", "again": "246813"})
    assert wrong.status_code == 422
    assert "ロック解除番号（PUK）が違います" in wrong.text
    # As the letter prints it.
    in_groups = " ".join(puk[start : start + 4] for start in range(0, len(puk), 4))
    done = client.post(page, {"puk": in_groups, "new": "246813", "again": "246813"}, follow=True)
    assert "新しい暗証番号を設定しました" in done.text
    assert puk not in done.text
    assert stage.pin_opens(card, "246813")
