"""PIN and PUK from personalisation to the one letter that tells them."""

import datetime as dt
import json
import secrets
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from django.db import transaction

from hpki.keys.secret import Secret
from hpki_server.authority import rules
from hpki_server.authority.models import Card, PinEnvelope
from hpki_server.authority.services.cards import card_act
from hpki_server.authority.services.duty import require_at_centre
from hpki_server.people import audit
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.sealing import open_sealed, seal

SEAL_PURPOSE = "authority:pins"
# G31 Annex B: 4 to 16; the lock comes after 15 wrong ones.
PIN_DIGITS = 6
PUK_DIGITS = 12


@dataclass(frozen=True)
class IssuedPins:
    """One PIN opens both applications at first; the holder may part them later."""

    pin: Secret
    puk: Secret


def _random_digits(count: int) -> str:
    while True:
        digits = f"{secrets.randbelow(10**count):0{count}d}"
        # Not one digit repeated, not a run up or down: what a finder of the card would try first.
        steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
        if len(steps) > 1:
            return digits


@transaction.atomic
def pins_of(card: Card, *, by: Officer | str, at: dt.datetime) -> IssuedPins:
    """The PINs that this card gets; made and sealed at the first call, so a resumed run sets the same ones."""
    Card.objects.select_for_update().get(id=card.id)
    envelope = PinEnvelope.objects.filter(card=card).first()
    if envelope is not None:
        return _opened(envelope)
    made = {"pin": _random_digits(PIN_DIGITS), "puk": _random_digits(PUK_DIGITS)}
    PinEnvelope.objects.create(
        card=card, sealed=seal(json.dumps(made).encode(), purpose=SEAL_PURPOSE), made_at=at
    )
    audit.record_many([card_act("card:make-pins", card, by=by)], at=at)
    return IssuedPins(pin=Secret(made["pin"]), puk=Secret(made["puk"]))


@transaction.atomic
def read_pins(card: UUID, *, by: Officer) -> IssuedPins:
    """What the PIN letter will tell, while it is being made: whoever makes it calls `take_pins` before anybody sees it.

    Raises `Denied`: `no_duty`, `wrong_state`, `pins_printed`.
    """
    return _opened(_full_envelope(card, by=by))


@transaction.atomic
def take_pins(card: UUID, *, by: Officer, at: dt.datetime) -> IssuedPins:
    """What the PIN letter tells, once: the envelope is empty afterwards.

    Whoever makes the letter calls this inside its own transaction, so that a letter that could not be made leaves
    the envelope full.  Raises `Denied`: `no_duty`, `wrong_state`, `pins_printed`.
    """
    envelope = _full_envelope(card, by=by)
    pins = _opened(envelope)
    envelope.sealed = b""
    envelope.printed_at = at
    envelope.save(update_fields=["sealed", "printed_at"])
    audit.record_many([card_act("card:print-pins", envelope.card, by=by)], at=at)
    return pins


def _full_envelope(card: UUID, *, by: Officer) -> PinEnvelope:
    require_at_centre(by, Duty.ISSUING)
    issued = Card.objects.select_for_update().get(id=card)
    if denials := rules.step_denials("print-pins", issued.state):
        raise Denied(denials)
    envelope = PinEnvelope.objects.select_for_update().filter(card=issued).first()
    if envelope is None or envelope.printed_at is not None:
        raise Denied([rules.PINS_PRINTED])
    return envelope


def _opened(envelope: PinEnvelope) -> IssuedPins:
    values = json.loads(open_sealed(bytes(envelope.sealed), purpose=SEAL_PURPOSE))
    return IssuedPins(pin=Secret(values["pin"]), puk=Secret(values["puk"]))
