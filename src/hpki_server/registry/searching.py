"""Finding a person by a name in any writing or by a number, page after page, and saying why each was found."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core import signing
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.queries import at_centre
from hpki_server.registry.matching import read_number
from hpki_server.registry.models import NameKey, NameKind, PersonName, RegistryEntry
from hpki_server.registry.names import NameComparison, Relation, read_glyphs, same_person_name, search_keys

PAGE_ROWS = 50
Place = tuple[bytes, dt.date, UUID]


@dataclass(frozen=True)
class Hit:
    """One person found, and the name that made it so."""

    entry: RegistryEntry
    kind: NameKind
    written: str
    """The name that was met, where it is not the present one."""
    comparison: NameComparison | None

    @property
    def why(self) -> str | Promise:
        """In a word: the same glyphs, a variant, a reading …"""
        if self.kind in {NameKind.KANA, NameKind.ROMAJI}:
            return _("読みが同じ")
        relation = self.comparison.relation if self.comparison else Relation.SAME
        return _RELATION_WORDS[relation]


_RELATION_WORDS: dict[Relation, Promise] = {
    Relation.SAME: _("同じ字"),
    Relation.SELECTOR: _("字形だけ違う"),
    Relation.VARIANT: _("異体字"),
    Relation.NEAR: _("似た別字"),
    Relation.DIFFERENT: _("書き方が違う"),
    Relation.UNKNOWN: _("文字コードのない字"),
}


@dataclass(frozen=True)
class Found:
    hits: Sequence[Hit]
    after: str = ""
    """Where the next page begins; empty on the last."""


@dataclass(frozen=True)
class EntryWithNames:
    """One entry and every name it has or had."""

    entry: RegistryEntry
    names: Sequence[PersonName]


def entry_with_names(viewer: Officer, entry_id: UUID) -> EntryWithNames:
    """Raises `RegistryEntry.DoesNotExist` also for who lacks the duty."""
    entry = _reach(viewer).get(id=entry_id)
    return EntryWithNames(entry, list(entry.names.order_by("kind", "-to_on", "recorded_at")))


def by_number(viewer: Officer, number: str, after: str = "") -> Found:
    """The entries under a number; without one all of them by number, page after page."""
    entries = _reach(viewer).order_by("qualification", "number")
    if number:
        entries = entries.filter(number=read_number(number) or "")
    if place := _opened(after):
        qualification, last = place
        entries = entries.filter(qualification__gte=qualification).filter(
            Q(qualification__gt=qualification) | Q(number__gt=last)
        )
    page = list(entries[: PAGE_ROWS + 1])
    hits = [Hit(entry, NameKind.LEGAL, "", None) for entry in page[:PAGE_ROWS]]
    last_one = page[PAGE_ROWS - 1] if len(page) > PAGE_ROWS else None
    return Found(hits, _sealed([last_one.qualification, last_one.number]) if last_one else "")


def by_name(viewer: Officer, name: str, after: str = "", *, number: str = "") -> Found:
    """Everybody whose name, former name, alias or reading begins like `name`; whole names are beginnings, too.

    In the order of the keys; a page begins behind the place where the one before ended, so the last page costs what
    the first does, and nothing is left out.
    """
    begins = sorted({key.encode() for key in search_keys(name)} - {b""})
    if not begins or not at_centre(viewer, Duty.REGISTRY):
        return Found(())
    if number:
        entries = {hit.entry.id for hit in by_number(viewer, number).hits}
        rows = NameKey.objects.filter(entry__in=entries).select_related("entry", "name")
        fitting = {row.entry_id: row for row in rows if any(bytes(row.key).startswith(b) for b in begins)}
        return Found([_hit(row, name) for row in fitting.values()])
    last = _place(after)
    hits: list[Hit] = []
    for row in _rows(begins, last):
        if len(hits) == PAGE_ROWS:
            return Found(hits, _sealed([last[0].hex(), last[1].isoformat(), str(last[2])]) if last else "")
        last = (bytes(row.key), row.born_on, row.entry_id)
        hits.append(_hit(row, name))
    return Found(hits)


def _reach(viewer: Officer) -> QuerySet[RegistryEntry]:
    return RegistryEntry.objects.all() if at_centre(viewer, Duty.REGISTRY) else RegistryEntry.objects.none()


def _rows(begins: list[bytes], last: Place | None) -> Iterator[NameKey]:
    """Rows of all ranges in order, each entry under the first of its keys that is in reach."""
    outer = [b for b in begins if not any(b != other and b.startswith(other) for other in begins)]
    ranges = [(begin, _behind(begin)) for begin in outer]
    for begin, behind in ranges:
        if last is not None and last[0] >= behind:
            continue
        here = last if last is not None and last[0] >= begin else None
        while True:
            page = list(_in_range(begin, behind, here)[: PAGE_ROWS + 1])
            firsts = _first_keys(page, ranges)
            for row in page:
                here = (bytes(row.key), row.born_on, row.entry_id)
                if firsts[row.entry_id] == (here[0], row.id):
                    yield row
            if len(page) <= PAGE_ROWS:
                break


def _in_range(begin: bytes, behind: bytes, last: Place | None) -> QuerySet[NameKey]:
    rows = NameKey.objects.filter(key__gte=begin, key__lt=behind)
    if last is not None:
        key, born_on, entry = last
        rows = rows.filter(key__gte=key).filter(
            Q(key__gt=key) | Q(born_on__gt=born_on) | Q(born_on=born_on, entry__gt=entry)
        )
    return rows.order_by("key", "born_on", "entry").select_related("entry", "name")


def _first_keys(page: list[NameKey], ranges: list[tuple[bytes, bytes]]) -> dict[UUID, tuple[bytes, int]]:
    """For each entry of the page the least of its keys that the search reaches: there it is shown, and only there."""
    found: dict[UUID, tuple[bytes, int]] = {}
    for row in NameKey.objects.filter(entry__in={row.entry_id for row in page}).only("id", "key", "entry_id"):
        key = bytes(row.key)
        if any(begin <= key < behind for begin, behind in ranges):
            found[row.entry_id] = min(found.get(row.entry_id, (key, row.id)), (key, row.id))
    return found


def _behind(begin: bytes) -> bytes:
    """The first text that no longer begins so: UTF-8 has no octet FF."""
    return begin + b"\xff"


def _hit(row: NameKey, name: str) -> Hit:
    entry, kind = row.entry, NameKind(row.kind)
    if kind is NameKind.KANA:
        return Hit(entry, kind, entry.kana, None)
    if row.name is None:
        return Hit(entry, kind, "", _beginning(name, entry.family_name + entry.given_name))
    given = row.name.given_name or (entry.given_name if kind is NameKind.FORMER else "")
    written = f"{row.name.family_name}　{given}".strip("　")
    return Hit(entry, kind, written, _beginning(name, written))


def _beginning(asked: str, held: str) -> NameComparison:
    """As many glyphs of the held name as were asked for."""
    length = len(read_glyphs(asked))
    return same_person_name(asked, "".join(glyph.text for glyph in read_glyphs(held)[:length]))


def _sealed(place: list[str]) -> str:
    """A page's end for the URL: names stand in it, so it is signed, and compressed out of sight of a casual look."""
    return signing.dumps(place, salt="registry.searching", compress=True)


def _opened(after: str) -> list[str] | None:
    try:
        place: list[str] = signing.loads(after, salt="registry.searching")
    except signing.BadSignature:
        return None
    return place


def _place(after: str) -> Place | None:
    place = _opened(after) if after else None
    if place is None:
        return None
    key, born_on, entry = place
    return bytes.fromhex(key), dt.date.fromisoformat(born_on), UUID(entry)
