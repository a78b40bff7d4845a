"""`hpki-server authority close-open | publish`: what runs from a timer.  `hpki-server start` does both as well."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from hpki_server.authority import jobs


class Command(BaseCommand):
    help = (
        "close-open: end what a power cut left open; publish: new revocation lists where they are a day old"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("does", choices=["close-open", "publish"])

    def handle(self, *args: str, **options: str) -> None:  # noqa: ARG002 - Django's signature
        if options["does"] == "publish":
            self._publish()
        else:
            self._close()

    def _close(self) -> None:
        closed = jobs.close_open_records()
        self.stdout.write(
            f"{closed.signed} signed, {closed.abandoned} abandoned, "
            f"{closed.waiting} waiting for their issuer's key"
        )

    def _publish(self) -> None:
        published = jobs.publish_lists()
        for row in published.lists:
            self.stdout.write(f"{row.issuer.slug} {row.scope} number {row.number}, {row.entries} entries")
        if published.obstacles:
            raise CommandError("; ".join(f"{slug}: {why}" for slug, why in published.obstacles))
