"""花子's card ends in a few months: she is told, renews from home, and the old card ends when she has the new one."""

import datetime as dt

import pytest

from hpki_server.authority.models import Card
from hpki_server.lifecycle import terms
from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.models import CardTerm, LifeCase, Notice
from hpki_server.lifecycle.services import noticing, reckoning, renewing
from tests import cast
from tests.hpki_server.lifecycle import stage, walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]


def test_from_the_first_notice_to_the_new_card() -> None:
    card = stage.hanakos_card()
    # Five years, less what the end of RSA-2048 takes away: so the renewal lies before it.
    Card.objects.filter(id=card.id).update(expires_on=dt.date(2028, 11, 3))
    card.refresh_from_db()
    reckoning.reckon(at=stage.NOON)
    assert CardTerm.objects.get(card=card).effective_on == dt.date(2028, 11, 3)
    told_at = dt.datetime(2028, 5, 8, 3, tzinfo=dt.UTC)
    assert noticing.make_notices(at=told_at) == 1
    renewed_at = dt.datetime(2028, 9, 1, 3, tzinfo=dt.UTC)
    application = renewing.begin_replacement(
        card_id=card.id, event=LifeEvent.RENEWAL, by=cast.account(cast.HANAKO), at=renewed_at
    )
    assert application.kind == "renewal"
    new = walking.through(application, at=renewed_at)
    # Nobody who has a new card is reminded of the old one's end.
    assert noticing.make_notices(at=dt.datetime(2028, 10, 4, 3, tzinfo=dt.UTC)) == 0
    assert Notice.objects.filter(card=card, kind="expiry", channel="page").count() == 1
    card.refresh_from_db()
    assert (card.state, set(stage.reasons(card).values())) == ("stopped", {"superseded"})
    assert LifeCase.objects.get(card=card).state == "closed"
    assert terms.expiry_of(new).on > dt.date(2028, 11, 3)
