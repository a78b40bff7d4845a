"""A blank card becomes 花子's card, whatever interrupts the desk."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from cryptography import x509
from django.conf import settings

from hpki.card.client import HpkiCard
from hpki.card.objects import CardApplication
from hpki.card.transport import CardTransport
from hpki.errors import CardUnavailable
from hpki.keys.algorithms import verify
from hpki_server.authority import ports, queries, services
from hpki_server.authority.models import Card, Certificate, PinEnvelope
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from hpki_server.people.sealing import open_sealed
from tests import cast
from tests.hpki_server.authority import stage

pytestmark = pytest.mark.django_db


class PlugPulled(Exception):
    """The desk lost its power."""


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk with a drawer of its own, and issuers that can sign."""
    monkeypatch.setattr(settings, "VAR", tmp_path)
    stage.hierarchy()


def personalise(card: Card, slot: ports.SlotOpener = ports.card_slot) -> Card:
    return services.personalise_card(card.id, by=cast.officer(cast.TANAKA), at=stage.NOON, slot=slot)


def pulled_after(commands: int) -> ports.SlotOpener:
    """A reader whose plug is pulled after so many commands."""

    class Reader:
        def __init__(self, inside: CardTransport) -> None:
            self._inside, self._numbers = inside, count()

        def transmit(self, command: bytes) -> bytes:
            if next(self._numbers) >= commands:
                raise PlugPulled
            return self._inside.transmit(command)

    @contextmanager
    def slot(card_id: str, layout: str) -> Iterator[CardTransport]:
        with ports.card_slot(card_id, layout) as inside:
            yield Reader(inside)

    return slot


def acts() -> list[str]:
    return list(AuditLine.objects.order_by("sequence").values_list("act", flat=True))


@pytest.mark.parametrize("layout", ["guideline", "jma"])
def test_hanakos_card_signs_and_its_signature_verifies_under_our_records(layout: str) -> None:
    card = personalise(stage.ordered_card(layout=layout))
    assert card.state == Card.State.ISSUED
    pins = services.take_pins(card.id, by=cast.officer(cast.TANAKA), at=stage.NOON)
    recorded = {
        profile: x509.load_der_x509_certificate(der) for profile, der in queries.certificates_of(card).items()
    }
    with ports.card_slot(card.card_id, layout) as transport:
        chip = HpkiCard(transport)
        for application in (CardApplication.SIGNING, CardApplication.AUTHENTICATION):
            certificate = chip.certificate(application)
            assert certificate == recorded[application.name]
            signature = chip.sign(application, "処方箋".encode(), pin=pins.pin)
            verify(certificate.public_key(), signature, "処方箋".encode())
        assert len(chip.chain_der(CardApplication.SIGNING)) == 2


def test_each_step_leaves_one_line_in_the_audit() -> None:
    personalise(stage.ordered_card())
    assert [act for act in acts() if act.startswith("card:")] == [
        "card:order",
        "card:personalise",
        "card:make-pins",
        "card:issue",
    ]


def test_the_plug_pulled_after_any_command_and_again_leads_to_one_finished_card() -> None:
    card = stage.ordered_card()
    cuts = 0
    # Every second command, so that each step of the desk is cut at least once.
    for commands in count(1, 2):
        try:
            personalise(card, pulled_after(commands))
        except PlugPulled:
            cuts += 1
        else:
            break
    assert cuts > 10
    card.refresh_from_db()
    assert card.state == Card.State.ISSUED
    assert Certificate.objects.filter(card=card).count() == 3
    for act in ("certificates:intend", "certificates:sign"):
        assert [len(times) for times in stage.audited(act).values()] == [1, 1, 1]
    assert acts().count("card:make-pins") == acts().count("card:issue") == 1


def test_a_card_that_locked_just_before_the_record_was_made_is_recognised() -> None:
    card = personalise(stage.ordered_card())
    Card.objects.filter(id=card.id).update(state=Card.State.PERSONALISING, issued_at=None)
    assert personalise(card).state == Card.State.ISSUED
    assert acts().count("certificates:intend") == 1


def test_another_card_in_the_reader_is_refused_before_it_is_touched() -> None:
    wanted, other = stage.ordered_card(), stage.ordered_card()

    @contextmanager
    def wrong_slot(card_id: str, layout: str) -> Iterator[CardTransport]:
        with ports.card_slot(other.card_id, layout) as transport:
            yield transport

    for _ in range(6):  # more often than a card forgives a wrong issuer secret
        with pytest.raises(Denied) as refused:
            personalise(wanted, wrong_slot)
        assert refused.value.codes == ("other_card_in_reader",)
    assert personalise(other).state == Card.State.ISSUED
    assert personalise(wanted).state == Card.State.ISSUED


def test_a_reader_that_is_not_there_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "CARD_READER", "carrier-pigeon")
    with pytest.raises(CardUnavailable):
        personalise(stage.ordered_card())


def test_the_pins_rest_sealed_are_told_once_and_are_then_gone() -> None:
    card = personalise(stage.ordered_card())
    envelope = PinEnvelope.objects.get(card=card)
    pins = json.loads(open_sealed(bytes(envelope.sealed), purpose="authority:pins"))
    assert len(pins["pin"]) == 6
    assert pins["pin"].encode() not in bytes(envelope.sealed)
    officer = cast.officer(cast.TANAKA)
    told = services.take_pins(card.id, by=officer, at=stage.NOON)
    assert (told.pin.reveal(), told.puk.reveal()) == (pins["pin"], pins["puk"])
    envelope.refresh_from_db()
    assert bytes(envelope.sealed) == b""
    with pytest.raises(Denied) as refused:
        services.take_pins(card.id, by=officer, at=stage.NOON)
    assert refused.value.codes == ("pins_printed",)


def test_no_pin_letter_before_the_card_is_finished() -> None:
    card = stage.begun_card()
    with pytest.raises(Denied) as refused:
        services.take_pins(card.id, by=cast.officer(cast.TANAKA), at=stage.NOON)
    assert refused.value.codes == ("wrong_state",)


def test_a_finished_card_is_not_personalised_again() -> None:
    card = personalise(stage.ordered_card())
    with pytest.raises(Denied) as refused:
        personalise(card)
    assert refused.value.codes == ("wrong_state",)
