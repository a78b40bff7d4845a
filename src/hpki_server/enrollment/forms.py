"""Web input becomes one frozen command."""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.documents import missing_glyphs
from hpki_server.enrollment.models import IDENTITY_WORDS, REASON_WORDS, MemberKind, Sex
from hpki_server.enrollment.rules import (
    IdentityKind,
    OriginalsSeen,
    PapersJudged,
    Part,
    PickupShown,
    ReturnReason,
)
from hpki_server.enrollment.words import name_of
from hpki_server.people import typed_dates
from hpki_server.people.models import Organisation

EMPTY_CHOICE = ("", _("選んでください"))
IDENTITY_CHOICES = [EMPTY_CHOICE, *((kind.value, word) for kind, word in IDENTITY_WORDS.items())]
# Ideographs with their variation selectors, kana, Latin letters and the marks that stand in names.
_NAME_MARKS = "・ー々〆〇ヽヾゝゞ'’‐-. 　"
_KANA = re.compile(r"[ァ-ヺー・ヽヾ]+( [ァ-ヺー・ヽヾ]+)*")
_ROMAJI = re.compile(r"[A-Za-z][A-Za-z' .-]*")
_HIRAGANA_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
OLDEST_YEARS = 120


@dataclass(frozen=True)
class Entries:
    """What an applicant wrote, well formed; nobody has compared it with anything yet."""

    family_name: str
    given_name: str
    family_kana: str
    given_kana: str
    family_romaji: str
    given_romaji: str
    born_on: dt.date
    sex: Sex
    registration_number: str
    registered_on: dt.date
    member_kind: MemberKind
    member_id: str
    postal_code: str
    address: str
    phone: str
    association_id: UUID


@dataclass(frozen=True)
class IdentityClaim:
    """The photo ID whose copy is handed in, as the applicant names it."""

    kind: IdentityKind
    expires_on: dt.date | None


def printable(text: str) -> None:
    """A validator: what the printing typeface lacks would be a box on the card or the postcard."""
    if missing := missing_glyphs(text):
        raise forms.ValidationError(
            _("「%(signs)s」は印刷できません。別の字でご記入のうえ、窓口でお申し出ください。"),
            params={"signs": "".join(missing)},
        )


class NameField(forms.CharField):
    """A name with its glyphs as given: variation selectors and rare ideographs are never folded."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(max_length=60, strip=True, validators=[printable], **kwargs)  # type: ignore[arg-type]  # passed on as given

    def clean(self, value: object) -> str:
        name: str = super().clean(value)
        for sign in name:
            category = unicodedata.category(sign)
            # Private-use characters are somebody's own 外字: another machine shows another glyph.
            if category == "Co":
                raise forms.ValidationError(
                    _("外字は使えません。表示できる字でご記入のうえ、窓口でお申し出ください。")
                )
            if not (category[0] in "LM" or sign in _NAME_MARKS):
                raise forms.ValidationError(
                    _("お名前に使えない文字（%(sign)s）があります。"), params={"sign": sign}
                )
        return name


class KanaField(forms.CharField):
    """Full-width katakana; hiragana and half-width kana are turned into it."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(max_length=60, **kwargs)  # type: ignore[arg-type]  # passed on as given

    def clean(self, value: object) -> str:
        typed = unicodedata.normalize("NFKC", super().clean(value)).strip()
        kana = typed.translate(_HIRAGANA_TO_KATAKANA)
        if kana and not _KANA.fullmatch(kana):
            raise forms.ValidationError(_("カタカナでご記入ください。例：ワタナベ"))
        return kana


class RomajiField(forms.CharField):
    def __init__(self, **kwargs: object) -> None:
        super().__init__(max_length=60, **kwargs)  # type: ignore[arg-type]  # passed on as given

    def clean(self, value: object) -> str:
        romaji = unicodedata.normalize("NFKC", super().clean(value)).replace("’", "'").strip()
        if romaji and not _ROMAJI.fullmatch(romaji):
            raise forms.ValidationError(_("ローマ字（半角の英字）でご記入ください。例：Watanabe"))
        return romaji


