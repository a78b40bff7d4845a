"""健 is no member: the same way, and a fee that is due before the card is made."""

from typing import Any

import pytest

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.services import applying, deciding, issuing
from hpki_server.fees import queries as books
from hpki_server.people.denial import Denied
from hpki_server.people.member_kind import MemberKind
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.enrollment import desk
from tests.hpki_server.fees import stage as fees
from tests.hpki_server.lifecycle import walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
KEN: dict[str, Any] = {
    "family_name": "髙橋",
    "given_name": "健",
    "family_kana": "タカハシ",
    "given_kana": "ケン",
    "family_romaji": "Takahashi",
    "given_romaji": "Ken",
    "registration_number": "470999",
    "member_kind": MemberKind.NON_MEMBER,
    "member_id": "",
}


def test_no_card_without_the_money_and_with_it_all_the_way_into_his_hands() -> None:
    stage.hierarchy()
    desk.offices()
    fees.billing()
    desk.registered(number="470999", family_name="髙橋", given_name="健")
    sent = desk.submitted(cast.KEN, **KEN)
    clerk, sato, suzuki = (cast.officer(role) for role in (cast.TAKAHASHI, cast.SATO, cast.SUZUKI))
    deciding.take_in(application_id=sent.id, originals=desk.ORIGINALS, by=clerk, at=desk.NOON)
    deciding.record_vetting(application_id=sent.id, papers=desk.ALL_FIT, by=sato, at=desk.NOON)
    agreed = deciding.approve_application(application_id=sent.id, by=suzuki, at=desk.NOON)
    [invoice] = books.invoices_of([agreed.number or ""])
    assert (invoice.gross, invoice.net + invoice.tax) == (5_500, 5_500)
    tanaka = cast.officer(cast.TANAKA)
    with pytest.raises(Denied) as denied:
        issuing.order_card(application_id=agreed.id, by=tanaka, at=desk.NOON)
    assert denied.value.codes == ("fee_unpaid",)
    fees.pay(agreed)
    card = walking.fetched(walking.issued(agreed, at=desk.NOON), at=desk.NOON + desk.LETTERS_APART)
    assert card.state == Card.State.ACTIVE
    assert (card.family_name, card.member_kind, card.member_id) == ("髙橋", "non-member", "")
    assert Application.objects.get(id=sent.id).state == State.ACTIVE


def test_a_non_member_keeps_no_member_id() -> None:
    begun = applying.start_application(by=cast.account(cast.KEN), at=desk.NOON)
    applying.write_entries(
        application_id=begun.id,
        typed=desk.TYPED,
        entries=desk.entries(**KEN),
        by=cast.account(cast.KEN),
        at=desk.NOON,
    )
    assert Application.objects.get().member_id == ""
