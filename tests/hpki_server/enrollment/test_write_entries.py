"""The applicant writes: nothing typed is lost, and only well-formed entries are taken over."""

import datetime as dt

import pytest

from hpki_server.enrollment.forms import EntriesForm
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.services import applying
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.enrollment.desk import NOON, TODAY, TYPED, entries, submitted

pytestmark = pytest.mark.django_db


def form(**changed: str) -> EntriesForm:
    typed = {**TYPED, "association": str(cast.organisation("okayama").id), **changed}
    return EntriesForm(typed, on=TODAY)


def errors(**changed: str) -> set[str]:
    return set(form(**changed).errors)


def test_what_hanako_types_becomes_one_frozen_command() -> None:
    filled = form()
    assert filled.is_valid(), filled.errors
    assert filled.command() == entries()


def test_glyphs_stay_as_given() -> None:
    # 葛 with a variation selector, 𠮷 beyond the basic plane: neither may be folded.
    filled = form(family_name="葛\U000e0100城", given_name="𠮷子")
    assert filled.is_valid(), filled.errors
    assert filled.command().family_name == "葛\U000e0100城"
    assert filled.command().given_name == "𠮷子"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("family_name", ""),
        ("family_name", "渡邉1"),
        ("family_name", "<b>渡邉"),
        ("family_name", "渡\ue000"),
        ("family_name", "渡\x00邉"),
        ("family_name", "渡" * 61),
        ("family_name", "กขค"),
        ("address", "岡山県\u202e1-2"),
        ("family_kana", "渡邉"),
        ("family_romaji", "渡邉"),
        ("born_on", "2026-11-04"),
        ("born_on", "1890-01-01"),
        ("born_on", "昭和"),
        ("sex", "x"),
        ("registration_number", "47O123"),
        ("registration_number", "12345678"),
        ("registration_number", "000"),
        ("registered_on", "昭和59年5月17日"),
        ("registered_on", "2026-11-05"),
        ("member_kind", ""),
        ("member_id", "123"),
        ("postal_code", "7008"),
        ("address", ""),
        ("phone", "abc"),
        ("association", "33"),
    ],
)
def test_an_error_stands_at_its_field(field: str, typed: str) -> None:
    assert errors(**{field: typed}) == {field}


def test_the_number_is_kept_as_the_register_has_it() -> None:
    filled = form(registration_number="０４７０１２３")
    assert filled.is_valid()
    assert filled.command().registration_number == "470123"


def test_a_member_needs_the_member_id_and_a_non_member_has_none() -> None:
    assert errors(member_id="") == {"member_id"}
    filled = form(member_kind="non-member")
    assert filled.is_valid()
    assert filled.command().member_id == ""


def test_a_second_press_of_begin_makes_no_second_application() -> None:
    hanako = cast.account(cast.HANAKO)
    first = applying.start_application(by=hanako, at=NOON)
    assert applying.start_application(by=hanako, at=NOON) == first
    assert AuditLine.objects.filter(act="application:start").count() == 1


def test_wrong_text_is_kept_and_marks_the_entries_as_open() -> None:
    hanako = cast.account(cast.HANAKO)
    begun = applying.start_application(by=hanako, at=NOON)
    applying.write_entries(application_id=begun.id, typed=TYPED, entries=entries(), by=hanako, at=NOON)
    applying.keep_typed(application_id=begun.id, typed={**TYPED, "born_on": "昭和5"}, by=hanako)
    kept = Application.objects.get()
    assert kept.typed["born_on"] == "昭和5"
    assert kept.born_on == dt.date(1984, 5, 17)
    assert not kept.entries_complete


def test_keeping_the_same_text_again_closes_nothing() -> None:
    hanako = cast.account(cast.HANAKO)
    begun = applying.start_application(by=hanako, at=NOON)
    applying.write_entries(application_id=begun.id, typed=TYPED, entries=entries(), by=hanako, at=NOON)
    applying.keep_typed(application_id=begun.id, typed=TYPED, by=hanako)
    assert Application.objects.get().entries_complete


def test_nobody_writes_into_the_draft_of_another() -> None:
    begun = applying.start_application(by=cast.account(cast.HANAKO), at=NOON)
    with pytest.raises(Denied) as denied:
        applying.keep_typed(application_id=begun.id, typed={}, by=cast.account(cast.MALLORY))
    assert denied.value.codes == ("not_the_applicant",)


def test_after_submission_nothing_is_written() -> None:
    sent = submitted()
    with pytest.raises(Denied) as denied:
        applying.write_entries(
            application_id=sent.id, typed=TYPED, entries=entries(), by=cast.account(cast.HANAKO), at=NOON
        )
    assert denied.value.codes == ("part_closed",)
