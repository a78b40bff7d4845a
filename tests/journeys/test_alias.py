"""A special permanent resident applies with the 通名; nobody else may, and a pen name has no place to stand."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from hpki_server.enrollment import queries
from hpki_server.enrollment.entry_forms import EntriesForm
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import FaceName, Part
from hpki_server.enrollment.services import applying
from hpki_server.people.denial import Denied
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.enrollment import desk
from tests.hpki_server.lifecycle import walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
LEGAL: dict[str, Any] = {
    "family_name": "金",
    "given_name": "花子",
    "family_kana": "キム",
    "family_romaji": "Kim",
}
ALIAS: dict[str, Any] = {
    "face_name": FaceName.WITH_ALIAS,
    "special_permanent_resident": True,
    "alias_family_name": "金田",
    "alias_given_name": "花子",
    "alias_family_kana": "カネダ",
    "alias_given_kana": "ハナコ",
    "alias_family_romaji": "Kaneda",
    "alias_given_romaji": "Hanako",
}


def test_with_the_certificate_of_her_status_the_alias_is_printed_beside_her_name() -> None:
    stage.hierarchy()
    desk.offices()
    desk.registered(family_name="金")
    hanako = cast.account(cast.HANAKO)
    begun = desk.draft(**LEGAL, **ALIAS)
    with pytest.raises(Denied) as denied:
        applying.submit_application(application_id=begun.id, by=hanako, at=desk.NOON)
    assert denied.value.codes == ("alias_proof_missing",)
    walking.hand_in(begun, Part.ALIAS_PROOF, at=desk.NOON)
    sent = applying.submit_application(application_id=begun.id, by=hanako, at=desk.NOON)
    agreed = walking.approved(sent, at=desk.NOON)
    card = walking.fetched(walking.issued(agreed, at=desk.NOON), at=desk.NOON + desk.LETTERS_APART)
    assert card.beside_name == "通名 金田　花子"
    assert card.family_name == "金"


def test_whoever_is_no_such_resident_has_no_alias() -> None:
    not_resident: dict[str, Any] = {**ALIAS, "special_permanent_resident": False}
    with pytest.raises(Denied) as denied:
        desk.draft(**not_resident)
    assert denied.value.codes == ("alias_not_allowed",)
    assert Application.objects.get().alias == ""


def test_the_form_says_so_beside_the_box_and_the_database_holds_it() -> None:
    typed = {
        **desk.TYPED,
        "association": str(cast.organisation("okayama").id),
        "alias_family_name": "夏目",
        "alias_given_name": "漱石",
        "alias_family_kana": "ナツメ",
        "alias_given_kana": "ソウセキ",
        "alias_family_romaji": "Natsume",
        "alias_given_romaji": "Soseki",
    }
    form = EntriesForm(typed, on=desk.TODAY)
    assert not form.is_valid()
    assert list(form.errors) == ["special_permanent_resident"]
    begun = applying.start_application(by=cast.account(cast.HANAKO), at=desk.NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(id=begun.id).update(alias_family_name="夏目")


def test_without_an_alias_nothing_of_it_is_asked() -> None:
    parts = {item.part for item in queries.checklist_of(desk.draft(), desk.TODAY)}
    assert parts == {Part.PHOTO, Part.LICENCE, Part.IDENTITY, Part.RESIDENCE}
