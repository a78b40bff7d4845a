"""Names of persons: glyphs as they stand, keys to find them by, and why two of them are the same name or not.

What is stored and shown is the glyph as given, with its variation selector or its MJ code.  What is searched is a folded
key.  What is judged is glyph beside glyph.  The three never mix: a folded form is shown to nobody.
"""

from hpki_server.registry.names.comparing import (
    GlyphPair,
    NameComparison,
    Relation,
    same_person_name,
)
from hpki_server.registry.names.folding import folded_keys, search_keys
from hpki_server.registry.names.glyphs import Glyph, read_glyphs, shown
from hpki_server.registry.names.romaji import spells, usual_spelling

__all__ = [
    "Glyph",
    "GlyphPair",
    "NameComparison",
    "Relation",
    "folded_keys",
    "read_glyphs",
    "same_person_name",
    "search_keys",
    "shown",
    "spells",
    "usual_spelling",
]
