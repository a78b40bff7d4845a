"""Does a claim agree with the registry, and if not, why not?  Pure: a claim and entries in, one answer out.

The rule, in the words that docs/operations/registry.md explains:

- **Matched**: 登録番号, 生年月日, 登録年月日 are the same and the name is the same glyph by glyph.  Spaces do not count, nor does
  a variation selector: it chooses a shape of the same character, and most files lose it on their way.
- **Differs**: one entry is meant, and something on it differs; each difference says what and why.  A name under official
  variants (渡邉 / 渡辺) differs too: the name is printed and signed, so which glyph is right is for two officers.
- **Cannot decide**: several entries may be meant, or the name is another one that nothing in the claim explains.  The
  answer lies in a paper (戸籍抄本), so that is asked for.
- **Not found**: nobody under this number, nor under this name and birth date.
"""

import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hpki_server.registry.names import NameComparison, Relation, same_person_name


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
    # Names the applicant declares beside the legal one; they explain a difference and never make a match.
    former_family_name: str = ""
    alias: str = ""

    @property
    def name(self) -> str:
        return f"{self.family_name}　{self.given_name}"


@dataclass(frozen=True)
class OtherName:
    """A name that an entry has beside its present one, or had before."""

    family_name: str
    given_name: str
    kind_word: str | Promise
    source: str


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
    other_names: tuple[OtherName, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.family_name}　{self.given_name}"


class Why(StrEnum):
    """Why there is no plain answer."""

    NUMBER_UNKNOWN = "number_unknown"
    NUMBER_OF_ANOTHER = "number_of_another"
    SEVERAL_ENTRIES = "several_entries"
    FAMILY_NAME_CHANGED = "family_name_changed"
    NAME_UNLIKE = "name_unlike"
    GLYPH_UNKNOWN = "glyph_unknown"

    @property
    def sentence(self) -> Promise:
        return _WHY[self]


_WHY: dict[Why, Promise] = {
    Why.NUMBER_UNKNOWN: _("この登録番号の登録はなく、同じ氏名・生年月日の登録もありません。"),
    Why.NUMBER_OF_ANOTHER: _(
        "この登録番号は別の方の登録で、同じ氏名・生年月日の登録もありません。番号の誤りと思われます。"
    ),
    Why.SEVERAL_ENTRIES: _("当てはまる登録が 2 件以上あり、どれが本人のものか決められません。"),
    Why.FAMILY_NAME_CHANGED: _(
        "名と番号・日付は合いますが、姓が別の姓です。改姓の届けが済んでいないと思われます。"
    ),
    Why.NAME_UNLIKE: _("番号と生年月日は合いますが、氏名がまったく違います。"),
    Why.GLYPH_UNKNOWN: _("登録の氏名に文字コードのない字があり、機械では比べられません。"),
}


@dataclass(frozen=True)
class Difference:
    """One item that does not agree; for a name glyph by glyph, with what explains it, if anything does."""

    item: Item
    name: NameComparison | None = None
    explained_by: str | Promise = ""


@dataclass(frozen=True)
class Matched:
    """All four items agree; exists only as the answer of `judge_match`."""

    claim: RegistryClaim
    entry: EntryFacts
    name: NameComparison


@dataclass(frozen=True)
class Differs:
    """One entry is meant, and these items of it differ."""

    claim: RegistryClaim
    entry: EntryFacts
    name: NameComparison
    differences: tuple[Difference, ...]

    @property
    def only_variants_differ(self) -> bool:
        """Nothing but the name differs, and in it nothing but official variants."""
        names = [difference.name for difference in self.differences]
        return all(name is not None and name.relation is Relation.VARIANT for name in names)

    @property
    def sentence(self) -> Promise:
        items = self.differences[0].item.label
        for difference in self.differences[1:]:
            items = format_lazy(_("{items}・{item}"), items=items, item=difference.item.label)
        return format_lazy(_("資格管理簿の登録と違います: {items}。"), items=items)


@dataclass(frozen=True)
class NotFound:
    claim: RegistryClaim
    why: Why

    @property
    def sentence(self) -> Promise:
        return self.why.sentence


@dataclass(frozen=True)
class CannotDecide:
    """`candidates` are the entries that may be meant, with what differs on each; a paper has to say which."""

    claim: RegistryClaim
    candidates: tuple[Differs, ...]
    why: Why

    @property
    def sentence(self) -> Promise:
        return self.why.sentence


MatchAnswer = Matched | Differs | NotFound | CannotDecide


_NUMBER = re.compile(r"第?\s*0*([0-9]{1,10})\s*号?")
# As many signs as a card's record has room for.
_LONGEST_NUMBER = 16


