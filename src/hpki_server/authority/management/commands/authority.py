"""`hpki-server authority close-open`: end what a power cut left open.  `hpki-server start` does it as well."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from hpki_server.authority import jobs


class Command(BaseCommand):
    help = "Sign or abandon certificates that were intended when the power went"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("does", choices=["close-open"])

    def handle(self, *args: str, **options: str) -> None:  # noqa: ARG002 - Django's signature; one thing to do
        closed = jobs.close_open_records()
        self.stdout.write(
            f"{closed.signed} signed, {closed.abandoned} abandoned, "
            f"{closed.waiting} waiting for their issuer's key"
        )
