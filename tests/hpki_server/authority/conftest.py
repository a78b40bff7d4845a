"""花子's card with a status service for it; a file with a card of its own overrides these."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hpki_server.authority import services
from hpki_server.authority.models import Card
from hpki_server.authority.ocsp import ahead, service
from hpki_server.authority.ocsp.service import StatusService, status_service
from hpki_server.authority.services.responders import renew_responders
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.authority.stage import NOON


@pytest.fixture
def var(settings: object, tmp_path: Path) -> Iterator[Path]:
    """Responders' keys and the shelf of this test alone."""
    settings.VAR = tmp_path  # type: ignore[attr-defined]  # pytest-django's fixture takes any setting
    service.own_service.cache_clear()
    yield tmp_path
    service.own_service.cache_clear()


@pytest.fixture
def card(var: Path) -> Card:
    """花子's card with its three certificates, and responders for who issued them."""
    stage.hierarchy()
    begun = stage.begun_card()
    services.issue_certificates([stage.issue_order(begun)], by=cast.officer(cast.TANAKA), at=NOON)
    renew_responders(at=NOON)
    return begun


@pytest.fixture
def serving(card: Card) -> StatusService:
    """The service after a round of signing ahead."""
    ahead.sign_ahead(at=NOON)
    made = status_service(ahead.shelf_path())
    made.watch.look()
    return made
