"""Web input of the desks becomes one frozen command; what an applicant types is read in entry_forms."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.entries import Entries, IdentityClaim
from hpki_server.enrollment.entry_fields import AssociationField, DateField
from hpki_server.enrollment.entry_forms import (
    EMPTY_CHOICE,
    IDENTITY_CHOICES,
    EntriesForm,
)
from hpki_server.enrollment.models import REASON_WORDS
from hpki_server.enrollment.rules import (
    IdentityKind,
    OriginalsSeen,
    PapersJudged,
    PickupShown,
    ReturnReason,
)
from hpki_server.enrollment.upload_forms import IdentityUploadForm, UploadForm

__all__ = [
    "EMPTY_CHOICE",
    "IDENTITY_CHOICES",
    "AssociationField",
    "DateField",
    "Entries",
    "EntriesForm",
    "IdentityClaim",
    "IdentityUploadForm",
    "PickupForm",
    "ReturnForm",
    "ShownIdentityForm",
    "TakeInForm",
    "UploadForm",
    "VettingForm",
]


class ShownIdentityForm(forms.Form):
    """The original that lies on the desk."""

    identity_kind = forms.ChoiceField(label=_("確認した身分証"), choices=IDENTITY_CHOICES)
    identity_expires_on = DateField(
        label=_("身分証の有効期限"), required=False, help_text=_("期限のない身分証は空欄。例：令和11年7月2日")
    )

    def kind(self) -> IdentityKind:
        return IdentityKind(self.cleaned_data["identity_kind"])


class ReturnForm(forms.Form):
    reasons = forms.MultipleChoiceField(
        label=_("返送の理由（あてはまるものをすべて）"),
        choices=[(reason.value, word) for reason, word in REASON_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(
        label=_("申請者へのひとこと"),
        max_length=400,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("申請者の画面にそのまま表示されます。"),
    )

    def chosen(self) -> frozenset[ReturnReason]:
        return frozenset(ReturnReason(code) for code in self.cleaned_data["reasons"])


class TakeInForm(ShownIdentityForm):
    residence_record = forms.BooleanField(
        label=_("住民票の写しの原本を確認しました（コピーは不可）"), required=False
    )
    field_order = ("residence_record", "identity_kind", "identity_expires_on")

    def command(self) -> OriginalsSeen:
        return OriginalsSeen(
            residence_record=self.cleaned_data["residence_record"],
            identity_kind=self.kind(),
            identity_expires_on=self.cleaned_data["identity_expires_on"],
        )


class VettingForm(forms.Form):
    photo_fits = forms.BooleanField(label=_("顔写真は本人の身分証と一致し、鮮明です"), required=False)
    licence_fits = forms.BooleanField(label=_("医師免許証の写しは申請の内容と一致します"), required=False)
    identity_fits = forms.BooleanField(label=_("身分証の写しは申請の内容と一致します"), required=False)

    def command(self) -> PapersJudged:
        return PapersJudged(**self.cleaned_data)


class PickupForm(ShownIdentityForm):
    in_person = forms.BooleanField(label=_("ご本人が来られ、写真と同じ方です"), required=False)
    postcard = forms.BooleanField(label=_("ご署名のある通知ハガキを受け取りました"), required=False)
    field_order = ("in_person", "postcard", "identity_kind", "identity_expires_on")

    def command(self) -> PickupShown:
        return PickupShown(
            in_person=self.cleaned_data["in_person"],
            postcard=self.cleaned_data["postcard"],
            identity_kind=self.kind(),
            identity_expires_on=self.cleaned_data["identity_expires_on"],
        )
