"""What an officer types to register a client system."""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from hpki_server.people.officer import Officer
from hpki_server.people.queries import organisations_in_reach
from hpki_server.signing.services.clients import LONGEST_DAYS

_USUAL_DAYS: Final = 365
_CHOOSE: Final = _("団体を選んでください。")
_TERM: Final = _("有効期間は 1 日から 400 日までにしてください。")


class ClientForm(forms.Form):
    organisation = forms.TypedChoiceField(
        label=_("団体"), coerce=UUID, error_messages={"required": _CHOOSE, "invalid_choice": _CHOOSE}
    )
    name = forms.CharField(
        label=_("システムの名前"),
        max_length=80,
        help_text=_("署名する医師に見えます。例：電子カルテ（内科）"),
        error_messages={"required": _("システムの名前を入れてください。")},
    )
    days = forms.IntegerField(
        label=_("有効期間（日）"),
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=_USUAL_DAYS,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), _TERM),
    )

    def __init__(self, data: Any = None, *, officer: Officer) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(data)
        places = [(place.pk, place.shown_name) for place in organisations_in_reach(officer)]
        choices = [("", _("選んでください")), *places]
        self.fields["organisation"].choices = choices  # type: ignore[attr-defined]  # a choice field
