"""The form that takes a file of cards issued before."""

from django import forms
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _

MOST_UPLOAD_OCTETS = 32 * 1024 * 1024


class MoveInForm(forms.Form):
    file = forms.FileField(
        label=_("CSV ファイル"),
        help_text=_("1 行目が見出し。UTF-8 または Shift_JIS、32 MB まで。"),
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
                    "ファイルが 32 MB を超えています。分けるか、サーバーの hpki-server cards import をお使いください。"
                )
            )
        return file
