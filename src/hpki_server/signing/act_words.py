"""The audit page's words for the acts of the signing queue."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTS: dict[str, Promise] = {
    "signing:deposit": _("署名待ち文書の受入れ"),
    "signing:sign": _("文書への署名"),
    "signing:decline": _("署名しない旨の回答"),
    "signing:withdraw": _("署名待ち文書の取下げ"),
    "signing:collect": _("署名済み文書の引渡し"),
    "signing:keep": _("署名済み文書を残す期間の指定"),
    "signing:expire": _("署名待ち文書の期限切れ"),
    "signing:delete-document": _("文書の削除（保存期間の満了）"),
    "signing:delete-record": _("署名待ち文書の記録の削除（保存期間の満了）"),
    "signing:sign-in": _("カードでのサインイン"),
    "signing:refuse-sign-in": _("カードでのサインインの失敗"),
    "client:register": _("連携システムの登録"),
    "client:make-key": _("連携システムの鍵の発行"),
    "client:withdraw": _("連携システムの登録の取消"),
}
SUBJECTS: dict[str, Promise] = {
    "signing-task": _("署名待ち文書"),
    "client-system": _("連携システム"),
    "sign-in": _("サインイン"),
}
