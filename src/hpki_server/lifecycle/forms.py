"""What people type about a card's life: web input becomes one frozen command."""

import datetime as dt
import unicodedata

from django import forms
from django.utils.translation import gettext_lazy as _

from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.secret import Secret
from hpki_server.enrollment.entry_fields import DateField, DigitsField
from hpki_server.lifecycle.events import LifeEvent, LifePaper
from hpki_server.lifecycle.services.regaining import RegainClaim
from hpki_server.lifecycle.services.registry_events import Disposition, RegisteredFact
from hpki_server.lifecycle.words import EVENT_WORDS
from hpki_server.people import typed_dates

CHOOSE = ("", _("選んでください"))
NOTE = 400


class TypedDay(forms.CharField):
    """A day as people write it, 令和8年11月4日 or 2026-11-04."""

    def __init__(self, label: object, *, required: bool = True) -> None:
        super().__init__(
            label=label,  # type: ignore[arg-type]  # a lazy translation
            max_length=typed_dates.LONGEST,
            required=required,
            help_text=_("例：令和8年11月4日、2026-11-04"),
            error_messages={"required": _("日付を入力してください。")},
            widget=forms.TextInput(attrs={"class": "short"}),
        )

    def to_python(self, value: object) -> dt.date | None:  # type: ignore[override]  # a date, not a text
        typed = str(value or "").strip()
        if not typed:
            return None
        try:
            return typed_dates.read_typed_date(typed)
        except typed_dates.NoSuchDay:
            raise forms.ValidationError(_("暦にない日付です。月と日をお確かめください。")) from None
        except typed_dates.NotADate:
            raise forms.ValidationError(_("日付として読み取れません。例のように入力してください。")) from None

    def run_validators(self, value: object) -> None:
        """The validators of a text do not fit a date."""


class CardSearch(forms.Form):
    q = forms.CharField(label=_("カード番号・氏名・カナ"), max_length=60, required=False)

    def words(self) -> str:
        typed = self.cleaned_data["q"] if self.is_valid() else ""
        return unicodedata.normalize("NFKC", typed).strip()


class RegainForm(forms.Form):
    """Who cannot log in, by what no stranger with a mistyped address knows."""

    username = forms.EmailField(
        label=_("メールアドレス"),
        help_text=_("ログインに使っていたアドレス"),
        error_messages={"invalid": _("メールアドレスの形が正しくありません。例: hanako@example.jp")},
        widget=forms.EmailInput({"autocomplete": "username", "inputmode": "email"}),
    )
    registration_number = DigitsField(
        least=1,
        most=7,
        label=_("医籍登録番号"),
        help_text=_("医師免許証に「第 ○○○○○○ 号」と記された番号です。"),
    )
    born_on = DateField(label=_("生年月日"), help_text=_("例：昭和58年6月2日、1983-06-02"))

    def claim(self, *, address: str) -> RegainClaim:
        return RegainClaim(
            unverified_username=self.cleaned_data["username"],
            unverified_registration_number=self.cleaned_data["registration_number"],
            unverified_born_on=self.cleaned_data["born_on"],
            address=address,
        )


class SureForm(forms.Form):
    """A step that a holder takes on the own page."""

    sure = forms.BooleanField(
        label=_("内容を確かめました"),
        error_messages={"required": _("内容をお確かめのうえ、チェックを入れてください。")},
    )


