"""An application agrees with the registry in all four items, or the answer says which entry, what differs, and why."""

import dataclasses
import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki_server.registry.matching import (
    CannotDecide,
    Differs,
    EntryFacts,
    Item,
    Matched,
    NotFound,
    OtherName,
    RegistryClaim,
    Why,
    candidates_of,
    digest_of,
    judge_match,
    read_number,
)
from hpki_server.registry.names import Relation

ENTRY = EntryFacts(
    uuid.UUID(int=1), "physician", "464321", "渡邉", "花子", dt.date(1983, 6, 2), dt.date(2008, 5, 1)
)
CLAIM = RegistryClaim("physician", "464321", "渡邉", "花子", dt.date(1983, 6, 2), dt.date(2008, 5, 1))


def claim(**changes: object) -> RegistryClaim:
    return dataclasses.replace(CLAIM, **changes)  # type: ignore[arg-type]  # fields by name


def entry(**changes: object) -> EntryFacts:
    return dataclasses.replace(ENTRY, **changes)  # type: ignore[arg-type]  # fields by name


def differing(**changes: object) -> tuple[Item, ...]:
    answer = judge_match(claim(**changes), [ENTRY])
    assert isinstance(answer, Differs | Matched), answer
    return tuple(one.item for one in answer.differences) if isinstance(answer, Differs) else ()


def test_hanakos_own_data_match() -> None:
    answer = judge_match(CLAIM, [ENTRY])
    assert isinstance(answer, Matched)
    assert answer.entry == ENTRY
    assert candidates_of(answer) == ()


@pytest.mark.parametrize(
    ("item", "change"),
    [
        (Item.NAME, {"family_name": "渡邊"}),
        (Item.NAME, {"family_name": "渡辺"}),
        (Item.NAME, {"given_name": "華子"}),
        (Item.BORN_ON, {"born_on": dt.date(1983, 6, 3)}),
        (Item.REGISTERED_ON, {"registered_on": dt.date(2008, 5, 2)}),
        (Item.NUMBER, {"number": "464322"}),
    ],
)
def test_one_item_that_differs_is_named(item: Item, change: dict[str, object]) -> None:
    assert differing(**change) == (item,)


def test_all_that_differs_is_named_in_words() -> None:
    answer = judge_match(claim(family_name="渡邊", born_on=dt.date(1983, 1, 1)), [ENTRY])
    assert isinstance(answer, Differs)
    assert str(answer.sentence) == "資格管理簿の登録と違います: 氏名・生年月日。"
    assert not answer.only_variants_differ


@pytest.mark.parametrize(
    ("family", "given"),
    [
        ("渡邉", " 花子"),
        ("渡邉　", "花子"),
        ("渡邉花", "子"),
        ("渡邉花子", ""),
        ("渡邉\U000e0101", "花子"),
        ("渡邉\U000e0112", "花子"),
    ],
)
def test_spaces_and_variation_selectors_make_no_difference(family: str, given: str) -> None:
    assert differing(family_name=family, given_name=given) == ()


def test_composed_and_decomposed_kana_are_the_same_glyph() -> None:
    assert isinstance(judge_match(claim(given_name="がく"), [entry(given_name="か\u3099く")]), Matched)


def test_an_official_variant_differs_and_is_said_to_be_no_more_than_that() -> None:
    answer = judge_match(claim(family_name="渡辺"), [ENTRY])
    assert isinstance(answer, Differs)
    assert answer.only_variants_differ
    assert answer.name.relation is Relation.VARIANT


def test_near_characters_differ_and_are_more_than_variants() -> None:
    answer = judge_match(claim(family_name="桧山"), [entry(family_name="檜山")])
    assert isinstance(answer, Differs)
    assert not answer.only_variants_differ


def test_another_family_name_asks_for_papers() -> None:
    answer = judge_match(claim(family_name="山田"), [ENTRY])
    assert isinstance(answer, CannotDecide)
    assert answer.why is Why.FAMILY_NAME_CHANGED
    assert [pair.entry for pair in answer.candidates] == [ENTRY]


def test_a_declared_former_name_explains_the_difference_and_makes_no_match() -> None:
    answer = judge_match(claim(family_name="山田", former_family_name="渡辺"), [ENTRY])
    assert isinstance(answer, Differs)
    [difference] = answer.differences
    assert "旧姓" in str(difference.explained_by)


def test_a_declared_alias_explains_too() -> None:
    foreign = claim(family_name="KIM", given_name="Sunhee", alias="渡邉　花子")
    answer = judge_match(foreign, [ENTRY])
    assert isinstance(answer, Differs)
    assert "通称" in str(answer.differences[0].explained_by)


