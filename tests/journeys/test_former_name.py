"""花子 was 山田 before; she wants it beside her name, so the 戸籍 is asked, and only that is missing."""

from typing import Any

import pytest

from hpki_server.enrollment import printing, queries
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import FaceName, How, Part, ReturnReason, State
from hpki_server.enrollment.services import applying, deciding
from hpki_server.people.denial import Denied
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.enrollment import desk
from tests.hpki_server.lifecycle import walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
FORMER: dict[str, Any] = {
    "face_name": FaceName.WITH_FORMER,
    "former_name_on_paper": True,
    # 山田 with a variant glyph of the family register; it is printed as given.
    "former_family_name": "邊見",
    "former_family_kana": "ヘンミ",
    "former_family_romaji": "Hemmi",
}


def test_the_family_register_comes_and_the_former_name_is_printed() -> None:
    stage.hierarchy()
    desk.offices()
    desk.registered()
    hanako = cast.account(cast.HANAKO)
    begun = desk.draft(**FORMER)
    items = {item.part: item for item in queries.checklist_of(begun, desk.TODAY)}
    assert items[Part.FAMILY_REGISTER].needed
    assert not items[Part.FAMILY_REGISTER].have
    with pytest.raises(Denied) as denied:
        applying.submit_application(application_id=begun.id, by=hanako, at=desk.NOON)
    assert denied.value.codes == ("family_register_missing",)
    walking.hand_in(begun, Part.FAMILY_REGISTER, at=desk.NOON)
    sent = applying.submit_application(application_id=begun.id, by=hanako, at=desk.NOON)
    agreed = walking.approved(sent, at=desk.NOON)
    card = walking.fetched(walking.issued(agreed, at=desk.NOON), at=desk.NOON + desk.LETTERS_APART)
    assert card.beside_name == "旧姓 邊見"
    # What stands in the certificate stays the legal name.
    assert (card.family_name, card.given_name) == ("渡邉", "花子")
    assert printing.card_face(card, at=desk.NOON).front_pdf.startswith(b"%PDF")


def test_the_examiner_asks_for_the_register_again_and_only_that_opens() -> None:
    desk.registered()
    begun = desk.draft(**FORMER)
    hanako, sato = cast.account(cast.HANAKO), cast.officer(cast.SATO)
    walking.hand_in(begun, Part.FAMILY_REGISTER, at=desk.NOON)
    sent = applying.submit_application(application_id=begun.id, by=hanako, at=desk.NOON)
    clerk = cast.officer(cast.TAKAHASHI)
    deciding.take_in(application_id=sent.id, originals=desk.ORIGINALS, by=clerk, at=desk.NOON)
    deciding.return_application(
        application_id=sent.id,
        reasons=frozenset({ReturnReason.FAMILY_REGISTER_UNREADABLE}),
        note="",
        by=sato,
        at=desk.NOON,
    )
    back = Application.objects.get()
    lacking = [
        item.part
        for item in queries.checklist_of(back, desk.TODAY)
        if item.how is How.UPLOAD and not item.have
    ]
    assert lacking == [Part.FAMILY_REGISTER]
    with pytest.raises(Denied) as denied:
        walking.hand_in(begun, Part.LICENCE, at=desk.NOON)
    assert denied.value.codes == ("part_closed",)
    later = desk.NOON + desk.LETTERS_APART
    walking.hand_in(begun, Part.FAMILY_REGISTER, at=later)
    again = applying.resubmit_application(application_id=back.id, by=hanako, at=later)
    # The desk has seen the originals; only a copy was exchanged.
    assert again.state == State.TAKEN_IN
