"""Forms of the stock's page: web input becomes one frozen command."""

import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _

from hpki.card.layouts import Layout
from hpki_server.authority.production_rules import ScrapReason, serials_between
from hpki_server.authority.production_words import SCRAP_WORDS
from hpki_server.authority.services.stock import DeliveryNote
from hpki_server.people.typed_dates import NotADate, read_typed_date

_REQUIRED = {"required": _("入力してください。")}
_LAYOUTS = {Layout.GUIDELINE: _("HPKI ガイドライン"), Layout.JMA: _("日本医師会")}
SEND_BACK = "send-back"


class DayField(forms.CharField):
    """A day as people type it."""

    def to_python(self, value: str | None) -> dt.date | None:  # type: ignore[override]  # a day, not a text
        typed = super().to_python(value)
        if not typed:
            return None
        try:
            return read_typed_date(typed)
        except NotADate:
            raise forms.ValidationError(_("日付を「令和8年11月4日」のように入力してください。")) from None


class DeliveryForm(forms.Form):
    note = forms.CharField(label=_("納品書番号"), max_length=40, error_messages=_REQUIRED)
    received_on = DayField(label=_("納品日"), help_text=_("例：令和8年11月4日"), error_messages=_REQUIRED)
    layout = forms.ChoiceField(
        label=_("カードの種類"), choices=[(layout.value, word) for layout, word in _LAYOUTS.items()]
    )
    first_serial = forms.CharField(
        label=_("最初のチップ製造番号"),
        max_length=32,
        error_messages=_REQUIRED,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    last_serial = forms.CharField(
        label=_("最後のチップ製造番号"),
        max_length=32,
        error_messages=_REQUIRED,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def delivery(self) -> DeliveryNote:
        typed = self.cleaned_data
        return DeliveryNote(
            note=typed["note"].strip(),
            layout=typed["layout"],
            first_serial=typed["first_serial"].strip(),
            last_serial=typed["last_serial"].strip(),
            received_on=typed["received_on"],
        )


class TakeOutForm(forms.Form):
    """Blanks that leave the stock without becoming a card."""

    first = forms.CharField(label=_("最初のチップ製造番号"), max_length=32, error_messages=_REQUIRED)
    last = forms.CharField(
        label=_("最後のチップ製造番号"), max_length=32, required=False, help_text=_("1 枚だけのときは空欄")
    )
    why = forms.ChoiceField(
        label=_("理由"),
        choices=[
            ("", _("選んでください")),
            *((reason.value, word) for reason, word in SCRAP_WORDS.items()),
            (SEND_BACK, _("仕入先へ返品")),
        ],
        error_messages={"required": _("理由を選んでください。")},
    )

    def serials(self) -> list[str]:
        """Raises nothing: a range that is none names no blank."""
        first = self.cleaned_data["first"].strip()
        return serials_between(first, self.cleaned_data["last"].strip() or first) or []

    def reason(self) -> ScrapReason | None:
        """None: they go back to their supplier."""
        why = self.cleaned_data["why"]
        return None if why == SEND_BACK else ScrapReason(why)


class ShortageForm(forms.Form):
    until_on = DayField(label=_("終了日"), help_text=_("例：令和9年3月31日"), error_messages=_REQUIRED)
