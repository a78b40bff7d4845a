"""The fields of an application: how a name, a day, a number may be written."""

import datetime as dt
import re
import unicodedata

from django import forms
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.documents import missing_glyphs
from hpki_server.enrollment.words import name_of
from hpki_server.people import typed_dates
from hpki_server.people.models import Organisation
from hpki_server.people.queries import reception_desks

# Ideographs with their variation selectors, kana, Latin letters and the marks that stand in names.
_NAME_MARKS = "・ー々〆〇ヽヾゝゞ'’‐-. 　"
_KANA = re.compile(r"[ァ-ヺー・ヽヾ]+( [ァ-ヺー・ヽヾ]+)*")
_ROMAJI = re.compile(r"[A-Za-z][A-Za-z' .-]*")
_HIRAGANA_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}


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
        # A card prints Watanabe; whoever types all small or all large means the same.
        return romaji.title() if romaji.islower() or romaji.isupper() else romaji


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
        except typed_dates.NoSuchDay as error:
            raise forms.ValidationError(_("暦にない日付です。月と日をお確かめください。")) from error
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
    """A desk: an association, or a district or hospital right after its prefecture's."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(queryset=reception_desks(), **kwargs)  # type: ignore[arg-type]  # passed on as given

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
