"""The authority asks for the duty itself, whoever calls it from whichever room."""

from collections.abc import Callable

import pytest

from hpki_server.authority import rules, services
from hpki_server.authority.models import Card
from hpki_server.authority.presence import PresenceClaim
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.authority.stage import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def card() -> Card:
    stage.hierarchy()
    return stage.begun_card()


ACTS: dict[str, Callable[[Card, Officer], object]] = {
    "order": lambda _card, by: services.order_card(stage.order(), by=by, at=NOON),
    "order remote": lambda card, by: services.order_remote(card.id, by=by, at=NOON),
    "begin": lambda card, by: services.begin_personalisation([card.id], by=by, at=NOON),
    "issue": lambda card, by: services.issue_certificates([stage.issue_order(card)], by=by, at=NOON),
    "personalise": lambda card, by: services.personalise_card(card.id, by=by, at=NOON),
    "record": lambda card, by: services.record_personalised(card.id, card_id=card.card_id, by=by, at=NOON),
    "scrap": lambda card, by: services.scrap_card(card.id, reason="chip-defect", by=by, at=NOON),
    "PINs": lambda card, by: services.take_pins(card.id, by=by, at=NOON),
}


@pytest.mark.parametrize("act", sorted(ACTS))
@pytest.mark.parametrize(
    "role", [cast.SATO, cast.SUZUKI, cast.TAKAHASHI, cast.IDLE], ids=lambda role: role.key
)
def test_only_the_issuing_desk_of_the_centre_makes_cards(act: str, role: cast.Role, card: Card) -> None:
    with pytest.raises(Denied) as denied:
        ACTS[act](card, cast.officer(role))
    assert denied.value.codes == ("no_duty",)


def test_an_issuing_duty_at_an_association_is_not_enough(card: Card) -> None:
    okayama = cast.organisation("okayama").id
    stranger = Officer(cast.account(cast.OSAKA_CLERK).pk, "大西", frozenset({(Duty.ISSUING, okayama)}))
    with pytest.raises(Denied) as denied:
        ACTS["scrap"](card, stranger)
    assert denied.value.codes == ("no_duty",)


@pytest.mark.parametrize("role", [cast.TANAKA, cast.OSAKA_CLERK, cast.IDLE], ids=lambda role: role.key)
def test_only_the_desk_that_has_the_card_asks_it_and_hands_it_over(role: cast.Role, card: Card) -> None:
    by = cast.officer(role)
    with pytest.raises(Denied) as denied:
        services.new_challenge(card.id, purpose=rules.PICKUP, by=by, at=NOON)
    assert denied.value.codes == ("no_duty",)
    asked = services.new_challenge(card.id, purpose=rules.PICKUP, by=cast.officer(cast.TAKAHASHI), at=NOON)
    with pytest.raises(Denied) as denied:
        services.prove_presence(PresenceClaim(asked.id, b"", b""), purpose=rules.PICKUP, by=by, at=NOON)
    assert denied.value.codes == ("no_duty",)


def test_the_servers_own_work_needs_no_duty(card: Card) -> None:
    assert len(services.issue_certificates([stage.issue_order(card)], by="system", at=NOON)) == 3