def test_an_earlier_name_of_the_entry_is_named_with_its_source() -> None:
    held = entry(family_name="山田", other_names=(OtherName("渡邉", "", "旧姓", "戸籍抄本"),))
    answer = judge_match(CLAIM, [held])
    assert isinstance(answer, Differs)
    assert "旧姓" in str(answer.differences[0].explained_by)
    assert "戸籍抄本" in str(answer.differences[0].explained_by)


def test_a_name_wholly_unlike_under_number_and_birth_date_asks_for_papers() -> None:
    answer = judge_match(claim(family_name="大西", given_name="忍"), [ENTRY])
    assert isinstance(answer, CannotDecide)
    assert answer.why is Why.NAME_UNLIKE


def test_a_glyph_that_no_code_stands_for_is_not_judged_by_the_machine() -> None:
    answer = judge_match(CLAIM, [entry(family_name="渡&MJ099999;")])
    assert isinstance(answer, CannotDecide)
    assert answer.why is Why.GLYPH_UNKNOWN


def test_homonyms_of_one_birth_date_are_not_guessed_at() -> None:
    twins = [entry(entry_id=uuid.UUID(int=n), number=str(n)) for n in (5, 6)]
    answer = judge_match(claim(number="7"), twins)
    assert isinstance(answer, CannotDecide)
    assert answer.why is Why.SEVERAL_ENTRIES
    assert len(answer.candidates) == 2
    assert isinstance(judge_match(claim(number="6"), twins), Matched)


def test_the_number_of_another_person_shows_nothing_of_that_person() -> None:
    other = entry(family_name="大西", given_name="忍", born_on=dt.date(1970, 1, 1))
    answer = judge_match(CLAIM, [other])
    assert answer == NotFound(CLAIM, Why.NUMBER_OF_ANOTHER)


def test_the_number_of_another_and_the_name_of_this_one_means_this_one() -> None:
    other = entry(entry_id=uuid.UUID(int=2), family_name="大西", given_name="忍", born_on=dt.date(1970, 1, 1))
    own = entry(number="999")
    answer = judge_match(CLAIM, [other, own])
    assert isinstance(answer, Differs)
    assert answer.entry == own


def test_another_qualification_and_no_entry_are_not_found() -> None:
    assert judge_match(claim(qualification="pharmacist"), [ENTRY]) == NotFound(
        claim(qualification="pharmacist"), Why.NUMBER_UNKNOWN
    )
    assert judge_match(CLAIM, []) == NotFound(CLAIM, Why.NUMBER_UNKNOWN)


def test_every_answer_has_a_sentence() -> None:
    assert all(str(why.sentence).endswith("。") for why in Why)


def test_a_digest_changes_with_either_side() -> None:
    def digest(one: RegistryClaim, other: EntryFacts) -> str:
        [pair] = candidates_of(judge_match(one, [other]))
        return digest_of(pair)

    first = digest(claim(family_name="渡辺"), ENTRY)
    assert first == digest(claim(family_name="渡辺"), ENTRY)
    assert first != digest(claim(family_name="渡邊"), ENTRY)
    assert first != digest(claim(family_name="渡辺"), entry(registered_on=dt.date(2008, 5, 2)))


PARTS = st.sampled_from(["渡邉", "渡辺", "山田", "花子", "華子", "桧山", "檜山"])
CLAIMS = st.builds(
    claim,
    family_name=PARTS,
    given_name=PARTS,
    number=st.sampled_from(["464321", "1"]),
    born_on=st.sampled_from([ENTRY.born_on, dt.date(1990, 1, 1)]),
    registered_on=st.sampled_from([ENTRY.registered_on, dt.date(2015, 5, 1)]),
)


@given(CLAIMS, st.lists(st.sampled_from([ENTRY, entry(number="1", entry_id=uuid.UUID(int=2))]), max_size=2))
def test_matched_is_said_only_when_all_four_items_agree(one: RegistryClaim, held: list[EntryFacts]) -> None:
    answer = judge_match(one, held)
    if isinstance(answer, Matched):
        assert answer.entry in held
        assert (one.number, one.born_on, one.registered_on) == (
            answer.entry.number,
            answer.entry.born_on,
            answer.entry.registered_on,
        )
        assert one.name == answer.entry.name
    else:
        exact = [e for e in held if (e.name, e.number, e.born_on) == (one.name, one.number, one.born_on)]
        assert all(e.registered_on != one.registered_on for e in exact)
    assert all(pair.entry in held and pair.differences for pair in candidates_of(answer))


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("464321", "464321"),
        ("第464321号", "464321"),
        ("第 ４６４３２１ 号", "464321"),
        ("0000464321", "464321"),
        ("464,321", None),
        ("٤٦٤٣٢١", None),
        ("", None),
        ("0", "0"),
        ("12345678901", None),
    ],
)
def test_a_number_is_read_as_a_number(typed: str, number: str | None) -> None:
    assert read_number(typed) == number
