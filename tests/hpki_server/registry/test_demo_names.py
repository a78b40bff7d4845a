"""Invented people bear the names that people bear: as often, read as written, and the same for the same seed."""

from collections import Counter
from itertools import islice

import pytest

from hpki_server.registry.demo_names import VARIANTS, DemoName, NameSource

SIGNS = set("".join(VARIANTS.values()))


def people(seed: int, number: int) -> list[DemoName]:
    source = NameSource(seed)
    return list(islice(iter(source.draw, None), number))


CROWD = people(1, 30_000)


def test_the_same_seed_draws_the_same_people() -> None:
    assert people(7, 100) == people(7, 100)
    assert people(7, 100) != people(8, 100)


def test_surnames_are_as_frequent_as_in_the_country() -> None:
    most = [name for name, _count in Counter(person.family for person in CROWD).most_common(3)]
    assert set(most) <= {"佐藤", "鈴木", "田中", "高橋"}
    # 佐藤 are 1.9 % of the people in the source.
    assert 0.015 < Counter(person.family for person in CROWD)["佐藤"] / len(CROWD) < 0.025


def test_some_bear_a_variant_and_some_share_a_whole_name() -> None:
    variants = sum(bool(SIGNS & set(person.family)) for person in CROWD) / len(CROWD)
    assert 0.03 < variants < 0.07
    names = Counter((person.family, person.given) for person in CROWD)
    assert 0.005 < sum(count for count in names.values() if count > 1) / len(CROWD) < 0.2
    assert 0.22 < sum(person.is_woman for person in CROWD) / len(CROWD) < 0.27


@pytest.mark.parametrize(
    ("kana", "romaji"),
    [
        ("サトウ", "Sato"),
        ("イノウエ", "Inoue"),
        ("ハットリ", "Hattori"),
        ("オオノ", "Ono"),
        ("ホンマ", "Homma"),
        ("チバ", "Chiba"),
    ],
)
def test_romaji_are_those_of_a_passport(kana: str, romaji: str) -> None:
    assert {person.family_romaji for person in CROWD if person.family_kana == kana} == {romaji}


def test_kana_are_full_width_and_romaji_plain_letters() -> None:
    for person in CROWD:
        assert all("ァ" <= sign <= "ヺ" for sign in person.family_kana + person.given_kana), person
        assert (person.family_romaji + person.given_romaji).isascii(), person
