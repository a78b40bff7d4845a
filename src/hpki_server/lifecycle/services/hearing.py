"""What an officer did under 失効と一時停止, without a case: the holder hears of it all the same.

`Notice.occasion` keeps what happened and when, because no case says it: 「lost 2026-11-23T…」, 「hold …」, 「release …」.
"""

from collections.abc import Mapping
from typing import Final

from hpki_server.authority.models import StatusChange
from hpki_server.authority.revocation import Case
from hpki_server.authority.services.hearers import Heard
from hpki_server.lifecycle import queries
from hpki_server.lifecycle.events import LetterKind
from hpki_server.lifecycle.models import LifeCase, Notice
from hpki_server.lifecycle.notice_rules import Channel
from hpki_server.lifecycle.services import telling

LETTER_OF: Final[Mapping[StatusChange.Kind, LetterKind]] = {
    StatusChange.Kind.REVOKE: LetterKind.REVOKED,
    StatusChange.Kind.HOLD: LetterKind.SUSPENDED,
    StatusChange.Kind.RELEASE: LetterKind.RESUMED,
}
# Of these two a letter would say the opposite of how the card stands.
OF_A_PAUSE: Final = (LetterKind.SUSPENDED.value, LetterKind.RESUMED.value)


def hear(heard: Heard) -> None:
    """By page, mail and letter, once.  A card that nobody has in hand is no news, and a dead person is not written to."""
    card, letter = heard.card, LETTER_OF[heard.kind]
    if heard.case is Case.DIED:
        telling.silence(card)
        return
    if card.activated_at is None or LifeCase.objects.filter(queries.in_mourning(), card=card).exists():
        return
    overtaken = Notice.objects.filter(card=card, case__isnull=True, sent_at__isnull=True, kind__in=OF_A_PAUSE)
    overtaken.delete()
    what = heard.case.value if heard.case else heard.kind.value
    for channel in telling.channels_for(letter):
        Notice.objects.create(
            card=card,
            kind=letter.value,
            occasion=f"{what} {heard.at.isoformat()}",
            channel=channel.value,
            made_at=heard.at,
            sent_at=heard.at if channel is Channel.PAGE else None,
        )


def case_of(notice: Notice) -> Case | None:
    """Why an officer ended the card, where no case of its life says it."""
    said = notice.occasion.partition(" ")[0]
    return Case(said) if notice.case_id is None and said in set(Case) else None
