"""What an applicant, or a desk for a sheet of paper, types: read section by section, kept as typed, judged as one record."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.entries import Entries
from hpki_server.enrollment.entry_fields import (
    AssociationField,
    DateField,
    DigitsField,
    KanaField,
    NameField,
    PhoneField,
    RomajiField,
    printable,
)
from hpki_server.enrollment.models import FACE_NAME_WORDS, IDENTITY_WORDS, MemberKind, Sex
from hpki_server.enrollment.rules import FaceName

EMPTY_CHOICE = ("", _("選んでください"))
IDENTITY_CHOICES = [EMPTY_CHOICE, *((kind.value, word) for kind, word in IDENTITY_WORDS.items())]
OLDEST_YEARS = 120
LONGEST_TYPED = 300
FORMER = ("former_family_name", "former_family_kana", "former_family_romaji")
ALIAS = (
    "alias_family_name",
    "alias_given_name",
    "alias_family_kana",
    "alias_given_kana",
    "alias_family_romaji",
    "alias_given_romaji",
)


@dataclass(frozen=True)
class Section:
    """One page of the form: few fields that belong together."""

    slug: str
    title: str | Promise
    lead: str | Promise
    groups: tuple[tuple[str | Promise, tuple[str, ...]], ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(name for _title, names in self.groups for name in names)


SECTIONS = (
    Section(
        "name",
        _("お名前"),
        _("戸籍のとおりにご記入ください。記入した内容は自動で保存されます。"),
        (
            (
                _("お名前"),
                (
                    "family_name",
                    "given_name",
                    "family_kana",
                    "given_kana",
                    "family_romaji",
                    "given_romaji",
                ),
            ),
            (_("生年月日と性別"), ("born_on", "sex")),
        ),
    ),
    Section(
        "other-names",
        _("旧姓・通名"),
        _("旧姓も通名もない方は、そのまま次へお進みください。"),
        (
            (_("カードの表記"), ("face_name",)),
            (_("旧姓（ある方だけ）"), ("former_name_on_paper", *FORMER)),
            (_("通名（特別永住者の方だけ）"), ("special_permanent_resident", *ALIAS)),
        ),
    ),
    Section(
        "licence",
        _("医籍と会員"),
        _("医師免許証を見ながらご記入ください。"),
        (
            (_("医籍の登録"), ("registration_number", "registered_on")),
            (_("日本医師会の会員"), ("member_kind", "member_id")),
        ),
    ),
    Section(
        "contact",
        _("ご連絡先と窓口"),
        _("住民票のとおりにご記入ください。"),
        (
            (_("ご連絡先"), ("postal_code", "phone", "address", "email")),
            (_("お受け取りの場所"), ("association",)),
        ),
    ),
)
SECTION_OF = {section.slug: section for section in SECTIONS}


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
    face_name = forms.ChoiceField(
        label=_("カードに印刷するお名前"),
        choices=[(each.value, word) for each, word in FACE_NAME_WORDS.items()],
        initial=FaceName.LEGAL.value,
        required=False,
        widget=forms.RadioSelect,
        help_text=_("併記できるのは、旧姓と、特別永住者の方の通名だけです。筆名や芸名は記載できません。"),
    )
    former_name_on_paper = forms.BooleanField(label=_("医師免許証などの書類が旧姓のままです"), required=False)
    former_family_name = NameField(
        label=_("旧姓"), required=False, widget=forms.TextInput({"autocomplete": "off", "class": "name"})
    )
    former_family_kana = KanaField(label=_("旧姓（カナ）"), required=False)
    former_family_romaji = RomajiField(label=_("旧姓（ローマ字）"), required=False)
    special_permanent_resident = forms.BooleanField(label=_("特別永住者です"), required=False)
    alias_family_name = NameField(
        label=_("通名の姓"), required=False, widget=forms.TextInput({"autocomplete": "off", "class": "name"})
    )
    alias_given_name = NameField(
        label=_("通名の名"), required=False, widget=forms.TextInput({"autocomplete": "off", "class": "name"})
    )
    alias_family_kana = KanaField(label=_("通名の姓（カナ）"), required=False)
    alias_given_kana = KanaField(label=_("通名の名（カナ）"), required=False)
    alias_family_romaji = RomajiField(label=_("通名の姓（ローマ字）"), required=False)
    alias_given_romaji = RomajiField(label=_("通名の名（ローマ字）"), required=False)
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
    email = forms.EmailField(
        label=_("電子メール"),
        max_length=254,
        required=False,
        widget=forms.EmailInput({"autocomplete": "off"}),
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

    def clean_registration_number(self) -> str:
        """As the register has it, without zeros before it."""
        number: str = self.cleaned_data["registration_number"]
        if not number.lstrip("0"):
            raise forms.ValidationError(_("医籍登録番号をお確かめください。"))
        return number.lstrip("0")

    def clean_registered_on(self) -> dt.date:
        registered_on: dt.date = self.cleaned_data["registered_on"]
        born_on = self.cleaned_data.get("born_on")
        if registered_on > self.on or (born_on and registered_on <= born_on):
            raise forms.ValidationError(
                _("医籍登録年月日をお確かめください。生年月日より後、本日以前の日付です。")
            )
        return registered_on

    def clean_face_name(self) -> FaceName:
        return FaceName(self.cleaned_data["face_name"] or FaceName.LEGAL.value)

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or self.cleaned_data
        self._check_member(cleaned)
        self._check_former_name(cleaned)
        self._check_alias(cleaned)
        return cleaned

    def _check_member(self, cleaned: dict[str, object]) -> None:
        if cleaned.get("member_kind") == MemberKind.MEMBER:
            self._require(("member_id",), cleaned, _("日医会員の方は日医会員IDをご記入ください。"))
        if cleaned.get("member_kind") == MemberKind.NON_MEMBER:
            cleaned["member_id"] = ""

    def _check_former_name(self, cleaned: dict[str, object]) -> None:
        is_printed = cleaned.get("face_name") is FaceName.WITH_FORMER
        if is_printed or cleaned.get("former_name_on_paper"):
            needed = FORMER if is_printed else FORMER[:2]
            self._require(needed, cleaned, _("旧姓を併記するとき、または書類が旧姓のときはご記入ください。"))

    def _check_alias(self, cleaned: dict[str, object]) -> None:
        wants = cleaned.get("face_name") is FaceName.WITH_ALIAS or any(cleaned.get(name) for name in ALIAS)
        if not wants:
            return
        if not cleaned.get("special_permanent_resident"):
            # Mission M3: the 通名 of a special permanent resident; never a pen or stage name.
            self.add_error(
                "special_permanent_resident",
                _("通名を記載できるのは特別永住者の方だけです。そうでない方は、通名の欄を空にしてください。"),
            )
        self._require(ALIAS, cleaned, _("通名を併記する方はご記入ください。"))

    def _require(self, names: tuple[str, ...], cleaned: dict[str, object], sentence: str | Promise) -> None:
        for name in names:
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, str(sentence))

    def typed(self) -> dict[str, str]:
        """What stands in the fields, as typed and bounded, whether right or wrong."""
        return {name: str(self.data.get(name, ""))[:LONGEST_TYPED] for name in self.fields}

    def wrong_in(self, section: Section) -> bool:
        """Is anything on this page wrong or still empty?"""
        return any(name in self.errors for name in section.fields)

    def narrowed_to(self, section: Section) -> "EntriesForm":
        """The same form showing one page, with the errors of this page only."""
        for name in list(self.fields):
            if name not in section.fields:
                self.errors.pop(name, None)
                del self.fields[name]
        return self

    def command(self) -> Entries:
        """Only after `is_valid()`."""
        cleaned = dict(self.cleaned_data)
        association = cleaned.pop("association")
        cleaned["postal_code"] = f"{cleaned['postal_code'][:3]}-{cleaned['postal_code'][3:]}"
        cleaned["sex"], cleaned["member_kind"] = Sex(cleaned["sex"]), MemberKind(cleaned["member_kind"])
        return Entries(association_id=association.id, **cleaned)


def _kept(posted: str) -> str:
    """Bounded, and without the one sign that a database cannot keep."""
    return posted.replace("\x00", "")[:LONGEST_TYPED]


def merged(typed: Mapping[str, str], posted: Mapping[str, str], section: Section) -> dict[str, str]:
    """What was typed before, with this page's fields as they stand now; an unticked box sends nothing."""
    known = [name for other in SECTIONS for name in other.fields if name in posted]
    return {
        **typed,
        **{name: _kept(posted.get(name, "")) for name in (*section.fields, *known)},
    }
