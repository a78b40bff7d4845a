"""What a letter says: frozen values, already checked."""

import datetime as dt
from dataclasses import dataclass, field

from hpki_server.enrollment.documents import PostalAddress
from hpki_server.lifecycle.events import LetterKind, LifeEvent, LifePaper


@dataclass(frozen=True, kw_only=True)
class LetterFacts:
    """One letter to one holder, or after a death to the family."""

    kind: LetterKind
    card_id: str
    holder: str
    to: PostalAddress
    sender: str
    sender_address: PostalAddress
    association: str
    association_phone: str
    written_on: dt.date
    page_url: str
    # The day the letter speaks of, and what ends there.
    ends_on: dt.date | None = None
    why: str = ""
    event: LifeEvent | None = None
    # When the certificates ended or paused.
    stopped_at: dt.datetime | None = None
    # When they went on after a pause.
    resumed_at: dt.datetime | None = None
    papers: tuple[LifePaper, ...] = ()
    title: str = "医師資格証"


@dataclass(frozen=True)
class Letter:
    """A letter in words: what stands under the address."""

    subject: str
    paragraphs: tuple[str, ...]
    # Label and text of the numbered part under 「記」; none in a condolence.
    items: tuple[tuple[str, str], ...] = ()
    # 拝啓 and 敬具, or none.
    opening_word: str = ""
    closing_word: str = ""
    # Around the holder's name on the envelope.
    prefix: str = ""
    honorific: str = "様"
    # In mourning nothing is coloured.
    is_plain: bool = False
    # A form to be filled in, on a page of its own: its title, a sentence, the lines for the pen.
    form: tuple[str, str, tuple[str, ...]] | None = field(default=None)