def read_number(typed: str) -> str | None:
    """The digits of 「第 464321 号」 without leading zeros, or None."""
    found = _NUMBER.fullmatch(unicodedata.normalize("NFKC", typed).strip())
    return found[1] if found else None


def number_spellings(number: str) -> list[str]:
    """One registration number with and without zeros before it, as registers, papers and people write it; plain first."""
    plain = number.lstrip("0")
    return [plain.rjust(length, "0") for length in range(len(plain), _LONGEST_NUMBER + 1)] if plain else []


def judge_match(claim: RegistryClaim, candidates: Sequence[EntryFacts]) -> MatchAnswer:
    """`candidates` are the entry under the claimed number and those under the claimed name and birth date."""
    judged = [
        _laid_beside(claim, entry) for entry in candidates if entry.qualification == claim.qualification
    ]
    for pair in judged:
        if not pair.differences:
            return Matched(claim, pair.entry, pair.name)
    meant = tuple(pair for pair in judged if _may_be_meant(pair))
    if not meant:
        return NotFound(claim, Why.NUMBER_OF_ANOTHER if judged else Why.NUMBER_UNKNOWN)
    if len(meant) > 1:
        return CannotDecide(claim, meant, Why.SEVERAL_ENTRIES)
    why = _undecidable(meant[0])
    return CannotDecide(claim, meant, why) if why else meant[0]


def candidates_of(answer: MatchAnswer) -> tuple[Differs, ...]:
    """The entries on which officers may decide."""
    if isinstance(answer, Differs):
        return (answer,)
    return answer.candidates if isinstance(answer, CannotDecide) else ()


def digest_of(pair: Differs) -> str:
    """What both officers saw, as one hash: a change on either side makes another."""
    claim, entry = pair.claim, pair.entry
    said = [
        claim.number,
        claim.name,
        claim.former_family_name,
        claim.alias,
        claim.born_on,
        claim.registered_on,
    ]
    held = [entry.entry_id, entry.number, entry.name, entry.born_on, entry.registered_on]
    return hashlib.sha256("\x1f".join(map(str, (*said, *held))).encode()).hexdigest()


def _laid_beside(claim: RegistryClaim, entry: EntryFacts) -> Differs:
    name = same_person_name(claim.name, entry.name)
    differences = []
    if not name.is_same_name:
        differences.append(Difference(Item.NAME, name, _explanation(claim, entry)))
    if claim.born_on != entry.born_on:
        differences.append(Difference(Item.BORN_ON))
    if claim.registered_on != entry.registered_on:
        differences.append(Difference(Item.REGISTERED_ON))
    if read_number(claim.number) != read_number(entry.number):
        differences.append(Difference(Item.NUMBER))
    return Differs(claim, entry, name, tuple(differences))


def _related(one: str, other: str) -> bool:
    """The same name up to glyphs that people may take for each other."""
    return bool(one) and bool(other) and same_person_name(one, other).relation <= Relation.NEAR


def _explanation(claim: RegistryClaim, entry: EntryFacts) -> str | Promise:
    """Which other name of either side makes the two meet."""
    former = claim.former_family_name
    if former and _related(f"{former}{claim.given_name}", entry.name):
        return _("登録の氏名は、申請に書かれた旧姓と合います。")
    if _related(claim.alias, entry.name):
        return _("登録の氏名は、申請に書かれた通称と合います。")
    for other in entry.other_names:
        held = f"{other.family_name}{other.given_name or entry.given_name}"
        if _related(claim.name, held):
            sentence = _("申請の氏名は、この登録の{kind}と合います（{source}）。")
            return format_lazy(sentence, kind=other.kind_word, source=other.source)
    return ""


def _differing(pair: Differs) -> dict[Item, Difference]:
    return {difference.item: difference for difference in pair.differences}


def _name_fits(pair: Differs) -> bool:
    name = _differing(pair).get(Item.NAME)
    return name is None or bool(name.explained_by) or pair.name.relation <= Relation.NEAR


def _may_be_meant(pair: Differs) -> bool:
    """The number's entry with a name or birth date in common; or an entry of this name and birth date."""
    differing = _differing(pair)
    if Item.NUMBER in differing:
        return _name_fits(pair) and Item.BORN_ON not in differing
    return Item.BORN_ON not in differing or _name_fits(pair)


def _undecidable(pair: Differs) -> Why | None:
    """Only papers tell: a name that is neither near the claimed one nor explained by another name."""
    if _name_fits(pair):
        return None
    if any(side and not side.base for both in pair.name.differing for side in (both.one, both.other)):
        return Why.GLYPH_UNKNOWN
    if _related(pair.claim.family_name, pair.entry.family_name):
        return None
    if _related(pair.claim.given_name, pair.entry.given_name):
        return Why.FAMILY_NAME_CHANGED
    return Why.NAME_UNLIKE
