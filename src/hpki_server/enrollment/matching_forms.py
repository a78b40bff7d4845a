"""The form of a judgement on the registry's answer."""

from collections.abc import Sequence
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hpki_server.enrollment.summary import numbered
from hpki_server.registry.decision_rules import Outcome, Reason
from hpki_server.registry.matching import Differs, digest_of
from hpki_server.registry.names import shown
from hpki_server.registry.services.deciding import Judgement

NO_REASON = ("", gettext_lazy("選んでください"))


class JudgementForm(forms.Form):
    """Which entry, whose it is, and why; the digest binds the answer to what was on the page."""

    entry = forms.ChoiceField(label=gettext_lazy("判断する登録"), widget=forms.RadioSelect)
    outcome = forms.ChoiceField(label=gettext_lazy("判断"), choices=Outcome.choices, widget=forms.RadioSelect)
    reason = forms.ChoiceField(label=gettext_lazy("理由"), choices=[NO_REASON, *Reason.choices])
    note = forms.CharField(
        label=gettext_lazy("確認した書類・経緯"),
        max_length=400,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("確認する担当者と監査のために残ります。例：戸籍抄本（令和8年10月20日交付）"),
    )

    def __init__(self, *args: object, candidates: Sequence[Differs], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own arguments, passed on
        entry = self.fields["entry"]
        assert isinstance(entry, forms.ChoiceField)  # noqa: S101 - declared above
        entry.choices = [
            (
                f"{pair.entry.entry_id}:{digest_of(pair)}",
                _("%(number)s　%(name)s")
                % {"number": numbered(pair.entry.number), "name": shown(pair.entry.name)},
            )
            for pair in candidates
        ]
        entry.error_messages["invalid_choice"] = _(
            "表示のあとで申請または登録の内容が変わりました。もう一度ご覧になって判断してください。"
        )
        if len(candidates) == 1:
            self.initial["entry"] = entry.choices[0][0]

    def command(self) -> Judgement:
        """Only after `is_valid()`."""
        entry_id, digest = self.cleaned_data["entry"].split(":")
        return Judgement(
            entry_id=UUID(entry_id),
            outcome=Outcome(self.cleaned_data["outcome"]),
            reason=Reason(self.cleaned_data["reason"]),
            note=self.cleaned_data["note"],
            digest=digest,
        )
