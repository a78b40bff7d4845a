"""Names: which glyphs count as the same person's, why, and that an index finds exactly those."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki_server.registry.names import (
    Glyph,
    Relation,
    folded_keys,
    read_glyphs,
    same_person_name,
    search_keys,
)
from hpki_server.registry.names.comparing import glyph_relation
from hpki_server.registry.names.glyphs import without_selectors
from hpki_server.registry.names.variants import are_variants, direct_set, index_keys

# The pairs that were measured with the table of the notices (mission: names); 塚 and 祐 stand there beside their compatibility ideographs.
VARIANTS = [
    "髙高",
    "邉辺",
    "邊辺",
    "邉邊",
    "齋斎",
    "齊斉",
    "﨑崎",
    "濵浜",
    "龍竜",
    "嶋島",
    "𠮷吉",
    "圡土",
    "冨富",
    "惠恵",
    "栁柳",
    "舘館",
    "曻昇",
    "靜静",
    "鐵鉄",
    "鉃鉄",
    "渕淵",
    "渊淵",
    "槙槇",
    "條条",
    "萬万",
    "與与",
    "辨辯",
    "辨弁",
    "辯弁",
    "眞真",
    "兩両",
    "劍剣",
    "劒剣",
    "澤沢",
    "廣広",
    "德徳",
]
# Compatibility ideographs are, for Unicode, the unified character with a standardised selector.
SHAPES = [
    ("\ufa10", "塚"),
    ("\ufa4f", "祐"),
    ("\ufa19", "神"),
    ("葛\U000e0100", "葛"),
    ("辻\U000e0113", "辻\U000e0112"),
]
# Rightly kept apart; following candidates of candidates would join 克 with 充 and the next three.
SEPARATE = ["斎斉", "齋齊", "一壱", "克充", "奏秦", "喜壮", "雨示", "宜宣", "田由", "渡度"]
# Separate name characters that are taken for each other: ask a person.
NEAR = ["桧檜", "薮藪", "遙遥", "杉椙", "園薗", "書昼", "師帥", "功切", "ヶケ", "さサ"]


@pytest.mark.parametrize("pair", VARIANTS)
def test_official_variants_are_the_same_character_and_share_a_key(pair: str) -> None:
    one, other = tuple(pair)
    assert same_person_name(one, other).relation is Relation.VARIANT
    assert not set(folded_keys(one)).isdisjoint(folded_keys(other))


@pytest.mark.parametrize(("one", "other"), SHAPES)
def test_a_selector_alone_makes_no_other_name(one: str, other: str) -> None:
    comparison = same_person_name(one, other)
    assert comparison.relation is Relation.SELECTOR
    assert comparison.is_same_name
    assert folded_keys(one) == folded_keys(other)


@pytest.mark.parametrize("pair", SEPARATE)
def test_separate_characters_stay_separate(pair: str) -> None:
    one, other = tuple(pair)
    assert same_person_name(one, other).relation is Relation.DIFFERENT
    assert set(search_keys(one)).isdisjoint(search_keys(other))


@pytest.mark.parametrize("pair", NEAR)
def test_near_characters_are_found_and_left_to_a_person(pair: str) -> None:
    one, other = tuple(pair)
    assert same_person_name(one, other).relation is Relation.NEAR
    assert not set(search_keys(one)).isdisjoint(search_keys(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("渡邉　花子", "渡邉花子"),
        ("渡邉 花子", "渡邉花 子"),
        ("が", "か\u3099"),
        ("&MJ026190;", "邉\U000e011f"),
    ],
)
def test_spaces_and_composition_do_not_count(one: str, other: str) -> None:
    assert same_person_name(one, other).relation is Relation.SAME


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ﾜﾀﾅﾍﾞ ﾊﾅｺ", "わたなべ　はなこ"),
        ("ＷＡＴＡＮＡＢＥ", "Watanabe"),
        ("Ōno José", "ono-jose"),
        ("佐々木", "佐佐木"),
        ("葛󠄀城", "葛城"),
        ("ジョン・スミス", "ジヨンスミス"),
    ],
)
def test_other_ways_of_writing_have_the_same_key(one: str, other: str) -> None:
    assert folded_keys(one) == folded_keys(other)


def test_every_glyph_says_why() -> None:
    pairs = same_person_name("渡邉󠄁桧一花子", "渡邊桧壱花子").pairs
    assert [pair.relation for pair in pairs] == [
        Relation.SAME,
        Relation.VARIANT,
        Relation.SAME,
        Relation.DIFFERENT,
        Relation.SAME,
        Relation.SAME,
    ]
    assert [str(pair.relation.label) for pair in pairs[1::2]] == ["異体字", "別字", "同じ"]
    assert "通達" in str(Relation.VARIANT.why)


def test_a_missing_glyph_stands_beside_nothing_and_the_rest_beside_its_own() -> None:
    pairs = same_person_name("大野一男", "大野男").pairs
    assert [(pair.one and pair.one.text, pair.other and pair.other.text) for pair in pairs] == [
        ("大", "大"),
        ("野", "野"),
        ("一", None),
        ("男", "男"),
    ]
    assert same_person_name("", "花").relation is Relation.DIFFERENT
    assert same_person_name("", "").relation is Relation.SAME


def test_the_repeat_mark_is_near_what_it_repeats() -> None:
    assert same_person_name("佐々木", "佐佐木").relation is Relation.NEAR
    assert same_person_name("々木", "佐木").relation is Relation.DIFFERENT


def test_a_glyph_is_kept_with_its_selector_its_code_points_and_its_mj_code() -> None:
    [glyph] = read_glyphs("辻\U000e0113")
    assert (glyph.text, glyph.code_points, glyph.mj_code) == ("辻\U000e0113", "U+8FBB U+E0113", "MJ025761")
    [named] = read_glyphs("&MJ025761;")
    assert (named.text, named.shown, named.mj_code) == ("&MJ025761;", "辻\U000e0113", "MJ025761")
    # The character alone may be drawn in either shape.
    assert read_glyphs("辻")[0].mj_code == ""


def test_a_glyph_that_unicode_does_not_have_is_itself_only() -> None:
    [unknown] = read_glyphs("&MJ099999;")
    assert unknown.shown == "〓MJ099999"
    assert glyph_relation(unknown, unknown) is Relation.SAME
    assert glyph_relation(unknown, Glyph("辻")) is Relation.UNKNOWN
    assert folded_keys("&MJ099999;子") == ("mj099999子",)


IDEOGRAPHS = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
RARE = st.sampled_from(
    sorted({character for pair in VARIANTS for character in pair} | set("真眞斎斉舩閧師窗與"))
)
NAMES = st.text(IDEOGRAPHS | RARE, min_size=1, max_size=5)
SELECTED = st.sampled_from(["", "\ufe00", "\U000e0100", "\U000e0112"])


@given(NAMES)
def test_a_name_is_the_same_as_itself(name: str) -> None:
    assert same_person_name(name, name).relation is Relation.SAME


@given(NAMES, NAMES)
def test_who_stands_left_does_not_matter(one: str, other: str) -> None:
    there, back = same_person_name(one, other), same_person_name(other, one)
    assert there.relation is back.relation
    assert len(there.pairs) == len(back.pairs)


@given(NAMES, st.data())
def test_selectors_change_neither_key_nor_judgement(name: str, data: st.DataObject) -> None:
    selected = "".join(character + data.draw(SELECTED) for character in name)
    assert without_selectors(selected) == name
    assert folded_keys(selected) == folded_keys(name)
    assert same_person_name(selected, name).is_same_name


@given(IDEOGRAPHS | RARE, IDEOGRAPHS | RARE)
def test_sharing_a_key_is_being_a_variant_and_nothing_else(one: str, other: str) -> None:
    assert are_variants(one, other) is not set(index_keys(one)).isdisjoint(index_keys(other))


def test_keys_are_exact_for_every_pair_that_the_notices_know() -> None:
    """Both ways, over all ideographs: who is a variant shares a key, and a key joins nobody else."""
    known = [chr(code) for code in (*range(0x3400, 0xA000), *range(0xF900, 0xFB00), *range(0x20000, 0x2FA20))]
    meeting: dict[str, list[str]] = {}
    for character in known:
        for member in direct_set(character):
            meeting.setdefault(member, []).append(character)
    for holders in meeting.values():
        for one, other in itertools.combinations(holders, 2):
            assert not set(index_keys(one)).isdisjoint(index_keys(other)), (one, other)
    for character in known:
        assert set(index_keys(character)) <= direct_set(character), character


def test_variants_of_variants_are_not_variants() -> None:
    """辺–邊–邉 meet directly; 渕–淵 and the chains that would join 克 with 充 do not become one class."""
    chains = [("舩", "船", "舟"), ("学", "斈", "學")]
    assert all(are_variants(one, middle) for one, middle, _ in chains if middle in direct_set(one))
    assert not are_variants("克", "充")
    assert not are_variants("奏", "秦")


@given(st.text(max_size=12))
def test_any_text_is_folded_without_an_error_and_in_bounds(text: str) -> None:
    keys = folded_keys(text)
    assert 1 <= len(keys) <= 32
    assert len(set(search_keys(text))) <= 32
    assert same_person_name(text, unicodedata.normalize("NFC", text)).relation <= Relation.NEAR
