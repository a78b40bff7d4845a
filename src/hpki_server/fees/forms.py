"""Forms of the cashier."""

import datetime as dt
import secrets
import unicodedata

from django import forms
from django.utils.translation import gettext_lazy as _

from hpki_server.fees.bank_csv import LIMITS
from hpki_server.fees.services import Received
from hpki_server.fees.states import CancelReason, Channel, RefundReason
from hpki_server.people.typed_dates import NotADate, read_typed_date


class DayField(forms.CharField):
    """A day as people type it."""

    default_error_messages = {
        "required": _("日付を入力してください。"),
        "not_a_day": _("日付を読み取れません。例: 令和8年11月4日、2026-11-04"),
    }

    def clean(self, value: str) -> dt.date:
        typed = super().clean(value)
        try:
            return read_typed_date(typed)
        except NotADate as error:
            raise forms.ValidationError(self.error_messages["not_a_day"], "not_a_day") from error


class YenField(forms.CharField):
    """Whole yen; full-width digits, commas and 円 are taken."""

    default_error_messages = {
        "required": _("金額を入力してください。"),
        "not_yen": _("金額を数字で入力してください。例: 5,500"),
    }

    def clean(self, value: str) -> int:
        typed = unicodedata.normalize("NFKC", super().clean(value)).replace(",", "").strip("¥円 ")
        if not (typed.isascii() and typed.isdigit() and len(typed) <= 9):
            raise forms.ValidationError(self.error_messages["not_yen"], "not_yen")
        return int(typed)


def new_token() -> str:
    return secrets.token_hex(16)


class PaymentForm(forms.Form):
    """Money that came at the counter, by post, or to the bank without a file."""

    amount = YenField(
        label=_("金額（円）"), max_length=16, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    received_on = DayField(label=_("入金日"), max_length=30)
    channel = forms.ChoiceField(label=_("受取方法"), choices=Channel.choices)
    payer_text = forms.CharField(label=_("振込名義など"), max_length=120, required=False)
    # The same form sent twice is one payment.
    token = forms.CharField(widget=forms.HiddenInput, initial=new_token, max_length=40)

    def command(self) -> Received:
        given = self.cleaned_data
        return Received(
            amount=given["amount"],
            received_on=given["received_on"],
            channel=Channel(given["channel"]),
            token=given["token"],
            payer_text=given["payer_text"],
        )


# A reason goes into the books: none is taken that nobody chose.
CHOOSE = ("", _("選んでください"))


class CancelForm(forms.Form):
    reason = forms.ChoiceField(label=_("取消の理由"), choices=[CHOOSE, *CancelReason.choices])


class RefundForm(forms.Form):
    amount = YenField(
        label=_("返金する額（円）"), max_length=16, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    reason = forms.ChoiceField(label=_("返金の理由"), choices=[CHOOSE, *RefundReason.choices])


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("入出金明細（CSV）"),
        help_text=_(
            "銀行からダウンロードしたままのファイル。Shift_JIS（CP932）か UTF-8、残高の列のあるもの。4 MB・2 万行まで。"
        ),
        error_messages={
            "required": _("取り込むファイルを選んでください。"),
            "empty": _("ファイルが空です。中身のあるファイルを選んでください。"),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    OCTETS = LIMITS.octets


class SentForm(forms.Form):
    sent_on = DayField(label=_("送金日"), max_length=30)
