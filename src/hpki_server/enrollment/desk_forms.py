"""What officers tick and type at a desk and at the centre becomes one frozen command."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hpki.keys.secret import Secret
from hpki_server.enrollment.forms import IDENTITY_CHOICES, DateField
from hpki_server.enrollment.identity_numbers import keyed_hash
from hpki_server.enrollment.models import PART_WORDS, REASON_WORDS, PickupVisit
from hpki_server.enrollment.rules import (
    EntryField,
    IdentityKind,
    OriginalsSeen,
    PapersJudged,
    Part,
    PickupShown,
    ReturnReason,
    ShownNumber,
    WrongNumber,
)
from hpki_server.enrollment.services.visits import VisitNote

ENTRY_WORDS = {
    EntryField.NAME: _("氏名"),
    EntryField.BESIDE_NAME: _("併記する氏名"),
    EntryField.BORN_ON: _("生年月日"),
    EntryField.ADDRESS: _("住所"),
    EntryField.REGISTRATION_NUMBER: _("医籍登録番号"),
    EntryField.REGISTERED_ON: _("医籍登録年月日"),
}
NUMBER_WORDS = {
    "number_shape": _("番号の形が違います。旅券は英字 2 字と数字 7 桁、運転免許証は数字 12 桁です。"),
    "number_not_taken": _(
        "この番号は記録できません。マイナンバー（個人番号）は、だれも書き取ってはいけません。欄を空にしてください。"
    ),
}
PAPER_TICKS = {
    Part.PHOTO: ("photo_fits", _("顔写真は本人の身分証と一致し、鮮明です")),
    Part.LICENCE: ("licence_fits", _("医師免許証の写しは申請の内容と一致します")),
    Part.IDENTITY: ("identity_fits", _("身分証の写しは申請の内容と一致します")),
}


class ShownIdentityForm(forms.Form):
    """The original that lies on the desk."""

    identity_kind = forms.ChoiceField(label=_("確認した身分証"), choices=IDENTITY_CHOICES)
    identity_number = forms.CharField(
        label=_("身分証の番号"),
        max_length=40,
        required=False,
        help_text=_(
            "旅券・運転免許証・運転経歴証明書・職員身分証の番号。保存されるのは照合用の符号だけです。マイナンバーカードでは空欄のままにしてください。"
        ),
        widget=forms.TextInput({"autocomplete": "off", "class": "short", "spellcheck": "false"}),
    )
    identity_expires_on = DateField(
        label=_("身分証の有効期限"),
        required=False,
        help_text=_("期限のない身分証は空欄。例：令和11年7月2日"),
        widget=forms.TextInput({"autocomplete": "off", "class": "short"}),
    )
    number_reread = forms.BooleanField(label=_("番号を読み直しました"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own arguments
        super().__init__(*args, **kwargs)
        # Asked only after a number turned out to be known: a tick that always stands there is ticked unread.
        self.asks_to_reread = False

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or self.cleaned_data
        kind = cleaned.get("identity_kind")
        if kind:
            typed = Secret(str(cleaned.pop("identity_number", "")))
            try:
                cleaned["number_hash"] = keyed_hash(IdentityKind(str(kind)), typed)
            except WrongNumber as wrong:
                self.add_error("identity_number", str(NUMBER_WORDS[wrong.code]))
        return cleaned

    def kind(self) -> IdentityKind:
        return IdentityKind(self.cleaned_data["identity_kind"])

    def number(self) -> ShownNumber:
        return ShownNumber(self.cleaned_data["number_hash"], reread=self.cleaned_data["number_reread"])

    def ask_to_reread(self, codes: Iterable[str]) -> None:
        """After the rules' answer."""
        self.asks_to_reread = bool({"identity_number_elsewhere", "identity_number_differs"} & set(codes))

    def shown_fields(self) -> list[forms.BoundField]:
        """The fields in their order, without what is not asked yet."""
        hidden = set() if self.asks_to_reread or self.data.get("number_reread") else {"number_reread"}
        return [self[name] for name in self.fields if name not in hidden]


