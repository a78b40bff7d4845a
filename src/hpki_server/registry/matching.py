"""Does a claim agree with the registry?  Pure.

The rule: 氏名, 生年月日, 登録年月日 and 登録番号 must all be the same.

- A name is compared glyph by glyph after Unicode's canonical composition (NFC).  Spaces, also full-width ones, and
  where they stand do not count: 「渡邉　花子」 is 「渡邉花子」.
- 邉 and 邊, 高 and 髙, a glyph with and without a variation selector are different here.  Who may be the same person
  under a variant is for officers to judge, not for this rule.
- A number is compared as a number: full-width digits, leading zeros and 「第…号」 do not count.
"""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


class Item(StrEnum):
    """What is compared, in the order of the licence."""

    NAME = "name"
    BORN_ON = "born_on"
    REGISTERED_ON = "registered_on"
    NUMBER = "number"

    @property
    def label(self) -> Promise:
        return _LABELS[self]


_LABELS: dict[Item, Promise] = {
    Item.NAME: _("氏名"),
    Item.BORN_ON: _("生年月日"),
    Item.REGISTERED_ON: _("登録年月日"),
    Item.NUMBER: _("登録番号"),
}


@dataclass(frozen=True)
class RegistryClaim:
    """What an application says about a registration; nothing in here has been compared."""

    qualification: str
    number: str
    family_name: str
    given_name: str
    born_on: dt.date
    registered_on: dt.date


@dataclass(frozen=True)
class EntryFacts:
    """What the registry holds."""

    entry_id: UUID
    qualification: str
    number: str
    family_name: str
    given_name: str
    born_on: dt.date
    registered_on: dt.date


@dataclass(frozen=True)
class Match:
    """All four items agree; exists only as the answer of `exact_match`."""

    claim: RegistryClaim
    entry: EntryFacts


@dataclass(frozen=True)
class NoMatch:
    """`entry` is the nearest entry, if any; `differing` are the items that disagree with it."""

    claim: RegistryClaim
    entry: EntryFacts | None
    differing: tuple[Item, ...]
    sentence: str | Promise


def name_key(family_name: str, given_name: str) -> str:
    """A name for comparing: NFC, without any space."""
    return "".join(unicodedata.normalize("NFC", family_name + given_name).split())


_NUMBER = re.compile(r"第?\s*0*(\d{1,10})\s*号?")


def read_number(typed: str) -> str | None:
    """The digits of 「第 464321 号」 without leading zeros, or None."""
    found = _NUMBER.fullmatch(unicodedata.normalize("NFKC", typed).strip())
    return found[1] if found else None


def exact_match(claim: RegistryClaim, entry: EntryFacts | None) -> Match | NoMatch:
    """Compares with the entry that was found; None is: no entry under the number, nor under name and birth date."""
    if entry is None:
        return NoMatch(
            claim, None, (Item.NUMBER,), _("この登録番号の登録はなく、同じ氏名・生年月日の登録もありません。")
        )
    differing = tuple(item for item in Item if _differs(item, claim, entry))
    if not differing and claim.qualification == entry.qualification:
        return Match(claim, entry)
    return NoMatch(claim, entry, differing, _sentence(differing))


def _differs(item: Item, claim: RegistryClaim, entry: EntryFacts) -> bool:
    if item is Item.NAME:
        return name_key(claim.family_name, claim.given_name) != name_key(entry.family_name, entry.given_name)
    if item is Item.NUMBER:
        return read_number(claim.number) != read_number(entry.number)
    claimed: dt.date = getattr(claim, item.value)
    registered: dt.date = getattr(entry, item.value)
    return claimed != registered


def _sentence(differing: tuple[Item, ...]) -> Promise:
    items = differing[0].label if differing else _("資格")
    for item in differing[1:]:
        items = format_lazy(_("{items}・{item}"), items=items, item=item.label)
    return format_lazy(_("資格管理簿の登録と違います: {items}。"), items=items)
