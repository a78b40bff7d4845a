"""An approved application becomes an ordered card with a number of its own."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki.certs.qualifications import qualification
from hpki.issuance.algorithms import JAPAN
from hpki_server.authority import queries, rules, services
from hpki_server.authority.models import Card, Certificate
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.authority import stage


@pytest.mark.django_db
def test_the_order_freezes_what_the_card_will_say() -> None:
    card = stage.ordered_card(reference="33-2026-000777")
    assert card.state == Card.State.ORDERED
    assert (card.family_name, card.given_romaji) == ("渡邉", "Hanako")
    assert rules.is_printed_number(card.card_id)
    assert qualification(card.qualification_code).name_ja == "医師"
    assert bytes(card.photo_sealed) != stage.PHOTO
    assert queries.photo_of(card) == stage.PHOTO
    line = AuditLine.objects.get(act="card:order")
    assert line.facts() == {"card_id": card.card_id, "reference": "33-2026-000777"}
    assert "渡邉" not in line.details


@pytest.mark.django_db
def test_the_same_application_ordered_twice_is_one_card() -> None:
    first = stage.ordered_card(reference="33-2026-000778")
    assert stage.ordered_card(reference="33-2026-000778").id == first.id
    assert AuditLine.objects.filter(act="card:order").count() == 1


@pytest.mark.django_db
def test_numbers_follow_one_another_in_each_prefecture() -> None:
    okayama = [stage.ordered_card() for _ in range(3)]
    osaka = stage.ordered_card(prefecture="27")
    assert [card.card_id[:10] for card in okayama] == ["33-0000001", "33-0000002", "33-0000003"]
    assert osaka.card_id.startswith("27-0000001-")


@pytest.mark.django_db
def test_a_card_promises_no_day_beyond_its_algorithms() -> None:
    # RSA-2048, which cards make, may carry new signatures through 2030.
    assert stage.ordered_card().expires_on == dt.date(2030, 12, 31)


@pytest.mark.django_db
def test_when_no_life_is_left_no_card_is_ordered() -> None:
    with pytest.raises(Denied) as refused:
        stage.ordered_card(at=dt.datetime(2031, 1, 1, tzinfo=JAPAN))
    assert refused.value.codes == ("no_life_left",)


@pytest.mark.django_db
def test_a_scrapped_card_makes_room_for_a_new_one_and_abandons_what_was_only_intended() -> None:
    card = stage.begun_card(reference="33-2026-000779")
    officer = cast.officer(cast.TANAKA)
    scrapped = services.scrap_card(card.id, reason="chip_defect", by=officer, at=stage.NOON)
    assert scrapped.state == Card.State.SCRAPPED
    assert not Certificate.objects.exclude(state=Certificate.State.ABANDONED).exists()
    assert stage.ordered_card(reference="33-2026-000779").id != card.id
    with pytest.raises(Denied) as refused:
        services.scrap_card(card.id, reason="chip_defect", by=officer, at=stage.NOON)
    assert refused.value.codes == ("wrong_state",)


@given(number=st.integers(1, 9_999_999), place=st.integers(0, 8), digit=st.integers(0, 9))
def test_one_wrong_digit_is_always_found(number: int, place: int, digit: int) -> None:
    printed = rules.printed_number("33", number)
    digits = printed.replace("-", "")
    changed = digits[:place] + str(digit) + digits[place + 1 :]
    typed = f"{changed[:2]}-{changed[2:9]}-{changed[9]}"
    assert rules.is_printed_number(typed) is (typed == printed)


def test_what_is_no_number_at_all_is_no_printed_number() -> None:
    assert not rules.is_printed_number("33-0000001")
    assert not rules.is_printed_number("3３-0000001-6")
