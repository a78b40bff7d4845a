"""Latin letters beside kana: every usual spelling agrees, a slip does not, and what cannot be read is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki_server.registry.names.romaji import spells, usual_spelling

KANA = st.text(
    st.sampled_from(
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワガジズビパン"
    ),
    min_size=1,
    max_size=8,
)


def test_the_usual_spellings_of_one_reading_agree() -> None:
    for kana, spellings in {
        "ワタナベ": "Watanabe WATANABE",
        "オオノ": "Ono Oono Ohno Ōno",
        "サトウ": "Sato Satou Satoh Satō",
        "ユウコ": "Yuko Yuuko Yūko",
        "ジュンイチ": "Junichi Jun'ichi Jyunichi Zyun-iti",
        "シンペイ": "Shimpei Shinpei Sinpei",
        "ハットリ": "Hattori",
        "ホッチ": "Hotchi Hocchi",
        "ツヅキ": "Tsuzuki Tuduki",
        "ショウジ": "Shoji Shouji Syozi Shohji",
        "フジイ": "Fujii Hujii",
        "ジョージ": "Joji",
        "ｹﾝ": "Ken",
        "いのうえ": "Inoue",
    }.items():
        for spelled in spellings.split():
            agrees = spells(kana, spelled)
            # Shohji: an h before a consonant is a long vowel like that of Ohno.
            assert agrees is True, (kana, spelled)


@pytest.mark.parametrize(
    ("kana", "romaji"),
    [("ワタナベ", "Watabe"), ("タカハシ", "Takahasi Naoko"), ("ケン", "Kenji"), ("スミス", "Smith")],
)
def test_another_reading_does_not(kana: str, romaji: str) -> None:
    assert spells(kana, romaji) is False


def test_what_cannot_be_read_says_nothing() -> None:
    for kana, romaji in (("渡邉", "Watanabe"), ("ワタナベ", ""), ("ァ", "a"), ("", "a")):
        assert spells(kana, romaji) is None


def test_the_spelling_that_a_clerk_is_shown() -> None:
    assert usual_spelling("オオシロ") == "oshiro"
    assert usual_spelling("ホンマ") == "homma"
    assert usual_spelling("キャノン") == "kyanon"


@given(KANA)
def test_a_reading_agrees_with_its_own_usual_spelling(kana: str) -> None:
    spelled = usual_spelling(kana)
    assert spelled is not None
    assert spells(kana, spelled) is True
