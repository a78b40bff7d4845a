"""`hpki-server authority close-open | publish | recover LIST`: what runs from a timer, and after a restore."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hpki.errors import HpkiError
from hpki_server.authority import jobs
from hpki_server.authority.services.recovering import recover_from_list


class Command(BaseCommand):
    help = "Ends what a power cut left open, publishes lists, and takes back what a restored backup has forgotten"

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(dest="does", required=True)
        does.add_parser("close-open", help="end what a power cut left open")
        does.add_parser("publish", help="new revocation lists where they are a day old")
        recover = does.add_parser(
            "recover", help="revoke again what a published list says and the records do not"
        )
        recover.add_argument("list", type=Path, nargs="+", help="a list of ours (DER), from any mirror")

    def handle(self, **options: Any) -> None:  # noqa: ANN401 - as BaseCommand declares it
        if options["does"] == "publish":
            self._publish()
        elif options["does"] == "recover":
            for path in options["list"]:
                self._recover(path)
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

    def _recover(self, path: Path) -> None:
        at = timezone.now()  # noqa: TID251 - a command reads the clock, once
        try:
            found = recover_from_list(path.read_bytes(), by="system", at=at)
        except (HpkiError, OSError) as error:
            raise CommandError(f"{path}: {error}") from error
        self.stdout.write(
            f"{found.issuer} number {found.number}: {found.revoked} revoked again, {found.held} held again, "
            f"{found.unknown} without a record"
        )
