"""Where the Latin letters of a name do not spell its kana: a hint for a clerk who compares with a passport."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.models import Application
from hpki_server.registry.names import spells, usual_spelling


@dataclass(frozen=True)
class RomajiHint:
    """One part of a name, as it was written, and how it is usually spelled."""

    word: str | Promise
    kana: str
    romaji: str
    usual: str


def romaji_hints(application: Application) -> list[RomajiHint]:
    """Nothing for what agrees, for what was left out, and for what we cannot read."""
    parts = (
        (_("姓"), application.family_kana, application.family_romaji),
        (_("名"), application.given_kana, application.given_romaji),
        (_("旧姓"), application.former_family_kana, application.former_family_romaji),
        (_("通名の姓"), application.alias_family_kana, application.alias_family_romaji),
        (_("通名の名"), application.alias_given_kana, application.alias_given_romaji),
    )
    return [
        RomajiHint(word, kana, romaji, (usual_spelling(kana) or "").title())
        for word, kana, romaji in parts
        if spells(kana, romaji) is False
    ]
