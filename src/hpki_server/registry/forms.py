"""Forms of the registry."""

from urllib.parse import urlencode

from django import forms
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _

MOST_UPLOAD_OCTETS = 32 * 1024 * 1024


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("CSV ファイル"),
        help_text=_(
            "1 行目が見出し: 登録番号、登録年月日、姓、名、生年月日（資格・フリガナは任意）。UTF-8 または Shift_JIS、32 MB まで。"
        ),
        error_messages={
            "required": _("取り込むファイルを選んでください。"),
            "empty": _("ファイルが空です。中身のあるファイルを選んでください。"),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def clean_file(self) -> "File[bytes]":
        file: File[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_UPLOAD_OCTETS:
            raise forms.ValidationError(
                _(
                    "ファイルが 32 MB を超えています。分けるか、サーバーの hpki-server registry import をお使いください。"
                )
            )
        return file


class EntryFilter(forms.Form):
    number = forms.CharField(label=_("登録番号"), max_length=20, required=False)
    name = forms.CharField(label=_("氏名（全部）"), max_length=120, required=False)

    def wanted(self) -> dict[str, str]:
        """The filters that were given."""
        if not self.is_valid():
            return {}
        return {name: value.strip() for name, value in self.cleaned_data.items() if value.strip()}

    def query(self) -> str:
        return urlencode(self.wanted())
