"""`hpki-server start`: everything that `make run` promises, in one command."""

import sys
from argparse import ArgumentTypeError
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.utils import timezone

from hpki.errors import HpkiError
from hpki_server.authority.ceremony.stopped import CeremonyStopped
from hpki_server.authority.jobs import close_open_records
from hpki_server.people.denial import Denied
from hpki_server.portal.story.ending import EvidenceBad
from hpki_server.portal.story.server import HOST, PortTaken, claim_port, origin_at, recurring_work, serve
from hpki_server.portal.story.telling import Story, StoryRefused

MOST_WORKERS = 64


class Command(BaseCommand):
    help = "Brings the database up to date, tells the demonstration's story on a first start, and serves the pages."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=_port, default=8000, help="default: 8000")
        parser.add_argument(
            "--address",
            type=_own_address,
            default=HOST,
            help=f"an address of this machine, for a front server on another host; with --no-story (default: {HOST})",
        )
        parser.add_argument(
            "--workers",
            type=_some,
            default=1,
            help="processes that serve pages, about one for each processor; PostgreSQL only beyond 1 (default: 1)",
        )
        parser.add_argument(
            "--no-story", action="store_true", help="no demonstration: only the database and the pages"
        )
        parser.add_argument("--no-serve", action="store_true", help="stop when everything stands")

    def handle(self, *args: object, **options: bool | int | str) -> None:
        del args
        port, address = int(options["port"]), str(options["address"])
        if address != HOST and not options["no_story"]:
            raise CommandError("The demonstration is for this machine alone: --address goes with --no-story.")
        workers = int(options["workers"])
        if workers > 1 and connections["default"].vendor == "sqlite":
            raise CommandError("Several workers need PostgreSQL: SQLite lets one process write at a time.")
        if not options["no_serve"]:
            self._claim(port, address)
        call_command("migrate", verbosity=0, interactive=False)
        close_open_records()
        if not options["no_story"]:
            self._tell(port)
        connections.close_all()
        if not options["no_serve"]:
            shown = f"[{address}]" if ":" in address else address.replace(HOST, "localhost")
            self.stdout.write(f"\nhttp://{shown}:{port}  (Ctrl-C ends it)")
            self.stdout.flush()
            with suppress(KeyboardInterrupt), recurring_work(port):
                serve(port, address, workers)

    def _claim(self, port: int, address: str) -> None:
        try:
            claim_port(port, address)
        except PortTaken as taken:
            raise CommandError(str(taken)) from taken

    def _tell(self, port: int) -> None:
        story = Story(
            Path(settings.VAR) / "story",
            clock=timezone.now,  # noqa: TID251 - a management command reads the clock
            say=self._say,
            command=sys.argv[0],
            origin=origin_at(port),
        )
        try:
            story.tell()
        except StoryRefused as refused:
            self._say(str(refused))
        except (CeremonyStopped, Denied, EvidenceBad, HpkiError) as error:
            raise CommandError(
                f"The demonstration stopped here; a new start goes on from it. {error}"
            ) from error

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _own_address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is no address, such as 10.1.0.7") from error


def _some(text: str) -> int:
    return _number(text, most=MOST_WORKERS)


def _port(text: str) -> int:
    return _number(text, most=65535)


def _number(text: str, *, most: int) -> int:
    """Raises what argparse tells."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= most):
        raise ArgumentTypeError(f"{text} is no number from 1 to {most}")
    return int(text)
