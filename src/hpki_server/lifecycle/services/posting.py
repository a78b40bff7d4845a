"""The letters of the day: one PDF of many, marked as printed in the same transaction."""

import datetime as dt
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.lifecycle import correspondence
from hpki_server.lifecycle.letters import letters_pdf
from hpki_server.lifecycle.models import Notice
from hpki_server.lifecycle.services import noticing
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.queries import centre_ids
from hpki_server.people.typesetting.glyphs import UnprintableText, missing_glyphs

MOST: Final = 100
NO_LETTERS: Final = Denial("no_letters", _("印刷を待っている手紙はありません。"))
DUTY_MISSING: Final = Denial("duty_missing", _("手紙の印刷は、電子認証センターの発行の担当者が行います。"))


@transaction.atomic
def print_letters(*, kind: str = "", by: Officer, at: dt.datetime) -> bytes:
    """Up to a hundred letters, oldest first.  A name that cannot be printed waits for its glyph, and holds up nobody.

    Raises `Denied`: `duty_missing`, `no_letters`.
    """
    if not by.organisations(Duty.ISSUING) & centre_ids():
        raise Denied([DUTY_MISSING])
    waiting = noticing.waiting_letters()
    if kind:
        waiting = waiting.filter(kind=kind)
    taken = list(waiting.select_for_update(of=("self",))[:MOST])
    ready, facts = correspondence.batch(taken, at=at)
    fits = [not missing_glyphs(one.holder + "".join(one.to.lines)) for one in facts]
    ready = [notice for notice, fit in zip(ready, fits, strict=True) if fit]
    facts = [one for one, fit in zip(facts, fits, strict=True) if fit]
    if not ready:
        raise Denied([NO_LETTERS])
    try:
        content = letters_pdf(facts, at=at)
    except UnprintableText as error:
        raise Denied([NO_LETTERS]) from error
    Notice.objects.filter(id__in=[notice.id for notice in ready]).update(sent_at=at)
    audit.record(
        "letter:print",
        by=by,
        subject_kind="notice",
        subject_id=kind or "all",
        at=at,
        details={"letters": len(ready)},
    )
    return content
