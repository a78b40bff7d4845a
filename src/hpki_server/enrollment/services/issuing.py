"""The issuing desk: order the card, fill it, print its two letters, send them."""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki.errors import CardError, CardUnavailable
from hpki_server.authority import services as authority
from hpki_server.authority.models import Card, Issuer
from hpki_server.authority.orders import CardOrder, HolderNames
from hpki_server.authority.ports import SlotOpener, card_slot
from hpki_server.authority.production_queries import shortage_at
from hpki_server.enrollment import printing, queries
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.papers import as_png
from hpki_server.enrollment.rules import State, Step
from hpki_server.enrollment.services.record import decide, leave_line, locked, move, officer_case
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.officer import Officer

LAYOUT = "guideline"
CARD_ABSENT = Denial(
    "card_absent", _("カードがありません。リーダーにカードを置いて、もう一度実行してください。")
)
CARD_FAILED = Denial(
    "card_failed",
    _(
        "カードとのやり取りが途中で止まりました。カードを置き直して、もう一度実行してください。続きから再開します。"
    ),
)

NO_ISSUER = Denial(
    "no_issuer", _("証明書を発行できる発行者が登録されていません。鍵の生成式を先に行ってください。")
)


def order_card(*, application_id: UUID, by: Officer, at: dt.datetime) -> Application:
    """The card gets its number, and what its face and its certificates say is frozen.

    While cards are short, the certificates for remote use are issued at once; the card keeps its place in the queue.
    """
    application, remote = _record_order(application_id, by=by, at=at)
    if remote is not None:
        # A key out of reach keeps nobody's card from being ordered: the recurring work tries again.
        with suppress(Denied):
            authority.certify_remote([remote.id], by=by, at=at)
    return application


@transaction.atomic
def _record_order(application_id: UUID, *, by: Officer, at: dt.datetime) -> tuple[Application, Card | None]:
    application = locked(application_id)
    case, place = officer_case(application, Step.ORDER, by=by, at=at)
    decide(case)
    card = authority.order_card(_order(application), by=by, at=at)
    remote = authority.order_remote(card.id, by=by, at=at) if shortage_at(at) else None
    application.card = card
    move(application, Step.ORDER, State.ORDERED, by=by, at=at, place=place)
    return application, remote


def _order(application: Application) -> CardOrder:
    """What our records say; only an approved application has all of it."""
    association, photo = application.association, queries.photo_of(application)
    born_on, registered_on = application.born_on, application.registered_on
    if (
        association is None
        or photo is None
        or born_on is None
        or registered_on is None
        or not application.number
    ):
        raise ValueError(f"application {application.id} was approved without its entries")
    return CardOrder(
        reference=application.number,
        organisation_id=association.id,
        prefecture=association.code[:2],
        environment=_environment(),
        names=HolderNames(
            family=application.family_name,
            given=application.given_name,
            family_kana=application.family_kana,
            given_kana=application.given_kana,
            family_romaji=application.family_romaji,
            given_romaji=application.given_romaji,
        ),
        born_on=born_on,
        qualification_code=queries.QUALIFICATION,
        # As the register has it: a zero before it would hide the card from what the register is told.
        registration_number=application.registration_number.lstrip("0"),
        registered_on=registered_on,
        member_kind=MemberKind(application.member_kind),
        member_id=application.member_id,
        photo_png=as_png(photo),
        layout=LAYOUT,
        beside_name=application.beside_name,
    )


def _environment() -> str:
    """Production or test: whatever the newest active signing issuer is."""
    active = Issuer.objects.filter(state=Issuer.State.ACTIVE, issues="SIGNING").order_by("-registered_at")
    newest = active.first()
    if newest is None:
        raise Denied([NO_ISSUER])
    return newest.environment


