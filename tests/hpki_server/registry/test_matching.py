"""An application agrees with the registry in all four items, or the answer names what differs."""

import dataclasses
import datetime as dt
import uuid

import pytest

from hpki_server.registry.matching import (
    EntryFacts,
    Item,
    Match,
    NoMatch,
    RegistryClaim,
    exact_match,
    read_number,
)

ENTRY = EntryFacts(
    uuid.UUID(int=1), "physician", "464321", "渡邉", "花子", dt.date(1983, 6, 2), dt.date(2008, 5, 1)
)
CLAIM = RegistryClaim("physician", "464321", "渡邉", "花子", dt.date(1983, 6, 2), dt.date(2008, 5, 1))


def differing(**changes: object) -> tuple[Item, ...]:
    answer = exact_match(dataclasses.replace(CLAIM, **changes), ENTRY)  # type: ignore[arg-type]  # one field each, see below
    return answer.differing if isinstance(answer, NoMatch) else ()


def test_hanakos_own_data_match() -> None:
    assert exact_match(CLAIM, ENTRY) == Match(CLAIM, ENTRY)


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
def test_one_item_that_differs_is_no_match_and_is_named(item: Item, change: dict[str, object]) -> None:
    assert differing(**change) == (item,)


def test_all_that_differs_is_named_in_words() -> None:
    answer = exact_match(dataclasses.replace(CLAIM, family_name="渡邊", born_on=dt.date(1983, 1, 1)), ENTRY)
    assert isinstance(answer, NoMatch)
    assert str(answer.sentence) == "資格管理簿の登録と違います: 氏名・生年月日。"


@pytest.mark.parametrize(
    ("family", "given"), [("渡邉", " 花子"), ("渡邉　", "花子"), ("渡邉花", "子"), ("渡邉花子", "")]
)
def test_spaces_in_a_name_do_not_count(family: str, given: str) -> None:
    assert differing(family_name=family, given_name=given) == ()


def test_composed_and_decomposed_kana_are_the_same_glyph() -> None:
    entry = dataclasses.replace(ENTRY, given_name="か\u3099く")
    assert isinstance(exact_match(dataclasses.replace(CLAIM, given_name="がく"), entry), Match)


def test_a_variation_selector_is_another_glyph() -> None:
    assert differing(family_name="渡邉\U000e0101") == (Item.NAME,)


def test_another_qualification_is_no_match() -> None:
    assert isinstance(exact_match(dataclasses.replace(CLAIM, qualification="pharmacist"), ENTRY), NoMatch)


def test_no_entry_is_no_match() -> None:
    answer = exact_match(CLAIM, None)
    assert isinstance(answer, NoMatch)
    assert answer.entry is None


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("464321", "464321"),
        ("第464321号", "464321"),
        ("第 ４６４３２１ 号", "464321"),
        ("0000464321", "464321"),
        ("464,321", None),
        ("", None),
        ("0", "0"),
        ("12345678901", None),
    ],
)
def test_a_number_is_read_as_a_number(typed: str, number: str | None) -> None:
    assert read_number(typed) == number
