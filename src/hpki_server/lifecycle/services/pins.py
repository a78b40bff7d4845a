"""A forgotten PIN, at the desk: the card on the reader, its holder at the keys.

The PUK is printed once and then destroyed, so nobody, not two officers either, can send it again.  Who still has the
letter sets a new PIN with it, here or at home (`hpki card unblock`); who has not gets a new card.
"""

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hpki.card.client import HpkiCard
from hpki.card.objects import CardApplication
from hpki.card.personalise import read_card_id
from hpki.errors import CardError, CardUnavailable, PinBlocked, WrongPin
from hpki.keys.secret import Secret
from hpki_server.authority.models import Card
from hpki_server.authority.ports import SlotOpener, card_slot
from hpki_server.authority.rules import OTHER_CARD_IN_READER
from hpki_server.enrollment.services.issuing import CARD_ABSENT, CARD_FAILED
from hpki_server.lifecycle.events import Actor
from hpki_server.lifecycle.situations import actors_of
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.officer import Officer

WITH_PIN: Final = (CardApplication.SIGNING, CardApplication.AUTHENTICATION)
NOT_AT_THE_DESK: Final = Denial("not_entitled", _("このカードについて、この手続きを行う権限がありません。"))
NOT_IN_USE: Final = Denial("not_in_use", _("このカードは、いま使われていません。"))
PUK_BLOCKED: Final = Denial(
    "puk_blocked",
    _(
        "ロック解除番号（PUK）も使えなくなっています。このカードは元に戻せません。再発行の手続きをしてください。"
    ),
)


def unblock_at_desk(
    *, card_id: UUID, puk: Secret, new: Secret, by: Officer, at: dt.datetime, slot: SlotOpener = card_slot
) -> Card:
    """Both PINs are set anew with the PUK.  Neither is kept; the audit line says only that it happened.

    Raises `Denied`: `not_entitled`, `not_in_use`, `card_absent`, `other_card_in_reader`, `puk_wrong`, `puk_blocked`,
    `card_failed`.
    """
    card = Card.objects.defer("photo_sealed").get(id=card_id)
    if Actor.DESK not in actors_of(card, by):
        raise Denied([NOT_AT_THE_DESK])
    if card.state != Card.State.ACTIVE:
        raise Denied([NOT_IN_USE])
    try:
        _unblock(card, puk=puk, new=new, slot=slot)
    except Denied as denied:
        _record("card:refuse-unblock", card, denied.codes[0], by=by, at=at)
        raise
    _record("card:unblock-pin", card, "", by=by, at=at)
    return card


def _unblock(card: Card, *, puk: Secret, new: Secret, slot: SlotOpener) -> None:
    try:
        with slot(card.card_id, card.layout) as transport:
            # Before the PUK is shown to it: a wrong card must not lose one of its tries.
            if read_card_id(transport) != card.card_id:
                raise Denied([OTHER_CARD_IN_READER])
            held = HpkiCard(transport)
            for application in WITH_PIN:
                held.unblock_pin(application, puk=puk, new=new)
    except CardUnavailable as error:
        raise Denied([CARD_ABSENT]) from error
    except WrongPin as error:
        raise Denied([puk_wrong(error.tries_left)]) from error
    except PinBlocked as error:
        raise Denied([PUK_BLOCKED]) from error
    except CardError as error:
        raise Denied([CARD_FAILED]) from error


def puk_wrong(tries_left: int) -> Denial:
    sentence = _(
        "ロック解除番号（PUK）が違います。あと {tries} 回間違えると、このカードは元に戻せなくなります。"
    )
    return Denial("puk_wrong", format_lazy(sentence, tries=tries_left))


@transaction.atomic
def _record(act: str, card: Card, denial: str, *, by: Officer, at: dt.datetime) -> None:
    audit.record(
        act,
        by=by,
        subject_kind="card",
        subject_id=card.id,
        at=at,
        organisation=card.organisation_id,
        details={"card_id": card.card_id, **({"denial": denial} if denial else {})},
    )
