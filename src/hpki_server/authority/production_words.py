"""What the codes of production are called on pages."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.production_rules import MoveReason, ScrapReason
from hpki_server.authority.stock_forecast import StockLevel
from hpki_server.people.pieces import Chip, Tone

SCRAP_WORDS: Final[dict[ScrapReason, Promise]] = {
    ScrapReason.CHIP_DEFECT: _("チップの不良"),
    ScrapReason.PRINT_DEFECT: _("印刷の不良"),
    ScrapReason.DAMAGED: _("傷・破損"),
    ScrapReason.WRONG_CONTENT: _("内容の誤り"),
    ScrapReason.LOST_IN_HOUSE: _("センター内での紛失"),
}
MOVE_WORDS: Final[dict[MoveReason, Promise]] = {
    MoveReason.NOT_NOW: _("あとで製造する"),
    MoveReason.ORDER_QUESTIONED: _("発注の内容を確認中"),
    MoveReason.MACHINE: _("機械の都合"),
}
LEVEL_CHIPS: Final[dict[StockLevel, Chip]] = {
    StockLevel.ENOUGH: Chip(_("足りています"), Tone.OK),
    StockLevel.ORDER_NOW: Chip(_("いま発注してください"), Tone.WARN),
    StockLevel.RESERVE: Chip(_("緊急用の残りだけです"), Tone.BAD),
}
EVENT_WORDS: Final[dict[str, Promise]] = {
    "plan": _("計画"),
    "start": _("製造の開始"),
    "made": _("カードの完成"),
    "obstacle": _("中断"),
    "scrap": _("廃棄と作り直し"),
    "move-out": _("除外"),
    "count": _("枚数の照合"),
    "close": _("完了"),
}
# What stopped a run, and what to do about it.
OBSTACLE_WORDS: Final[dict[str, Promise]] = {
    "card_absent": _("リーダーにカードがありません。カードを置いて、製造を再開してください。"),
    "card_failed": _(
        "カードとのやり取りが途中で止まりました。カードを置き直して再開するか、不良として廃棄してください。"
    ),
    "other_card_in_reader": _("リーダーに別のカードが置かれています。正しいカードに替えて再開してください。"),
    "key_unavailable": _("発行者の鍵に接続できません。鍵装置を確認してから再開してください。"),
    "stock_empty": _("白カードの在庫がなくなりました。入庫してから再開してください。"),
    "no_duty": _("開始した担当者の権限が終わりました。発行の権限を持つ担当者が再開してください。"),
    "fee_unpaid": _(
        "手数料が未納のカードがあります。バッチから除外するか、入金を確認してから再開してください。"
    ),
    "key_certified": _("このカードには別の鍵の証明書があります。不良として廃棄してください。"),
}
_ELSE: Final = _("製造が止まりました。記録を確認してから再開してください。")


def obstacle_words(code: str) -> str:
    return str(OBSTACLE_WORDS.get(code, _ELSE)) if code else ""


def reason_words(code: str) -> str:
    words: dict[str, Promise] = {
        **{reason.value: word for reason, word in SCRAP_WORDS.items()},
        **{reason.value: word for reason, word in MOVE_WORDS.items()},
    }
    return str(words[code]) if code in words else code


def event_words(code: str) -> str:
    return str(EVENT_WORDS[code]) if code in EVENT_WORDS else code
