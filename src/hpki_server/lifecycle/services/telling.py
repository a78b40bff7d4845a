"""Notices are made inside the step that they speak of; mails and letters leave later, by themselves."""

import datetime as dt
from collections.abc import Iterable

from hpki_server.authority.models import Card
from hpki_server.lifecycle.events import LetterKind
from hpki_server.lifecycle.models import LifeCase, Notice
from hpki_server.lifecycle.notice_rules import Channel

EVERY_CHANNEL = (Channel.PAGE, Channel.MAIL, Channel.LETTER)
# To a family nobody writes by a dead person's mail, nor into a page that only he could open.
BY_LETTER_ONLY = frozenset({LetterKind.CONDOLENCE})


def tell(case: LifeCase, kinds: Iterable[LetterKind], *, at: dt.datetime) -> None:
    """One notice of each kind by every channel that fits; a second call tells nothing twice."""
    for kind in kinds:
        for channel in channels_for(kind):
            Notice.objects.get_or_create(
                card=case.card,
                kind=kind.value,
                occasion=str(case.id),
                channel=channel.value,
                defaults={"case": case, "ends_on": case.due_on, "made_at": at, "sent_at": _sent(channel, at)},
            )


def channels_for(kind: LetterKind) -> tuple[Channel, ...]:
    return (Channel.LETTER,) if kind in BY_LETTER_ONLY else EVERY_CHANNEL


def silence(card: Card) -> None:
    """Nothing that still waits is sent about this card any more: its holder has died."""
    waiting = Notice.objects.filter(card=card, sent_at__isnull=True)
    waiting.exclude(kind=LetterKind.CONDOLENCE.value).delete()


def _sent(channel: Channel, at: dt.datetime) -> dt.datetime | None:
    return at if channel is Channel.PAGE else None
