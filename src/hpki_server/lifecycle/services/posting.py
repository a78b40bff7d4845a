"""The letters of the day: one PDF of many, marked as printed in the same transaction."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from django.db import transaction
from django.db.models import Count, QuerySet
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
from hpki_server.people.typesetting.glyphs import UnprintableText, code_points, missing_glyphs

MOST: Final = 100
# As many names as a person looks after at a time.
NAMED_MOST: Final = 20
NO_LETTERS: Final = Denial("no_letters", _("印刷を待っている手紙はありません。"))
NONE_PRINTABLE: Final = Denial(
    "none_printable", _("待っている手紙は、いまは印刷できません。理由は、この画面の下にあります。")
)
DUTY_MISSING: Final = Denial("duty_missing", _("手紙の印刷は、電子認証センターの発行の担当者が行います。"))


@transaction.atomic
def print_letters(*, kind: str = "", by: Officer, at: dt.datetime) -> bytes:
    """Up to a hundred letters, oldest first.  What has no address yet, or a name without a glyph, holds up nobody.

    Raises `Denied`: `duty_missing`, `no_letters`, `none_printable`.
    """
    if not by.organisations(Duty.ISSUING) & centre_ids():
        raise Denied([DUTY_MISSING])
    waiting = noticing.waiting_letters()
    if kind:
        waiting = waiting.filter(kind=kind)
    # Looked for first and locked then: what cannot be printed must not fill the pile.
    chosen = list(islice(_printable(waiting), MOST))
    taken = list(waiting.filter(id__in=chosen).select_for_update(of=("self",)))
    ready, facts = correspondence.batch(taken, at=at)
    if not ready:
        raise Denied([NONE_PRINTABLE if waiting.exists() else NO_LETTERS])
    try:
        content = letters_pdf(facts, at=at)
    except UnprintableText as error:
        raise Denied([NONE_PRINTABLE]) from error
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


def _printable(waiting: QuerySet[Notice]) -> Iterator[int]:
    for notice, text in _texts(waiting):
        if not missing_glyphs(text):
            yield notice


def _texts(waiting: QuerySet[Notice]) -> Iterator[tuple[int, str]]:
    """Of each letter that has an address: what is printed of its holder."""
    rows = noticing.with_address(waiting).annotate(home=noticing.home_address())
    printed = rows.values_list(
        "id", "card__family_name", "card__given_name", "home", "card__organisation__office__address"
    )
    for notice, family, given, home, office in printed.iterator(chunk_size=1000):
        yield notice, f"{family}{given}{home or office}"


@dataclass(frozen=True)
class Unprinted:
    """Why letters stay: by association without an address, how many; and names with a glyph that is not there."""

    offices: list[tuple[str, int]]
    names: list[tuple[str, str]]


def unprinted() -> Unprinted:
    """What keeps waiting letters from being printed, so that somebody can do something about it."""
    waiting = noticing.waiting_letters()
    counted = noticing.without_address(waiting).order_by().values_list("card__organisation__name")
    offices = list(counted.annotate(letters=Count("id")).order_by("-letters", "card__organisation__code"))
    missing = {notice: glyphs for notice, text in _texts(waiting) if (glyphs := missing_glyphs(text))}
    few = list(missing)[:NAMED_MOST]
    cards = dict(Notice.objects.filter(id__in=few).values_list("id", "card__card_id"))
    return Unprinted(offices, [(cards[one], "、".join(map(code_points, missing[one]))) for one in few])
