"""A mass exchange: two officers announce that an algorithm ends, the centre plans waves, a wave tells its holders."""

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki.keys.algorithms import KeyAlgorithm
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle import exchange_plan, queries, terms
from hpki_server.lifecycle.events import LetterKind
from hpki_server.lifecycle.models import Campaign, Notice, Wave
from hpki_server.lifecycle.notice_rules import Channel
from hpki_server.lifecycle.services import reckoning
from hpki_server.lifecycle.services.telling import EVERY_CHANNEL
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.dual_control import Act
from hpki_server.people.duties import Duty
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.queries import centre_ids
from hpki_server.people.services import proposals
from hpki_server.people.services.proposals import Proposed

ANNOUNCE: Final = "exchange:announce"
CLOSE: Final = "exchange:close"
BATCH: Final = 1000
ALREADY_ENDED: Final = Denial("already_ended", _("終わりの日は、今日より後の日にしてください。"))
OPEN_ALREADY: Final = Denial("campaign_open", _("この暗号方式の交換は、すでに始まっています。"))
NO_CAMPAIGN: Final = Denial("no_campaign", _("この交換は、実施中ではありません。"))
TOO_SLOW: Final = Denial(
    "too_slow", _("この枚数では、暗号方式の終わりの日までに終わりません。月あたりの枚数を増やしてください。")
)
WAVES_BEGUN: Final = Denial("waves_begun", _("お知らせを送った月があるため、計画を作り直せません。"))
WAVE_NOTICED: Final = Denial("wave_noticed", _("この月のお知らせは、すでに作られています。"))


def propose_campaign(algorithm: KeyAlgorithm, last_day: dt.date, *, by: Officer, at: dt.datetime) -> Proposal:
    """Raises `Denied`: `already_ended`, `campaign_open`, `duty_missing`."""
    if last_day <= day_of(at):
        raise Denied([ALREADY_ENDED])
    if Campaign.objects.filter(algorithm=algorithm.value, state=Campaign.State.OPEN).exists():
        raise Denied([OPEN_ALREADY])
    details = {"last_day": last_day.isoformat()}
    return proposals.propose(Proposed(ANNOUNCE, "campaign", algorithm.value, details), by=by, at=at)


def propose_closing(campaign: Campaign, *, by: Officer, at: dt.datetime) -> Proposal:
    """Raises `Denied`: `no_campaign`, `duty_missing`."""
    if campaign.state != Campaign.State.OPEN:
        raise Denied([NO_CAMPAIGN])
    return proposals.propose(Proposed(CLOSE, "campaign", campaign.algorithm), by=by, at=at)


def _announce(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    if Campaign.objects.filter(algorithm=proposal.subject_id, state=Campaign.State.OPEN).exists():
        raise Denied([OPEN_ALREADY])
    campaign = Campaign.objects.create(
        algorithm=proposal.subject_id,
        last_day=dt.date.fromisoformat(str(proposal.facts()["last_day"])),
        announced_at=at,
    )
    moved = reckoning.lay_sunsets(terms.sunset_days())
    _record(ANNOUNCE, campaign, by=by, at=at, last_day=campaign.last_day.isoformat(), cards=moved)


def _close(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    campaign = Campaign.objects.filter(algorithm=proposal.subject_id, state=Campaign.State.OPEN).first()
    if campaign is None:
        raise Denied([NO_CAMPAIGN])
    campaign.state = Campaign.State.CLOSED
    campaign.save(update_fields=["state"])
    moved = reckoning.lay_sunsets(terms.sunset_days())
    _record(CLOSE, campaign, by=by, at=at, cards=moved)


@transaction.atomic
def plan_waves(
    *, campaign_id: UUID, first_month: dt.date, per_month: int, by: Officer, at: dt.datetime
) -> tuple[Wave, ...]:
    """The plan, anew as long as nobody was told.  Raises `Denied`: `no_campaign`, `waves_begun`, `too_slow`."""
    campaign = _open_campaign(campaign_id, by=by)
    if campaign.waves.filter(noticed_at__isnull=False).exists():
        raise Denied([WAVES_BEGUN])
    planned = exchange_plan.plan(
        queries.affected_by_prefecture(campaign), first_month=first_month, per_month=per_month
    )
    if planned and exchange_plan.month_after(planned[-1].month) > campaign.last_day:
        raise Denied([TOO_SLOW])
    campaign.waves.all().delete()
    waves = Wave.objects.bulk_create(
        Wave(
            campaign=campaign,
            number=wave.number,
            month=wave.month,
            shares=dict(wave.shares),
            cards=wave.cards,
        )
        for wave in planned
    )
    cards = sum(wave.cards for wave in planned)
    _record("exchange:plan", campaign, by=by, at=at, waves=len(waves), cards=cards)
    return tuple(waves)


@transaction.atomic
def notice_wave(*, wave_id: int, by: Officer, at: dt.datetime) -> int:
    """Everyone of the wave is told, those first whose cards would last longest; how many.

    Raises `Denied`: `no_campaign`, `wave_noticed`.
    """
    wave = Wave.objects.select_for_update().get(id=wave_id)
    campaign = _open_campaign(wave.campaign_id, by=by)
    if wave.noticed_at is not None:
        raise Denied([WAVE_NOTICED])
    cards: list[UUID] = []
    for prefecture, share in sorted(wave.shares.items()):
        cards += queries.untold_cards(campaign, prefecture)[:share]
    notices = [
        Notice(
            card_id=card_id,
            kind=LetterKind.EXCHANGE.value,
            occasion=str(campaign.id),
            channel=channel.value,
            ends_on=campaign.last_day,
            made_at=at,
            sent_at=at if channel is Channel.PAGE else None,
        )
        for card_id in cards
        for channel in EVERY_CHANNEL
    ]
    Notice.objects.bulk_create(notices, batch_size=BATCH, ignore_conflicts=True)
    wave.noticed_at = at
    wave.save(update_fields=["noticed_at"])
    _record("exchange:notice", campaign, by=by, at=at, wave=wave.number, cards=len(cards))
    return len(cards)


def _open_campaign(campaign_id: UUID, *, by: Officer) -> Campaign:
    if not by.organisations(Duty.ISSUING) & centre_ids():
        raise Denied([NOT_AT_THE_CENTRE])
    campaign = Campaign.objects.select_for_update().get(id=campaign_id)
    if campaign.state != Campaign.State.OPEN:
        raise Denied([NO_CAMPAIGN])
    return campaign


def _record(act: str, campaign: Campaign, *, by: Officer, at: dt.datetime, **details: audit.Detail) -> None:
    audit.record(
        act,
        by=by,
        subject_kind="campaign",
        subject_id=campaign.id,
        at=at,
        details={"algorithm": campaign.algorithm, **details},
    )


def _words(proposal: Proposal) -> str:
    """Which algorithm, and where it is announced its last day."""
    last_day = proposal.facts().get("last_day")
    return "　".join(str(word) for word in (proposal.subject_id.upper(), last_day) if word)


NOT_AT_THE_CENTRE: Final = Denial("duty_missing", _("一斉交換は、電子認証センターの発行の担当者が行います。"))
ACTS: Final = (
    Act(ANNOUNCE, _("暗号方式の期限の告知"), Duty.ISSUING, _announce, _words),
    Act(CLOSE, _("一斉交換の終了"), Duty.ISSUING, _close, _words),
)
