"""Names of offices in the reader's language."""

from django import template

from hpki_server.enrollment.words import name_of
from hpki_server.people.models import Organisation

register = template.Library()


@register.filter
def office_name(organisation: Organisation | None) -> str:
    return name_of(organisation) if organisation else ""
