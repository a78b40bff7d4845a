"""Holders hear in good time that something ends: rows first, mails and letters from them.

A notice exists once (the database holds that), so the job may run at any time, twice, or after weeks of silence: then
the one notice that is due now is made, and those that were missed are not.
"""

import datetime as dt
from typing import Final

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application, OfficeAddress
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle import notice_rules, queries
from hpki_server.lifecycle.events import LetterKind, LifeEvent
from hpki_server.lifecycle.models import CardTerm, LifeCase, Notice, occasion_of
from hpki_server.lifecycle.notice_rules import Channel, NoticeStep
from hpki_server.lifecycle.rules import CaseState
from hpki_server.people import audit

BATCH: Final = 1000
# What asks the holder of a living card to come, or says that it works.
OF_A_LIVING_CARD: Final = (LetterKind.EXPIRY.value, LetterKind.EXCHANGE.value, LetterKind.RESUMED.value)


def make_notices(*, at: dt.datetime) -> int:
    """Every notice that is due on this day and not there yet; how many cards were told of."""
    on = day_of(at)
    told = sum(_tell_of_ends(step, on, at=at) for step in notice_rules.steps(LetterKind.EXPIRY, on))
    steps = notice_rules.steps(LetterKind.EMERGENCY_PAPERS, on)
    return told + sum(_tell_of_papers(step, on, at=at) for step in steps)


def _tell_of_ends(step: NoticeStep, on: dt.date, *, at: dt.datetime) -> int:
    first, last = notice_rules.window(LetterKind.EXPIRY, step, on)
    told = 0
    while rows := list(_untold_ends(step, first, last)[:BATCH]):
        told += len(rows)
        _write(
            [
                Notice(
                    card_id=row.card_id,
                    kind=LetterKind.EXPIRY.value,
                    occasion=occasion_of(row.effective_on, step.days_before),
                    channel=channel.value,
                    ends_on=row.effective_on,
                    made_at=at,
                    sent_at=at if channel is Channel.PAGE else None,
                )
                for row in rows
                for channel in step.channels
            ],
            LetterKind.EXPIRY,
            at=at,
        )
    return told


def _untold_ends(step: NoticeStep, first: dt.date, last: dt.date) -> QuerySet[CardTerm]:
    """Cards in use whose end lies in the step's window, whose holders have not heard this step of this end."""
    told = Notice.objects.filter(
        card=OuterRef("card_id"),
        kind=LetterKind.EXPIRY.value,
        ends_on=OuterRef("effective_on"),
        occasion__endswith=f" -{step.days_before}",
    )
    coming = Application.objects.filter(replaces=OuterRef("card_id"), state__in=queries.UNDER_WAY)
    ends = CardTerm.objects.filter(effective_on__range=(first, last), card__state=Card.State.ACTIVE)
    ends = ends.filter(~Exists(told), ~Exists(coming), ~queries.in_mourning())
    return ends.order_by("effective_on", "card_id")


def _tell_of_papers(step: NoticeStep, on: dt.date, *, at: dt.datetime) -> int:
    first, last = notice_rules.window(LetterKind.EMERGENCY_PAPERS, step, on)
    told = Notice.objects.filter(
        case=OuterRef("id"), ends_on=OuterRef("due_on"), occasion__endswith=f" -{step.days_before}"
    )
    owing = LifeCase.objects.filter(
        event=LifeEvent.EMERGENCY.value, state=CaseState.PAPERS.value, due_on__range=(first, last)
    ).filter(~Exists(told), ~queries.in_mourning())
    # Who has handed everything in waits for the centre, and is asked for nothing.
    owing = owing.exclude(papers_missing=[])
    cases = list(owing.order_by("due_on"))
    _write(
        [
            Notice(
                card_id=case.card_id,
                case=case,
                kind=LetterKind.EMERGENCY_PAPERS.value,
                occasion=occasion_of(case.due_on or on, step.days_before),
                channel=channel.value,
                ends_on=case.due_on,
                made_at=at,
                sent_at=at if channel is Channel.PAGE else None,
            )
            for case in cases
            for channel in step.channels
        ],
        LetterKind.EMERGENCY_PAPERS,
        at=at,
    )
    return len(cases)


@transaction.atomic
def _write(notices: list[Notice], kind: LetterKind, *, at: dt.datetime) -> None:
    if not notices:
        return
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    audit.record(
        "notice:make",
        by="system",
        subject_kind="notice",
        subject_id=kind.value,
        at=at,
        details={"notices": len(notices), "cards": len({notice.card_id for notice in notices})},
    )


def waiting_mails() -> QuerySet[Notice]:
    """Mails to holders with an account, oldest first; a card that ended meanwhile is not written about its end."""
    waiting = Notice.objects.filter(channel=Channel.MAIL.value, sent_at__isnull=True)
    mails = _still_true(waiting).select_related("card").defer("card__photo_sealed")
    return mails.order_by("made_at", "id")


def _still_true(waiting: QuerySet[Notice]) -> QuerySet[Notice]:
    """Without what a card's end or its next pause has overtaken."""
    ended = Q(kind__in=OF_A_LIVING_CARD) & ~Q(card__state__in=[Card.State.ISSUED, Card.State.ACTIVE])
    paused = Exists(LifeCase.objects.filter(card=OuterRef("card_id"), state=CaseState.HELD.value))
    return waiting.exclude(ended).exclude(Q(kind=LetterKind.RESUMED.value) & paused)


def mark_sent(notice: Notice, *, at: dt.datetime) -> bool:
    """Whether it was this call that marked it."""
    return bool(Notice.objects.filter(id=notice.id, sent_at__isnull=True).update(sent_at=at))


def waiting_letters() -> QuerySet[Notice]:
    """Letters to be printed, oldest first."""
    waiting = Notice.objects.filter(channel=Channel.LETTER.value, sent_at__isnull=True)
    letters = _still_true(waiting).select_related("card", "card__organisation", "case")
    return letters.defer("card__photo_sealed").order_by(F("made_at").asc(), "id")


def with_address(letters: QuerySet[Notice]) -> QuerySet[Notice]:
    """Those that can be sent: to a home that an application tells, or by way of the association where it has an address."""
    office = OfficeAddress.objects.filter(organisation=OuterRef("card__organisation"))
    return letters.filter(Exists(_homes()) | Exists(office))


def home_address() -> Subquery:
    """Of a letter: the address at home, or NULL."""
    return Subquery(_homes().values("address")[:1])


def _homes() -> QuerySet[Application]:
    """As `correspondence.address_of` looks for it."""
    return Application.objects.filter(number=OuterRef("card__reference")).exclude(postal_code="")


def without_address(letters: QuerySet[Notice]) -> QuerySet[Notice]:
    """Those that wait for the address of their card's association."""
    return letters.exclude(id__in=with_address(letters).order_by().values("id"))
