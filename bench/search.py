"""The officers' search over 600,000 persons: names in other writings than the register's, page by page.

Each search is the whole query of the page, fifty rows with their reasons, and takes turns with one raw indexed lookup.
The peer is what a search field usually does: LIKE on the two name columns.
"""

import random
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench import register
from bench.match import OLD_GLYPHS
from bench.register import Row

SEARCHES = 400
PEER_SEARCHES = 10
PAGES_DEEP = 60


def measure() -> Iterator[Row]:
    """Rows of name, per second, ratio to the raw lookup, note; the database is named in each."""
    yield from register.on_both_databases("bench.search")


def _half_width(kana: str) -> str:
    table = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)}
    return "".join(table.get(sign, sign) for sign in kana)


@dataclass(frozen=True)
class Person:
    number: str
    family: str
    given: str
    kana: str
    former: str


WAYS: dict[str, Callable[[Person], str]] = {
    "as registered, no space": lambda who: who.family + who.given,
    "old glyphs": lambda who: "".join(OLD_GLYPHS.get(sign, sign) for sign in who.family) + who.given,
    "with a selector": lambda who: f"{who.family}\U000e0100 {who.given}",
    "kana, half width": lambda who: _half_width(who.kana),
    "kana, family name only": lambda who: who.kana.split("　")[0],
    "family name only": lambda who: who.family,
    "first character only": lambda who: who.family[0],
    "former name": lambda who: (who.former or who.family) + who.given,
}


def _people() -> list[Person]:
    from hpki_server.registry.demo_registry import demo_rows

    wanted = set(random.Random(register.SEED).sample(range(register.PEOPLE), SEARCHES))  # noqa: S311 - a sample
    rows = demo_rows(register.PEOPLE, seed=register.SEED)
    return [
        Person(number, family, given, kana, former)
        for place, (number, _registered, family, given, kana, _born, former) in enumerate(rows)
        if place in wanted
    ]


def _measured() -> Iterator[Row]:
    register.filled()
    from hpki_server.people.duties import Duty
    from hpki_server.people.officer import Officer
    from hpki_server.registry import searching

    viewer = Officer(uuid.uuid4(), "bench", frozenset({(Duty.REGISTRY, uuid.uuid4())}))
    people = _people()
    searching.by_name(viewer, "辺")  # the table of variants is made once a process
    whole = register.Times()
    for way, write in WAYS.items():
        times, hits = register.Times(), 0
        for who in people:
            name = write(who)
            found = times.ask(
                lambda n=name: searching.by_name(viewer, n),  # type: ignore[misc]  # called at once
                lambda n=who.number: register.raw_lookup(n),  # type: ignore[misc]  # called at once
            )
            hits += any(hit.entry.number == who.number for hit in found.hits) or bool(found.after)
        whole += times
        yield times.row(
            f"search: {way}", f"{hits} of {len(people)} found, on the first page or with more to come"
        )
    yield whole.row("search: all of these", "bar p95 100 ms")
    yield _deep(lambda after: searching.by_name(viewer, "佐藤", after))
    yield _peer(people[:PEER_SEARCHES])


def _deep(page: Callable[[str], "object"]) -> Row:
    times, after = register.Times(), ""
    for _ in range(PAGES_DEEP):
        found = times.ask(lambda a=after: page(a), lambda: register.raw_lookup("100001"))  # type: ignore[misc]  # called at once
        after = found.after  # type: ignore[attr-defined]  # what by_name gives
        if not after:
            break
    first, last = times.ours[0] * 1000, times.ours[-1] * 1000
    return times.row(
        f"search: {PAGES_DEEP} pages deep into 佐藤", f"first page {first:.1f} ms, last {last:.1f} ms"
    )


def _peer(people: list[Person]) -> Row:
    from django.db.models import Q

    from hpki_server.registry.models import RegistryEntry

    times = register.Times()
    for who in people:
        like = RegistryEntry.objects.filter(
            Q(family_name__contains=who.family) | Q(kana__contains=who.family)
        )
        times.ask(
            lambda q=like: list(q.order_by("number")[:50]),  # type: ignore[misc]  # called at once
            lambda n=who.number: register.raw_lookup(n),  # type: ignore[misc]  # called at once
        )
    return times.row("peer: LIKE on name and kana", "finds no other writing")


if __name__ == "__main__":
    register.tell(_measured())
