"""Small readings for the pages of matching."""

from collections.abc import Mapping

from django import template

from hpki_server.registry.names import shown

register = template.Library()


@register.filter
def of(names: Mapping[object, str], key: object) -> str:
    """The name of an officer by account, "" for nobody."""
    return names.get(key, "")


@register.filter
def drawn(name: str) -> str:
    """A stored name with the glyphs that its references stand for."""
    return shown(name)
