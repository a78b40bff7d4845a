"""The audit page's words for what happens in this room."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTS: dict[str, Promise] = {
    "life:report": _("カードの手続きの届出"),
    "life:hold": _("カードの一時停止の届出"),
    "life:begin": _("予定した手続きの開始"),
    "life:confirm": _("手続きの二人目の確認"),
    "life:refuse": _("書類の差し戻し（二人目の確認）"),
    "life:receive": _("手続きの書類の受領"),
    "life:end": _("一時停止中のカードの失効"),
    "life:resume": _("一時停止中のカードの再開"),
    "life:apply": _("代わりのカードの申請"),
    "life:hand-over": _("代わりのカードの交付"),
    "life:lapse": _("緊急発行の期限切れ"),
    "life:withdraw": _("カードの手続きの取下げ"),
    "card:end": _("カードの終了"),
    "card:unblock-pin": _("暗証番号の設定し直し"),
    "card:refuse-unblock": _("暗証番号の設定し直しの失敗"),
    "notice:make": _("お知らせの作成"),
    "letter:print": _("お知らせの手紙の印刷"),
    "exchange:announce": _("暗号方式の期限の告知"),
    "exchange:close": _("一斉交換の終了"),
    "exchange:plan": _("一斉交換の計画"),
    "exchange:notice": _("一斉交換のお知らせ"),
}
SUBJECTS: dict[str, Promise] = {
    "life-case": _("カードの手続き"),
    "notice": _("お知らせの記録"),
    "campaign": _("一斉交換"),
}
