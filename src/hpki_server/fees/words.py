"""The audit page's words for the acts of this room."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTS: dict[str, Promise] = {
    "bank-file:finish": _("入出金明細の取込の完了"),
    "bank-file:receive": _("入出金明細の受入れ"),
    "biller:write": _("請求書の発行者の登録"),
    "invoice:cancel": _("請求の取消"),
    "invoice:charge": _("請求"),
    "payment:match": _("入金の消し込み"),
    "payment:record": _("入金の記帳"),
    "payment:refund": _("返金の確定"),
    "payment:unmatch": _("消し込みの取消"),
    "refund:send": _("返金の送金"),
}
SUBJECTS: dict[str, Promise] = {
    "bank-file": _("入出金明細"),
    "biller": _("請求書の発行者"),
    "invoice": _("請求"),
    "payment": _("入金"),
    "refund": _("返金"),
}
