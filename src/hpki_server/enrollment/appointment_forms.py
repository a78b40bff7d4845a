"""Forms of appointments: a desk opens its times, a person chooses one."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.entry_fields import DateField
from hpki_server.enrollment.services.appointments import Opening
from hpki_server.enrollment.services.record import AT_THE_DESK
from hpki_server.enrollment.words import name_of
from hpki_server.people.business_days import is_business_day
from hpki_server.people.models import Organisation
from hpki_server.people.officer import Officer
from hpki_server.people.queries import desks_in_reach

DAYS_MOST = 92


class DeskField(forms.ModelChoiceField):  # type: ignore[type-arg]  # takes none at run time
    def label_from_instance(self, obj: Organisation) -> str:
        return name_of(obj)


class OpenTimesForm(forms.Form):
    """Times of working days between two days, the same on each."""

    desk = DeskField(label=_("窓口"), queryset=Organisation.objects.none(), empty_label=None)
    first_on = DateField(
        label=_("最初の日"),
        help_text=_("例：令和8年12月1日、2026-12-01"),
        widget=forms.TextInput({"class": "short"}),
    )
    last_on = DateField(
        label=_("最後の日"),
        help_text=_("土日・祝日・年末年始には開きません。"),
        widget=forms.TextInput({"class": "short"}),
    )
    first_at = forms.TimeField(
        label=_("始まり"), initial=dt.time(9, 30), widget=forms.TimeInput({"class": "short"}, format="%H:%M")
    )
    until_at = forms.TimeField(
        label=_("終わり"), initial=dt.time(16, 30), widget=forms.TimeInput({"class": "short"}, format="%H:%M")
    )
    minutes = forms.IntegerField(
        label=_("一人あたりの時間（分）"),
        min_value=5,
        max_value=240,
        initial=20,
        widget=forms.NumberInput({"class": "short"}),
    )
    places = forms.IntegerField(
        label=_("同じ時間に来られる人数"),
        min_value=1,
        max_value=50,
        initial=1,
        widget=forms.NumberInput({"class": "short"}),
    )

    def __init__(self, *args: Any, viewer: Officer, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own arguments
        super().__init__(*args, **kwargs)
        field = self.fields["desk"]
        if isinstance(field, DeskField):
            field.queryset = desks_in_reach(viewer, *AT_THE_DESK)

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or self.cleaned_data
        first_on, last_on = self.cleaned_data.get("first_on"), self.cleaned_data.get("last_on")
        if first_on and last_on:
            if last_on < first_on:
                self.add_error("last_on", _("最後の日は、最初の日と同じか後の日です。"))
            elif (last_on - first_on).days >= DAYS_MOST:
                self.add_error("last_on", _("一度に開けるのは 92 日分までです。"))
        first_at, until_at = self.cleaned_data.get("first_at"), self.cleaned_data.get("until_at")
        if first_at and until_at and until_at <= first_at:
            self.add_error("until_at", _("終わりは、始まりより後の時刻です。"))
        return cleaned

    def openings(self) -> list[Opening]:
        """One for each working day."""
        asked, zone = self.cleaned_data, ZoneInfo(settings.TIME_ZONE)
        days = (asked["last_on"] - asked["first_on"]).days + 1
        return [
            Opening(
                organisation_id=asked["desk"].id,
                first_at=dt.datetime.combine(day, asked["first_at"], zone),
                until_at=dt.datetime.combine(day, asked["until_at"], zone),
                minutes=asked["minutes"],
                places=asked["places"],
            )
            for day in (asked["first_on"] + dt.timedelta(days=count) for count in range(days))
            if is_business_day(day)
        ]
