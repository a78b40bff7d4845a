"""What an event of a card's life costs its holder, by the table of the day."""

import datetime as dt
from typing import Final

from hpki_server.authority.models import Card
from hpki_server.fees import rules
from hpki_server.fees.occasions import FeeOccasion
from hpki_server.fees.rules import Fee
from hpki_server.lifecycle.events import LifeEvent, event_rule
from hpki_server.people.denial import Denied
from hpki_server.people.member_kind import MemberKind

# The new card's kind decides, not the old one's.
_AFTER: Final = {
    LifeEvent.MEMBERSHIP_BEGAN: MemberKind.MEMBER,
    LifeEvent.MEMBERSHIP_ENDED: MemberKind.NON_MEMBER,
}


def fee_of(card: Card, event: LifeEvent, *, on: dt.date) -> Fee | None:
    """None where nothing is asked, or the table does not say."""
    occasion = event_rule(event, on=on).occasion
    if not occasion:
        return None
    kind = _AFTER.get(event, MemberKind(card.member_kind))
    try:
        return rules.fee(FeeOccasion(occasion), kind, on)
    except Denied:
        return None
