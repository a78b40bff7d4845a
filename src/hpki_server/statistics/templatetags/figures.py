"""Numbers that people compare."""

from django import template

from hpki_server.statistics.prefectures import Prefecture

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """17,861, in Japanese and in English alike."""
    return f"{number:,}"


@register.filter
def place_name(place: Prefecture, in_japanese: bool) -> str:  # noqa: FBT001 - a filter's argument has no name
    return place.name if in_japanese else place.name_en


@register.filter
def square_name(place: Prefecture, in_japanese: bool) -> str:  # noqa: FBT001 - a filter's argument has no name
    """Short enough for a square of the map."""
    return place.short_name if in_japanese else place.name_en