class TakeInForm(ShownIdentityForm):
    residence_record = forms.BooleanField(
        label=_("住民票の写しの原本を確認しました（コピーは不可）"), required=False
    )
    met_applicant = forms.BooleanField(
        label=_("申請者ご本人が来られ、写真・身分証と同じ方です"), required=False
    )
    field_order = (
        "met_applicant",
        "residence_record",
        "identity_kind",
        "identity_number",
        "identity_expires_on",
        "number_reread",
    )

    def __init__(self, *args: Any, residence_asked: bool = True, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own arguments
        super().__init__(*args, **kwargs)
        if not residence_asked:
            del self.fields["residence_record"]

    def command(self) -> OriginalsSeen:
        return OriginalsSeen(
            residence_record=self.cleaned_data.get("residence_record", False),
            identity_kind=self.kind(),
            identity_expires_on=self.cleaned_data["identity_expires_on"],
            number=self.number(),
            met_applicant=self.cleaned_data["met_applicant"],
        )


class PickupForm(ShownIdentityForm):
    in_person = forms.BooleanField(label=_("ご本人が来られ、写真と同じ方です"), required=False)
    postcard_number = forms.CharField(
        label=_("通知ハガキのコード"),
        max_length=40,
        error_messages={"required": _("通知ハガキのコードを読み取ってください。")},
        help_text=_("ハガキのコードを読み取るか、受付番号を入力してください。"),
        widget=forms.TextInput({"autocomplete": "off", "class": "short", "spellcheck": "false"}),
    )
    postcard = forms.BooleanField(label=_("ご署名のある通知ハガキを受け取りました"), required=False)
    old_card = forms.BooleanField(label=_("これまでのカードを返していただきました"), required=False)
    field_order = (
        "in_person",
        "postcard_number",
        "postcard",
        "identity_kind",
        "identity_number",
        "identity_expires_on",
        "old_card",
        "number_reread",
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - Django's own arguments
        number: str,
        postcard_asked: bool,
        old_card_asked: bool,
        **kwargs: Any,  # noqa: ANN401 - as above
    ) -> None:
        super().__init__(*args, **kwargs)
        self.case_number = number
        if not postcard_asked:
            del self.fields["postcard_number"], self.fields["postcard"]
        if not old_card_asked:
            del self.fields["old_card"]

    def clean_postcard_number(self) -> str:
        typed = "".join(str(self.cleaned_data["postcard_number"]).split())
        if typed != self.case_number:
            raise forms.ValidationError(
                _("このハガキは別の申請（%(number)s）のものです。"), params={"number": typed}
            )
        return typed

    def command(self) -> PickupShown:
        return PickupShown(
            in_person=self.cleaned_data["in_person"],
            postcard=self.cleaned_data.get("postcard", False),
            identity_kind=self.kind(),
            identity_expires_on=self.cleaned_data["identity_expires_on"],
            number=self.number(),
            old_card=self.cleaned_data.get("old_card", False),
        )


class VisitForm(forms.Form):
    """What the desk notes when the card stays."""

    kind = forms.ChoiceField(
        label=_("できごと"),
        choices=[
            (each.value, each.label)
            for each in (PickupVisit.Kind.CAME, PickupVisit.Kind.CALLED, PickupVisit.Kind.MISSED)
        ],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("ひとこと"),
        max_length=200,
        required=False,
        help_text=_("例：身分証をお忘れのため、11月20日にもう一度お越しになる"),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def visit(self, *, at: dt.datetime) -> VisitNote:
        return VisitNote(PickupVisit.Kind(self.cleaned_data["kind"]), at, self.cleaned_data["note"])


class VettingForm(forms.Form):
    """One tick for each entry and each copy of this very case."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - Django's own arguments
        entries: frozenset[EntryField],
        copies: Iterable[Part],
        **kwargs: Any,  # noqa: ANN401 - as above
    ) -> None:
        super().__init__(*args, **kwargs)
        self.entries = [field for field in EntryField if field in entries]
        self.copies = list(copies)
        for field in self.entries:
            self.fields[f"entry-{field.value}"] = forms.BooleanField(
                label=_("%(what)s：書類のとおりです") % {"what": ENTRY_WORDS[field]}, required=False
            )
        for part in self.copies:
            name, words = PAPER_TICKS.get(
                part, (f"copy-{part.value}", _("%(what)sを確認しました") % {"what": PART_WORDS[part]})
            )
            self.fields[name] = forms.BooleanField(label=words, required=False)

    def entry_ticks(self) -> list[tuple[EntryField, forms.BoundField]]:
        return [(field, self[f"entry-{field.value}"]) for field in self.entries]

    def copy_ticks(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if not name.startswith("entry-")]

    def command(self) -> PapersJudged:
        cleaned = self.cleaned_data
        return PapersJudged(
            photo_fits=cleaned.get("photo_fits", False),
            licence_fits=cleaned.get("licence_fits", False),
            identity_fits=cleaned.get("identity_fits", False),
            others_fit=frozenset(part for part in self.copies if cleaned.get(f"copy-{part.value}")),
            fields=frozenset(field for field in self.entries if cleaned[f"entry-{field.value}"]),
        )


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
