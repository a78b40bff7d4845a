"""Letters → one PDF, each on pages of its own."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hpki_server.lifecycle.letters.facts import LetterFacts
from hpki_server.lifecycle.letters.wording import written
from hpki_server.people.japanese_dates import japanese_date
from hpki_server.people.typesetting import Payload, typeset_pdf
from hpki_server.people.typesetting.barcode import qr_svg
from hpki_server.people.typesetting.postal import postal_mark

_TEMPLATE: Final = Path(__file__).with_name("typst") / "letters.typ"


def letters_pdf(letters: Sequence[LetterFacts], *, at: dt.datetime) -> bytes:
    """A4, folded twice into a window envelope (長形3号).  Raises UnprintableText."""
    title = "医師資格証についてのお知らせ"
    return typeset_pdf(_TEMPLATE, {"title": title, "letters": [_payload(one) for one in letters]}, at=at)


def _payload(facts: LetterFacts) -> Payload:
    letter, sender = written(facts), facts.sender_address
    form: Payload | None = None
    if letter.form:
        title, sentence, lines = letter.form
        form = {"title": title, "sentence": sentence, "lines": list(lines)}
    return {
        "card_id": facts.card_id,
        "qr": qr_svg(facts.card_id),
        "postal_code": postal_mark(facts.to.postal_code),
        "address": list(facts.to.lines),
        "addressee": f"{letter.prefix}{facts.holder}\u3000{letter.honorific}",
        "sender": facts.sender,
        "sender_address": [postal_mark(sender.postal_code), *sender.lines],
        "written_on": japanese_date(facts.written_on),
        "subject": letter.subject,
        "opening_word": letter.opening_word,
        "closing_word": letter.closing_word,
        "paragraphs": list(letter.paragraphs),
        "items": [{"label": label, "text": text} for label, text in letter.items],
        "plain": letter.is_plain,
        "association": facts.association,
        "form": form,
    }
