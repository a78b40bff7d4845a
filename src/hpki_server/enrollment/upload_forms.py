"""One file at a time, and what its sender says about it."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.entries import IdentityClaim
from hpki_server.enrollment.entry_fields import DateField
from hpki_server.enrollment.entry_forms import IDENTITY_CHOICES
from hpki_server.enrollment.papers import Crop
from hpki_server.enrollment.rules import IdentityKind, Part

FILE_WORDS = {
    Part.PHOTO: _("顔写真のファイル"),
    Part.LICENCE: _("医師免許証の写しのファイル"),
    Part.IDENTITY: _("身分証の写しのファイル"),
    Part.FAMILY_REGISTER: _("戸籍謄本または抄本の写しのファイル"),
    Part.ALIAS_PROOF: _("特別永住者であることの証明書の写しのファイル"),
    Part.LOSS_REPORT: _("紛失届のファイル"),
}
# Only a hint to the browser's dialogue; what a file is, its content tells.
SHEETS = "image/jpeg,image/png,application/pdf"
FILE_KINDS = dict.fromkeys(FILE_WORDS, SHEETS) | {Part.PHOTO: "image/jpeg,image/png"}


class UploadForm(forms.Form):
    """One file; what it is, its content tells."""

    file = forms.FileField(allow_empty_file=True)

    def __init__(self, *args: Any, part: Part, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own arguments
        super().__init__(*args, **{"auto_id": f"{part.value}_%s", **kwargs})
        self.fields["file"].label = FILE_WORDS[part]
        self.fields["file"].widget.attrs["accept"] = FILE_KINDS[part]


class PhotoUploadForm(UploadForm):
    """A picture, and the part of it that was chosen; without scripts nothing is chosen and the server cuts the middle."""

    crop_left = forms.FloatField(required=False, widget=forms.HiddenInput)
    crop_top = forms.FloatField(required=False, widget=forms.HiddenInput)
    crop_width = forms.FloatField(required=False, widget=forms.HiddenInput)
    crop_height = forms.FloatField(required=False, widget=forms.HiddenInput)

    def crop(self) -> Crop | None:
        """Only after `is_valid()`."""
        chosen = [self.cleaned_data[f"crop_{name}"] for name in ("left", "top", "width", "height")]
        return None if any(value is None for value in chosen) else Crop(*chosen)


class IdentitySide(models.TextChoices):
    FRONT = "front", _("表面（顔写真のある面）")
    REVERSE = "reverse", _("裏面")


class IdentityUploadForm(UploadForm):
    identity_kind = forms.ChoiceField(label=_("身分証の種類"), choices=IDENTITY_CHOICES)
    identity_expires_on = DateField(
        label=_("有効期限"),
        required=False,
        help_text=_("期限のない身分証は空欄のままで結構です。例：令和11年7月2日"),
    )
    identity_issued_on = DateField(
        label=_("交付年月日"),
        required=False,
        help_text=_("運転経歴証明書の方だけご記入ください（平成24年4月1日以降の交付に限ります）。"),
    )
    identity_side = forms.ChoiceField(
        label=_("お送りになる面"),
        choices=IdentitySide.choices,
        initial=IdentitySide.FRONT.value,
        required=False,
        help_text=_("マイナンバーカードは表面だけです。個人番号のある裏面は受け取らず、保存もしません。"),
    )
    field_order = ("identity_kind", "identity_expires_on", "identity_issued_on", "identity_side", "file")

    @property
    def shows_reverse(self) -> bool:
        """The applicant says that it is the reverse of a マイナンバーカード: the file is not even read."""
        return (
            self.cleaned_data.get("identity_kind") == IdentityKind.MY_NUMBER_CARD
            and self.cleaned_data.get("identity_side") == IdentitySide.REVERSE
        )

    def identity(self) -> IdentityClaim:
        """Only after `is_valid()`."""
        return IdentityClaim(
            IdentityKind(self.cleaned_data["identity_kind"]),
            self.cleaned_data["identity_expires_on"],
            self.cleaned_data["identity_issued_on"],
        )
