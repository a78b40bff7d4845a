"""The life of 100,000 cards in use: their ends, a day's notices, and the centre's pages about them.

The limit of a figure is one raw count of the same table in the same breath.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterator

from bench import register
from bench.register import AT, Row

CARDS = 100_000
DAYS = 30


def measure() -> Iterator[Row]:
    """Rows of name, per second, ratio to the limit, note; the database is named in each."""
    yield from register.on_both_databases("bench.life")


def _measured() -> Iterator[Row]:
    import django

    django.setup()
    from django.core.management import call_command

    from hpki.keys.algorithms import KeyAlgorithm
    from hpki_server.lifecycle import queries
    from hpki_server.lifecycle.models import Campaign
    from hpki_server.lifecycle.services import noticing, reckoning
    from hpki_server.people.duties import Duty
    from hpki_server.people.models import Organisation
    from hpki_server.people.officer import Officer

    call_command("migrate", verbosity=0)
    _cards()
    begun = time.perf_counter()
    reckoning.reckon(at=AT)
    seconds = time.perf_counter() - begun
    yield f"ends of {CARDS:,} cards worked out", CARDS / seconds, _raw_seconds() / seconds, f"{seconds:.0f} s"
    _lean_on_an_algorithm()
    register.analyse()
    times, told = register.Times(), 0
    for day in range(DAYS):
        at = AT + dt.timedelta(days=day)
        told += times.ask(lambda at=at: noticing.make_notices(at=at), _raw_count)  # type: ignore[misc]  # called at once
    yield times.row("a day's notices", f"{told:,} cards told in {DAYS} days")
    campaign = Campaign.objects.create(
        algorithm=KeyAlgorithm.RSA_2048.value, last_day=dt.date(2028, 12, 31), announced_at=AT
    )
    yield _asked("mass exchange, the page's counts", lambda: queries.exchange_view(campaign))
    centre = Organisation.objects.create(kind=Organisation.Kind.CENTRE, code="centre", name="centre")
    officer = Officer(centre.id, "an officer", frozenset({(Duty.REVOKING, centre.id)}))
    yield _asked("cards that end soon, first page", lambda: list(queries.ending_cards(officer, at=AT)[:50]))


def _cards() -> None:
    """As they would be after five years: ends spread evenly, in the 47 associations."""
    from hpki_server.authority.models import Card
    from hpki_server.people.models import Organisation
    from hpki_server.people.services.organisations import found_associations

    found_associations(by="system", at=AT)
    places = list(Organisation.objects.filter(kind=Organisation.Kind.ASSOCIATION).order_by("code"))
    first = AT.date() + dt.timedelta(days=1)
    Card.objects.bulk_create(
        (
            Card(
                card_id=f"33-{number:07d}",
                state=Card.State.ACTIVE,
                environment="test",
                reference=f"bench-{number}",
                organisation=places[number % len(places)],
                family_name="渡邉",
                given_name="花子",
                family_romaji="Watanabe",
                given_romaji="Hanako",
                born_on=dt.date(1984, 5, 17),
                qualification_code="physician",
                registration_number=str(number),
                registered_on=dt.date(2010, 4, 20),
                photo_sealed=b"",
                expires_on=first + dt.timedelta(days=number * 1826 // CARDS),
                ordered_at=AT,
                ordered_by="system",
                issued_at=AT,
                activated_at=AT,
            )
            for number in range(CARDS)
        ),
        batch_size=2000,
    )


def _lean_on_an_algorithm() -> None:
    from hpki_server.lifecycle.models import CardTerm

    CardTerm.objects.update(algorithms="p-256 rsa-2048")


def _asked(name: str, ask: Callable[[], object]) -> Row:
    times = register.Times()
    for _ in range(10):
        times.ask(ask, _raw_count)
    return times.row(name, f"{CARDS:,} cards")


def _raw_seconds() -> float:
    begun = time.perf_counter()
    _raw_count()
    return time.perf_counter() - begun


def _raw_count() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM lifecycle_cardterm WHERE natural_on > %s", [AT.date()])


if __name__ == "__main__":
    register.tell(_measured())
