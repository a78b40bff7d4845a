"""Ten thousand applications against a registry of 600,000, as the vetting asks it, against one raw indexed lookup.

Most applications are as registered; the others carry a variant glyph, a lost selector, a wrong number or date, a changed
family name, or belong to nobody.  Each question and one bare `SELECT … WHERE number = …` take turns, so the other work
of a machine falls on both.  The peer is what one does without keys: all entries of the birth date, compared one by one.
"""

import datetime as dt
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench import register
from bench.register import Row

if TYPE_CHECKING:  # Django is set up in the child only
    from hpki_server.registry.matching import RegistryClaim

APPLICATIONS = 10_000
PEER_APPLICATIONS = 30
# In hundredths.
KINDS = {
    "same": 76,
    "variant": 8,
    "selector": 3,
    "number": 3,
    "born_on": 3,
    "renamed": 3,
    "near": 1,
    "nobody": 3,
}
OLD_GLYPHS = {
    "辺": "邊",
    "高": "髙",
    "斎": "齋",
    "崎": "﨑",
    "沢": "澤",
    "広": "廣",
    "島": "嶋",
    "浜": "濱",
    "吉": "𠮷",
    "国": "國",
}


def measure() -> Iterator[Row]:
    """Rows of name, per second, ratio to the raw lookup, note; the database is named in each."""
    yield from register.on_both_databases("bench.match")


def claims(rng: random.Random) -> Iterator[tuple[str, "RegistryClaim"]]:
    """Applications and what was done to each."""
    from hpki_server.registry.demo_registry import FIRST_NUMBER, demo_rows
    from hpki_server.registry.matching import RegistryClaim

    every = register.PEOPLE // APPLICATIONS
    kinds, weights = list(KINDS), list(KINDS.values())
    for place, row in enumerate(demo_rows(register.PEOPLE, seed=register.SEED)):
        if place % every:
            continue
        number, registered_on, family, given, _kana, born_on, _former = row
        kind = rng.choices(kinds, weights)[0]
        born = dt.date.fromisoformat(born_on)
        if kind == "variant":
            family = "".join(OLD_GLYPHS.get(sign, sign) for sign in family)
        elif kind == "selector":
            family += "\U000e0100"
        elif kind == "number":
            number = str(FIRST_NUMBER + rng.randrange(register.PEOPLE))
        elif kind == "born_on":
            born -= dt.timedelta(days=1)
        elif kind == "renamed":
            family = "薮内"
        elif kind == "near":
            given = given.replace("子", "孑")
        elif kind == "nobody":
            number, born = str(FIRST_NUMBER + register.PEOPLE + place), dt.date(1950, 1, 1)
        yield (
            kind,
            RegistryClaim("physician", number, family, given, born, dt.date.fromisoformat(registered_on)),
        )


def _measured() -> Iterator[Row]:
    yield register.filled()
    from hpki_server.registry import queries

    asked = list(claims(random.Random(register.SEED)))  # noqa: S311 - a sample
    queries.find(asked[0][1])  # the table of variants is made once a process
    times, answers = register.Times(), Counter[str]()
    for _kind, claim in asked:
        answer = times.ask(lambda c=claim: queries.find(c), lambda c=claim: register.raw_lookup(c.number))  # type: ignore[misc]  # called at once
        answers[type(answer).__name__] += 1
    told = ", ".join(f"{word} {count:,}" for word, count in answers.most_common())
    yield times.row(f"match of {len(asked):,} applications", f"bar p95 5 ms; {told}")
    not_plain = register.Times()
    for _kind, claim in (one for one in asked if one[0] in {"number", "nobody", "renamed", "born_on"}):
        not_plain.ask(lambda c=claim: queries.find(c), lambda c=claim: register.raw_lookup(c.number))  # type: ignore[misc]  # called at once
    yield not_plain.row("of these, number or date wrong, renamed, or nobody", "the name is looked for, too")
    yield _peer([claim for _kind, claim in asked[:: APPLICATIONS // PEER_APPLICATIONS]])


def _peer(asked: list["RegistryClaim"]) -> Row:
    from hpki_server.registry.matching import judge_match
    from hpki_server.registry.models import RegistryEntry
    from hpki_server.registry.queries import facts_of

    limit = register.Times()
    begun = time.perf_counter()
    for claim in asked:
        limit.ask(lambda: None, lambda c=claim: register.raw_lookup(c.number))  # type: ignore[misc]  # called at once
        same_day = RegistryEntry.objects.filter(qualification="physician", born_on=claim.born_on)
        judge_match(claim, [facts_of(entry) for entry in same_day])
    each = (time.perf_counter() - begun) / len(asked)
    ratio = sorted(limit.limit)[len(asked) // 2] / each
    return (
        "peer: all entries of the birth date, compared one by one",
        1 / each,
        ratio,
        f"{each * 1000:.0f} ms each",
    )


if __name__ == "__main__":
    register.tell(_measured())
