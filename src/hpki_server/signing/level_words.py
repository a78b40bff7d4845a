"""What a level of signature means to somebody who has to choose one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True)
class LevelWords:
    """Short, for lists and choices, and the sentence that explains it."""

    short: Words
    sentence: Words


LEVEL_WORDS: Final[Mapping[str, LevelWords]] = {
    "B": LevelWords(
        _("署名だけ"),
        _("誰が署名したか、内容が変わっていないかを確かめられます。院内の控えなどに。"),
    ),
    "T": LevelWords(
        _("時刻も証明"),
        _("いつ署名したかの証明（タイムスタンプ）が付きます。紹介状や処方箋などに。"),
    ),
    "LT": LevelWords(
        _("あとから検証できる"),
        _("時刻の証明に、検証に要る情報が添えられます。カードの期限が過ぎたあとも確かめられます。"),
    ),
    "LTA": LevelWords(
        _("10 年後も確かめられる"),
        _(
            "検証に要る情報と、それを守る時刻の証明が付きます。意見書や診断書などに。4 年ごとに延長すれば（署名し直しは要りません）、10 年後も、その先も確かめられます。"
        ),
    ),
}
# What a holder chooses from for an own document.
OFFERED: Final = ("B", "T", "LTA")


def level_words(level: str) -> LevelWords:
    return LEVEL_WORDS[level]
