"""An algorithm ends: two officers announce it, the centre plans waves, holders come before the window opens."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hpki.keys.algorithms import KeyAlgorithm
from hpki_server.authority import services as authority
from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application
from hpki_server.lifecycle import queries, terms
from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.models import Campaign, CardTerm, LifeCase, Notice
from hpki_server.lifecycle.services import exchanging, noticing, reckoning, renewing, reporting
from hpki_server.lifecycle.services.record import open_case
from hpki_server.people.denial import Denied
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.authority import stage as authority_stage
from tests.hpki_server.lifecycle import stage
from tests.hpki_server.lifecycle.stage import NOON

pytestmark = pytest.mark.django_db
P256, LAST_DAY = KeyAlgorithm.P_256, dt.date(2028, 6, 30)


def announced() -> Campaign:
    tanaka = cast.officer(cast.TANAKA)
    proposal = exchanging.propose_campaign(P256, LAST_DAY, by=tanaka, at=NOON)
    with pytest.raises(Denied, match="own_proposal"):
        proposals.confirm(proposal.id, by=tanaka, at=NOON)
    proposals.confirm(proposal.id, by=cast.officer(cast.INOUE), at=NOON)
    return Campaign.objects.get()


def issued_cards(count: int, prefecture: str = "33") -> list[Card]:
    """Living cards with P-256 certificates, without the way through an application."""
    authority_stage.hierarchy()
    place = cast.organisation({"33": "okayama", "27": "osaka"}[prefecture])
    cards = []
    for _ in range(count):
        card = authority_stage.begun_card(prefecture=prefecture, organisation_id=place.id)
        authority.issue_certificates([authority_stage.issue_order(card)], by="system", at=NOON)
        cards.append(card)
    ids = [card.id for card in cards]
    Card.objects.filter(id__in=ids).update(state="active", issued_at=NOON, activated_at=NOON)
    return cards


def test_the_end_of_every_card_moves_and_says_why() -> None:
    [card] = issued_cards(1)
    reckoning.reckon(at=NOON)
    before = CardTerm.objects.get(card=card)
    assert before.effective_on > LAST_DAY
    campaign = announced()
    after = CardTerm.objects.get(card=card)
    assert (after.effective_on, after.limit, after.limit_algorithm) == (LAST_DAY, "algorithm", "p-256")
    assert terms.expiry_of(card) == after.expiry
    assert "P-256" in after.expiry.why
    closing = exchanging.propose_closing(campaign, by=cast.officer(cast.TANAKA), at=NOON)
    proposals.confirm(closing.id, by=cast.officer(cast.INOUE), at=NOON)
    assert CardTerm.objects.get(card=card).effective_on == before.effective_on


def test_waves_tell_every_holder_once_those_first_whose_cards_last_longest() -> None:
    cards = issued_cards(5) + issued_cards(3, "27")
    reckoning.reckon(at=NOON)
    campaign, tanaka = announced(), cast.officer(cast.TANAKA)
    assert queries.affected_by_prefecture(campaign) == {"27": 3, "33": 5}
    with pytest.raises(Denied, match="too_slow"):
        exchanging.plan_waves(
            campaign_id=campaign.id, first_month=dt.date(2028, 1, 1), per_month=1, by=tanaka, at=NOON
        )
    waves = exchanging.plan_waves(
        campaign_id=campaign.id, first_month=dt.date(2027, 1, 1), per_month=4, by=tanaka, at=NOON
    )
    assert [(wave.month.isoformat(), wave.shares) for wave in waves] == [
        ("2027-01-01", {"27": 3, "33": 1}),
        ("2027-02-01", {"33": 4}),
    ]
    ids = list(campaign.waves.order_by("number").values_list("id", flat=True))
    assert [exchanging.notice_wave(wave_id=one, by=tanaka, at=NOON) for one in ids] == [4, 4]
    told = Notice.objects.filter(kind="exchange", channel="letter").values_list("card_id", flat=True)
    assert set(told) == {card.id for card in cards}
    with pytest.raises(Denied, match="wave_noticed"):
        exchanging.notice_wave(wave_id=ids[0], by=tanaka, at=NOON)
    with pytest.raises(Denied, match="waves_begun"):
        exchanging.plan_waves(
            campaign_id=campaign.id, first_month=dt.date(2027, 1, 1), per_month=4, by=tanaka, at=NOON
        )


def test_a_family_in_mourning_and_a_card_that_ended_hear_of_no_exchange() -> None:
    mourned, lost = issued_cards(2)
    reckoning.reckon(at=NOON)
    campaign, tanaka = announced(), cast.officer(cast.TANAKA)
    exchanging.plan_waves(
        campaign_id=campaign.id, first_month=dt.date(2027, 1, 1), per_month=9, by=tanaka, at=NOON
    )
    clerk = cast.officer(cast.TAKAHASHI)
    reporting.report_death(card_id=mourned.id, by=clerk, at=NOON)
    assert exchanging.notice_wave(wave_id=campaign.waves.get().id, by=tanaka, at=NOON) == 1
    assert [one.card_id for one in noticing.waiting_letters()] == [lost.id]
    reporting.report_loss(card_id=lost.id, by=clerk, at=NOON)
    assert [one.kind for one in noticing.waiting_letters()] == ["loss-receipt"]


def test_who_is_suspended_or_has_a_new_card_under_way_is_asked_for_nothing() -> None:
    card = stage.hanakos_card()
    reckoning.reckon(at=NOON)
    campaign = announced()
    assert queries.untold_cards(campaign, "33") == [card.id]
    case = open_case(card, LifeEvent.LICENCE_SUSPENDED, at=NOON)
    case.state, case.held_at = "held", NOON
    case.save()
    assert queries.untold_cards(campaign, "33") == []
    LifeCase.objects.filter(id=case.id).update(state="withdrawn", closed_at=NOON)
    begun = renewing.begin_replacement(
        card_id=card.id, event=LifeEvent.DAMAGE, by=cast.account(cast.HANAKO), at=NOON
    )
    # A draft may never be sent.
    assert queries.untold_cards(campaign, "33") == [card.id]
    Application.objects.filter(id=begun.id).update(state="submitted", number="33-2026-000099")
    assert queries.untold_cards(campaign, "33") == []


def test_who_was_asked_may_come_before_the_window() -> None:
    card, hanako = stage.hanakos_card(), cast.account(cast.HANAKO)
    reckoning.reckon(at=NOON)
    campaign, tanaka = announced(), cast.officer(cast.TANAKA)
    with pytest.raises(Denied, match="renewal_too_early"):
        reporting.report(card_id=card.id, event=LifeEvent.RENEWAL, by=hanako, at=NOON)
    exchanging.plan_waves(
        campaign_id=campaign.id, first_month=dt.date(2027, 1, 1), per_month=9, by=tanaka, at=NOON
    )
    exchanging.notice_wave(wave_id=campaign.waves.get().id, by=tanaka, at=NOON)
    told = reporting.report(card_id=card.id, event=LifeEvent.RENEWAL, by=hanako, at=NOON)
    assert told.case.state == "card"


def test_only_the_centre_runs_an_exchange() -> None:
    issued_cards(1)
    campaign = announced()
    local = cast.officer(cast._staff("kishi", "岸　誠", "きし　まこと", *cast.TAKAHASHI.duties))
    with pytest.raises(Denied, match="duty_missing"):
        exchanging.plan_waves(
            campaign_id=campaign.id, first_month=dt.date(2027, 1, 1), per_month=9, by=local, at=NOON
        )


def test_the_page_asks_a_handful_of_questions_however_many_cards() -> None:
    issued_cards(4)
    reckoning.reckon(at=NOON)
    campaign = announced()
    with CaptureQueriesContext(connection) as few:
        queries.exchange_view(campaign)
        queries.sunset_lines()
    issued_cards(12, "27")
    reckoning.reckon(at=NOON)
    with CaptureQueriesContext(connection) as many:
        view = queries.exchange_view(campaign)
        queries.sunset_lines()
    assert view.total == 16
    assert len(many) == len(few) < 12
