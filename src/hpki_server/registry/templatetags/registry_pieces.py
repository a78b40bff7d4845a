"""Small readings for the pages of matching."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def of(names: Mapping[object, str], key: object) -> str:
    """The name of an officer by account, "" for nobody."""
    return names.get(key, "")
