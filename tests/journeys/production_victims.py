"""A batch that is made by a process which is killed again and again, while an officer scraps cards of it.

`python -m tests.journeys.production_victims CARDS ROUNDS SEED`, with DATABASE_URL set to a database of its own.
Every victim is a fork that opens its own connection and works until SIGKILL.  Then the server "starts again", ends what
is open, and the batches are counted and closed.  The last line on stdout is a report as JSON.
"""

import datetime as dt
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import django

from tests.journeys.issuing_victims import GIVEN_UP_SECONDS, kill_all, repeated, start

if TYPE_CHECKING:
    from hpki_server.authority.production_models import ProductionBatch

# A card takes some tenths of a second: its keys are made.
LONGEST_LIFE_SECONDS = 0.7


def main(cards: int, rounds: int, seed: int) -> None:
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0)
    chance = random.Random(seed)  # noqa: S311 - moments of kills, not secrets
    hall = Hall(cards)
    left_half_made = 0
    for _ in range(rounds):
        connections.close_all()
        works: list[Callable[[int], None]] = [hall.make_for_ever]
        if chance.random() < 0.3:
            works.append(hall.scrap_for_ever)
        running = [start(work, chance.randrange(2**32)) for work in works]
        kill_all(running, chance, longest=LONGEST_LIFE_SECONDS)
        left_half_made += hall.half_made()
    hall.start_again()
    sys.stdout.write(json.dumps({**hall.report(), "left_half_made": left_half_made}) + "\n")


class Hall:
    """The hierarchy, a box of blanks, ordered cards, and the officers."""

    def __init__(self, cards: int) -> None:
        from hpki_server.authority.services import batches
        from hpki_server.enrollment.services import production
        from tests import cast
        from tests.hpki_server.authority import production as box
        from tests.hpki_server.authority import stage
        from tests.hpki_server.enrollment import desk, many

        stage.hierarchy()
        desk.offices()
        box.delivery(cards * 2)
        many.ordered(cards)
        self.cards = cards
        self.at = desk.NOON + dt.timedelta(hours=8)
        self.tanaka, self.inoue = (cast.officer(role, at=self.at) for role in (cast.TANAKA, cast.INOUE))
        batch = production.plan_batch(production.Choice(most=cards), by=self.tanaka, at=self.at)
        batches.start_batch(batch.id, by=self.tanaka, at=self.at)

    def make_for_ever(self, seed: int) -> None:  # noqa: ARG002 - as issue_for_ever
        from hpki_server.enrollment.services import production

        while True:
            production.make_next(at=self.at)

    def scrap_for_ever(self, seed: int) -> None:
        """An officer who takes a made card off the tray now and then."""
        from hpki_server.authority.production_models import BatchItem
        from hpki_server.authority.production_rules import ScrapReason
        from hpki_server.enrollment.models import Application
        from hpki_server.enrollment.services import production
        from hpki_server.people.denial import Denied

        chance = random.Random(seed)  # noqa: S311 - which card is spoilt is no secret
        while True:
            made = BatchItem.objects.filter(state=BatchItem.State.PERSONALISED).values_list(
                "card_id", flat=True
            )
            cards = list(made)
            if not cards:
                time.sleep(0.02)
                continue
            application = Application.objects.filter(card=chance.choice(cards), state="issued").first()
            if application is None:
                continue
            try:
                production.scrap_card(
                    application_id=application.id,
                    reason=chance.choice(list(ScrapReason)),
                    by=self.tanaka,
                    at=self.at,
                )
            except Denied:
                continue
            # Enough for one round.
            time.sleep(GIVEN_UP_SECONDS)

    def half_made(self) -> int:
        from hpki_server.authority.models import Card

        return Card.objects.filter(state=Card.State.PERSONALISING).count()

    def start_again(self) -> None:
        """What `hpki-server start` and its recurring work do, and an officer who presses the button once more."""
        from hpki_server.authority import production_queries, services
        from hpki_server.authority.production_models import ProductionBatch
        from hpki_server.authority.services import batches
        from hpki_server.enrollment.services import production

        self.closed_records = services.close_open_records(at=self.at)
        # A kill in the middle of a card may have left a word about its reader.
        for stopped in ProductionBatch.objects.filter(state="producing").exclude(obstacle=""):
            batches.start_batch(stopped.id, by=self.inoue, at=self.at)
        while production.make_next(at=self.at).made:
            pass
        # The cards that took the place of scrapped ones.
        everything = production.Choice(most=self.cards)
        if production.chosen_applications(everything, at=self.at):
            second = production.plan_batch(everything, by=self.tanaka, at=self.at)
            batches.start_batch(second.id, by=self.tanaka, at=self.at)
            while production.make_next(at=self.at).made:
                pass
        for batch in ProductionBatch.objects.all():
            numbers = production_queries.batch_numbers(batch)
            batches.count_batch(
                batch.id,
                good=numbers.personalised,
                scrapped=numbers.scrapped,
                by=self.tanaka,
                at=self.at,
            )
            batches.close_batch(batch.id, by=self.inoue, at=self.at)

    def report(self) -> dict[str, object]:
        from hpki_server.authority import production_queries
        from hpki_server.authority.models import Card, Certificate
        from hpki_server.authority.production_models import BlankCard, ProductionBatch
        from hpki_server.enrollment.models import Application
        from hpki_server.people import audit_check

        batches = list(ProductionBatch.objects.order_by("number"))
        living = Certificate.objects.filter(state="signed", revoked_at__isnull=True)
        sets = Counter(living.filter(card__state="issued").values_list("card_id", flat=True))
        counted, booked = production_queries.stock_count(), production_queries.booked_stock()
        issued = Application.objects.select_related("card")
        return {
            "batches": [self._numbers(batch) for batch in batches],
            "differing": [len(production_queries.differing_items(batch)) for batch in batches],
            "applications": dict(Counter(issued.values_list("state", flat=True))),
            "without_a_living_card": [
                one.number for one in issued if one.card is None or one.card.state != "issued"
            ],
            "cards": dict(Counter(Card.objects.values_list("state", flat=True))),
            "living_sets": sorted(set(sets.values())),
            "cards_with_a_living_set": len(sets),
            "living_on_scrapped_cards": living.exclude(card__state="issued").count(),
            "profiles_twice": repeated(list(living.values_list("card", "profile"))),
            "keys_certified_twice": repeated(
                list(Certificate.objects.values_list("public_key_sha256", flat=True))
            ),
            "stock": vars(counted),
            "book_equals_count": counted == booked and counted.balances,
            "blanks_of_living_cards": BlankCard.objects.filter(state="used").count(),
            "blanks_of_scrapped_cards": BlankCard.objects.filter(state="scrapped").count(),
            "audit_findings": [finding.sentence for finding in audit_check.findings()],
        }

    def _numbers(self, batch: "ProductionBatch") -> dict[str, object]:
        from hpki_server.authority import production_queries

        return {"state": batch.state, **vars(production_queries.batch_numbers(batch))}


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
