"""What pages say about each event: the button, what it does, and what the holder has to bring."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.rules import Step


@dataclass(frozen=True)
class EventWords:
    """A button's words in the first person of the holder, what happens on it, and the short button."""

    title: str | Promise
    happens: str | Promise
    button: str | Promise
    is_final: bool = False


EVENT_WORDS: Final[Mapping[LifeEvent, EventWords]] = {
    LifeEvent.RENEWAL: EventWords(
        _("カードを更新する"),
        _("新しいカードの申請を始めます。いまのカードは、新しいカードをお渡しするまでお使いになれます。"),
        _("更新の申請を始める"),
    ),
    LifeEvent.LOSS: EventWords(
        _("カードを失くした"),
        _(
            "カードの中の電子証明書を、いますぐ、すべて失効します。元に戻すことはできません。見つかるかもしれないときは「いったん止める」をお選びください。"
        ),
        _("いますぐ失効する"),
        is_final=True,
    ),
    LifeEvent.THEFT: EventWords(
        _("カードを盗まれた"),
        _("カードの中の電子証明書を、いますぐ、すべて失効します。元に戻すことはできません。"),
        _("いますぐ失効する"),
        is_final=True,
    ),
    LifeEvent.DAMAGE: EventWords(
        _("カードがこわれた・読み取れない"),
        _("再発行の申請を始めます。いまのカードは、新しいカードと引き換えに失効します。"),
        _("再発行の申請を始める"),
    ),
    LifeEvent.NAME_CHANGE: EventWords(
        _("氏名が変わった"),
        _("新しいお名前のカードの申請を始めます。いまのカードは、新しいカードと引き換えに失効します。"),
        _("氏名変更の申請を始める"),
    ),
    LifeEvent.MEMBERSHIP_BEGAN: EventWords(
        _("日医に入会した"),
        _("会員のカードの申請を始めます。いまのカードは、新しいカードと引き換えに失効します。"),
        _("会員種別変更の申請を始める"),
    ),
    LifeEvent.MEMBERSHIP_ENDED: EventWords(
        _("日医を退会した"),
        _("非会員のカードの申請を始めます。いまのカードは、新しいカードと引き換えに失効します。"),
        _("会員種別変更の申請を始める"),
    ),
    LifeEvent.STOP: EventWords(
        _("カードの利用をやめる"),
        _("カードの中の電子証明書を、いますぐ、すべて失効します。元に戻すことはできません。"),
        _("利用をやめる"),
        is_final=True,
    ),
    LifeEvent.DEATH: EventWords(
        _("ご逝去の届出"),
        _(
            "カードを一時停止します。ご逝去を確認できる書類を確かめたあとに失効します。それまで、どなたにもお便りを出しません。"
        ),
        _("一時停止して記録する"),
    ),
    LifeEvent.PIN_FORGOTTEN: EventWords(
        _("暗証番号もロック解除番号も分からない"),
        _("番号は、どこにも控えがありません。再発行の申請を始めます。"),
        _("再発行の申請を始める"),
    ),
}
STEP_WORDS: Final[Mapping[Step, Promise]] = {
    Step.REPORT: _("届出"),
    Step.HOLD: _("一時停止"),
    Step.BEGIN: _("予定日の到来"),
    Step.CONFIRM: _("二人目の確認"),
    Step.REFUSE: _("書類の差し戻し（二人目の確認）"),
    Step.RECEIVE: _("書類の受領"),
    Step.END: _("電子証明書の失効"),
    Step.RESUME: _("利用の再開"),
    Step.APPLY: _("新しいカードの申請"),
    Step.HAND_OVER: _("新しいカードの交付"),
    Step.LAPSE: _("期限切れによる失効"),
    Step.WITHDRAW: _("取下げ"),
}
WHOM_WORDS: Final[Mapping[str, Promise]] = {
    "holder": _("保有者ご本人"),
    "desk": _("医師会の窓口"),
    "revoking": _("失効の担当者"),
    "holding": _("一時停止の担当者"),
    "registry": _("資格管理簿の担当者"),
    "system": _("システム"),
}