def issue_card(
    *, application_id: UUID, by: Officer, at: dt.datetime, slot: SlotOpener = card_slot
) -> Application:
    """Fill the card on the desk's reader, then record that the application's card is made.

    The authority keeps its own records while the card works, so a second press goes on where the first stopped.
    """
    application = Application.objects.get(id=application_id)
    case, _place = officer_case(application, Step.ISSUE, by=by, at=at)
    decide(case)
    card = application.card
    if card is None:
        raise ValueError(f"application {application_id} was ordered without a card")
    # Issued already, yet our state says otherwise: the plug was pulled between the authority's record and ours.
    if card.issued_at is None:
        _fill(card.id, by=by, at=at, slot=slot)
    return _record_issued(application_id, by=by, at=at)


def _fill(card_id: UUID, *, by: Officer, at: dt.datetime, slot: SlotOpener) -> None:
    try:
        authority.personalise_card(card_id, by=by, at=at, slot=slot)
    except CardUnavailable as error:
        raise Denied([CARD_ABSENT]) from error
    except CardError as error:
        raise Denied([CARD_FAILED]) from error


@transaction.atomic
def _record_issued(application_id: UUID, *, by: Officer, at: dt.datetime) -> Application:
    application = locked(application_id)
    case, place = officer_case(application, Step.ISSUE, by=by, at=at)
    decide(case)
    move(application, Step.ISSUE, State.ISSUED, by=by, at=at, place=place)
    return application


@dataclass(frozen=True)
class MadeLetter:
    """A letter that counts only after `record`: a run makes all of its letters before it writes its first line.

    Setting type takes long, and every audit line holds the chain's lock until its transaction ends.
    """

    content: bytes
    record: Callable[[], None]


@transaction.atomic
def print_postcard(*, application_id: UUID, by: Officer, at: dt.datetime) -> bytes:
    """発行完了通知ハガキ as PDF; may be printed again until the card is fetched."""
    made = make_postcard(application_id, by=by, at=at)
    made.record()
    return made.content


@transaction.atomic
def print_pin_letter(*, application_id: UUID, by: Officer, at: dt.datetime) -> bytes:
    """暗証番号通知書 as PDF, once: the envelope is emptied in the transaction that makes the letter."""
    made = make_pin_letter(application_id, by=by, at=at)
    made.record()
    return made.content


def make_postcard(application_id: UUID, *, by: Officer, at: dt.datetime) -> MadeLetter:
    """Inside the caller's transaction."""
    application = locked(application_id)
    case, place = officer_case(application, Step.PRINT_POSTCARD, by=by, at=at)
    decide(case)

    def record() -> None:
        application.postcard_printed_at = application.postcard_printed_at or at
        application.save(update_fields=["postcard_printed_at"])
        leave_line(application, Step.PRINT_POSTCARD, by=by, at=at, place=place)

    return MadeLetter(printing.notice_postcard(application, at=at), record)


def make_pin_letter(application_id: UUID, *, by: Officer, at: dt.datetime) -> MadeLetter:
    """Inside the caller's transaction."""
    application = locked(application_id)
    case, place = officer_case(application, Step.PRINT_PIN_LETTER, by=by, at=at)
    decide(case)
    card = application.card
    if card is None:
        raise ValueError(f"application {application_id} was issued without a card")

    def record() -> None:
        authority.take_pins(card.id, by=by, at=at)
        application.pin_letter_printed_at = at
        application.save(update_fields=["pin_letter_printed_at"])
        leave_line(application, Step.PRINT_PIN_LETTER, by=by, at=at, place=place)

    pins = authority.read_pins(card.id, by=by)
    return MadeLetter(printing.pin_letter(application, card, pin=pins.pin, puk=pins.puk, at=at), record)


@transaction.atomic
def record_notified(*, application_id: UUID, by: Officer, at: dt.datetime) -> Application:
    """Both letters are on their way, the card goes to the association."""
    application = locked(application_id)
    case, place = officer_case(application, Step.NOTIFY, by=by, at=at)
    decide(case)
    move(application, Step.NOTIFY, State.NOTIFIED, by=by, at=at, place=place)
    return application
