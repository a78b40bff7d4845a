"""What an audit line's act and subject are called on pages.  A room offers the words for its own at start."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = dict[str, Promise]

_acts: Words = {
    "audit:export": _("操作の記録の書き出し"),
    "audit:acknowledge-restore": _("バックアップ復元の確認"),
    "account:register": _("申請者の登録"),
    "account:create": _("担当者の登録"),
    "account:forget-password": _("パスワードの再設定の申し出"),
    "account:set-password": _("パスワードの設定"),
    "account:change-password": _("パスワードの変更"),
    "account:renew-access": _("ログイン手段の更新"),
    "account:close": _("アカウントの停止"),
    "duty:grant": _("権限の付与"),
    "duty:withdraw": _("権限の取消"),
    "login:accept": _("ログイン"),
    "login:refuse": _("ログインの失敗"),
    "organisation:add": _("団体の登録"),
    "proposal:make": _("二人での確認の申し出"),
    "proposal:confirm": _("二人での確認"),
    "proposal:withdraw": _("二人での確認の取下げ"),
    "totp:begin": _("確認アプリの登録の開始"),
    "totp:enrol": _("確認アプリの登録"),
}
_subjects: Words = {"account": _("アカウント"), "audit": _("監査記録"), "organisation": _("団体")}


def offer(*, acts: Mapping[str, Promise], subjects: Mapping[str, Promise]) -> None:
    """Called by a room's AppConfig.ready()."""
    _acts.update(acts)
    _subjects.update(subjects)


def act_word(act: str) -> str:
    """The word, or the code itself where no room gave one."""
    return str(_acts.get(act, act))


def subject_word(kind: str) -> str:
    return str(_subjects.get(kind, kind))


def known_acts() -> frozenset[str]:
    return frozenset(_acts)


def known_subjects() -> frozenset[str]:
    return frozenset(_subjects)


def act_choices() -> list[tuple[str, str]]:
    """For a filter: all, then every act by its code, so that what belongs together stands together."""
    return [("", str(_("すべて"))), *((act, str(_acts[act])) for act in sorted(_acts))]


def subject_choices() -> list[tuple[str, str]]:
    return [("", str(_("すべて"))), *((kind, str(_subjects[kind])) for kind in sorted(_subjects))]
