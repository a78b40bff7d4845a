"""The form for a change of membership before the card is ordered."""

from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.services.member_change import KindChange
from hpki_server.people.member_kind import MemberKind


class KindForm(forms.Form):
    member_kind = forms.ChoiceField(label=_("新しい会員種別"), choices=MemberKind.choices)
    member_id = forms.RegexField(
        r"\d{10}",
        label=_("日医会員ID（会員になった方）"),
        required=False,
        strip=True,
        error_messages={"invalid": _("日医会員IDは 10 桁の数字です。")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def command(self, application_id: UUID) -> KindChange:
        given = self.cleaned_data
        return KindChange(application_id, MemberKind(given["member_kind"]), given["member_id"])
