"""A line above the centre's lists: judgements on a match that wait for this officer's confirmation."""

from typing import Any

from django import template
from django.template.context import Context

from hpki_server.enrollment.registry_match import JUDGING, judged_once
from hpki_server.people.officer import Officer

register = template.Library()


@register.inclusion_tag("enrollment/judgements_waiting.html", takes_context=True)
def judgements_waiting(context: Context) -> dict[str, Any]:
    officer: Officer | None = getattr(context.get("request"), "officer", None)
    may = officer is not None and any(officer.may(duty) for duty in JUDGING)
    return {"judged": judged_once(officer) if may and officer is not None else []}
