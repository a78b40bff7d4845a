"""Template tags: the reusable pieces of a page, and dates in the reader's language."""

import datetime as dt
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hpki_server.people import act_words, menu, queries
from hpki_server.people.access import Audience, MomentRequest
from hpki_server.people.japanese_dates import english_date, japanese_year
from hpki_server.people.models import Account
from hpki_server.people.officer import Officer
from hpki_server.people.pieces import Facts, Steps, Words
from hpki_server.people.shown_dates import shown_date, shown_in_both, speaks_japanese

register = template.Library()

_NOTE_ROLES = {"bad": "alert", "warn": "alert"}


def _day(value: dt.date | dt.datetime) -> dt.date:
    return timezone.localtime(value).date() if isinstance(value, dt.datetime) else value


@register.filter
def wareki(value: dt.date | dt.datetime | None) -> str:
    """令和8年11月4日; on English pages 4 November 2026."""
    if not value:
        return ""
    return shown_date(_day(value))


@register.filter
def wareki_western(value: dt.date | dt.datetime | None) -> str:
    """令和8年11月4日（2026-11-04）, where people compare; on English pages 4 November 2026 (Reiwa 8)."""
    if not value:
        return ""
    return shown_in_both(_day(value))


@register.filter
def wareki_month(value: dt.date | None) -> str:
    """令和8年11月（2026-11）; on English pages November 2026."""
    if not value:
        return ""
    if speaks_japanese():
        return f"{japanese_year(value)}{value.month}月（{value:%Y-%m}）"
    return english_date(value).split(" ", 1)[1]


@register.filter
def wareki_time(value: dt.datetime | None) -> str:
    """令和8年11月4日 21:13, in Japan's time."""
    if not value:
        return ""
    return f"{wareki(value)} {timezone.localtime(value):%H:%M}"


@register.simple_tag
def chip(word: Words, tone: str = "quiet") -> SafeString:
    return format_html('<span class="chip {}">{}</span>', tone, word)


@register.simple_block_tag
def note(content: str, tone: str = "key", title: Words = "") -> str:
    """The one coloured box of a page: what is to be done, with its button inside."""
    facts = {"content": content, "tone": tone, "title": title, "role": _NOTE_ROLES.get(tone, "status")}
    return render_to_string("people/pieces/note.html", facts)


@register.inclusion_tag("people/pieces/steps.html")
def steps(steps: Steps) -> dict[str, Steps]:
    return {"steps": steps}


@register.inclusion_tag("people/pieces/facts.html")
def facts(facts: Facts) -> dict[str, Facts]:
    return {"facts": facts}


@register.inclusion_tag("people/pieces/field.html")
def field(bound: BoundField) -> dict[str, BoundField]:
    """A form field with its label, hint and error, joined for screen readers."""
    return {"field": bound}


@register.inclusion_tag("people/pieces/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, BaseForm]:
    """Everything that is wrong with a form, on top of it, each linked to its field."""
    return {"form": form}


@register.inclusion_tag("people/pieces/header.html", takes_context=True)
def page_header(context: Context) -> dict[str, Any]:
    """Room name, links, who is here and since when, language switch."""
    request: MomentRequest | None = context.get("request")
    account = getattr(request, "user", None)
    known = account if isinstance(account, Account) else None
    officer: Officer | None = getattr(request, "officer", None)
    audience = _audience(known)
    return {
        "account": known,
        "audience": audience.value,
        "links": list(menu.links_for(audience, officer, request.path)) if request else [],
        "room": context.get("room") or _room(audience, officer),
        "path": request.get_full_path() if request and request.method == "GET" else "/",
        "csrf_token": context.get("csrf_token"),
        "language": get_language(),
    }


@register.inclusion_tag("people/pieces/footer.html", takes_context=True)
def page_footer(context: Context) -> dict[str, Any]:
    """What this is, and the pages that are open to everyone."""
    request: MomentRequest | None = context.get("request")
    return {"links": list(menu.links_at_the_foot(request.path)) if request else []}


def _audience(account: Account | None) -> Audience:
    if account is None:
        return Audience.PUBLIC
    return Audience.OFFICER if account.kind == Account.Kind.STAFF else Audience.APPLICANT


def _room(audience: Audience, officer: Officer | None) -> str:
    """For officers the organisation they act for; the centre when they act for it too."""
    if audience is not Audience.OFFICER:
        return _("医師資格証")
    return (officer and queries.acting_for(officer)) or _("担当者のページ")


@register.simple_tag
def actor(by: str, names: dict[str, str]) -> str:
    """Who stands behind an audit line."""
    if by == "system":
        return _("システム")
    return names.get(by, by)


@register.filter
def act_word(act: str) -> str:
    return act_words.act_word(act)


@register.filter
def subject_word(kind: str) -> str:
    return act_words.subject_word(kind)
