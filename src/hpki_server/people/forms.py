"""Forms of logins, accounts and duties: web input becomes one frozen command."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from hpki.keys.secret import Secret
from hpki_server.people import act_words
from hpki_server.people.duties import DUTY_CHOICES, Duty
from hpki_server.people.models import Account, Organisation
from hpki_server.people.services.accounts import ApplicantRegistration, PasswordChange, StaffRegistration
from hpki_server.people.services.login import LoginClaim

_REQUIRED = {"required": _("入力してください。")}


class LoginForm(forms.Form):
    username = forms.EmailField(
        label=_("メールアドレス"),
        error_messages={
            "required": _("メールアドレスを入力してください。"),
            "invalid": _("メールアドレスの形が正しくありません。例: hanako@example.jp"),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "username", "inputmode": "email"}),
    )
    password = forms.CharField(
        label=_("パスワード"),
        strip=False,
        max_length=1024,
        error_messages={"required": _("パスワードを入力してください。")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def claim(self, *, address: str, kind: Account.Kind) -> LoginClaim:
        return LoginClaim(
            unverified_username=self.cleaned_data["username"],
            password=Secret(self.cleaned_data["password"]),
            address=address,
            kind=kind,
        )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("確認コード"),
        help_text=_("確認アプリに表示されている 6 桁の数字"),
        max_length=16,
        error_messages={"required": _("確認アプリに表示されている 6 桁の数字を入力してください。")},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "digits"}
        ),
    )


class NewPasswordForm(forms.Form):
    """A password typed once, with the browser's help to show or make it."""

    password = forms.CharField(
        label=_("パスワード"),
        help_text=_(
            "12 文字以上。単語をいくつかつないだ長いものがおすすめです。よく使われるものは選べません。"
        ),
        strip=False,
        max_length=1024,
        error_messages={"required": _("パスワードを入力してください。")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("パスワード（確認のためもう一度）"),
        strip=False,
        max_length=1024,
        error_messages={"required": _("確認のため、同じパスワードをもう一度入力してください。")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") and cleaned.get("again") and cleaned["password"] != cleaned["again"]:
            self.add_error("again", _("二つのパスワードが違います。同じものを入力してください。"))
        return cleaned

    def password_secret(self) -> Secret:
        return Secret(self.cleaned_data["password"])


class PasswordChangeForm(NewPasswordForm):
    """The present password stands first: a desk left open for a moment gives nobody the account."""

    present = forms.CharField(
        label=_("いまのパスワード"),
        strip=False,
        max_length=1024,
        error_messages={"required": _("いまのパスワードを入力してください。")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ["present", "password", "again"]

    def __init__(self, data: Mapping[str, object] | None = None) -> None:
        super().__init__(data)
        self.fields["password"].label = _("新しいパスワード")
        self.fields["again"].label = _("新しいパスワード（確認のためもう一度）")

    def change(self, account: Account, *, address: str) -> PasswordChange:
        return PasswordChange(
            account=account,
            unverified_present=Secret(self.cleaned_data["present"]),
            password=self.password_secret(),
            address=address,
        )


class RegistrationForm(NewPasswordForm):
    name = forms.CharField(
        label=_("お名前"),
        help_text=_("姓と名の間に空白を入れてください。例: 渡邉　花子"),
        max_length=120,
        error_messages={"required": _("お名前を入力してください。")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    kana = forms.CharField(
        label=_("ふりがな"),
        help_text=_("例: わたなべ　はなこ"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    username = forms.EmailField(
        label=_("メールアドレス"),
        help_text=_("ログインに使います。"),
        error_messages={
            "required": _("メールアドレスを入力してください。"),
            "invalid": _("メールアドレスの形が正しくありません。例: hanako@example.jp"),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "username", "inputmode": "email"}),
    )
    field_order = ["name", "kana", "username", "password", "again"]

    def registration(self, *, address: str) -> ApplicantRegistration:
        return ApplicantRegistration(
            unverified_username=self.cleaned_data["username"],
            name=self.cleaned_data["name"],
            kana=self.cleaned_data["kana"],
            password=self.password_secret(),
            address=address,
        )


class StaffForm(forms.Form):
    name = forms.CharField(label=_("氏名"), max_length=120, error_messages=_REQUIRED)
    kana = forms.CharField(label=_("ふりがな"), max_length=120, required=False)
    username = forms.EmailField(
        label=_("業務用メールアドレス"),
        help_text=_("ログインに使います。一人に一つ、共用はできません。"),
        error_messages=_REQUIRED
        | {"invalid": _("メールアドレスの形が正しくありません。例: sato@example.jp")},
    )

    def registration(self) -> StaffRegistration:
        return StaffRegistration(
            username=self.cleaned_data["username"],
            name=self.cleaned_data["name"],
            kana=self.cleaned_data["kana"],
        )


class OrganisationField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for the checker only
    def label_from_instance(self, obj: Organisation) -> str:
        return obj.shown_name


class GrantForm(forms.Form):
    organisation = OrganisationField(
        label=_("団体"),
        queryset=Organisation.objects.none(),
        empty_label=_("選んでください"),
        error_messages={
            "required": _("団体を選んでください。"),
            "invalid_choice": _("一覧にある団体を選んでください。"),
        },
    )
    duty = forms.ChoiceField(
        label=_("権限"),
        choices=[("", _("選んでください")), *DUTY_CHOICES],
        error_messages={
            "required": _("権限を選んでください。"),
            "invalid_choice": _("一覧にある権限を選んでください。"),
        },
    )

    def organisation_id(self) -> UUID:
        organisation: Organisation = self.cleaned_data["organisation"]
        return organisation.pk

    def duty_word(self) -> Duty:
        return Duty(self.cleaned_data["duty"])

    def offer(self, organisations: QuerySet[Organisation]) -> None:
        """Only where the viewer may grant."""
        field = self.fields["organisation"]
        if isinstance(field, OrganisationField):
            field.queryset = organisations


class OpenChoice(forms.ChoiceField):
    """A list to choose from; an address may name what is not on it, and then finds nothing."""

    def valid_value(self, value: object) -> bool:  # noqa: ARG002 - Django's signature
        return True


class AuditFilter(forms.Form):
    """Filters of the audit page; they live in the address, so a view can be sent to a colleague."""

    act = OpenChoice(label=_("行為"), required=False, choices=act_words.act_choices)
    subject_kind = OpenChoice(label=_("対象の種類"), required=False, choices=act_words.subject_choices)
    subject_id = forms.CharField(label=_("対象の番号"), max_length=64, required=False)

    def wanted(self) -> dict[str, str]:
        """The filters that were given."""
        if not self.is_valid():
            return {}
        return {name: value.strip() for name, value in self.cleaned_data.items() if value.strip()}

    def query(self) -> str:
        return urlencode(self.wanted())
