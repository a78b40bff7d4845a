"""What an officer types about a card that is lost, paused or found again."""

import unicodedata

from django import forms
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.revocation import CASE_CHOICES, Case


class CardSearch(forms.Form):
    """It lives in the address; a caller knows a name or a number."""

    q = forms.CharField(label=_("カード番号・氏名・カナ"), max_length=60, required=False)

    def words(self) -> str:
        typed = self.cleaned_data["q"] if self.is_valid() else ""
        return unicodedata.normalize("NFKC", typed).strip()


class RevocationForm(forms.Form):
    case = forms.ChoiceField(
        label=_("失効の理由"),
        choices=[("", _("選んでください")), *CASE_CHOICES],
        help_text=_("紛失・盗難のときは、失効リストをすぐに発行します。"),
        error_messages={
            "required": _("失効の理由を選んでください。"),
            "invalid_choice": _("一覧にある理由を選んでください。"),
        },
    )
    sure = forms.BooleanField(
        label=_("届け出た人と、このカードであることを確かめました"),
        error_messages={"required": _("届け出た人とカードを確かめてください。失効は元に戻せません。")},
    )

    def chosen(self) -> Case:
        return Case(self.cleaned_data["case"])
