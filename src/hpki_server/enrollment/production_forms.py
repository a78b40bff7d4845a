"""Forms of the production pages: web input becomes one frozen command."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.production_rules import MOST_CARDS, MoveReason, ScrapReason
from hpki_server.authority.production_words import MOVE_WORDS, SCRAP_WORDS
from hpki_server.enrollment.entry_forms import EMPTY_CHOICE
from hpki_server.enrollment.models import CASE_WORDS
from hpki_server.enrollment.rules import CaseKind
from hpki_server.enrollment.services.production import Choice
from hpki_server.enrollment.words import name_of
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import Organisation
from hpki_server.people.queries import reception_desks

_NUMBER = {"required": _("枚数を入力してください。"), "invalid": _("枚数を数字で入力してください。")}

_REASON = {"required": _("理由を選んでください。")}


class _Office(forms.ModelChoiceField):  # type: ignore[type-arg]  # takes none at run time
    def label_from_instance(self, obj: Organisation) -> str:
        return name_of(obj)


class PlanForm(forms.Form):
    most = forms.IntegerField(
        label=_("枚数（古い発注から）"),
        min_value=1,
        max_value=MOST_CARDS,
        initial=50,
        error_messages=_NUMBER,
        widget=forms.NumberInput(attrs={"class": "short", "inputmode": "numeric"}),
    )
    association = _Office(
        label=_("受取場所"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=_("すべて"),
    )
    kind = forms.ChoiceField(
        label=_("手続の種類"),
        required=False,
        choices=[("", _("すべて")), *((kind.value, word) for kind, word in CASE_WORDS.items())],
    )
    member_kind = forms.ChoiceField(
        label=_("会員種別"), required=False, choices=[("", _("すべて")), *MemberKind.choices]
    )
    age_days = forms.IntegerField(
        label=_("発注からの日数（以上）"),
        min_value=0,
        max_value=3650,
        required=False,
        widget=forms.NumberInput(attrs={"class": "short", "inputmode": "numeric"}),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed through as they came
        field = self.fields["association"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = reception_desks()

    def choice(self) -> Choice:
        chosen = self.cleaned_data
        association = chosen["association"]
        return Choice(
            most=chosen["most"],
            association=association.id if association else None,
            kind=CaseKind(chosen["kind"]) if chosen["kind"] else None,
            member_kind=MemberKind(chosen["member_kind"]) if chosen["member_kind"] else None,
            age_days=chosen["age_days"] or 0,
        )


class ScrapForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("廃棄の理由"),
        choices=[EMPTY_CHOICE, *((reason.value, word) for reason, word in SCRAP_WORDS.items())],
        error_messages=_REASON,
    )

    def chosen(self) -> ScrapReason:
        return ScrapReason(self.cleaned_data["reason"])


class MoveForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("除外の理由"),
        choices=[EMPTY_CHOICE, *((reason.value, word) for reason, word in MOVE_WORDS.items())],
        error_messages=_REASON,
    )

    def chosen(self) -> MoveReason:
        return MoveReason(self.cleaned_data["reason"])


class CountForm(forms.Form):
    good = forms.IntegerField(
        label=_("できあがったカード（枚）"),
        min_value=0,
        error_messages=_NUMBER,
        widget=forms.NumberInput(attrs={"class": "short", "inputmode": "numeric"}),
    )
    scrapped = forms.IntegerField(
        label=_("廃棄するカード（枚）"),
        min_value=0,
        error_messages=_NUMBER,
        widget=forms.NumberInput(attrs={"class": "short", "inputmode": "numeric"}),
    )