class DateField(forms.CharField):
    """A day in either calendar, e.g. 昭和58年6月2日 or 1983-06-02."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(max_length=typed_dates.LONGEST, **kwargs)  # type: ignore[arg-type]  # passed on as given

    def clean(self, value: object) -> dt.date | None:
        typed = super().clean(value)
        if not typed:
            return None
        try:
            return typed_dates.read_typed_date(typed)
        except typed_dates.OutsideEra as error:
            raise forms.ValidationError(
                _("その元号にはない日付です。元号と年をお確かめください。")
            ) from error
        except typed_dates.NotADate as error:
            raise forms.ValidationError(
                _("日付を読み取れません。例：昭和58年6月2日、S58.6.2、1983-06-02")
            ) from error


class DigitsField(forms.CharField):
    """Digits, typed in any width, with or without separators."""

    def __init__(self, *, least: int, most: int, **kwargs: object) -> None:
        super().__init__(max_length=20, **kwargs)  # type: ignore[arg-type]  # passed on as given
        self.least, self.most = least, most

    def clean(self, value: object) -> str:
        typed = unicodedata.normalize("NFKC", super().clean(value))
        digits = re.sub(r"[\s‐−ー–-]", "", typed)
        if digits and not (digits.isascii() and digits.isdigit() and self.least <= len(digits) <= self.most):
            if self.least == self.most:
                raise forms.ValidationError(
                    _("%(most)s桁の数字でご記入ください。"), params={"most": self.most}
                )
            raise forms.ValidationError(
                _("%(least)s〜%(most)s桁の数字でご記入ください。"),
                params={"least": self.least, "most": self.most},
            )
        return digits


class AssociationField(forms.ModelChoiceField):  # type: ignore[type-arg]  # takes none at run time
    """One of the associations, by its name in the reader's language."""

    def __init__(self, **kwargs: object) -> None:
        associations = Organisation.objects.filter(kind=Organisation.Kind.ASSOCIATION).order_by("code")
        super().__init__(queryset=associations, **kwargs)  # type: ignore[arg-type]  # passed on as given

    def label_from_instance(self, obj: Organisation) -> str:
        return name_of(obj)


