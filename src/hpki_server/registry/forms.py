"""Forms of the registry."""

import datetime as dt
from urllib.parse import urlencode

from django import forms
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _

from hpki_server.people import typed_dates
from hpki_server.registry.models import NameKind
from hpki_server.registry.services.naming import NameClaim

MOST_UPLOAD_OCTETS = 32 * 1024 * 1024


class FileField(forms.FileField):
    """A CSV file that a page can take."""

    def clean(self, data: object, initial: object = None) -> "File[bytes]":
        file: File[bytes] = super().clean(data, initial)
        if (file.size or 0) > MOST_UPLOAD_OCTETS:
            raise forms.ValidationError(
                _(
                    "ファイルが 32 MB を超えています。分けるか、サーバーの hpki-server registry import をお使いください。"
                )
            )
        return file


CHOOSE_FILE = {
    "required": _("取り込むファイルを選んでください。"),
    "empty": _("ファイルが空です。中身のあるファイルを選んでください。"),
}
CSV_ONLY = {"accept": ".csv,text/csv"}


class ImportForm(forms.Form):
    file = FileField(
        label=_("CSV ファイル"),
        help_text=_(
            "1 行目が見出し: 登録番号、登録年月日、姓、名、生年月日（資格・フリガナ・旧姓・通称・ローマ字は任意）。UTF-8 または Shift_JIS、32 MB まで。"
        ),
        error_messages=CHOOSE_FILE,
        widget=forms.FileInput(attrs=CSV_ONLY),
    )


class SearchForm(forms.Form):
    name = forms.CharField(
        label=_("氏名・カナ・旧姓・ローマ字"),
        max_length=120,
        required=False,
        widget=forms.TextInput({"class": "name", "autocomplete": "off"}),
    )
    number = forms.CharField(
        label=_("登録番号"),
        max_length=20,
        required=False,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )

    def wanted(self) -> dict[str, str]:
        """What was asked for."""
        if not self.is_valid():
            return {}
        return {name: value.strip() for name, value in self.cleaned_data.items() if value.strip()}

    def query(self) -> str:
        return urlencode(self.wanted())


class ReplyForm(forms.Form):
    """A file that came back from the ministry."""

    ANSWERS = "answers"
    kind = forms.ChoiceField(
        label=_("ファイルの種類"),
        choices=[("receipt", _("受領の通知")), (ANSWERS, _("照会の回答"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("ファイルの種類を選んでください。")},
    )
    file = FileField(
        label=_("CSV ファイル"),
        help_text=_("UTF-8 または Shift_JIS。同じファイルを何度取り込んでも結果は変わりません。"),
        error_messages=CHOOSE_FILE,
        widget=forms.FileInput(attrs=CSV_ONLY),
    )

    def holds_answers(self) -> bool:
        """Only after `is_valid()`."""
        return bool(self.cleaned_data["kind"] == self.ANSWERS)


class DayField(forms.CharField):
    """A day in either calendar, or none."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(max_length=typed_dates.LONGEST, required=False, **kwargs)  # type: ignore[arg-type]  # passed on as given

    def clean(self, value: object) -> dt.date | None:
        typed = super().clean(value)
        try:
            return typed_dates.read_typed_date(typed) if typed else None
        except typed_dates.NotADate as error:
            raise forms.ValidationError(
                _("日付を読み取れません。例：昭和58年6月2日、S58.6.2、1983-06-02")
            ) from error


class NameForm(forms.Form):
    """A name beside the present one, as it stands on a paper."""

    kind = forms.ChoiceField(label=_("種類"), choices=NameKind.choices)
    family_name = forms.CharField(
        label=_("姓（カナ・ローマ字は全体）"), max_length=60, widget=forms.TextInput({"class": "name"})
    )
    given_name = forms.CharField(
        label=_("名"),
        max_length=60,
        required=False,
        help_text=_(
            "旧姓は姓だけでかまいません。文字コードのない字は &MJ026190; のように MJ 文字図形名で書きます。"
        ),
        widget=forms.TextInput({"class": "name"}),
    )
    from_on = DayField(label=_("いつから"), help_text=_("分からなければ空欄のまま。"))
    to_on = DayField(label=_("いつまで"), help_text=_("分からなければ空欄のまま。"))
    source = forms.CharField(
        label=_("出所"), max_length=120, help_text=_("例：戸籍抄本（令和元年5月7日交付）")
    )

    def command(self) -> NameClaim:
        """Only after `is_valid()`."""
        return NameClaim(**{**self.cleaned_data, "kind": NameKind(self.cleaned_data["kind"])})
