"""What an applicant does: begin, write, hand in papers, submit, correct, withdraw.

The desk that types an application from paper does the same steps by the same functions (services.paper_route begins it).
"""

import datetime as dt
from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.models import Card
from hpki_server.enrollment import other_cards, rules
from hpki_server.enrollment.models import Application, NumberSequence, StateChange, number_of
from hpki_server.enrollment.rules import CaseKind, State, Step
from hpki_server.enrollment.services import appointments
from hpki_server.enrollment.services.charging import end_charges
from hpki_server.enrollment.services.filling_in import (
    hand_in_copy,
    hand_in_identity,
    hand_in_licence,
    hand_in_photo,
    keep_typed,
    part_closed,
    write_entries,
)
from hpki_server.enrollment.services.record import (
    Filler,
    day_of,
    decide,
    filling_case,
    leave_line,
    locked,
    move,
)
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import Account

__all__ = [
    "hand_in_copy",
    "hand_in_identity",
    "hand_in_licence",
    "hand_in_photo",
    "keep_typed",
    "part_closed",
    "resubmit_application",
    "start_application",
    "submit_application",
    "typed_before",
    "withdraw_application",
    "write_entries",
]
OF_A_CARD = frozenset(
    {
        CaseKind.RENEWAL,
        CaseKind.REISSUE_LOSS,
        CaseKind.REISSUE_DAMAGE,
        CaseKind.NAME_CHANGE,
        CaseKind.MEMBER_CHANGE,
    }
)
CARD_UNKNOWN = Denial(
    "card_unknown", _("どのカードのお手続きかが分かりません。カードの画面からお進みください。")
)
NOT_YOUR_CARD = Denial("not_your_card", _("ご本人のカードについてだけ、お手続きいただけます。"))
HAS_A_CARD = Denial(
    "has_a_card",
    _("すでにカードをお持ちです。更新や再発行は、カードの画面からお手続きください。"),
)


@transaction.atomic
def start_application(
    *, by: Account, at: dt.datetime, kind: CaseKind = CaseKind.FIRST, replaces: Card | None = None
) -> Application:
    """The open application of this person, or a new draft: a second press of the button makes no second one.

    An emergency takes the place of the card that its holder has in use.
    Raises `Denied`: `card_unknown`, `not_your_card`, `has_a_card`.
    """
    Account.objects.select_for_update().get(id=by.pk)
    done = [state.value for state in rules.CLOSED]
    if begun := Application.objects.filter(applicant=by).exclude(state__in=done).first():
        return begun
    if kind in OF_A_CARD and replaces is None:
        raise Denied([CARD_UNKNOWN])
    if replaces is not None and _belongs_to_another(replaces, by):
        raise Denied([NOT_YOUR_CARD])
    in_use = card_in_use(by)
    if kind is CaseKind.FIRST and in_use is not None:
        raise Denied([HAS_A_CARD])
    if kind is CaseKind.EMERGENCY and replaces is None:
        replaces = in_use
    application = Application.objects.create(
        applicant=by,
        email=by.username,
        kind=kind.value,
        replaces=replaces,
        typed=typed_before(replaces, kind) if replaces else {},
        state=State.DRAFT.value,
        state_since=at,
    )
    StateChange.objects.create(
        application=application, step=Step.START.value, to_state=State.DRAFT.value, at=at, by=by
    )
    leave_line(application, Step.START, by=by, at=at)
    return application


def _belongs_to_another(card: Card, by: Account) -> bool:
    """A card that came on paper or from elsewhere belongs to nobody's account yet."""
    made = Application.objects.filter(card=card).first()
    return made is not None and made.applicant_id is not None and made.applicant_id != by.pk


def card_in_use(by: Account) -> Card | None:
    """The card with which this person's applications ended, while it may be used."""
    cards = Card.objects.filter(application__applicant=by, application__state=State.ACTIVE.value)
    return cards.filter(state=Card.State.ACTIVE.value).order_by("-issued_at").first()


def typed_before(card: Card, kind: CaseKind) -> dict[str, str]:
    """What stands in the form when somebody applies again: what was typed for the card, or what is printed on it.

    Of another membership the new kind; its number, where it has one, is not known yet.
    """
    made = Application.objects.filter(card=card).first()
    typed = dict(made.typed) if made is not None and made.typed else _printed_on(card)
    if kind is CaseKind.MEMBER_CHANGE:
        left = card.member_kind == MemberKind.MEMBER
        typed |= {
            "member_kind": (MemberKind.NON_MEMBER if left else MemberKind.MEMBER).value,
            "member_id": "",
        }
    return typed


def _printed_on(card: Card) -> dict[str, str]:
    return {
        "family_name": card.family_name,
        "given_name": card.given_name,
        "family_kana": card.family_kana,
        "given_kana": card.given_kana,
        "family_romaji": card.family_romaji,
        "given_romaji": card.given_romaji,
        "born_on": card.born_on.isoformat(),
        "registration_number": card.registration_number,
        "registered_on": card.registered_on.isoformat(),
        "member_kind": card.member_kind,
        "member_id": card.member_id,
        "association": str(card.organisation_id),
    }


@transaction.atomic
def submit_application(*, application_id: UUID, by: Filler, at: dt.datetime) -> Application:
    application = locked(application_id)
    other_cards.name_lost_card(application, day_of(at))
    case, place = filling_case(application, Step.SUBMIT, by=by, at=at)
    decide(case, facts=_with_other_card(application, case.facts, at=at))
    application.number = _next_number(application, day_of(at))
    application.submitted_at = at
    move(application, Step.SUBMIT, State.SUBMITTED, by=by, at=at, place=place)
    return application


def _with_other_card(
    application: Application, facts: rules.ApplicationFacts, *, at: dt.datetime
) -> rules.ApplicationFacts:
    """Whoever types a colleague's number hears nothing of that colleague's card: the birth date has to agree too."""
    own = other_cards.own_card(application, day_of(at)) if application.entries_complete else None
    return replace(facts, has_another_card=own is not None and own.pk != application.replaces_id)


def _next_number(application: Application, on: dt.date) -> str:
    association = application.association
    if association is None:
        raise ValueError(f"application {application.id} names no association")
    prefecture = association.code[:2]
    sequence, _created = NumberSequence.objects.select_for_update().get_or_create(
        prefecture=prefecture, year=on.year
    )
    sequence.last += 1
    sequence.save(update_fields=["last"])
    return number_of(prefecture, on, sequence.last)


@transaction.atomic
def resubmit_application(*, application_id: UUID, by: Filler, at: dt.datetime) -> Application:
    """A returned application goes back to whoever has to look at what was changed."""
    application = locked(application_id)
    other_cards.name_lost_card(application, day_of(at))
    case, place = filling_case(application, Step.RESUBMIT, by=by, at=at)
    decide(case, facts=_with_other_card(application, case.facts, at=at))
    to = rules.state_after_resubmission(case.facts)
    application.vetted_by = application.registry_entry = None
    move(application, Step.RESUBMIT, to, by=by, at=at, place=place)
    return application


@transaction.atomic
def withdraw_application(*, application_id: UUID, by: Filler, at: dt.datetime) -> Application:
    application = locked(application_id)
    case, place = filling_case(application, Step.WITHDRAW, by=by, at=at)
    decide(case)
    end_charges(application, by=by, at=at)
    appointments.cancel_open(application, by=by, at=at)
    move(application, Step.WITHDRAW, State.WITHDRAWN, by=by, at=at, place=place)
    return application
