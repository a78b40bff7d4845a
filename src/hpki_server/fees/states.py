"""Codes of the books: states of an invoice, ways money comes, why it goes back."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class InvoiceState(models.TextChoices):
    OPEN = "open", _("未入金")
    SETTLED = "settled", _("入金済み")
    CANCELLED = "cancelled", _("取消")
    REFUNDED = "refunded", _("返金済み")


class Channel(models.TextChoices):
    BANK = "bank", _("銀行振込")
    POST = "post", _("郵便振替")
    COUNTER = "counter", _("窓口での入金")


class CancelReason(models.TextChoices):
    WITHDRAWN = "withdrawn", _("申請の取下げ")
    MEMBER_CHANGE = "member-change", _("会員種別の変更")
    MISTAKE = "mistake", _("請求の誤り")


class RefundReason(models.TextChoices):
    WITHDRAWN = "withdrawn", _("申請の取下げ")
    MEMBER_CHANGE = "member-change", _("会員種別の変更")
    OVERPAID = "overpaid", _("払い過ぎ")
    PAID_TWICE = "paid-twice", _("二重の入金")
    NOT_FOR_US = "not-for-us", _("当方への入金ではない")


class RowOutcome(models.TextChoices):
    """What became of one row of a bank's file."""

    MATCHED = "matched", _("請求に消し込み")
    UNMATCHED = "unmatched", _("請求が見つからない")
    KNOWN = "known", _("取込済み")
    OUTGOING = "outgoing", _("入金ではない")
    REFUSED = "refused", _("読み取れない")
