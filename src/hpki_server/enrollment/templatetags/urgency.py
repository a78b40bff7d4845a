"""緊急 with the time since an emergency case was sent, on the page of the case."""

import datetime as dt

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString

from hpki_server.enrollment.ages import urgency_of
from hpki_server.enrollment.models import Application
from hpki_server.people.templatetags.pieces import chip

register = template.Library()


@register.simple_tag(takes_context=True)
def urgency(context: Context, application: Application) -> SafeString:
    """A chip and a space; nothing for every other kind of case."""
    at: dt.datetime | None = getattr(context.get("request"), "at", None)
    found = urgency_of(application, at=at) if at is not None else None
    return SafeString(f"{chip(found.word, found.tone)} ") if found else SafeString("")
