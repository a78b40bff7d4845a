"""The pages of an application in their order, and which of them is not done yet."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from hpki_server.enrollment import rules
from hpki_server.enrollment.entry_forms import SECTIONS, EntriesForm, Section
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import How

PAPERS_SLUG, CONFIRM_SLUG = "papers", "confirm"


@dataclass(frozen=True)
class StageMark:
    """One page: done, not done, or (the last one) neither."""

    title: str | Promise
    url: str
    is_here: bool
    is_done: bool


def judged(application: Application, on: dt.date) -> EntriesForm:
    """All that was typed so far, read as one record."""
    form = EntriesForm(application.typed, on=on)
    form.is_valid()
    return form


def first_open(application: Application, on: dt.date) -> Section | None:
    """Where to go on: the first page with something wrong or empty; None when all pages are right."""
    form = judged(application, on)
    return next((section for section in SECTIONS if form.wrong_in(section)), None)


def stages_of(application: Application, here: str, on: dt.date, url: Callable[..., str]) -> list[StageMark]:
    """`here` is a section's slug, "papers" or "confirm"; `url(page, *more)` gives addresses."""
    form = judged(application, on)
    marks = [
        StageMark(
            section.title,
            url("section", section.slug),
            section.slug == here,
            # A page without anything needed is done once the applicant has been past it.
            bool(application.typed) and not form.wrong_in(section) and _seen(application, section),
        )
        for section in SECTIONS
    ]
    lacking = rules.missing(application.facts(), on, how=How.UPLOAD)
    marks.append(StageMark(_("写真と書類"), url("papers"), here == PAPERS_SLUG, not lacking))
    marks.append(StageMark(_("ご確認と送信"), url("confirm"), here == CONFIRM_SLUG, is_done=False))
    return marks


def _seen(application: Application, section: Section) -> bool:
    return any(name in application.typed for name in section.fields)
