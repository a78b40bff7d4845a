"""What a desk gives to begin with a sheet of paper."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import CASE_WORDS
from hpki_server.enrollment.rules import CaseKind
from hpki_server.enrollment.services.paper_route import NO_SUCH_CARD, PaperForm, cards_of_desk
from hpki_server.enrollment.words import name_of
from hpki_server.people.duties import Duty
from hpki_server.people.models import Organisation
from hpki_server.people.officer import Officer
from hpki_server.people.queries import desks_in_reach


class CodeForm(forms.Form):
    """A keyboard scanner types the code and presses Enter."""

    code = forms.CharField(
        label=_("用紙のコード、または受付番号"),
        max_length=40,
        help_text=_("読み取り機で用紙のコードを読み取るか、F に続く数字を入力してください。"),
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True, "spellcheck": "false"}),
        error_messages={"required": _("コードを読み取るか、ご記入ください。")},
    )


class ScanForm(forms.Form):
    file = forms.FileField(
        label=_("スキャンした用紙の画像"),
        widget=forms.FileInput({"accept": "image/jpeg,image/png"}),
        error_messages={"required": _("ファイルをお選びください。")},
    )


class DeskField(forms.ModelChoiceField):  # type: ignore[type-arg]  # takes none at run time
    def label_from_instance(self, obj: Organisation) -> str:
        return name_of(obj)


class NewSheetForm(forms.Form):
    """A sheet without a code, or a second copy of one."""

    desk = DeskField(queryset=Organisation.objects.none(), label=_("受け付けた窓口"), empty_label=None)
    kind = forms.ChoiceField(
        label=_("申請の種別"), choices=[(kind.value, word) for kind, word in CASE_WORDS.items()]
    )
    card_id = forms.CharField(
        label=_("これまでのカードの番号"),
        max_length=16,
        required=False,
        help_text=_("更新・再発行のときだけ入力してください。"),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, officer: Officer, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own arguments
        super().__init__(*args, **kwargs)
        desk = self.fields["desk"]
        if isinstance(desk, forms.ModelChoiceField):
            desk.queryset = desks_in_reach(officer, Duty.INTAKE)

    def clean_card_id(self) -> Card | None:
        typed = str(self.cleaned_data["card_id"]).strip()
        if not typed:
            return None
        desk = self.cleaned_data.get("desk")
        card = cards_of_desk(desk.pk).filter(card_id=typed).first() if desk else None
        if card is None:
            raise forms.ValidationError(str(NO_SUCH_CARD.sentence), code=NO_SUCH_CARD.code)
        return card

    def command(self) -> PaperForm:
        """Only after `is_valid()`."""
        return PaperForm(
            desk_id=self.cleaned_data["desk"].pk,
            kind=CaseKind(self.cleaned_data["kind"]),
            replaces=self.cleaned_data["card_id"],
        )