class ReportForm(forms.Form):
    """What an officer records for a holder, or for a family."""

    event = forms.ChoiceField(
        label=_("起きたこと"),
        error_messages={
            "required": _("起きたことを選んでください。"),
            "invalid_choice": _("このカードについて、いま選べるものの中から選んでください。"),
        },
    )
    note = forms.CharField(
        label=_("聞き取ったこと"),
        max_length=NOTE,
        required=False,
        help_text=_("いつ、どこで、など。電話番号や病名は書かないでください。"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    sure = forms.BooleanField(
        label=_("届け出た人と、このカードであることを確かめました"),
        error_messages={"required": _("届け出た人とカードを確かめてください。")},
    )

    def __init__(self, *args: object, events: tuple[LifeEvent, ...], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # a form's own arguments go on unchanged
        choices = [(event.value, EVENT_WORDS[event].title) for event in events if event in EVENT_WORDS]
        self.fields["event"].choices = [CHOOSE, *choices]  # type: ignore[attr-defined]  # it is a ChoiceField

    def chosen(self) -> LifeEvent:
        return LifeEvent(self.cleaned_data["event"])


class PapersForm(forms.Form):
    papers = forms.MultipleChoiceField(
        label=_("受け取った書類"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("受け取った書類を選んでください。")},
    )

    def __init__(self, *args: object, awaited: list[LifePaper], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # a form's own arguments go on unchanged
        choices = [(paper.value, paper.label) for paper in awaited]
        self.fields["papers"].choices = choices  # type: ignore[attr-defined]  # it is a MultipleChoiceField

    def chosen(self) -> list[LifePaper]:
        return [LifePaper(code) for code in self.cleaned_data["papers"]]


class PrintedDigitsField(forms.RegexField):
    """Digits as the letter prints them: in groups, whose spaces count for nothing."""

    def to_python(self, value: object) -> str:
        return "".join(str(super().to_python(value)).split())


class UnblockForm(forms.Form):
    """Typed by the holder at the desk; nothing of it is ever shown again."""

    puk = PrintedDigitsField(
        r"^[0-9]{8,16}$",
        label=_("ロック解除番号（PUK）"),
        help_text=_("暗証番号通知書にある 12 桁の番号です。"),
        error_messages={
            "required": _("ロック解除番号を入力してください。"),
            "invalid": _("ロック解除番号は、8 桁から 16 桁の数字です。"),
        },
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric", "class": "digits"}),
    )
    new = forms.RegexField(
        r"^[0-9]{4,16}$",
        label=_("新しい暗証番号"),
        help_text=_("4 桁から 16 桁の数字。誕生日など、人に分かるものは避けてください。"),
        error_messages={
            "required": _("新しい暗証番号を入力してください。"),
            "invalid": _("暗証番号は 4 桁から 16 桁の数字です。"),
        },
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric", "class": "digits"}),
    )
    again = forms.CharField(
        label=_("新しい暗証番号（もう一度）"),
        error_messages={"required": _("新しい暗証番号を、もう一度入力してください。")},
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric", "class": "digits"}),
    )

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("new", again):
            raise forms.ValidationError(_("二つの暗証番号が同じではありません。"))
        return again

    def secrets(self) -> tuple[Secret, Secret]:
        return Secret(self.cleaned_data["puk"]), Secret(self.cleaned_data["new"])


class DispositionForm(forms.Form):
    fact = forms.ChoiceField(
        label=_("登録された事実"),
        choices=[CHOOSE, *((one.value, one.event.label) for one in RegisteredFact)],
        error_messages={"required": _("登録された事実を選んでください。")},
    )
    number = forms.RegexField(
        r"^[0-9]{1,10}$",
        label=_("医籍登録番号"),
        error_messages={
            "required": _("医籍登録番号を入力してください。"),
            "invalid": _("医籍登録番号は数字だけです。"),
        },
        widget=forms.TextInput(attrs={"class": "short", "inputmode": "numeric"}),
    )
    from_on = TypedDay(_("効力の生じる日"))
    until_on = TypedDay(_("停止の終わりの日"), required=False)

    def command(self, qualification_code: str) -> Disposition:
        return Disposition(
            fact=RegisteredFact(self.cleaned_data["fact"]),
            qualification_code=qualification_code,
            registration_number=self.cleaned_data["number"],
            from_on=self.cleaned_data["from_on"],
            until_on=self.cleaned_data["until_on"],
        )


class AnnounceForm(forms.Form):
    algorithm = forms.ChoiceField(
        label=_("暗号方式"),
        choices=[CHOOSE, *((one.value, one.value.upper()) for one in KeyAlgorithm)],
        error_messages={"required": _("暗号方式を選んでください。")},
    )
    last_day = TypedDay(_("使える最後の日"))

    def chosen(self) -> KeyAlgorithm:
        return KeyAlgorithm(self.cleaned_data["algorithm"])


class PlanForm(forms.Form):
    first_month = TypedDay(_("始める月（その月のどの日でも）"))
    per_month = forms.IntegerField(
        label=_("1 か月の枚数"),
        min_value=1,
        max_value=1_000_000,
        error_messages={"required": _("枚数を入力してください。")},
        widget=forms.NumberInput(attrs={"class": "short"}),
    )
