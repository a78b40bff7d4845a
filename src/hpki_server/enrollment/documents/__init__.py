"""The papers and plastic of an enrollment: frozen facts in, bytes out.

Four documents, all Japanese, all from one embedded typeface: the application form (医師資格証発行申請書), the notice
postcard (発行完了通知ハガキ), the letter with PIN and PUK, and the card's face.  The room's services decide and collect
the facts; nothing here reads a database, a clock or a setting.
"""

from hpki_server.enrollment.documents.card import card_face
from hpki_server.enrollment.documents.facts import (
    ApplicationFacts,
    BlankFormFacts,
    CardFace,
    CardFaceFacts,
    DocumentLine,
    PinLetterFacts,
    PostalAddress,
    PostcardFacts,
)
from hpki_server.enrollment.documents.form import application_form, blank_application_form
from hpki_server.enrollment.documents.letter import pin_letter
from hpki_server.enrollment.documents.portrait import UnreadablePhoto
from hpki_server.enrollment.documents.postcard import notice_postcard
from hpki_server.enrollment.documents.reminder import ReminderFacts, pickup_reminder
from hpki_server.people.typesetting.glyphs import UnprintableText, missing_glyphs

__all__ = [
    "ApplicationFacts",
    "BlankFormFacts",
    "CardFace",
    "CardFaceFacts",
    "DocumentLine",
    "PinLetterFacts",
    "PostalAddress",
    "PostcardFacts",
    "ReminderFacts",
    "UnprintableText",
    "UnreadablePhoto",
    "application_form",
    "blank_application_form",
    "card_face",
    "missing_glyphs",
    "notice_postcard",
    "pickup_reminder",
    "pin_letter",
]
