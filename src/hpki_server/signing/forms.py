"""What a visitor hands in to have a document judged."""

from typing import Any, Final, TypeAlias

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from hpki_server.signing import limits
from hpki_server.signing.services.judging import Asked

MOST_BESIDE: Final = 20
POLICY_CHOICES: Final = (
    ("hpki-signing", _("HPKI（医師などの国家資格）")),
    ("hpki-signing-test", _("HPKI のテスト用カード")),
    ("jpki-signing", _("マイナンバーカード（公的個人認証）")),
)


Upload: TypeAlias = "UploadedFile[bytes]"


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[Upload]:  # noqa: ANN401 - Django's signature
        if not data:
            return []
        given = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(each, initial) for each in given]


class DocumentForm(forms.Form):
    document = forms.FileField(
        label=_("署名された文書"),
        help_text=_("PDF・XML・CMS（.p7s）・ASiC。25 MB まで。文書は判定のあと残しません。"),
        error_messages={
            "required": _("文書を選んでください。"),
            "empty": _("空のファイルです。別の文書を選んでください。"),
        },
    )
    beside = FilesField(
        label=_("署名とは別のファイル（あれば）"),
        help_text=_("署名だけのファイル（.p7s など）を検証するとき、署名された元のファイルを選びます。"),
        required=False,
    )
    record = FilesField(
        label=_("保管機関の証拠記録（あれば）"),
        help_text=_(
            "文書を長く保管する機関から証拠記録（.ers・.xml）を受け取っているとき、ここで選びます。なければ空欄のままにします。"
        ),
        required=False,
    )
    policy = forms.ChoiceField(label=_("検証のしかた"), choices=POLICY_CHOICES, initial="hpki-signing")

    def clean_document(self) -> Upload:
        document: Upload = self.cleaned_data["document"]
        if (document.size or 0) > limits.DOCUMENT_OCTETS:
            raise forms.ValidationError(str(limits.TOO_LARGE.sentence))
        return document

    def clean_beside(self) -> list[Upload]:
        found: list[Upload] = self.cleaned_data["beside"]
        if len(found) > MOST_BESIDE:
            raise forms.ValidationError(_("一度に選べるファイルは 20 個までです。"))
        return found

    def clean_record(self) -> list[Upload]:
        found: list[Upload] = self.cleaned_data["record"]
        if limits.are_records_unfit(each.size for each in found):
            raise forms.ValidationError(str(limits.RECORDS_UNFIT.sentence))
        return found

    def asked(self) -> Asked:
        """What to judge; only after is_valid()."""
        document: Upload = self.cleaned_data["document"]
        return Asked(
            name=document.name or "-",
            octets=document.read(),
            beside={each.name or "-": each.read() for each in self.cleaned_data["beside"]},
            records={each.name or "-": each.read() for each in self.cleaned_data["record"]},
            policy=self.cleaned_data["policy"],
        )
