"""Codes of this room in the reader's language."""

import datetime as dt
from collections.abc import Iterable

from django import template
from django.utils.translation import ngettext

from hpki_server.enrollment.rules import Part
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle.events import LifePaper
from hpki_server.lifecycle.queries import PART_OF_PAPER
from hpki_server.lifecycle.rules import CaseState, Step
from hpki_server.lifecycle.words import STEP_WORDS, WHOM_WORDS

register = template.Library()


@register.filter
def step_word(code: str) -> str:
    return str(STEP_WORDS[Step(code)])


@register.filter
def state_word(code: str) -> str:
    return str(CaseState(code).label)


@register.filter
def whom_word(code: str) -> str:
    return str(WHOM_WORDS.get(code, code))


@register.filter
def paper_words(codes: Iterable[str]) -> str:
    """Names of papers in one line, from their codes."""
    return "、".join(str(LifePaper(code).label) for code in codes)


@register.filter
def part_word(part: str) -> str:
    return str(dict(PART_OF_PAPER)[Part(part)].label)


@register.filter
def waiting_day(opened_at: dt.datetime, at: dt.datetime) -> str:
    """As the queues of applications tell it: the first day is day 1."""
    days = (day_of(at) - day_of(opened_at)).days + 1
    return ngettext("%(days)d 日目", "%(days)d 日目", days) % {"days": days}
