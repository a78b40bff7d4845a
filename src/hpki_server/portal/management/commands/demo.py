"""`hpki-server demo logins | totp NAME`: how to log in as one of the demonstration's cast."""

import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hpki_server.portal.story.cast import CAST, login_lines, present_code
from hpki_server.portal.story.notebook import Notebook


class Command(BaseCommand):
    help = "Helps to log in as one of the demonstration's cast."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("logins", help="one line per person: who, and how to log in")
        code = actions.add_parser("totp", help="print the present six-digit code of one of the cast")
        code.add_argument("name", choices=[person.key for person in CAST if person.duties])

    def handle(self, *args: object, **options: str) -> None:
        del args
        notebook = Notebook(Path(settings.VAR) / "story" / "notebook.json")
        if notebook.get("told") is None:
            raise CommandError("There is no demonstration here yet: start it with `make run`.")
        if options["action"] == "logins":
            for line in login_lines(notebook, sys.argv[0]):
                self.stdout.write(line)
        else:
            at = timezone.now()  # noqa: TID251 - a management command reads the clock
            self.stdout.write(present_code(options["name"], notebook, at=at) or "")
