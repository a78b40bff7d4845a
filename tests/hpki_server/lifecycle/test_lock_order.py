"""The chain's head is locked last: whoever held it while asking for a card could wait for somebody who waits for the head."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hpki_server.lifecycle.services import registry_events
from hpki_server.lifecycle.services.registry_events import Disposition, RegisteredFact
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.lifecycle import stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
NOON = stage.NOON
HEAD = '"people_audithead"'


def before_the_head(act: Callable[[], object]) -> list[str]:
    """Every statement up to the first that asks for the head of the chain."""
    with CaptureQueriesContext(connection) as asked:
        act()
    statements = [query["sql"] for query in asked.captured_queries]
    first = next(place for place, sql in enumerate(statements) if HEAD in sql)
    return statements[:first]


def test_a_confirmation_holds_its_cards_before_it_writes_its_line() -> None:
    card = stage.hanakos_card()
    told = Disposition(RegisteredFact.LICENCE_REVOKED, "physician", "470123", NOON.date())
    asked = registry_events.propose_disposition(told, by=cast.officer(cast.NAKAMURA), at=NOON)
    matsumoto = cast.officer(cast.MATSUMOTO)
    early = before_the_head(lambda: proposals.confirm(asked.proposal.id, by=matsumoto, at=NOON))
    assert any('FROM "authority_card"' in sql and card.id.hex in sql.replace("-", "") for sql in early)