class PhoneField(forms.CharField):
    """A telephone number with the hyphens that people write."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(max_length=20, **kwargs)  # type: ignore[arg-type]  # passed on as given

    def clean(self, value: object) -> str:
        typed = unicodedata.normalize("NFKC", super().clean(value)).strip()
        number = re.sub(r"[\s‐−ー–-]+", "-", typed).strip("-")
        if number and not re.fullmatch(r"\+?\d[\d-]{7,17}\d", number):
            raise forms.ValidationError(_("電話番号を読み取れません。例：086-224-2111"))
        return number


class EntriesForm(forms.Form):
    """The written part of the application."""

    family_name = NameField(
        label=_("姓"), widget=forms.TextInput({"autocomplete": "family-name", "class": "name"})
    )
    given_name = NameField(
        label=_("名"), widget=forms.TextInput({"autocomplete": "given-name", "class": "name"})
    )
    family_kana = KanaField(label=_("姓（カナ）"))
    given_kana = KanaField(label=_("名（カナ）"))
    family_romaji = RomajiField(label=_("姓（ローマ字）"), help_text=_("パスポートと同じ綴り。例：Watanabe"))
    given_romaji = RomajiField(label=_("名（ローマ字）"), help_text=_("例：Hanako"))
    born_on = DateField(
        label=_("生年月日"),
        help_text=_("和暦でも西暦でもご記入いただけます。例：昭和58年6月2日、1983-06-02"),
        widget=forms.TextInput({"autocomplete": "bday"}),
    )
    sex = forms.ChoiceField(label=_("性別（戸籍）"), choices=[EMPTY_CHOICE, *Sex.choices])
    registration_number = DigitsField(
        label=_("医籍登録番号"),
        least=1,
        most=7,
        help_text=_("医師免許証に「第 ○○○○○○ 号」と記された番号です。"),
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    registered_on = DateField(
        label=_("医籍登録年月日"),
        help_text=_("医師免許証の「医籍に登録した日」です。例：平成20年5月1日"),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    member_kind = forms.ChoiceField(label=_("会員種別"), choices=[EMPTY_CHOICE, *MemberKind.choices])
    member_id = DigitsField(
        label=_("日医会員ID"),
        least=10,
        most=10,
        required=False,
        help_text=_("10桁の数字です。日医会員の方だけご記入ください。"),
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    postal_code = DigitsField(
        label=_("郵便番号"),
        least=7,
        most=7,
        help_text=_("7桁の数字です。例：700-8570"),
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "postal-code"}),
    )
    address = forms.CharField(
        label=_("住所"),
        max_length=200,
        validators=[printable],
        help_text=_("住民票のとおりにご記入ください。通知ハガキをお送りします。"),
        widget=forms.TextInput({"autocomplete": "street-address"}),
    )
    phone = PhoneField(
        label=_("電話番号"),
        help_text=_("日中にご連絡のつく番号です。"),
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "tel"}),
    )
    association = AssociationField(
        label=_("お受け取りの医師会"),
        empty_label=EMPTY_CHOICE[1],
        help_text=_("住民票の写しの確認と、カードのお受け取りの窓口です。"),
    )

    def __init__(self, *args: object, on: dt.date, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own arguments, passed on
        self.on = on

    def clean_born_on(self) -> dt.date:
        born_on: dt.date = self.cleaned_data["born_on"]
        if not self.on.year - OLDEST_YEARS <= born_on.year or born_on >= self.on:
            raise forms.ValidationError(_("生年月日をお確かめください。"))
        return born_on

    def clean_registered_on(self) -> dt.date:
        registered_on: dt.date = self.cleaned_data["registered_on"]
        born_on = self.cleaned_data.get("born_on")
        if registered_on > self.on or (born_on and registered_on <= born_on):
            raise forms.ValidationError(
                _("医籍登録年月日をお確かめください。生年月日より後、本日以前の日付です。")
            )
        return registered_on

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or self.cleaned_data
        is_member = cleaned.get("member_kind") == MemberKind.MEMBER
        if is_member and not cleaned.get("member_id") and "member_id" not in self.errors:
            self.add_error("member_id", _("日医会員の方は日医会員IDをご記入ください。"))
        if cleaned.get("member_kind") == MemberKind.NON_MEMBER:
            cleaned["member_id"] = ""
        return cleaned

    def typed(self) -> dict[str, str]:
        """What stands in the fields, as typed and bounded, whether right or wrong."""
        return {name: str(self.data.get(name, ""))[:300] for name in self.fields}

    def command(self) -> Entries:
        """Only after `is_valid()`."""
        cleaned = dict(self.cleaned_data)
        association = cleaned.pop("association")
        cleaned["postal_code"] = f"{cleaned['postal_code'][:3]}-{cleaned['postal_code'][3:]}"
        cleaned["sex"], cleaned["member_kind"] = Sex(cleaned["sex"]), MemberKind(cleaned["member_kind"])
        return Entries(association_id=association.id, **cleaned)


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


class IdentityUploadForm(UploadForm):
    identity_kind = forms.ChoiceField(label=_("身分証の種類"), choices=IDENTITY_CHOICES)
    identity_expires_on = DateField(
        label=_("有効期限"),
        required=False,
        help_text=_("期限のない身分証は空欄のままで結構です。例：令和11年7月2日"),
    )
    field_order = ("identity_kind", "identity_expires_on", "file")

    def identity(self) -> IdentityClaim:
        """Only after `is_valid()`."""
        return IdentityClaim(
            IdentityKind(self.cleaned_data["identity_kind"]), self.cleaned_data["identity_expires_on"]
        )


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
