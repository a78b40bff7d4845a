"""花子's card breaks: it works on until the new one is in her hands, and is given back for it."""

import datetime as dt

import pytest

from hpki_server.authority.models import Card
from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.services import renewing
from hpki_server.people.denial import Denied
from tests import cast
from tests.hpki_server.lifecycle import stage, walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
BROKEN = stage.NOON + dt.timedelta(days=200)


def test_from_the_broken_chip_to_the_new_card() -> None:
    card = stage.hanakos_card()
    application = renewing.begin_replacement(
        card_id=card.id, event=LifeEvent.DAMAGE, by=cast.account(cast.HANAKO), at=BROKEN
    )
    assert application.kind == "reissue-damage"
    assert application.typed["family_name"] == "渡邉"
    agreed = walking.approved(walking.handed_in(application, at=BROKEN), at=BROKEN)
    with pytest.raises(Denied, match="fee_unpaid"):
        walking.issued(agreed, at=BROKEN)
    made = walking.issued(walking.paid(agreed, at=BROKEN), at=BROKEN)
    assert stage.reasons(card) == stage.LIVING
    new = walking.fetched(made, at=BROKEN + dt.timedelta(days=4))
    card.refresh_from_db()
    assert card.state == Card.State.STOPPED
    assert set(stage.reasons(card).values()) == {"superseded"}
    assert stage.reasons(new) == stage.LIVING
    assert LifeCase.objects.get(card=card).state == "closed"
