"""The one thing a reader may choose: the day."""

import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _

from hpki_server.people.typed_dates import LONGEST, NotADate, read_typed_date


class DayForm(forms.Form):
    on = forms.CharField(
        label=_("いつまでの発行数"),
        help_text=_("例：令和3年1月31日、2021-01-31"),
        max_length=LONGEST,
        required=False,
        widget=forms.TextInput(attrs={"class": "short", "autocomplete": "off"}),
    )

    def __init__(self, typed: object, *, today: dt.date) -> None:
        super().__init__(typed)  # type: ignore[arg-type]  # a query's parameters
        self.today = today

    def clean_on(self) -> dt.date:
        typed: str = self.cleaned_data["on"]
        if not typed:
            return self.today
        try:
            day = read_typed_date(typed)
        except NotADate as error:
            raise forms.ValidationError(_("日付として読めません。例のようにご記入ください。")) from error
        if day > self.today:
            raise forms.ValidationError(_("未来の日付です。今日までの日付をご記入ください。"))
        return day

    def day(self) -> dt.date:
        """The chosen day; today when none was chosen or it cannot be read."""
        chosen: dt.date = self.cleaned_data["on"] if self.is_valid() else self.today
        return chosen
