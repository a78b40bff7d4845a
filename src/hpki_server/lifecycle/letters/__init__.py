"""Letters about the life of a card: frozen facts in, one PDF out.  All Japanese, as an office would send them.

Nothing in here reads a database, a clock or a setting.
"""

from hpki_server.lifecycle.letters.facts import Letter, LetterFacts
from hpki_server.lifecycle.letters.printing import letters_pdf
from hpki_server.lifecycle.letters.wording import written

__all__ = ["Letter", "LetterFacts", "letters_pdf", "written"]
