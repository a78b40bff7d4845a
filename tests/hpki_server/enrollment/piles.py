"""Applications in any state as plain rows, by the dozen: where the tests of long lists begin.  No step is taken."""

import datetime as dt

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application, MemberKind, StateChange
from hpki_server.enrollment.rules import State
from hpki_server.people.models import Account
from tests import cast

# What has a card by then.
CARD_IN = {
    State.ORDERED: Card.State.ORDERED,
    State.ISSUED: Card.State.ISSUED,
    State.NOTIFIED: Card.State.ISSUED,
    State.BROUGHT_BACK: Card.State.ISSUED,
}
PHOTO = b"a sealed photograph"


def card_of(number: int, state: Card.State, *, place: str = "okayama", at: dt.datetime = cast.NOON) -> Card:
    """Not stored yet."""
    office = cast.organisation(place)
    return Card(
        card_id=f"{office.code}-{number:07d}-0",
        state=state.value,
        layout="guideline",
        environment="production",
        reference=f"{office.code}-2026-{number:06d}",
        organisation=office,
        family_name="山田",
        given_name=f"{number}",
        family_romaji="Yamada",
        given_romaji="Taro",
        born_on=dt.date(1970, 1, 1),
        qualification_code="physician",
        registration_number=f"{300000 + number}",
        registered_on=dt.date(1996, 5, 1),
        photo_sealed=PHOTO,
        expires_on=dt.date(2031, 11, 3),
        ordered_at=at,
        ordered_by="system",
        issued_at=None if state == Card.State.ORDERED else at,
        activated_at=at if state == Card.State.ACTIVE else None,
    )


def piled(
    count: int,
    state: State,
    *,
    first: int = 1,
    place: str = "okayama",
    at: dt.datetime = cast.NOON,
    **changed: object,
) -> list[Application]:
    """So many in one state, all of them since one moment."""
    vetter, approver = cast.account(cast.SATO), cast.account(cast.SUZUKI)
    after = state in CARD_IN or state is State.APPROVED
    made, cards, applicants, changes = [], [], [], []
    for number in range(first, first + count):
        who = Account(
            username=f"holder{number}@example.jp",
            name=f"山田　{number}",
            kana="",
            kind=Account.Kind.APPLICANT,
            created_at=cast.EMPLOYED_AT,
        )
        card = card_of(number, CARD_IN[state], place=place, at=at) if state in CARD_IN else None
        facts: dict[str, object] = {
            "number": f"{cast.organisation(place).code}-2026-{number:06d}",
            "applicant": who,
            "state": state.value,
            "state_since": at,
            "submitted_at": at,
            "entries_complete": True,
            "association": cast.organisation(place),
            "family_name": "山田",
            "given_name": f"{number}",
            "family_kana": "ヤマダ",
            "given_kana": "タロウ",
            "born_on": dt.date(1970, 1, 1),
            "registration_number": f"{300000 + number}",
            "registered_on": dt.date(1996, 5, 1),
            "member_kind": MemberKind.MEMBER.value,
            "postal_code": "700-8570",
            "address": "岡山県岡山市北区内山下2-4-6",
            "email": f"holder{number}@example.jp",
            "vetted_by": vetter if after or state is State.VETTED else None,
            "approved_by": approver if after else None,
            "card": card,
        }
        application = Application(**facts | changed)
        if state is State.RETURNED:
            changes.append(_went_back(application, at=at))
        made.append(application)
        applicants.append(who)
        cards += [card] if card else []
    Account.objects.bulk_create(applicants)
    Card.objects.bulk_create(cards)
    Application.objects.bulk_create(made)
    StateChange.objects.bulk_create(changes)
    return made


def _went_back(application: Application, *, at: dt.datetime) -> StateChange:
    return StateChange(
        application=application,
        step="return",
        from_state=State.TAKEN_IN.value,
        to_state=application.state,
        at=at,
        by=cast.account(cast.SATO),
        reasons=["photo-unclear"],
    )
