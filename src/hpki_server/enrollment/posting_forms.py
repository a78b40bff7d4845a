"""Forms of the letters that were posted: web input becomes one frozen command."""

import datetime as dt
from collections.abc import Collection, Sequence
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.entry_fields import DateField
from hpki_server.enrollment.models import LetterPosting
from hpki_server.enrollment.rules import Letter, Posted
from hpki_server.enrollment.services.posting import MOST, Correction, Pile

_DAY = {"required": _("投函日を入力してください。")}
# A number and what a scanner sends after it.
_LONGEST = MOST * 24


class PostedForm(forms.Form):
    posted_on = DateField(label=_("投函日"), error_messages=_DAY)
    numbers = forms.CharField(
        label=_("受付番号（二次元コードの読み取り、または 1 行に 1 件の入力）"),
        required=False,
        help_text=_("ここに読み取りがあるときは、上の一覧の選択は使わず、読み取ったものだけを記録します。"),
        max_length=_LONGEST,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        waiting: Collection[UUID],
        ready: Collection[UUID],
        today: dt.date,
    ) -> None:
        super().__init__(data, initial={"posted_on": today.isoformat()})
        ticked = ready if data is None else _read_ids(data.getlist("letter"))
        # What an old page offers and waits no more is left out.
        self.chosen = frozenset(ticked) & frozenset(waiting)

    def clean_numbers(self) -> str:
        read: str = self.cleaned_data["numbers"]
        if len(read.split()) > MOST:
            raise forms.ValidationError(
                _("一度に記録できるのは %(most)s 通までです。分けて記録してください。"), params={"most": MOST}
            )
        return read

    def pile(self, letter: Letter) -> Pile:
        typed = self.cleaned_data
        read = tuple(typed["numbers"].split())
        # A list that is ticked beforehand must not add what was not in the officer's hand.
        return Pile(Posted(letter, typed["posted_on"]), frozenset() if read else self.chosen, read)


def _read_ids(ticked: Sequence[str]) -> frozenset[UUID]:
    found = set()
    for one in ticked[:MOST]:
        try:
            found.add(UUID(one))
        except ValueError:
            continue
    return frozenset(found)


class CorrectPostingForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("訂正の理由"), choices=LetterPosting.Reason.choices, widget=forms.RadioSelect
    )
    posted_on = DateField(
        label=_("正しい投函日"), required=False, help_text=_("「日付の誤り」のときだけ入力します。")
    )

    def correction(self, posting_id: int) -> Correction:
        typed = self.cleaned_data
        return Correction(posting_id, LetterPosting.Reason(typed["reason"]), typed["posted_on"])
